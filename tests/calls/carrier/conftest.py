from collections.abc import Iterator

import pytest
from pytest_django import Settings

from calls.carrier import gateway
from tests.calls.carrier.scripted_carrier import ScriptedCarrier


@pytest.fixture
def carrier(settings: Settings) -> Iterator[ScriptedCarrier]:
    """The SDK's own HTTP clients reach this over loopback."""
    scripted = ScriptedCarrier()
    scripted.start()
    settings.CARRIER_API_URL = scripted.url
    settings.CARRIER_TIMEOUT = 2.0
    gateway.use_transport(None, None)
    yield scripted
    gateway.use_transport(None, None)
    scripted.stop()
