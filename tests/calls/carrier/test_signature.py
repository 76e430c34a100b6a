"""Our validator against published vectors and against Twilio's own."""

import string
from hashlib import sha256

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from calls.carrier.signature import is_genuine, signature

TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
]
REPEATED = [
    ("Sid", "CA123"),
    ("SidAccount", "AC123"),
    ("Digits", "5678"),
    ("Digits", "1234"),
    ("Digits", "1234"),
]
BODY = b'{"property": "value", "boolean": true}'
BODY_URL = f"{URL}&bodySHA256={sha256(BODY).hexdigest()}"


@pytest.mark.parametrize(
    ("url", "form", "expected"),
    [
        (URL, FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (
            "https://mycompany.com:443/myapp.php?foo=1&bar=2",
            FORM,
            "kvajT1Ptam85bY51eRf/AJRuM3w=",
        ),
        (
            "http://mycompany.com:1234/myapp.php?foo=1&bar=2",
            FORM,
            "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
        ),
        (URL, REPEATED, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        ("https://mycompany.com/myapp", FORM, "3M0LHWqn3EfNbG6V2+syyg40dpM="),
        (BODY_URL, [], "a9nBmqA0ju/hNViExpshrM61xv4="),
    ],
)
def test_published_signatures_are_made_and_accepted(
    url: str, form: list[tuple[str, str]], expected: str
) -> None:
    assert signature(token=TOKEN, url=url, form=form) == expected
    assert is_genuine(token=TOKEN, url=url, form=form, given=expected)


def test_a_get_request_is_signed_by_its_address_alone() -> None:
    given = RequestValidator(TOKEN).compute_signature("https://dana.test/voice?x=1", {})
    assert is_genuine(token=TOKEN, url="https://dana.test/voice?x=1", given=given)


def test_a_signature_over_the_default_port_is_accepted_without_it() -> None:
    with_port = "https://mycompany.com:443/myapp.php?foo=1&bar=2"
    given = signature(token=TOKEN, url=with_port, form=FORM)
    assert is_genuine(token=TOKEN, url=URL, form=FORM, given=given)


def test_a_signature_without_the_port_is_accepted_with_it() -> None:
    given = signature(token=TOKEN, url=URL, form=FORM)
    with_port = "https://mycompany.com:443/myapp.php?foo=1&bar=2"
    assert is_genuine(token=TOKEN, url=with_port, form=FORM, given=given)


def test_an_ipv6_address_loses_only_its_port() -> None:
    given = signature(token=TOKEN, url="http://[::1]/voice", form=FORM)
    assert is_genuine(token=TOKEN, url="http://[::1]:8800/voice", form=FORM, given=given)


def test_a_body_that_was_changed_on_the_way_is_refused() -> None:
    given = signature(token=TOKEN, url=BODY_URL)
    assert is_genuine(token=TOKEN, url=BODY_URL, given=given, body=BODY)
    assert not is_genuine(token=TOKEN, url=BODY_URL, given=given, body=BODY + b" ")


def test_a_body_without_its_hash_in_the_address_is_refused() -> None:
    assert not is_genuine(token=TOKEN, url=URL, given=signature(token=TOKEN, url=URL), body=BODY)


@pytest.mark.parametrize("given", ["", "no", "é", "RSOYDt4T1cUTdK1PDd93/VVr8B9="])
def test_nonsense_is_refused(given: str) -> None:
    assert not is_genuine(token=TOKEN, url=URL, form=FORM, given=given)


@pytest.mark.parametrize(
    "forged",
    [
        [*FORM, ("Extra", "1")],
        FORM[:-1],
        [("From", "+15550002222"), *FORM[:3], *FORM[4:]],
    ],
)
def test_a_form_that_was_changed_is_refused(forged: list[tuple[str, str]]) -> None:
    given = signature(token=TOKEN, url=URL, form=FORM)
    assert not is_genuine(token=TOKEN, url=URL, form=forged, given=given)


_names = st.text(string.ascii_letters, min_size=1, max_size=8)
_values = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_forms = st.lists(st.tuples(_names, _values), max_size=8)
_hosts = st.sampled_from(["calls.example.com", "127.0.0.1", "localhost"])
_urls = st.builds(
    "{}://{}{}/{}{}".format,
    st.sampled_from(["http", "https"]),
    _hosts,
    st.sampled_from(["", ":80", ":443", ":8800"]),
    st.text(string.ascii_lowercase + "/-", max_size=12),
    st.sampled_from(["", "?attempt=3", "?foo=1&bar=%20"]),
)


@given(url=_urls, form=_forms)
def test_what_twilios_validator_signs_is_what_we_sign(
    url: str, form: list[tuple[str, str]]
) -> None:
    theirs = RequestValidator(TOKEN).compute_signature(url, _as_django_has_it(form))
    assert signature(token=TOKEN, url=url, form=form) == theirs


@given(signed_url=_urls, asked_url=_urls, form=_forms, same=st.booleans())
def test_we_accept_exactly_what_twilios_validator_accepts(
    signed_url: str, asked_url: str, form: list[tuple[str, str]], same: bool
) -> None:
    given = signature(token=TOKEN, url=signed_url, form=form)
    url = _other_port(signed_url) if same else asked_url
    theirs = RequestValidator(TOKEN).validate(url, _as_django_has_it(form), given)
    assert is_genuine(token=TOKEN, url=url, form=form, given=given) == theirs


@given(form=_forms, changed=_forms)
def test_a_forged_form_fares_as_with_twilios_validator(
    form: list[tuple[str, str]], changed: list[tuple[str, str]]
) -> None:
    given = signature(token=TOKEN, url=URL, form=form)
    theirs = RequestValidator(TOKEN).validate(URL, _as_django_has_it(changed), given)
    assert is_genuine(token=TOKEN, url=URL, form=changed, given=given) == theirs


@given(body=st.binary(max_size=40).filter(lambda b: b.isascii()), spoil=st.booleans())
def test_a_json_body_fares_as_with_twilios_validator(body: bytes, spoil: bool) -> None:
    url = f"{URL}&bodySHA256={sha256(body).hexdigest()}"
    given = signature(token=TOKEN, url=url)
    received = body + b"!" if spoil else body
    theirs = RequestValidator(TOKEN).validate(url, received.decode(), given)
    assert is_genuine(token=TOKEN, url=url, given=given, body=received) == theirs


def _as_django_has_it(form: list[tuple[str, str]]) -> QueryDict:
    fields = QueryDict(mutable=True)
    for name, value in form:
        fields.appendlist(name, value)
    return fields


def _other_port(url: str) -> str:
    for port, scheme in ((":443", "https"), (":80", "http")):
        if f"{port}/" in url:
            return url.replace(port, "", 1)
        if url.startswith(f"{scheme}://") and url.count(":") == 1:
            head, slash, tail = url[len(scheme) + 3 :].partition("/")
            return f"{scheme}://{head}{port}{slash}{tail}"
    return url
