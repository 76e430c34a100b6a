"""What the signalling socket answers to those who do not keep to the rules."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from sandbox.browsers import gateway
from sandbox.browsers.signals import parse
from tests.sandbox.browsers.house import PATIENCE, House

Message = tuple[str, dict[str, Any]]


def says(house: House, *messages: tuple[str, object] | str, answers: int = 1) -> list[Message]:
    """Send these in a new socket; the first answers that come."""

    async def talk() -> list[Message]:
        url = f"{house.url.replace('http', 'ws')}/signal"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            for each in messages:
                text = each if isinstance(each, str) else _written(*each)
                await socket.send_str(text)
            found = [parse(await socket.receive_str(timeout=PATIENCE)) for _ in range(answers)]
            return [each for each in found if each is not None]

    return house.run(talk())


def _written(kind: str, payload: object) -> str:
    return json.dumps({"type": kind, "payload": payload, "version": "1.6"})


def listen(house: House, **options: Any) -> tuple[str, object]:
    return ("listen", {"token": house.token("ada", **options)})


def test_whoever_listens_is_told_who_they_are(house: House) -> None:
    ((kind, payload),) = says(house, listen(house, seconds=300))
    assert kind == "connected"
    assert payload["token"]["identity"] == "ada"
    assert 290 <= payload["token"]["ttl"] <= 300


def test_a_quiet_socket_beats_so_that_browsers_know_it_is_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "HEARTBEAT_SECONDS", 0.1)

    async def listens() -> list[str]:
        url = f"{house.url.replace('http', 'ws')}/signal"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            await socket.send_str(_written(*listen(house)))
            return [await socket.receive_str(timeout=PATIENCE) for _ in range(3)]

    _, *beats = house.run(listens())
    assert beats == ["\n", "\n"]


def test_nothing_is_done_for_who_has_not_listened(house: House) -> None:
    for message in ("register", "invite", "answer", "reject"):
        ((kind, payload),) = says(house, (message, {"callsid": "CA1", "media": {"audio": True}}))
        assert kind == "error"
        assert payload["error"]["code"] == 31204


def test_a_token_that_takes_no_calls_cannot_register(house: House) -> None:
    _, (kind, payload) = says(
        house,
        listen(house, takes_calls=False),
        ("register", {"media": {"audio": True}}),
        answers=2,
    )
    assert kind == "error"
    assert payload["error"]["code"] == 31201


def test_nonsense_is_passed_over(house: House) -> None:
    nonsense = ["", "\n", "[]", "{}", "not json", '{"type": 7}', '{"type": "dance", "payload": 1}']
    ((kind, _),) = says(house, *nonsense, listen(house))
    assert kind == "connected"


def test_a_call_without_a_description_of_its_sound_is_refused(house: House) -> None:
    for sdp in ("", "v=0", "nonsense", "v=0\r\nm=video 9 RTP/AVP 96\r\n"):
        _, (kind, payload) = says(
            house, listen(house), ("invite", {"callsid": "TJS1", "sdp": sdp}), answers=2
        )
        assert kind == "hangup"
        assert payload["callsid"] == "TJS1"
        assert payload["error"]["code"] == 31000


def test_a_token_whose_application_is_gone_calls_nobody(house: House) -> None:
    real, house.application.sid = house.application.sid, "AP" + "0" * 32
    token = listen(house)
    house.application.sid = real
    _, (kind, payload) = says(house, token, ("invite", {"callsid": "TJS1", "sdp": ""}), answers=2)
    assert kind == "hangup"
    assert payload["error"]["code"] == 31002
    assert 21218 in house.codes()


def test_nobody_ends_or_takes_over_the_call_of_another(house: House) -> None:
    call = house.dana_dials()
    house.until(lambda: call.answered, PATIENCE)
    stolen = {"callsid": call.sid, "reconnect": "guessed", "sdp": "", "twilio": {}}
    answers = says(
        house,
        listen(house),
        ("hangup", {"callsid": call.sid}),
        ("dtmf", {"callsid": call.sid, "dtmf": "1"}),
        ("reinvite", {"callsid": call.sid, "sdp": ""}),
        ("invite", stolen),
        ("answer", {"callsid": call.sid, "sdp": ""}),
        answers=3,
    )
    assert [kind for kind, _ in answers] == ["connected", "hangup", "hangup"]
    assert not call.ended
    house.do(call.hang_up)


def test_who_comes_back_under_another_name_is_known_by_that(house: House) -> None:
    first, second = house.token("ada"), house.token("ben")
    answers = says(
        house,
        ("listen", {"token": first}),
        ("register", {"media": {"audio": True}}),
        ("listen", {"token": second}),
        answers=3,
    )
    assert [kind for kind, _ in answers] == ["connected", "ready", "connected"]
    assert "client:ada" not in house.carrier.phones.entries
    assert "client:ben" not in house.carrier.phones.entries


def test_somebody_in_a_script_stands_back_for_a_browser_of_that_name(house: House) -> None:
    town = house.server.world.town
    lena = house.do(lambda: town.add("lena", "client:lena"))
    token = ("listen", {"token": house.token("lena")})
    says(house, token, ("register", {"media": {"audio": True}}), answers=2)
    house.until(lambda: house.carrier.phones.find("client:lena") is lena, PATIENCE)
