"""One request to the application: its headers, retries, redirects, cookies and time limit."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from twilio.request_validator import RequestValidator

from sandbox.core.config import Config
from sandbox.core.effects import FailureKind, FetchAnswer, FetchResult
from sandbox.core.webhooks import Question, Reply, ask
from tests.sandbox.core.stage import APP, TOKEN, Asked, Stage, broken, twiml, unreachable


def question(stage: Stage, url: str = f"{APP}/x", **more: Any) -> Question:
    return Question(url=url, account=stage.account, standard=[("CallSid", "CA1")], **more)


def put(stage: Stage, asked: Question, *, within: float = 60) -> Reply:
    task = stage.carrier.kernel.spawn(ask(stage.carrier, asked), "ask")
    stage.advance(within)
    return task.result()


def in_turn(*answers: FetchResult) -> Callable[[Asked], FetchResult]:
    left = list(answers)
    return lambda _: left.pop(0)


def test_a_post_carries_the_form_and_the_carriers_headers(stage: Stage) -> None:
    put(stage, question(stage, extra=[("Digits", "1")]))
    fetch = stage.last("/x").fetch
    assert fetch.method == "POST"
    assert fetch.body == b"CallSid=CA1&Digits=1"
    assert fetch.headers["User-Agent"] == "TwilioProxy/1.1"
    assert fetch.headers["Content-Type"] == "application/x-www-form-urlencoded; charset=utf-8"


def test_a_get_carries_the_parameters_in_its_query(stage: Stage) -> None:
    put(stage, question(stage, f"{APP}/x?a=1", method="GET"))
    fetch = stage.last("/x").fetch
    assert fetch.url == f"{APP}/x?a=1&CallSid=CA1"
    assert fetch.body == b""
    assert "Content-Type" not in fetch.headers


def test_an_account_with_a_shared_key_signs_with_it_and_says_so(stage: Stage) -> None:
    stage.account.shared_key = ("webhooks_sharedkey_1", "quiet")
    put(stage, question(stage))
    headers = stage.last("/x").fetch.headers
    settings = headers["X-Twilio-Webhooks-Signature-Settings"]
    assert settings == "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    url, params = f"{APP}/x", {"CallSid": "CA1"}
    signature = headers["X-Twilio-Signature"]
    assert RequestValidator("quiet").validate(url, params, signature, "HMAC_SHA256")
    assert not RequestValidator(TOKEN).validate(url, params, signature, "HMAC_SHA256")


def test_a_get_is_signed_over_its_full_url(stage: Stage) -> None:
    put(stage, question(stage, method="GET"))
    fetch = stage.last("/x").fetch
    signature = fetch.headers["X-Twilio-Signature"]
    assert RequestValidator(TOKEN).validate(fetch.url, {}, signature)


def test_the_fragment_is_not_sent_and_not_signed(stage: Stage) -> None:
    put(stage, question(stage, f"{APP}/x#rc=2&rp=all"))
    fetch = stage.last("/x").fetch
    assert fetch.url == f"{APP}/x"
    signature = fetch.headers["X-Twilio-Signature"]
    assert RequestValidator(TOKEN).validate(fetch.url, dict(fetch.params), signature)


def test_an_answer_comes_back_with_type_and_body(stage: Stage) -> None:
    stage.pages["/x"] = twiml("hello", "text/plain; charset=utf-8")
    reply = put(stage, question(stage))
    assert reply.ok
    assert (reply.status, reply.content_type, reply.body) == (200, "text/plain", b"hello")


@pytest.mark.parametrize(
    ("failure", "code"),
    [("connect", 11205), ("bad_host", 11210), ("read", 11200), ("bad_url", 11100)],
)
def test_a_failure_has_its_debugger_code(stage: Stage, failure: FailureKind, code: int) -> None:
    stage.pages["/x"] = unreachable(failure)
    assert put(stage, question(stage)).error_code == code


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_an_answer_other_than_2xx_is_a_retrieval_failure(stage: Stage, status: int) -> None:
    stage.pages["/x"] = broken(status)
    reply = put(stage, question(stage))
    assert reply.error_code == 11200
    assert str(status) in reply.error_text


@pytest.mark.parametrize("url", ["", "/relative", "ftp://app.test/x", "app.test/x"])
def test_an_address_that_is_none_is_never_asked(stage: Stage, url: str) -> None:
    assert put(stage, question(stage, url)).error_code == 11100
    assert stage.asked == []


def test_only_a_connect_failure_is_retried_and_once(stage: Stage) -> None:
    stage.pages["/x"] = unreachable()
    put(stage, question(stage))
    assert len(stage.at("/x")) == 2


def test_a_retry_can_save_the_request(stage: Stage) -> None:
    stage.pages["/x"] = in_turn(unreachable(), twiml(""))
    assert put(stage, question(stage)).ok


def test_a_server_error_is_not_retried_by_default(stage: Stage) -> None:
    stage.pages["/x"] = broken(500)
    put(stage, question(stage))
    assert len(stage.at("/x")) == 1


@pytest.mark.parametrize(
    ("fragment", "answer", "attempts"),
    [
        ("rc=3&rp=5xx", broken(502), 4),
        ("rc=3&rp=4xx", broken(404), 4),
        ("rc=3&rp=4xx", broken(502), 1),
        ("rc=2&rp=all", broken(404), 3),
        ("rc=0", unreachable(), 1),
        ("rc=2&rp=ct,rt", unreachable("read"), 3),
        ("rc=2&rp=rt", unreachable("connect"), 1),
        ("rc=5", unreachable("bad_host"), 6),
    ],
)
def test_the_fragment_decides_on_retries(
    stage: Stage, fragment: str, answer: FetchResult, attempts: int
) -> None:
    stage.pages["/x"] = answer
    put(stage, question(stage, f"{APP}/x#{fragment}"))
    assert len(stage.at("/x")) == attempts


def test_a_good_answer_is_not_retried_even_with_all(stage: Stage) -> None:
    stage.pages["/x"] = twiml("")
    put(stage, question(stage, f"{APP}/x#rc=5&rp=all"))
    assert len(stage.at("/x")) == 1


def test_a_retry_has_the_same_idempotency_token(stage: Stage) -> None:
    stage.pages["/x"] = unreachable()
    put(stage, question(stage))
    tokens = {asked.fetch.headers["I-Twilio-Idempotency-Token"] for asked in stage.at("/x")}
    assert len(tokens) == 1


def test_another_request_has_another_token(stage: Stage) -> None:
    put(stage, question(stage))
    put(stage, question(stage))
    tokens = {asked.fetch.headers["I-Twilio-Idempotency-Token"] for asked in stage.at("/x")}
    assert len(tokens) == 2


def test_the_timeouts_of_the_fragment_reach_the_network(stage: Stage) -> None:
    put(stage, question(stage, f"{APP}/x#ct=200&rt=3000&sni=n"))
    fetch = stage.last("/x").fetch
    assert (fetch.connect_timeout, fetch.read_timeout, fetch.sni) == (0.2, 3.0, False)


def test_a_slow_application_is_given_up_after_fifteen_seconds(stage: Stage) -> None:
    stage.pages["/x"] = twiml("", delay=20)
    task = stage.carrier.kernel.spawn(ask(stage.carrier, question(stage)), "ask")
    stage.advance(14.9)
    assert not task.done
    stage.advance(0.2)
    assert task.result().error_code == 11200


def test_an_answer_just_in_time_counts(stage: Stage) -> None:
    stage.pages["/x"] = twiml("", delay=14)
    assert put(stage, question(stage)).ok


def test_the_read_timeout_may_be_shorter(stage: Stage) -> None:
    stage.pages["/x"] = twiml("", delay=2)
    assert put(stage, question(stage, f"{APP}/x#rt=1000")).error_code == 11200


def test_all_attempts_share_the_fifteen_seconds(stage: Stage) -> None:
    stage.pages["/x"] = twiml("", delay=20)
    put(stage, question(stage, f"{APP}/x#rc=5&rp=all&rt=6000"))
    assert [round(asked.at) for asked in stage.at("/x")] == [0, 6, 12]


def test_a_total_time_may_be_shorter(stage: Stage) -> None:
    stage.pages["/x"] = twiml("", delay=20)
    put(stage, question(stage, f"{APP}/x#rc=5&rp=all&rt=6000&tt=7000"))
    assert [round(asked.at) for asked in stage.at("/x")] == [0, 6]


def test_a_redirect_is_followed_by_get_and_loses_the_verbs_results(stage: Stage) -> None:
    stage.pages["/x"] = FetchAnswer(302, {"Location": "/y"})
    put(stage, question(stage, extra=[("Digits", "1")]))
    assert stage.last("/y").method == "GET"
    assert stage.last("/y").params == {"CallSid": "CA1"}


@pytest.mark.parametrize(
    ("keeps", "params"),
    [("nothing", {}), ("everything", {"CallSid": "CA1", "Digits": "1"})],
)
def test_what_follows_a_redirect_is_a_choice(
    stage: Stage, keeps: str, params: dict[str, str]
) -> None:
    stage.choose(redirected_fetch_keeps=keeps)
    stage.pages["/x"] = FetchAnswer(301, {"Location": "/y"})
    put(stage, question(stage, extra=[("Digits", "1")]))
    assert stage.last("/y").params == params


@pytest.mark.parametrize("status", [307, 308])
def test_a_temporary_redirect_keeps_method_and_parameters(stage: Stage, status: int) -> None:
    stage.pages["/x"] = FetchAnswer(status, {"Location": f"{APP}/y"})
    put(stage, question(stage, extra=[("Digits", "1")]))
    assert stage.last("/y").method == "POST"
    assert stage.last("/y")["Digits"] == "1"


def test_ten_redirects_are_followed(stage: Stage) -> None:
    for number in range(10):
        stage.pages[f"/{number}"] = FetchAnswer(302, {"Location": f"/{number + 1}"})
    stage.pages["/10"] = twiml("")
    assert put(stage, question(stage, f"{APP}/0")).url == f"{APP}/10?CallSid=CA1".split("?")[0]


def test_the_eleventh_redirect_is_too_many(stage: Stage) -> None:
    stage.pages["/x"] = FetchAnswer(302, {"Location": "/x"})
    assert put(stage, question(stage)).error_code == 11215
    assert len(stage.at("/x")) == 11


def test_a_redirect_without_a_target_is_a_failure(stage: Stage) -> None:
    stage.pages["/x"] = FetchAnswer(302)
    assert put(stage, question(stage)).error_code == 11200


def test_cookies_are_kept_for_the_call(stage: Stage) -> None:
    stage.pages["/voice"] = twiml("<Redirect>/next</Redirect>", cookies=("session=abc; Path=/",))
    stage.dials_in()
    assert stage.last("/next").fetch.headers["Cookie"] == "session=abc"


def test_another_call_does_not_get_them(stage: Stage) -> None:
    stage.pages["/voice"] = twiml("<Hangup/>", cookies=("session=abc",))
    stage.dials_in()
    stage.dials_in()
    assert all("Cookie" not in asked.fetch.headers for asked in stage.at("/voice"))


def test_a_cookie_can_be_taken_back(stage: Stage) -> None:
    stage.pages["/voice"] = twiml("<Redirect>/b</Redirect>", cookies=("s=1",))
    stage.pages["/b"] = twiml("<Redirect>/c</Redirect>", cookies=("s=; Max-Age=0",))
    stage.dials_in()
    assert "Cookie" not in stage.last("/c").fetch.headers


def test_a_cookie_stays_with_its_host(stage: Stage) -> None:
    elsewhere = "<Redirect>http://other.test/b</Redirect>"
    stage.pages["/voice"] = twiml(elsewhere, cookies=("s=1",))
    stage.dials_in()
    assert "Cookie" not in stage.last("/b").fetch.headers


def test_a_get_answer_with_an_etag_is_kept(stage: Stage) -> None:
    def page(asked: Asked) -> FetchAnswer:
        if asked.fetch.headers.get("If-None-Match") == '"1"':
            return FetchAnswer(304)
        return FetchAnswer(200, {"Content-Type": "text/xml", "ETag": '"1"'}, b"<Response/>")

    stage.pages["/x"] = page
    put(stage, question(stage, method="GET"))
    again = put(stage, question(stage, method="GET"))
    assert again.ok
    assert again.body == b"<Response/>"


def test_a_post_answer_is_never_kept(stage: Stage) -> None:
    stage.pages["/x"] = FetchAnswer(200, {"Content-Type": "text/xml", "ETag": '"1"'}, b"")
    put(stage, question(stage))
    put(stage, question(stage))
    assert "If-None-Match" not in stage.last("/x").fetch.headers


def test_a_password_in_the_url_answers_a_basic_challenge(stage: Stage) -> None:
    def page(asked: Asked) -> FetchAnswer:
        if "Authorization" in asked.fetch.headers:
            return twiml("")
        return FetchAnswer(401, {"WWW-Authenticate": 'Basic realm="x"'})

    stage.pages["/x"] = page
    assert put(stage, question(stage, "http://lena:s%40fe@app.test/x")).ok
    first, second = stage.at("/x")
    assert urlsplit(first.fetch.url).username is None
    assert "Authorization" not in first.fetch.headers
    expected = "Basic " + base64.b64encode(b"lena:s@fe").decode()
    assert second.fetch.headers["Authorization"] == expected


def test_a_password_in_the_url_answers_a_digest_challenge(stage: Stage) -> None:
    challenge = 'Digest realm="r", qop="auth", nonce="n", opaque="o"'

    def page(asked: Asked) -> FetchAnswer:
        if "Authorization" in asked.fetch.headers:
            return twiml("")
        return FetchAnswer(401, {"WWW-Authenticate": challenge})

    stage.pages["/x"] = page
    assert put(stage, question(stage, "http://lena:safe@app.test/x")).ok
    header = stage.last("/x").fetch.headers["Authorization"]
    given = dict(re.findall(r'(\w+)="?([^",]+)"?', header))
    ha1 = hashlib.md5(b"lena:r:safe").hexdigest()
    ha2 = hashlib.md5(b"POST:/x").hexdigest()
    text = f"{ha1}:n:{given['nc']}:{given['cnonce']}:auth:{ha2}"
    assert given["response"] == hashlib.md5(text.encode()).hexdigest()
    assert given["opaque"] == "o"


def test_a_challenge_without_a_password_stays_a_failure(stage: Stage) -> None:
    stage.pages["/x"] = FetchAnswer(401, {"WWW-Authenticate": "Basic"})
    assert put(stage, question(stage)).error_code == 11200


def test_the_log_keeps_question_and_answer(stage: Stage) -> None:
    stage.pages["/x"] = twiml("<Say>hi</Say>")
    put(stage, question(stage, purpose="call"))
    entry = stage.carrier.log[-1]
    assert (entry.kind, entry.method, entry.url, entry.purpose) == (
        "webhook",
        "POST",
        f"{APP}/x",
        "call",
    )
    assert entry.answer_status == 200
    assert "<Say>hi</Say>" in entry.answer_body


def test_the_log_says_why_there_was_no_answer(stage: Stage) -> None:
    stage.pages["/x"] = unreachable()
    put(stage, question(stage))
    assert stage.carrier.log[-1].error == "connect"
    assert stage.carrier.log[-1].answer_status == 0


def test_the_log_is_bounded() -> None:
    stage = Stage(Config(cps=0, log_size=3))
    for _ in range(5):
        put(stage, question(stage), within=1)
    assert len(stage.carrier.log) == 3


def test_a_late_report_of_a_request_given_up_is_ignored(stage: Stage) -> None:
    stage.pages["/x"] = twiml("", delay=30)
    reply = put(stage, question(stage))
    stage.advance(30)
    assert not reply.ok
