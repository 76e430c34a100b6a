"""Who hears whom, in sound: each says a tone of their own, and what comes out of each telephone is
listened to."""

from __future__ import annotations

from playwright.sync_api import expect

from calls.models import Standby
from tests.voices.hearing import ada_wants, hear_each_other, talks_with_ada, was_rung
from tests.voices.people import ADA, BEN, DANA, MOBILE, SAM, SOON, Street
from tests.voices.place import BACK_DOOR, FRONT_DOOR, SIDE_DOOR
from tests.voices.tapes import tape_of_the_last_call

RINGING = (440.0, 480.0)
KEY_4, KEY_9 = (770.0, 1209.0), (852.0, 1477.0)  # hertz


def test_a_caller_waits_with_music_and_talks_with_the_agent_who_accepts(street: Street) -> None:
    ada = street.ada().is_available()
    dana = street.dana_calls()
    ada.is_offered_a_call()
    dana.waits_for_sound()
    ada.accepts()
    ada.talks()
    hear_each_other(dana, ada)
    dana.presses("Hang up")
    ada.is_in_no_call()


def test_hold_is_music_for_the_caller_and_silence_for_the_agent(street: Street) -> None:
    dana, ada = talks_with_ada(street)
    ada.does("hold")
    dana.waits_not_to_hear(ADA)
    dana.waits_for_sound()
    ada.waits_for_silence()
    dana.waits_not_to_hear(ADA)
    ada.does("resume")
    hear_each_other(dana, ada)
    ada.hangs_up()
    dana.has_nobody_on_the_line()
    ada.is_in_no_call()


def test_an_agent_who_mutes_herself_hears_and_is_not_heard(street: Street) -> None:
    dana, ada = talks_with_ada(street)
    ada.page.get_by_test_id("mute-me").click()
    dana.waits_not_to_hear(ADA)
    ada.waits_to_hear(DANA)
    ada.page.get_by_test_id("mute-me").click()
    dana.waits_to_hear(ADA)


def test_digits_that_an_agent_sends_are_heard_by_the_caller(street: Street) -> None:
    """Written for the caller, and pressed on the keypad of the page."""
    dana, ada = talks_with_ada(street)
    ada.page.keyboard.press("d")
    ada.page.get_by_label("Digits").fill("99")
    with dana.catches(*KEY_9):
        ada.page.get_by_test_id("digits").click()
    hear_each_other(dana, ada)
    ada.page.keyboard.press("n")
    with dana.catches(*KEY_4):
        for _ in range(2):
            ada.panel.get_by_role("button", name="4", exact=True).click()
    hear_each_other(dana, ada)


def test_who_takes_calls_by_themselves_presses_nothing(street: Street) -> None:
    with ada_wants(auto_answer=True):
        ada = street.ada().is_available()
        dana = street.dana_calls()
        ada.talks()
        hear_each_other(dana, ada)
    assert not was_rung()


def test_a_line_that_is_kept_open_is_rung_once_and_has_call_after_call(street: Street) -> None:
    ada = street.ada().is_available()
    ada.confirms("k")
    expect(ada.line).to_have_text("Line open", timeout=SOON)
    dana = street.dana_calls()
    hear_each_other(dana, ada)
    dana.presses("Hang up")
    ada.waits_for_silence()
    dana.calls(FRONT_DOOR)
    hear_each_other(dana, ada)
    dana.presses("Hang up")
    ada.waits_for_silence()
    expect(ada.line).to_have_text("Line open")
    assert Standby.objects.get().lines.count() == 1
    ada.confirms("k")
    ada.is_in_no_call()


def test_a_test_call_lets_one_hear_oneself(street: Street) -> None:
    """Ben's own tone comes back, and nothing is kept of it."""
    ben = street.ben().is_ready()
    ben.page.get_by_test_id("test-call").click()
    ben.waits_for_sound()
    ben.waits_to_hear(BEN)
    ben.is_in_no_call()


def test_an_agent_dials_out_hears_it_ring_and_hangs_up(street: Street) -> None:
    ada, dana = street.ada().is_available(), street.dana()
    ada.page.keyboard.press("n")
    ada.page.keyboard.type(MOBILE)
    ada.page.keyboard.press("Enter")
    expect(dana.state).to_contain_text("is calling", timeout=SOON)
    ada.waits_to_hear(*RINGING)
    dana.presses("Answer")
    hear_each_other(dana, ada)
    ada.hangs_up()
    dana.has_nobody_on_the_line()
    ada.is_in_no_call()


def test_an_agent_at_a_telephone_takes_a_call_by_key(street: Street) -> None:
    """And the agent hangs up there."""
    cleo = street.cleo()
    dana = street.dana_calls(BACK_DOOR)
    expect(cleo.state).to_contain_text("is calling", timeout=SOON)
    cleo.presses("Answer")
    expect(cleo.hears).to_contain_text("press 1", ignore_case=True, timeout=SOON)
    cleo.presses("Press 1")
    dana.waits_to_hear(BEN, nothing_of=[DANA])
    cleo.waits_to_hear(DANA, nothing_of=[BEN])
    cleo.presses("Hang up")
    dana.has_nobody_on_the_line()


def test_of_a_consult_the_caller_hears_nothing(street: Street) -> None:
    """Ada asks Ben, who is rung; then all three talk, then Ben and Dana alone."""
    ben = street.ben().is_available()
    dana, ada = talks_with_ada(street)
    ada.page.keyboard.press("t")
    ada.page.get_by_label("To whom").press_sequentially("ben")
    found = ada.page.get_by_role("radiogroup", name="Found").get_by_role("radio")
    # Until it is whittled down to him, the list may shrink in the middle of a click.
    expect(found).to_have_count(1, timeout=SOON)
    ada.page.get_by_role("radio", name="Ben Carter").check()
    ada.page.get_by_test_id("consult").click()
    expect(ada.page.get_by_test_id("consult")).to_have_count(0, timeout=SOON)
    expect(ben.page.get_by_test_id("asked")).to_contain_text("Ada Winter asks", timeout=SOON)
    ben.accepts()
    ben.talks()
    ada.waits_to_hear(BEN, nothing_of=[ADA, DANA])
    ben.waits_to_hear(ADA, nothing_of=[BEN, DANA])
    dana.waits_for_sound()
    dana.waits_not_to_hear(ADA, BEN)

    ada.page.get_by_test_id("three-way").click()
    dana.waits_to_hear(ADA, BEN, nothing_of=[DANA])
    ada.waits_to_hear(BEN, DANA, nothing_of=[ADA])
    ben.waits_to_hear(ADA, DANA, nothing_of=[BEN])

    ada.page.keyboard.press("c")
    ada.page.get_by_test_id("confirm").click()
    ada.is_in_no_call()
    dana.waits_not_to_hear(ADA)
    hear_each_other(dana, ben, BEN)


def test_a_supervisor_listens_whispers_and_barges(street: Street) -> None:
    dana, ada = talks_with_ada(street)
    sam = street.sam().is_ready()
    board = sam.tab("/board")
    board.get_by_test_id("live-call").get_by_role("button", name="Listen").click()
    sam.waits_to_hear(ADA, DANA, nothing_of=[SAM])
    for each in (ada, dana):
        each.waits_not_to_hear(SAM)

    board.keyboard.press("2")
    ada.waits_to_hear(SAM)
    dana.waits_not_to_hear(SAM)
    sam.waits_to_hear(ADA, DANA, nothing_of=[SAM])

    board.keyboard.press("3")
    for each in (ada, dana):
        each.waits_to_hear(SAM)
    dana.waits_to_hear(ADA)


def test_a_recording_has_each_on_a_channel_and_is_silent_where_it_was_paused(
    street: Street,
) -> None:
    ben = street.ben().is_available()
    dana = street.dana_calls(SIDE_DOOR)
    ben.accepts()
    hear_each_other(dana, ben, BEN)
    tape = ben.page.get_by_test_id("tape")
    expect(tape).to_have_text("Recording", timeout=SOON)
    ben.listens(2)
    ben.page.get_by_test_id("pause-recording").click()
    expect(tape).to_have_text("Recording is paused", timeout=SOON)
    ben.listens(3)
    ben.page.get_by_test_id("resume-recording").click()
    expect(tape).to_have_text("Recording", timeout=SOON)
    ben.listens(2)
    ben.hangs_up()
    dana.has_nobody_on_the_line()
    danas, others = tape_of_the_last_call(street.sam())
    for channel, hers, not_hers in ((danas, DANA, BEN), (others, BEN, DANA)):
        assert channel.pieces(hers) == ["tone", "silence", "tone"]
        assert not_hers not in channel
