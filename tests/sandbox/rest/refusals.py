"""What an SDK user catches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from twilio.base.exceptions import TwilioRestException


@contextmanager
def refused(code: int, status: int = 400, text: str = "") -> Iterator[None]:
    """The carrier refuses what happens inside, with this code, HTTP status and wording."""
    with pytest.raises(TwilioRestException) as caught:
        yield
    assert (caught.value.code, caught.value.status) == (code, status), caught.value.msg
    assert text in caught.value.msg
