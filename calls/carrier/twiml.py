"""What a leg should be doing now, in the carrier's words.

Every document of ours is made here, by Twilio's own builder. All addresses in them are absolute:
the same document may be fetched by the carrier or sent to it inside an order.
"""

import re
from functools import singledispatch

from twilio.twiml.voice_response import Dial, VoiceResponse

from calls import steps
from calls.carrier import addresses
from calls.states import Recourse

VOICEMAIL_SECONDS = 180
TEST_SECONDS = 5
# The carrier asks what to do with a recording before it can be fetched.
UNTIL_IT_CAN_BE_PLAYED = 2
SILENCE_ENDS_VOICEMAIL = 5
# The queue's own messages say why nobody answers; without this the beep comes as a surprise.
INVITATION = "You can leave a message after the tone."
SILENCE_WITHOUT_MUSIC = 20
# A round that ends at once, because its music cannot be fetched, would be asked for without end.
SILENCE_AFTER_MUSIC = 3
# The carrier names no longest pause; others who speak its language stop at three minutes.
STANDBY_ROUND = 180
ROOM_NEWS = "start end join leave mute hold modify announcement"
# The characters that no XML document may hold, escaped or not.
_UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(step: steps.Step) -> str:
    """The document that makes the leg do this."""
    return str(_response(step))


@singledispatch
def _response(step: steps.Step) -> VoiceResponse:
    raise TypeError(f"no document for {step!r}")


@_response.register
def _wait(step: steps.Wait) -> VoiceResponse:
    response = VoiceResponse()
    _say(response, step.greeting)
    response.enqueue(
        step.queue_name,
        action=addresses.queue_left(step.leg_id),
        method="POST",
        wait_url=addresses.wait(step.leg_id),
        wait_url_method="POST",
    )
    return response


@_response.register
def _announce(step: steps.Announce) -> VoiceResponse:
    """At its end the carrier asks for the next round by itself."""
    response = VoiceResponse()
    for sentence in step.sentences:
        _say(response, sentence)
    _music(response, step.music_url)
    return response


@_response.register
def _join_room(step: steps.JoinRoom) -> VoiceResponse:
    response = VoiceResponse()
    if step.sound_url:
        response.play(step.sound_url)
    _say(response, step.announcement)
    _enter(response, step)
    return response


def _enter(response: VoiceResponse, step: steps.JoinRoom) -> None:
    """Only the first one's news address counts for a room, so everybody brings the same one."""
    dial = Dial(action=addresses.room_left(step.leg_id), method="POST")
    quietly = {"muted": True} if step.muted else {}
    dial.conference(
        step.room,
        beep="false",
        start_conference_on_enter=True,
        end_conference_on_exit=False,
        wait_url="",
        participant_label=str(step.leg_id),
        status_callback=addresses.conference(step.call_id),
        status_callback_method="POST",
        status_callback_event=ROOM_NEWS,
        **quietly,
        **({"coach": step.coach_sid} if step.coach_sid else {}),
    )
    response.append(dial)


@_response.register
def _hold_music(step: steps.HoldMusic) -> VoiceResponse:
    """Without end; the pause is for music that cannot be fetched."""
    response = VoiceResponse()
    if step.music_url:
        response.play(step.music_url, loop=0)
    response.pause(length=SILENCE_WITHOUT_MUSIC)
    return response


@_response.register
def _message(step: steps.Message) -> VoiceResponse:
    response = VoiceResponse()
    _say(response, step.say)
    if step.play_url:
        response.play(step.play_url)
    return response


@_response.register
def _send_digits(step: steps.SendDigits) -> VoiceResponse:
    response = VoiceResponse()
    response.play(digits=step.digits)
    _enter(response, step.room)
    return response


@_response.register
def _parked(step: steps.Parked) -> VoiceResponse:
    response = VoiceResponse()
    _say(response, step.text)
    _music(response, step.music_url)
    response.redirect(addresses.resume(step.leg_id), method="POST")
    return response


def _music(response: VoiceResponse, url: str) -> None:
    """Once; or as long a silence, so that nothing is asked for without end."""
    if url:
        response.play(url)
    response.pause(length=SILENCE_AFTER_MUSIC if url else SILENCE_WITHOUT_MUSIC)


@_response.register
def _ask_for_key(step: steps.AskForKey) -> VoiceResponse:
    """Silence is an answer too: a mailbox presses nothing."""
    response = VoiceResponse()
    to = addresses.standby_key if step.for_standby else addresses.agent_key
    gather = response.gather(
        action=to(step.leg_id),
        method="POST",
        input="dtmf",
        num_digits=1,
        finish_on_key="",
        timeout=step.timeout_seconds,
        action_on_empty_result=True,
    )
    if step.sound_url:
        gather.play(step.sound_url)
    gather.say(_speakable(step.text))
    return response


@_response.register
def _stand_by(step: steps.StandBy) -> VoiceResponse:
    response = VoiceResponse()
    _say(response, step.text)
    response.pause(length=STANDBY_ROUND)
    response.redirect(addresses.standby(step.line_id), method="POST")
    return response


@_response.register
def _try_out(step: steps.TryOut) -> VoiceResponse:
    response = VoiceResponse()
    _say(response, step.text)
    response.record(
        action=addresses.browser_test(),
        method="POST",
        max_length=TEST_SECONDS,
        # As long: a breath is not the end of the test.
        timeout=TEST_SECONDS,
        play_beep=True,
        trim="do-not-trim",
        recording_status_callback=addresses.test_recording(),
        recording_status_callback_method="POST",
        recording_status_callback_event="completed",
    )
    _say(response, step.nothing_heard)
    response.hangup()
    return response


@_response.register
def _play_back(step: steps.PlayBack) -> VoiceResponse:
    response = VoiceResponse()
    response.pause(length=UNTIL_IT_CAN_BE_PLAYED)
    response.play(step.recording_url)
    _say(response, step.text)
    response.hangup()
    return response


@_response.register
def _play_out(step: steps.PlayOut) -> VoiceResponse:
    response = VoiceResponse()
    _say(response, step.message)
    if step.recourse == Recourse.VOICEMAIL:
        _say(response, INVITATION)
        response.record(
            action=addresses.voicemail(step.leg_id),
            method="POST",
            max_length=VOICEMAIL_SECONDS,
            timeout=SILENCE_ENDS_VOICEMAIL,
            play_beep=True,
            recording_status_callback=addresses.recording(step.leg_id),
            recording_status_callback_method="POST",
            recording_status_callback_event="completed absent",
        )
    response.hangup()
    return response


@_response.register
def _one_moment(step: steps.OneMoment) -> VoiceResponse:
    response = VoiceResponse()
    _say(response, "One moment, please.")
    response.pause(length=step.seconds)
    response.redirect(step.resume_url, method="POST")
    return response


@_response.register
def _leave(_step: steps.Leave) -> VoiceResponse:
    response = VoiceResponse()
    response.leave()
    return response


@_response.register
def _say_and_end(step: steps.Say) -> VoiceResponse:
    response = VoiceResponse()
    _say(response, step.text)
    response.hangup()
    return response


@_response.register
def _hang_up(_step: steps.HangUp) -> VoiceResponse:
    response = VoiceResponse()
    response.hangup()
    return response


@_response.register
def _nothing(_step: steps.Nothing) -> VoiceResponse:
    return VoiceResponse()


def _say(response: VoiceResponse, text: str) -> None:
    speakable = _speakable(text)
    if speakable:
        response.say(speakable)


def _speakable(text: str) -> str:
    return _UNSPEAKABLE.sub(" ", text).strip()
