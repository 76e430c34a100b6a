"""One request to the application: what comes back, and what a failure is called."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web

from sandbox.core.effects import Fetch, FetchAnswer, FetchError, FetchResult
from sandbox.drivers import web_client
from sandbox.drivers.web_client import open_session, perform

Door = Callable[[web.Request], Awaitable[web.StreamResponse]]


def ask(door: Door | None, path: str = "/voice", **changes: object) -> FetchResult:
    """Perform one request against an application with this one door (None: nobody listens)."""

    async def whole() -> FetchResult:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", door or _nobody)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        if door is None:
            await runner.cleanup()
        fields: dict[str, object] = {
            "id": 1,
            "method": "POST",
            "url": f"http://127.0.0.1:{port}{path}",
            "params": (("From", "+15550100001"), ("Name", "Zoë & co")),
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        }
        async with open_session() as session:
            result = await perform(session, Fetch(**(fields | changes)))  # type: ignore[arg-type]
        await runner.cleanup()
        return result

    return asyncio.run(whole())


async def _nobody(_: web.Request) -> web.Response:
    return web.Response(status=404)


def answered(result: FetchResult) -> FetchAnswer:
    assert isinstance(result, FetchAnswer)
    return result


def failed(result: FetchResult) -> FetchError:
    assert isinstance(result, FetchError)
    return result


async def echoes(request: web.Request) -> web.Response:
    form = await request.post()
    return web.json_response(
        {"target": request.raw_path, "form": {name: str(form[name]) for name in form}}
    )


def test_the_form_arrives_as_it_was_signed() -> None:
    answer = answered(ask(echoes, "/voice?next=%2Fdesk&a=b+c"))
    assert '"target": "/voice?next=%2Fdesk&a=b+c"' in answer.text
    assert '"From": "+15550100001"' in answer.text


def test_a_get_has_no_body() -> None:
    answer = answered(ask(echoes, "/voice?From=%2B1", method="GET", params=()))
    assert '"form": {}' in answer.text


def test_a_redirect_is_handed_back_not_followed() -> None:
    async def moves(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/new"})

    answer = answered(ask(moves))
    assert (answer.status, answer.header("location")) == (307, "/new")


def test_cookies_are_handed_back_one_by_one() -> None:
    async def bakes(_: web.Request) -> web.Response:
        answer = web.Response()
        answer.set_cookie("a", "1")
        answer.set_cookie("b", "2")
        return answer

    assert [each.split(";")[0] for each in answered(ask(bakes)).cookies] == ["a=1", "b=2"]


def test_an_error_page_is_an_answer() -> None:
    async def breaks(_: web.Request) -> web.Response:
        return web.Response(status=500, text="oops")

    answer = answered(ask(breaks))
    assert (answer.status, answer.text) == (500, "oops")


def test_a_compressed_answer_is_unpacked() -> None:
    async def squeezes(_: web.Request) -> web.Response:
        answer = web.Response(text="<Response/>" * 200)
        answer.enable_compression(web.ContentCoding.gzip)
        return answer

    assert answered(ask(squeezes)).text.startswith("<Response/>")


def test_nobody_listening_is_a_connect_failure() -> None:
    assert failed(ask(None)).kind == "connect"


def test_an_answer_that_does_not_come_is_a_read_failure() -> None:
    async def sleeps(_: web.Request) -> web.Response:
        await asyncio.sleep(1)
        return web.Response()

    assert failed(ask(sleeps, read_timeout=0.1)).kind == "read"


def test_an_answer_that_trickles_for_ever_is_cut_off() -> None:
    async def trickles(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(40):
            await answer.write(b"x")
            await asyncio.sleep(0.05)
        return answer

    assert failed(ask(trickles, connect_timeout=0.2, read_timeout=0.2)).kind == "read"


def test_a_connection_that_breaks_is_a_read_failure() -> None:
    async def hangs_up(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    assert failed(ask(hangs_up)).kind == "read"


def test_an_enormous_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_client, "LARGEST_ANSWER", 1000)

    async def floods(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * 5000)

    assert "larger than 1000 bytes" in failed(ask(floods)).message


@pytest.mark.parametrize("url", ["http://", "http://[bad/voice", "http://x:99999/", "voice"])
def test_what_is_no_address_is_called_so(url: str) -> None:
    assert failed(ask(echoes, url=url)).kind == "bad_url"


def test_a_name_that_nobody_has_is_a_bad_host(no_names: None) -> None:
    assert failed(ask(echoes, url="http://nowhere.invalid/voice")).kind == "bad_host"


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that knows no name, without asking the network."""
    usual = socket.getaddrinfo

    def resolves(host: str, *rest: object, **options: object) -> object:
        if host == "nowhere.invalid":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return usual(host, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolves)


def test_one_session_serves_many_requests_at_once() -> None:
    async def whole() -> list[FetchResult]:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", echoes)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/voice"
        session: aiohttp.ClientSession = open_session()
        async with session:
            fetches = [Fetch(n, "POST", url, (), {}) for n in range(150)]
            results = await asyncio.gather(*(perform(session, each) for each in fetches))
        await runner.cleanup()
        return list(results)

    assert {answered(each).status for each in asyncio.run(whole())} == {200}
