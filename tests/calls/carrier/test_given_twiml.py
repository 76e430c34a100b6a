"""What an integrator may have a live caller's line do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.carrier.given_twiml import MOST_CHARACTERS, NOUNS, VERBS, mistakes

HOSTS = ["crm.example.com", "sip.example.com", "local.example.com:8443"]


def wrong(inside: str) -> list[str]:
    return mistakes(f"<Response>{inside}</Response>", hosts=HOSTS)


@pytest.mark.parametrize(
    "inside",
    [
        "<Say voice='alice'>Hello <break time='1s'/> <prosody>Ruth</prosody></Say>",
        "<Say><lang xml:lang='de-DE'>Guten Tag</lang></Say>",
        "<Play loop='2'>https://crm.example.com/hello.mp3</Play>",
        "<Play>https://local.example.com:8443/hello.mp3</Play>",
        "<Play digits='ww12#'/>",
        "<Pause length='3'/><Hangup/>",
        "<Gather action='https://crm.example.com/key' numDigits='1'><Say>Press 1</Say></Gather>",
        "<Record action='https://crm.example.com/said' maxLength='60'/>",
        "<Dial>+15551230000</Dial>",
        "<Dial callerId='+15550001000' timeout='20'><Number>+15551230000</Number></Dial>",
        "<Dial><Sip>sip:ruth@sip.example.com</Sip><Number>+15551230000</Number></Dial>",
        "<Redirect method='POST'>https://crm.example.com/next?call=1&amp;x=2</Redirect>",
        "<!-- a note --><Say>Hello</Say>",
    ],
)
def test_what_makes_sense_is_allowed(inside: str) -> None:
    assert wrong(inside) == []


@pytest.mark.parametrize(
    "inside",
    [
        "<Dial><Conference>call-7</Conference></Dial>",
        "<Dial><Queue>q-billing</Queue></Dial>",
        "<Dial><Client>dana</Client></Dial>",
        "<Enqueue>q-billing</Enqueue>",
        "<Leave/>",
        "<Reject/>",
        "<Start><Stream url='wss://crm.example.com'/></Start>",
        "<Connect><Stream url='wss://crm.example.com'/></Connect>",
        "<Pay/>",
        "<Sms>hello</Sms>",
        "<say>hello</say>",
        "<x:Say xmlns:x='urn:x'>hello</x:Say>",
        "<Say><Dial>+15551230000</Dial></Say>",
        "<Say><p><Dial>+15551230000</Dial></p></Say>",
        "<Gather action='https://crm.example.com/'><Dial>+15551230000</Dial></Gather>",
    ],
)
def test_what_leads_into_other_calls_or_nowhere_is_not(inside: str) -> None:
    [told] = wrong(inside)
    assert "is not allowed in <" in told


@pytest.mark.parametrize(
    "address",
    ["/next", "next", "//crm.example.com/x", "ftp://crm.example.com/x", "", "javascript:alert(1)"],
)
def test_an_address_is_absolute(address: str) -> None:
    [told] = wrong(f"<Redirect>{address}</Redirect>")
    assert "not absolute" in told


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example.com/x",
        "https://crm.example.com.evil.com/x",
        "https://crm.example.com:8443/x",
        "https://local.example.com/x",
        "http://127.0.0.1/twilio/voice",
    ],
)
def test_an_address_names_an_allowed_host_and_port(address: str) -> None:
    [told] = wrong(f"<Play>{address}</Play>")
    assert "is not allowed" in told


def test_a_password_in_an_address_is_not_passed_on() -> None:
    [told] = wrong("<Play>https://ruth:secret@crm.example.com/x</Play>")
    assert "name or password" in told
    assert "secret" not in told


@pytest.mark.parametrize("port", ["99999", "x"])
def test_an_address_that_cannot_be_read_is_a_sentence(port: str) -> None:
    [told] = wrong(f"<Play>https://crm.example.com:{port}/x</Play>")
    assert "cannot be read" in told


@pytest.mark.parametrize("attribute", ["action", "recordingStatusCallback", "transcribeCallback"])
def test_addresses_in_attributes_are_checked_too(attribute: str) -> None:
    given = {"action": "https://crm.example.com/"} | {attribute: "https://evil.example.com/"}
    attributes = " ".join(f"{name}='{value}'" for name, value in given.items())
    [told] = wrong(f"<Record {attributes}/>")
    assert attribute in told


def test_addresses_of_those_dialled_are_checked_too() -> None:
    assert wrong("<Dial><Number url='https://evil.example.com/'>+15551230000</Number></Dial>")
    assert wrong("<Dial><Sip>sip:ruth@evil.example.com</Sip></Dial>")


def test_attributes_are_named_too() -> None:
    [told] = wrong("<Say role='supervisor'>hello</Say>")
    assert told == "<Say> takes no role here."


@pytest.mark.parametrize("verb", ["Gather", "Record"])
def test_inline_twiml_cannot_be_asked_again(verb: str) -> None:
    [told] = wrong(f"<{verb}/>")
    assert "needs an action" in told


@pytest.mark.parametrize("number", ["", "911", "5551230000", "+0555", "client:dana", "+1555x"])
def test_only_whole_numbers_are_dialled(number: str) -> None:
    assert wrong(f"<Dial>{number}</Dial>")
    assert wrong(f"<Dial><Number>{number}</Number></Dial>")
    assert wrong(f"<Dial callerId='{number}'>+15551230000</Dial>")


@pytest.mark.parametrize("address", ["", "sip.example.com", "sip:sip.example.com", "tel:+1555"])
def test_a_sip_address_has_a_name_and_a_host(address: str) -> None:
    assert wrong(f"<Dial><Sip>{address}</Sip></Dial>")


@pytest.mark.parametrize(
    "document",
    [
        "",
        "hello",
        "<Response>",
        "<Say>hello</Say>",
        "<Response/>",
        "<Response></Response>",
        "<Response><Say>\x00</Say></Response>",
        '<!DOCTYPE x [<!ENTITY a "b">]><Response><Say>&a;</Say></Response>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><Response><Say>x</Say></Response>',
    ],
)
def test_what_is_no_document_is_one_sentence(document: str) -> None:
    assert len(mistakes(document, hosts=HOSTS)) == 1


def test_the_carrier_takes_so_many_characters_and_no_more() -> None:
    around = len("<Response><Say></Say></Response>")
    fits = "x" * (MOST_CHARACTERS - around)
    assert wrong(f"<Say>{fits}</Say>") == []
    [told] = wrong(f"<Say>{fits}x</Say>")
    assert "4000" in told


def test_each_mistake_is_told_once() -> None:
    assert len(wrong("<Leave/><Leave/><Pay/>")) == 2


@given(st.text(max_size=300))
def test_nothing_that_is_sent_breaks_it(text: str) -> None:
    assert mistakes(text, hosts=HOSTS)
    mistakes(f"<Response><Redirect>{text}</Redirect></Response>", hosts=HOSTS)


@given(st.sampled_from(sorted(VERBS | NOUNS)), st.text(max_size=40))
def test_no_verb_takes_an_address_from_elsewhere(verb: str, path: str) -> None:
    assert wrong(f"<{verb} url='https://evil.example.com/' action='https://evil.example.com/'/>")


@pytest.mark.parametrize(
    "address",
    [
        "sip:ruth@evil.example.com/@sip.example.com",
        "sip:ruth@evil.example.com#@sip.example.com",
        "sip:ruth@evil.example.com,sip:ruth@sip.example.com",
        "sip:ruth@sip.example.com;maddr=evil.example.com",
        "sip:ruth@sip.example.com?Route=%3Csip:evil.example.com%3E",
        "sip:ruth@sip.example.com?x-crm=7&amp;Refer-To=sip:evil.example.com",
    ],
)
def test_a_caller_is_not_put_through_to_a_telephone_system_that_only_looks_allowed(
    address: str,
) -> None:
    assert wrong(f"<Dial><Sip>{address}</Sip></Dial>")


def test_an_allowed_telephone_system_may_be_told_how_and_about_whom() -> None:
    address = "sip:ruth@sip.example.com;transport=tls?X-Case=7&amp;x-tier=gold"
    assert wrong(f"<Dial><Sip>{address}</Sip></Dial>") == []


def test_a_caller_does_not_hear_a_file_from_elsewhere_behind_keys() -> None:
    [told] = wrong("<Play digits='1'>https://evil.example.com/x.mp3</Play>")
    assert "evil.example.com" in told


@pytest.mark.parametrize(
    "address", ["https://crm.example.com\\@evil.example.com/", "ht&#9;tps://crm.example.com/"]
)
def test_an_address_that_programs_read_differently_is_refused(address: str) -> None:
    [told] = wrong(f"<Redirect>{address}</Redirect>")
    assert "to be encoded" in told


def test_a_document_that_its_declaration_makes_another_one_is_refused() -> None:
    declared = '<?xml version="1.0" encoding="{}"?><Response><Say>+ADw-/Say+AD4-</Say></Response>'
    [told] = mistakes(declared.format("UTF-7"), hosts=HOSTS)
    assert "UTF-8" in told
    assert mistakes(declared.format("utf-8"), hosts=HOSTS) == []


def test_no_second_number_stands_behind_the_one_that_is_checked() -> None:
    [told] = wrong("<Dial><Number>+15551230000</Number>+15559990000</Dial>")
    assert "text after <Number>" in told
    assert wrong("<Dial>+1555١230000</Dial>")
