"""What can be done to a live call has an address, a control with a key, tested rights, a page."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from agents.deeds import DEEDS

TEMPLATES = Path(settings.BASE_DIR) / "templates"
PAGES = Path(settings.BASE_DIR) / "docs/verbs"
TABLE = Path(settings.BASE_DIR) / "tests/agents/api/test_roles.py"

# What a deed at the desk or the board is over the API, and the page that tells of it.
VERBS = {
    "hold": ("legs/{leg}/hold", "hold"),
    "resume": ("legs/{leg}/resume", "hold"),
    "mute": ("legs/{leg}/mute", "mute"),
    "unmute": ("legs/{leg}/unmute", "mute"),
    "drop": ("legs/{leg}/drop", "drop"),
    "digits": ("legs/{leg}/digits", "digits"),
    "say": ("legs/{leg}/announce", "message"),
    "consult": ("transfer", "warm-transfer"),
    "send-on": ("transfer", "blind-transfer"),
    "add": ("add", "add"),
    "swap": ("transfer/swap", "warm-transfer"),
    "three-way": ("transfer/three-way", "warm-transfer"),
    "complete": ("transfer/complete", "warm-transfer"),
    "cancel": ("transfer/cancel", "warm-transfer"),
    "decline": ("transfer/decline", "warm-transfer"),
    "leave": ("leave", "leave"),
    "park": ("park", "park"),
    "retrieve": ("retrieve", "park"),
    "record": ("recording/start", "recording"),
    "pause-recording": ("recording/pause", "recording"),
    "resume-recording": ("recording/resume", "recording"),
    "stop-recording": ("recording/stop", "recording"),
    "ask-help": ("help", "help"),
    "end-help": ("help/{help}/end", "help"),
    "watch": ("watch", "listen"),
    "stop-watching": ("watch/stop", "listen"),
    "take-over": ("take-over", "take-over"),
    "text": ("text-whispers", "help"),
    "send-elsewhere": ("redirect", "send-elsewhere"),
    "to-front": ("to-front", "help"),
    "pull": ("pull", "help"),
}
# An agent's word on a call that they dialled: over the API it is ended with a reason.
OF_THE_DESK_ALONE = {"was-voicemail"}
# A key unfolds the form in which these are chosen.
IN_A_FORM = {"consult", "send-on", "add", "send-elsewhere"}
# Beside these, whatever ends a line or a recording, or takes the caller away, is asked first (that
# it does, its plan says: tests/agents/api/test_dry_runs.py). What brings it back, says this.
HAS_A_WAY_BACK = {
    "cancel": "consult",
    "decline": "consult",
    "park": "retrieve",
    "stop-watching": "watch",
}


def controls(verb: str) -> list[str]:
    """The markup of each control of this verb, to the end of its form."""
    asked = re.compile(rf'\{{% (deed|address) (?:"\w+"|page) \S+ "{verb}"')
    found = []
    for template in TEMPLATES.rglob("*.html"):
        text = template.read_text()
        for match in asked.finditer(text):
            end = "%}" if match.group(1) == "deed" else "</form>"
            found.append(text[match.start() :].partition(end)[0][:1500])
    return found


def is_asked_first(control: str) -> bool:
    return "confirm=" in control.partition(">")[0]


def test_every_verb_is_in_the_table() -> None:
    assert VERBS.keys() | OF_THE_DESK_ALONE == DEEDS.keys()


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_has_an_address_whose_rights_are_tested(verb: str) -> None:
    address, _ = VERBS[verb]
    told = TABLE.read_text()
    assert re.search(rf"POST /api/v1/calls/\{{\w+\}}/{re.escape(address)}[?# ]", told), address


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_has_a_control_that_a_key_presses(verb: str) -> None:
    drawn = controls(verb)
    assert drawn
    by_key = re.compile(r'\bkey="\w"|data-(?:row-)?key="\w"|key="\{\{|endif %}key="\w"')
    assert verb in IN_A_FORM or any(by_key.search(control) for control in drawn), drawn


NOBODY_IS_THERE = {"dialling.html"}  # what still rings is called off
ENDS = ("desk-end-call", "board-end-call", "end-call", "board-change-line", "board-end-standby")


@pytest.mark.parametrize("address", ENDS)
def test_what_ends_calls_and_lines_for_good_is_asked_first(address: str) -> None:
    tag = re.compile(rf"<\w+ [^<]*hx-post=\"{{% url '{address}'.*?%}}\"[^<]*?>")
    pages = [page for page in TEMPLATES.rglob("*.html") if page.name not in NOBODY_IS_THERE]
    drawn = [found for page in pages for found in tag.findall(page.read_text())]
    assert drawn
    assert all("hx-confirm=" in each for each in drawn), drawn


@pytest.mark.parametrize("page", sorted({page for _, page in VERBS.values()} | {"barge"}))
def test_a_verb_has_a_page_with_a_picture_of_the_legs(page: str) -> None:
    text = (PAGES / f"{page}.md").read_text()
    drawings = re.findall(r"```\n(.*?)```", text, re.DOTALL)
    assert any("──" in drawing or "…" in drawing for drawing in drawings), page


# What a picture is of, where a page tells of several verbs: its columns have these words.
PICTURED = [
    ("hold", "before", "hold", "resume"),
    ("mute", "before", "mute", "unmute"),
    ("warm-transfer", "before", "swap", "three-way", "cancel", "decline"),
    ("park", "before", "parked", "retrieved"),
    ("send-elsewhere", "before", "queue", "number of ours", "TwiML", "end"),
]


@pytest.mark.parametrize(("page", "columns"), [(page, columns) for page, *columns in PICTURED])
def test_a_page_of_several_verbs_has_a_column_before_and_after_each(
    page: str, columns: list[str]
) -> None:
    drawings = re.findall(r"```\n(.*?)```", (PAGES / f"{page}.md").read_text(), re.DOTALL)
    heads = [drawing.splitlines()[0] for drawing in drawings]
    assert any(all(word in head for word in columns) for head in heads), heads


def test_every_page_is_in_the_list() -> None:
    listed = set(re.findall(r"\]\((\S+?\.md)\)", (PAGES / "README.md").read_text()))
    assert {page.name for page in PAGES.glob("*.md")} - {"README.md"} <= listed
