"""How many people can be on the telephone at once, and how many can begin to talk in a second.

Each figure is taken in a process of its own, in which nobody remembers what was heard or asked.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
TOWN = """
import resource
from time import process_time
from urllib.parse import urlsplit

from sandbox.core.accounts import VoiceUrls
from sandbox.core.calls import Address
from sandbox.core.carrier import Carrier
from sandbox.core.config import Config
from sandbox.core.effects import FetchAnswer
from sandbox.core.endpoints import SilentLine
from sandbox.core.orders import CallOrder
from sandbox.drivers.inprocess import InProcess

class Answering(SilentLine):
    def offered(self, call):
        call.answer()

def deliver(fetch):
    page = pages[urlsplit(fetch.url).path]
    return FetchAnswer(200, {"Content-Type": "text/xml"}, f"<Response>{page}</Response>".encode())

pages = {}
carrier = Carrier(Config(cps=0), now=1.8e9, seed=7)
account = carrier.add_account()
carrier.add_number(account, "+15550100", VoiceUrls(voice_url="http://app.test/voice"))
town = InProcess(carrier, deliver)

def dials_in(number):
    carrier.dial_in(SilentLine(), from_=f"+1555{number:07d}", to="+15550100")
    town.settle()

def is_rung(number, page):
    carrier.phones.connect(f"+1555{number:07d}", Answering())
    document = Address(f"http://app.test{page}")
    news = {"status_callback": "http://app.test/news", "status_callback_events": ("completed",)}
    order = CallOrder(f"+1555{number:07d}", "+15550100", document, **news)
    carrier.create_call(account, order)
    town.settle()
"""
A_THOUSAND = """
pages["/wait"] = "<Say>you are in line</Say><Pause length='10'/>"
pages["/voice"] = "<Enqueue waitUrl='/wait'>support</Enqueue>"
for number in range(400):
    dials_in(1000000 + number)
for number in range(400):
    pages["/room"] = f"<Dial><Conference>room {number // 2}</Conference></Dial>"
    is_rung(2000000 + number, "/room")
    town.advance(1)
pages["/voice"] = "<Dial><Number>+15559999999</Number></Dial>"
carrier.phones.connect("+15559999999", Answering())
for number in range(100):
    dials_in(3000000 + number)
town.advance(60)
alive = [call for call in carrier.calls.values() if call.status == "in-progress"]
print(len(alive), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
MANY_NEW = """
pages["/news"] = ""
pages["/voice"] = "<Say>hello</Say><Hangup/>"
began = process_time()
for number in range(300):
    is_rung(2000000 + number, "/voice")
    dials_in(1000000 + number)
town.advance(20)
over = [call for call in carrier.calls.values() if call.status == "completed"]
print(len(over), len(over) / (process_time() - began))
"""


def counted(program: str) -> tuple[int, float]:
    """The calls that there were, and the figure."""
    told = subprocess.run(
        [sys.executable, "-c", TOWN + program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    calls, figure = told.stdout.split()
    return int(calls), float(figure)


def test_a_thousand_calls_at_once_take_less_than_500_megabytes() -> None:
    calls, megabytes = counted(A_THOUSAND)
    assert calls == 1000
    assert megabytes < 500


def test_more_than_200_calls_begin_and_end_in_a_second_of_work() -> None:
    calls, a_second = counted(MANY_NEW)
    assert calls == 600
    assert a_second > 200
