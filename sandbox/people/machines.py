"""Things that answer a telephone and are no people: answering machines and fax machines."""

from __future__ import annotations

from sandbox.people.person import Person

GREETING = "You have reached the mailbox of {name}. Please leave a message after the tone."
BEEP = "(beep)"
LISTENS_FOR = 60.0
FAX_TONES = "(fax tones)"
FAX_GIVES_UP = 20.0


async def answering_machine(
    person: Person,
    *,
    after: float = 4.0,
    greeting: float = 6.0,
    beep: bool = True,
    text: str = "",
    listens_for: float = LISTENS_FOR,
) -> None:
    """Answer, talk for `greeting` seconds, beep if it has one, take a message, hang up."""
    call = await person.answers(after=after)
    begun = person.carrier.now
    pace = person.carrier.timings.speech_chars_per_second
    words = text or GREETING.format(name=person.name)
    await person.says(words[: max(1, int(greeting * pace))])
    await person.waits(max(0.0, begun + greeting - person.carrier.now))
    if beep:
        call.speak(BEEP)
        person.writes("beeps")
    await person.waits(listens_for)
    await person.hangs_up()


async def fax_machine(person: Person, *, after: float = 2.0) -> None:
    """Answer, whistle, and give up when nobody whistles back."""
    await person.answers(after=after)
    person.writes("whistles")
    await person.waits(FAX_GIVES_UP)
    await person.hangs_up()


async def silence(person: Person, *, after: float = 2.0) -> None:
    """Answer unless that is done, and say nothing until the other side hangs up."""
    if not person.through:
        await person.answers(after=after)
    await person.waits_for_the_end()
