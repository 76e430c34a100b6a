"""What the tests may reach, and with what they look."""

import socket

import pytest
from playwright.sync_api import Browser
from pytest_socket import SocketConnectBlockedError


def test_the_network_ends_at_this_machine() -> None:
    blocked = (SocketConnectBlockedError, UserWarning)  # a warning is an error here
    with socket.socket() as outward, pytest.raises(blocked, match=r"192\.0\.2\.1"):
        outward.connect(("192.0.2.1", 443))


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


@pytest.mark.browser
def test_there_is_a_browser(chromium: Browser) -> None:
    page = chromium.new_context().new_page()
    page.set_content("<button onclick='this.textContent = \"on a break\"'>available</button>")
    page.click("button")
    assert page.inner_text("button") == "on a break"
