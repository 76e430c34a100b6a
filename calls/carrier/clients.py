"""Twilio's own client, made as we need it: one for each event loop, with a limit on its patience.

The client reads TWILIO_REGION and TWILIO_EDGE from the environment and would bend our address by
them, so it is given an environment of its own. Where its connections end is the one seam of this
package: tests hand in HTTP clients that end in a sandbox carrier of the same process.
"""

import asyncio
import logging
from weakref import WeakKeyDictionary

import requests
from django.conf import settings
from requests.adapters import BaseAdapter
from twilio.http import AsyncHttpClient, HttpClient
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

# The client writes whole addresses with numbers in them into its log.
_quiet = logging.getLogger("callcenter.carrier.http")
_quiet.setLevel(logging.WARNING)


class _Transport:
    """What stands in for the network, and the clients made so far."""

    in_place_of_sync: HttpClient | None = None
    in_place_of_async: AsyncHttpClient | None = None
    in_place_of_media: BaseAdapter | None = None
    sync: Client | None = None
    of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, Client] = WeakKeyDictionary()


def use_transport(
    sync_http_client: HttpClient | None,
    async_http_client: AsyncHttpClient | None,
    media: BaseAdapter | None = None,
) -> None:
    """Carry requests by these instead of by the network; None: by the network again."""
    _Transport.in_place_of_media = media
    _Transport.in_place_of_sync = sync_http_client
    _Transport.in_place_of_async = async_http_client
    _Transport.sync = None
    _Transport.of_loops = WeakKeyDictionary()


def sync_client() -> Client:
    """For reading, in a thread."""
    if _Transport.sync is None:
        http = _Transport.in_place_of_sync or TwilioHttpClient(
            timeout=settings.CARRIER_TIMEOUT, logger=_quiet
        )
        _Transport.sync = _client(http)
    return _Transport.sync


def async_client() -> Client:
    """For orders: the running loop's, with its connections kept alive."""
    loop = asyncio.get_running_loop()
    client = _Transport.of_loops.get(loop)
    if client is None:
        client = _client(_Transport.in_place_of_async or AsyncTwilioHttpClient(logger=_quiet))
        _Transport.of_loops[loop] = client
    return client


async def close_async_client() -> None:
    """Close the running loop's connections, at the end of its life."""
    client = _Transport.of_loops.pop(asyncio.get_running_loop(), None)
    if client is not None and isinstance(client.http_client, AsyncTwilioHttpClient):
        await client.http_client.close()


def media_session() -> requests.Session:
    """For sound, which is fetched as it is listened to, and not by Twilio's client."""
    session = requests.Session()
    if _Transport.in_place_of_media is not None:
        session.mount("https://", _Transport.in_place_of_media)
        session.mount("http://", _Transport.in_place_of_media)
    return session


def credentials() -> tuple[str, str]:
    """What we sign in with at the carrier: the API key where there is one."""
    if settings.TWILIO_API_KEY and settings.TWILIO_API_SECRET:
        return settings.TWILIO_API_KEY, settings.TWILIO_API_SECRET
    return settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN


def _client(http: HttpClient) -> Client:
    client = Client(
        *credentials(),
        account_sid=settings.TWILIO_ACCOUNT_SID,
        http_client=http,
        # Anything but empty: an empty one would be replaced by the process's own.
        environment={"TWILIO_REGION": ""},
    )
    if settings.CARRIER_API_URL:
        client.api.base_url = settings.CARRIER_API_URL
    return client
