"""Requests to the application over real HTTP: exactly as signed, redirects not followed."""

from __future__ import annotations

import aiohttp
from yarl import URL

from sandbox.core.effects import Fetch, FetchAnswer, FetchError, FetchResult

LARGEST_ANSWER = 32 * 1024 * 1024
CHUNK = 64 * 1024


def open_session() -> aiohttp.ClientSession:
    """Connections are kept and shared; the carrier itself keeps each call's cookies."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    )


async def perform(session: aiohttp.ClientSession, fetch: Fetch) -> FetchResult:
    """Make the request exactly as signed; what goes wrong is a `FetchError`, never raised."""
    try:
        url = URL(fetch.url, encoded=True)
        return await _exchange(session, fetch, url)
    except (aiohttp.InvalidURL, ValueError) as error:
        return FetchError("bad_url", f"{fetch.url} is no address: {error}")
    except aiohttp.ClientConnectorDNSError as error:
        return FetchError("bad_host", str(error))
    except aiohttp.ConnectionTimeoutError:
        return FetchError("connect", f"No connection within {fetch.connect_timeout:g} s")
    except (aiohttp.ClientConnectorError, aiohttp.ClientSSLError) as error:
        return FetchError("connect", str(error))
    except TimeoutError:
        return FetchError("read", f"No answer within {fetch.read_timeout:g} s")
    except (aiohttp.ClientError, OSError) as error:
        return FetchError("read", f"The connection broke: {error or type(error).__name__}")


async def _exchange(session: aiohttp.ClientSession, fetch: Fetch, url: URL) -> FetchResult:
    timeout = aiohttp.ClientTimeout(
        total=fetch.connect_timeout + fetch.read_timeout,
        sock_connect=fetch.connect_timeout,
        sock_read=fetch.read_timeout,
    )
    async with session.request(
        fetch.method,
        url,
        data=fetch.body or None,
        headers=fetch.headers,
        allow_redirects=False,
        timeout=timeout,
    ) as response:
        body = await _body(response)
        if body is None:
            return FetchError("read", f"The answer is larger than {LARGEST_ANSWER} bytes")
        return FetchAnswer(
            status=response.status,
            headers=dict(response.headers),
            body=body,
            cookies=tuple(response.headers.getall("Set-Cookie", ())),
        )


async def _body(response: aiohttp.ClientResponse) -> bytes | None:
    """The whole body; None if it never seems to end."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            return None
    return bytes(body)
