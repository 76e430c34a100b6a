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
    "text": ("text-whispers", "whisper"),
    "send-elsewhere": ("redirect", "send-elsewhere"),
    "to-front": ("to-front", "help"),
    "pull": ("pull", "help"),
}
# An agent's word on a call that they dialled: over the API it is ended with a reason.
OF_THE_DESK_ALONE = {"was-voicemail"}
# A key unfolds the form in which these are chosen.
IN_A_FORM = {"consult", "send-on", "add", "send-elsewhere"}
# Somebody's line ends by these, or the caller is gone: it is asked first whether that is meant.
CANNOT_BE_UNDONE = {"drop", "send-on", "complete", "leave", "take-over", "send-elsewhere"}
CANNOT_BE_UNDONE |= {"stop-recording"}


def controls(verb: str) -> list[str]:
    """The markup of each control of this verb, to the end of its form."""
    asked = re.compile(rf'\{{% (?:deed|address) (?:"\w+"|page) \S+ "{verb}"')
    found = []
    for template in TEMPLATES.rglob("*.html"):
        text = template.read_text()
        for match in asked.finditer(text):
            found.append(text[match.start() :].partition("</form>")[0][:1500])
    return found


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


@pytest.mark.parametrize("verb", sorted(CANNOT_BE_UNDONE))
def test_what_cannot_be_undone_is_asked_first(verb: str) -> None:
    for control in controls(verb):
        assert "confirm=" in control, control


@pytest.mark.parametrize("page", sorted({page for _, page in VERBS.values()} | {"barge"}))
def test_a_verb_has_a_page_with_a_picture_of_the_legs(page: str) -> None:
    text = (PAGES / f"{page}.md").read_text()
    drawings = re.findall(r"```\n(.*?)```", text, re.DOTALL)
    assert any("──" in drawing or "…" in drawing for drawing in drawings), page


def test_every_page_is_in_the_list() -> None:
    listed = set(re.findall(r"\]\((\S+?\.md)\)", (PAGES / "README.md").read_text()))
    assert {page.name for page in PAGES.glob("*.md")} - {"README.md"} <= listed
