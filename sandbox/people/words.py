"""The words in which people are written down, and what each makes somebody do.

Every word is one entry of `WORDS`; the documentation's table and the messages about unknown words
are made from it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from sandbox.core.endpoints import Callee
from sandbox.people import machines
from sandbox.people.person import NOT_FOUND, Person
from sandbox.people.script import Action, Script, Step
from sandbox.people.telephone import BUSY_HERE
from sandbox.written.amounts import Amount, amount, fixed, seconds
from sandbox.written.parts import Part, suggestion

KEYS = re.compile(r"^[0-9*#A-DwW]+$")
ADDRESS = re.compile(r"^(\+[1-9]\d{4,14}|client:\S+|sips?:\S+)$")
Options = Mapping[str, Part]
Reader = Callable[[Part | None, Options], Step]


@dataclass(slots=True, frozen=True)
class Word:
    """One word of the language: how it is written, what it does, and how it is read."""

    example: str
    means: str
    read: Reader
    options: tuple[str, ...] = ()
    needs_value: bool = True


def script(part: Part) -> Script:
    """A list of steps, or one step alone."""
    return Script(tuple(step(each) for each in part.one_or_more()))


def step(part: Part) -> Step:
    """One step: a word alone (`hangs up`) or a word with a value (`says: hello`)."""
    if part.is_text:
        return _word_alone(part)
    if not part.is_mapping:
        raise part.wrong("a step is to be one thing that somebody does.", "Write - says: hello")
    names = part.names()
    found = [name for name in names if name in WORDS]
    if not found:
        raise part.wrong(
            f"nobody knows how to do {next(iter(names), '')!r}.",
            suggestion(next(iter(names), ""), WORDS),
        )
    if len(found) > 1:
        raise names[found[1]].wrong(
            f"one step has both {found[0]!r} and {found[1]!r}.",
            f"Begin a new line with a dash: - {found[1]}: …",
        )
    return _with_value(found[0], names)


def address(part: Part) -> str:
    """A telephone number in E.164 form, `client:name` or `sip:user@host`."""
    written = part.text()
    if not ADDRESS.match(written):
        raise part.wrong(
            f"{part.title} is to be a number or address, not {written!r}.",
            "Write +15550100001, client:dana or sip:dana@example.com",
        )
    return written


def _word_alone(part: Part) -> Step:
    name = re.sub(r"\s+", " ", part.text().strip())
    word = WORDS.get(name)
    if word is None:
        raise part.wrong(f"nobody knows how to do {name!r}.", suggestion(name, WORDS))
    if word.needs_value:
        raise part.wrong(f"{name!r} needs something after it.", f"Write - {word.example}")
    return _placed(word.read(None, {}), name, part)


def _with_value(name: str, names: dict[str, Part]) -> Step:
    word, value = WORDS[name], names[name]
    for option, part in names.items():
        if option != name and option not in word.options:
            known = ", ".join(word.options) or "no other words"
            raise part.wrong(
                f"{option!r} does not go with {name!r}.", f"Beside it there can be: {known}"
            )
    options = {option: names[option] for option in word.options if option in names}
    return _placed(word.read(value, options), name, value)


def _placed(made: Step, name: str, part: Part) -> Step:
    return replace(made, text=name, place=f"{part.file}, line {part.line}")


def _does(action: Action) -> Step:
    return Step("", action)


def _given(value: Part | None) -> Part:
    if value is None:
        raise TypeError("a word that needs a value was read without one")
    return value


def _option(options: Options, name: str, default: float | None = None) -> Amount | None:
    if name in options:
        return amount(options[name])
    return None if default is None else fixed(default)


def _draw(chosen: Amount | None, person: Person) -> float | None:
    return None if chosen is None else chosen.draw(person.dice)


def _dials(value: Part | None, _: Options) -> Step:
    number = address(_given(value))
    return _does(lambda person: person.dials(number))


def _answers(value: Part | None, _: Options) -> Step:
    after = fixed(2.0) if value is None else amount(value)
    return _does(lambda person: person.answers(after=after.draw(person.dice)))


def _says(value: Part | None, _: Options) -> Step:
    text = _given(value).text()
    return _does(lambda person: person.says(text))


def _presses(value: Part | None, _: Options) -> Step:
    part = _given(value)
    keys = part.text()
    if not KEYS.match(keys):
        raise part.wrong(
            f"{keys!r} are not keys of a telephone.", "Write digits, *, # in quotes, w for a wait"
        )
    return _does(lambda person: person.presses(keys))


def _waits_to_hear(value: Part | None, options: Options) -> Step:
    part = _given(value)
    words: str | re.Pattern[str] = part.text()
    pattern = re.match(r"^/(.*)/$", part.text())
    if pattern:
        try:
            words = re.compile(pattern[1], re.IGNORECASE)
        except re.error as error:
            raise part.wrong(
                f"{part.text()} is not a pattern: {error}.", "Write plain words"
            ) from error
    within = _option(options, "within", 60.0)
    return _does(lambda person: person.waits_to_hear(words, within=_draw(within, person)))


def _waits(value: Part | None, _: Options) -> Step:
    how_long = amount(_given(value))
    return _does(lambda person: person.waits(how_long.draw(person.dice)))


def _through(value: Part | None, options: Options) -> Step:
    within = amount(value) if value else _option(options, "within")
    return _does(lambda person: person.waits_to_be_through(within=_draw(within, person)))


def _somebody(value: Part | None, options: Options) -> Step:
    within = amount(value) if value else _option(options, "within")
    return _does(lambda person: person.waits_for_somebody(within=_draw(within, person)))


def _the_end(value: Part | None, _: Options) -> Step:
    within = amount(value) if value else None
    return _does(lambda person: person.waits_for_the_end(within=_draw(within, person)))


def _patience(value: Part | None, _: Options) -> Step:
    how_long = amount(_given(value))

    async def begin(person: Person) -> None:
        person.loses_patience_in(how_long.draw(person.dice))

    return _does(begin)


def _talks(value: Part | None, options: Options) -> Step:
    how_long = amount(_given(value))
    about = options.get("about")
    sentences = tuple(each.text() for each in about.one_or_more()) if about else ()
    return _does(lambda person: converse(person, how_long.draw(person.dice), sentences))


def _hangs_up(value: Part | None, _: Options) -> Step:
    after = fixed(0.0) if value is None else amount(value)

    async def put_down(person: Person) -> None:
        await person.waits(after.draw(person.dice))
        await person.hangs_up()

    return _does(put_down)


def _rejects(value: Part | None, _: Options) -> Step:
    after = fixed(2.0) if value is None else amount(value)
    return _does(lambda person: person.rejects(after=after.draw(person.dice)))


def _is_busy(_value: Part | None, _: Options) -> Step:
    return Step("", lambda person: person.is_busy(), refusal=("busy", BUSY_HERE))


def _is_unreachable(_value: Part | None, _: Options) -> Step:
    return Step("", lambda person: person.is_unreachable(), refusal=("failed", NOT_FOUND))


def _never_answers(_value: Part | None, _: Options) -> Step:
    return _does(lambda person: person.never_answers())


def _machine(value: Part | None, _: Options) -> Step:
    said = value.only(("greeting", "beep", "answers after", "says", "listens for")) if value else {}
    after = amount(said["answers after"]) if "answers after" in said else fixed(4.0)
    greeting = seconds(said["greeting"]) if "greeting" in said else 6.0
    beep = said["beep"].flag() if "beep" in said else True
    text = said["says"].text() if "says" in said else ""
    listens = seconds(said["listens for"]) if "listens for" in said else machines.LISTENS_FOR

    def pick_up(person: Person) -> Awaitable[None]:
        return machines.answering_machine(
            person,
            after=after.draw(person.dice),
            greeting=greeting,
            beep=beep,
            text=text,
            listens_for=listens,
        )

    return Step("", pick_up, pick_up=Callee("machine", greeting, beep))


def _fax(value: Part | None, _: Options) -> Step:
    after = fixed(2.0) if value is None else amount(value)
    return Step(
        "",
        lambda person: machines.fax_machine(person, after=after.draw(person.dice)),
        pick_up=Callee("fax", 0.0, beep=False),
    )


def _silent(value: Part | None, _: Options) -> Step:
    after = fixed(2.0) if value is None else amount(value)
    return Step(
        "",
        lambda person: machines.silence(person, after=after.draw(person.dice)),
        pick_up=Callee("silence", 0.0, beep=False),
    )


def _one_of(value: Part | None, _: Options) -> Step:
    ways = [each.only(("chance", "does")) for each in _given(value).items()]
    if not ways:
        raise _given(value).wrong("there is nothing to choose from.", "Write - does: with steps")
    for way, part in zip(ways, _given(value).items(), strict=True):
        if "does" not in way:
            raise part.wrong("one of several ways has no steps.", "Write does: with steps below")
    scripts = [script(way["does"]) for way in ways]
    weights = [way["chance"].number() if "chance" in way else 1.0 for way in ways]
    if min(weights) < 0 or sum(weights) <= 0:
        raise _given(value).wrong("chances are to be 0 or more, one above 0.", "Write chance: 70")

    async def choose(person: Person) -> None:
        for each in person.dice.choices(scripts, weights)[0].steps:
            await each.action(person)

    return _does(choose)


async def converse(person: Person, how_long: float, sentences: tuple[str, ...]) -> None:
    """Wait for somebody, talk for so long, and hang up."""
    await person.waits_for_somebody()
    ends = person.carrier.now + how_long
    for sentence in sentences:
        pause = person.dice.uniform(1.5, 6.0)
        if person.carrier.now + pause + len(sentence) / 10 > ends:
            break
        await person.waits(pause)
        await person.says(sentence)
    await person.waits(max(0.0, ends - person.carrier.now))
    await person.hangs_up()


WORDS: dict[str, Word] = {
    "dials": Word("dials: +15557000100", "calls a number of the carrier's", _dials),
    "answers": Word("answers", "picks up after 2 s of ringing", _answers, needs_value=False),
    "answers after": Word("answers after: 3", "lets it ring so long, then picks up", _answers),
    "says": Word("says: billing", "says it; takes as long as saying it does", _says),
    "presses": Word("presses: 1w2", "presses keys; w waits half a second", _presses),
    "waits to hear": Word(
        "waits to hear: press 1",
        "listens for these words (or a /pattern/), in any case, since the last act; gives up after "
        "`within` (60 s) and hangs up",
        _waits_to_hear,
        options=("within",),
    ),
    "waits": Word("waits: 10", "stays on the line", _waits),
    "waits to be through": Word(
        "waits to be through", "until the call is answered", _through, needs_value=False
    ),
    "waits for somebody": Word(
        "waits for somebody", "until another person can be heard", _somebody, needs_value=False
    ),
    "waits for the end": Word(
        "waits for the end", "until the other side hangs up", _the_end, needs_value=False
    ),
    "patience": Word(
        "patience: {normal: [90, 30]}",
        "from here on, hangs up after so long unless somebody was reached",
        _patience,
    ),
    "talks for": Word(
        "talks for: {normal: [180, 60]}",
        "waits for somebody, talks so long (`about`: sentences), hangs up",
        _talks,
        options=("about",),
    ),
    "hangs up": Word("hangs up", "puts the receiver down", _hangs_up, needs_value=False),
    "hangs up after": Word("hangs up after: 5", "the same, so much later", _hangs_up),
    "rejects": Word("rejects", "declines after 2 s of ringing", _rejects, needs_value=False),
    "rejects after": Word("rejects after: 5", "the same, later", _rejects),
    "is busy": Word("is busy", "gives the busy signal at once", _is_busy, needs_value=False),
    "is unreachable": Word(
        "is unreachable", "the attempt fails without ringing", _is_unreachable, needs_value=False
    ),
    "never answers": Word("never answers", "lets it ring", _never_answers, needs_value=False),
    "is a machine": Word(
        "is a machine: {greeting: 6, beep: true}",
        "an answering machine; also `answers after` (4), `says`, `listens for` (60)",
        _machine,
        needs_value=False,
    ),
    "is a fax": Word("is a fax", "answers and whistles for 20 s", _fax, needs_value=False),
    "stays silent": Word(
        "stays silent", "answers if need be and says nothing", _silent, needs_value=False
    ),
    "one of": Word(
        "one of: [{chance: 70, does: answers}, {chance: 30, does: never answers}]",
        "one of several ways, drawn with these weights",
        _one_of,
    ),
}
