"""The carrier ends a room in which people are: everybody comes back as they were."""

from collections.abc import Iterator
from typing import Any

import pytest

from agents.services.handoffs import Target
from calls import plans
from calls.models import TimelineEvent
from calls.states import TransferState, Verb
from sandbox.core.conferences import Conference
from sandbox.core.orders import ConferenceUpdate
from sandbox.rest import RestAnswer, RestRequest
from tests.journeys.company import differences
from tests.journeys.ears import Listener
from tests.journeys.handing import Handing, handing
from tests.journeys.talks import hear_each_other, hears, hears_music
from tests.journeys.world import World


@pytest.fixture
def at(world: World) -> Handing:
    begun = handing(world)
    begun.omar.answers_after(1)
    return begun


def rooms(at: Handing) -> list[Conference]:
    return [room for room in at.world.carrier.conferences.values() if not room.ended]


def room_dies(at: Handing, *, back_after: float = 8.0) -> None:
    """The carrier ends the conference; each line asks us what to do."""
    [room] = rooms(at)
    at.world.carrier.update_conference(room, ConferenceUpdate(status="completed"))
    at.world.run(back_after)
    assert room.ended
    assert len(rooms(at)) <= 1


class Ears:
    """Whose voice reached whom, at every instant."""

    def __init__(self, at: Handing) -> None:
        phones = [at.ruth, at.dana.phone, at.omar.phone]
        self.names = {phone: phone.name for phone in phones}
        self.heard: set[tuple[str, str]] = set()

    def note(self, ear: Listener) -> None:
        others = (mouth for mouth in self.names if mouth is not ear and hears(ear, mouth))
        self.heard |= {(self.names[ear], self.names[mouth]) for mouth in others}


@pytest.fixture
def ears(at: Handing) -> Iterator[Ears]:
    ears, plain = Ears(at), Listener.hears

    def noted(self: Listener, *told: Any) -> None:
        plain(self, *told)
        ears.note(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Listener, "hears", noted)
        yield ears


BETWEEN_AGENTS = {("Dana", "Omar"), ("Omar", "Dana")}
WITH_DANA = {("Ruth", "Dana"), ("Dana", "Ruth")}
WITH_OMAR = {("Ruth", "Omar"), ("Omar", "Ruth")}


def test_a_customer_on_hold_hears_nothing_of_the_consult(at: Handing, ears: Ears) -> None:
    at.consulting()
    ears.heard.clear()
    room_dies(at)
    assert hear_each_other(at.dana.phone, at.omar.phone)
    assert at.ruth_hears_only_music()
    assert at.talk.ruth.leg.on_hold
    assert ears.heard == BETWEEN_AGENTS
    at.completes()
    at.world.run(3)
    assert at.ruth_is_with(at.omar.phone)
    assert at.transfer.state == TransferState.COMPLETED


def test_a_second_on_hold_hears_nothing_of_the_conversation(at: Handing, ears: Ears) -> None:
    at.consulting()
    at.swaps()
    ears.heard.clear()
    room_dies(at)
    assert at.ruth_is_with(at.dana.phone)
    assert hears_music(at.omar.phone)
    assert ears.heard == WITH_DANA
    at.swaps()
    assert hear_each_other(at.dana.phone, at.omar.phone)
    assert at.ruth_hears_only_music()


def test_those_who_all_talked_all_talk(at: Handing, ears: Ears) -> None:
    at.consulting()
    at.brings_all_together()
    ears.heard.clear()
    room_dies(at)
    assert ears.heard == BETWEEN_AGENTS | WITH_DANA | WITH_OMAR
    assert at.ruth_is_with(at.dana.phone, at.omar.phone)


def test_the_customer_hears_music_while_the_second_rings(at: Handing, ears: Ears) -> None:
    at.omar.lets_it_ring()
    at.consults()
    at.world.run(2)
    ears.heard.clear()
    room_dies(at)
    assert at.ruth_hears_only_music()
    at.omar.picks_up()
    at.world.run(3)
    assert hear_each_other(at.dana.phone, at.omar.phone)
    assert ears.heard == BETWEEN_AGENTS


def test_a_second_who_answers_while_there_is_no_room_does_not_hear_the_customer(
    at: Handing, ears: Ears
) -> None:
    at.omar.lets_it_ring()
    at.consults()
    at.world.run(2)
    ears.heard.clear()
    hers = str(at.talk.ruth.leg.pk)
    at.world.outage.lost = lambda fetch: hers in fetch.url  # so she is the last to be back
    room_dies(at, back_after=0.5)
    at.world.outage.lost = None
    at.omar.picks_up()
    at.world.run(15)
    assert hear_each_other(at.dana.phone, at.omar.phone)
    assert at.ruth_hears_only_music()
    assert ears.heard == BETWEEN_AGENTS


def test_a_customer_who_was_sent_on_hears_music_until_somebody_comes(at: Handing) -> None:
    at.omar.lets_it_ring()
    at.sends_on()
    at.world.run(2)
    room_dies(at)
    assert hears_music(at.ruth)
    at.omar.picks_up()
    at.world.run(3)
    assert at.ruth_is_with(at.omar.phone)


def test_who_was_put_on_hold_by_hand_stays_so_until_taken_off_it(at: Handing, ears: Ears) -> None:
    at.talk.does(plans.hold, at.talk.ruth.leg.pk, by=at.dana.agent.user)
    ears.heard.clear()
    room_dies(at)
    at.world.run(60)
    assert at.ruth_hears_only_music()
    assert ears.heard == set()
    at.talk.does(plans.resume, at.talk.ruth.leg.pk, by=at.dana.agent.user)
    assert at.ruth_is_with(at.dana.phone)


def test_who_was_muted_comes_back_muted(at: Handing, ears: Ears) -> None:
    at.talk.does(plans.mute, at.talk.leg_of(at.dana).pk)
    ears.heard.clear()
    room_dies(at)
    assert ears.heard == {("Dana", "Ruth")}
    assert at.talk.leg_of(at.dana).muted
    at.talk.does(plans.unmute, at.talk.leg_of(at.dana).pk)
    assert at.ruth_is_with(at.dana.phone)


def test_a_conversation_of_two_goes_on(at: Handing) -> None:
    room_dies(at)
    assert at.ruth_is_with(at.dana.phone)
    at.omar.lets_it_ring()
    at.consults(Target(user=at.omar.agent.user))
    at.world.run(2)
    assert at.ruth_hears_only_music()


def test_a_customer_who_cannot_be_held_again_is_with_the_first_alone(
    at: Handing, ears: Ears
) -> None:
    at.consulting()
    ears.heard.clear()

    def refuses(request: RestRequest) -> RestAnswer | None:
        holds = dict(request.form).get("Hold") == "true"
        return RestAnswer(400, {}, b'{"code": 20001, "message": "no"}') if holds else None

    at.world.driver.ambush = refuses
    room_dies(at)
    assert at.transfer.state == TransferState.FAILED
    assert at.ruth_is_with(at.dana.phone)
    assert at.omar.phone.call is None
    assert not ears.heard & WITH_OMAR


def test_all_is_as_it_was_where_no_news_of_rooms_came(at: Handing) -> None:
    at.consulting()
    at.world.outage.lost = lambda fetch: "/conference/" in fetch.url
    room_dies(at)
    at.world.outage.lost = None
    at.world.run(75)
    assert not differences(at.world)
    assert hear_each_other(at.dana.phone, at.omar.phone)
    assert at.ruth_hears_only_music()
    held = TimelineEvent.objects.filter(leg=at.talk.ruth.leg, kind="held")
    assert held.count() == 2
    assert at.talk.ruth.leg.orders.filter(verb=Verb.HOLD).count() == 2
