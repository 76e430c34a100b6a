"""The SDK's async half asks for the same things."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.sandbox.rest.house import APP, DANA, NUMBER, OMAR, TALK, WAIT, House, room


def run(house: House, work: Callable[[Client], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        return await work(house.async_client())

    return asyncio.run(main())


def test_calls_are_made_read_changed_ended_and_forgotten(house: House) -> None:
    house.person(DANA)
    house.pages["/transfer"] = TALK

    async def work(client: Client) -> list[str]:
        call = await client.calls.create_async(to=DANA, from_=NUMBER, url=f"{APP}/voice")
        house.advance(2)
        states = [call.status, (await client.calls(call.sid).fetch_async()).status]
        await client.calls(call.sid).update_async(url=f"{APP}/transfer")
        house.advance(2)
        await client.calls(call.sid).update_async(status="completed")
        house.advance(1)
        states.append((await client.calls(call.sid).fetch_async()).status)
        assert await client.calls(call.sid).delete_async() is True
        assert await client.calls.list_async() == []
        return states

    assert run(house, work) == ["queued", "in-progress", "completed"]


def test_lists_are_streamed_over_pages(house: House) -> None:
    async def work(client: Client) -> int:
        for _ in range(5):
            await client.calls.create_async(to=DANA, from_=NUMBER, twiml="<Response/>")
        return len([call async for call in await client.calls.stream_async(page_size=2)])

    assert run(house, work) == 5


def test_participants_are_added_muted_and_thrown_out(house: House) -> None:
    house.pages["/room"] = room("briefing")
    house.person(DANA)
    house.person(OMAR)
    house.call(page="/room")

    async def work(client: Client) -> bool:
        people = client.conferences("briefing").participants
        joining = await people.create_async(from_=NUMBER, to=OMAR, label="omar")
        house.advance(2)
        omar = client.conferences(joining.conference_sid).participants("omar")
        assert (await omar.update_async(muted=True)).muted is True
        assert (await omar.fetch_async()).muted is True
        return bool(await omar.delete_async())

    assert run(house, work) is True


def test_the_front_of_a_queue_is_taken(house: House) -> None:
    house.pages["/voice"] = WAIT
    house.dial_in()

    async def work(client: Client) -> int:
        (queue,) = await client.queues.list_async()
        await client.queues(queue.sid).members("Front").update_async(url=f"{APP}/agent")
        house.advance(1)
        return int((await client.queues(queue.sid).fetch_async()).current_size)

    assert run(house, work) == 0


def test_recordings_are_started_and_stopped(house: House) -> None:
    house.person(DANA)
    sid = house.call()

    async def work(client: Client) -> str:
        await client.calls(sid).recordings.create_async()
        house.advance(3)
        current = client.calls(sid).recordings("Twilio.CURRENT")
        await current.update_async(status="stopped")
        house.advance(2)
        (recording,) = await client.recordings.list_async()
        return str(recording.duration)

    assert run(house, work) == "3"


def test_settings_are_written_and_read(house: House) -> None:
    async def work(client: Client) -> tuple[int, int, int]:
        app = await client.applications.create_async(friendly_name="desk")
        await client.applications(app.sid).update_async(voice_url=f"{APP}/voice")
        await client.incoming_phone_numbers.create_async(
            phone_number="+15550111", voice_application_sid=app.sid
        )
        return (
            len(await client.applications.list_async()),
            len(await client.incoming_phone_numbers.list_async()),
            len(await client.outgoing_caller_ids.list_async()),
        )

    assert run(house, work) == (1, 2, 0)


def test_refusals_are_raised(house: House) -> None:
    async def work(client: Client) -> None:
        await client.calls("CA" + "0" * 32).fetch_async()

    with pytest.raises(TwilioRestException) as caught:
        run(house, work)
    assert caught.value.code == 20404
