"""The IPv6 torture messages of RFC 5118, each by its section; all but one are well-formed."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from sip.admission import Admission, Unproven
from sip.effects import Peer
from sip.errors import RemoteError
from sip.message import Request
from sip.parser import parse
from sip.registrar import Registrar
from sip.sdp import SessionDescription
from sip.settings import AgentSettings
from sip.uri import Uri
from tests.sip.link import Passwords


def register(uri: str, via: str = "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111") -> bytes:
    return (
        f"REGISTER {uri} SIP/2.0\r\n"
        "To: sip:user@example.com\r\n"
        "From: sip:user@example.com;tag=81x2\r\n"
        f"Via: {via}\r\n"
        "Call-ID: SSG9559905523997077@hlau_4100\r\n"
        'Contact: "Caller" <sip:caller@[2001:db8::1]>\r\n'
        "CSeq: 98176 REGISTER\r\n"
        "Max-Forwards: 70\r\n"
        "Content-Length: 0\r\n"
        "\r\n"
    ).encode()


def parsed(data: bytes) -> Request:
    message = parse(data)
    assert isinstance(message, Request)
    assert parse(bytes(message)) == message
    return message


def test_4_1_a_valid_reference() -> None:
    request = parsed(register("sip:[2001:db8::10]"))
    assert (request.uri.host, request.via.host, request.contacts[0].uri.host) == (
        "2001:db8::10",
        "2001:db8::9:1",
        "2001:db8::1",
    )


def test_4_2_a_reference_without_brackets_is_refused() -> None:
    with pytest.raises(RemoteError) as caught:
        parse(register("sip:2001:db8::10"))
    assert caught.value.status == 400
    assert caught.value.request is not None


def test_4_3_what_looks_like_a_port_inside_the_brackets_is_none() -> None:
    uri = parsed(register("sip:[2001:db8::10:5070]")).uri
    assert (uri.host, uri.port) == ("2001:db8::10:5070", None)


def test_4_4_a_port_outside_the_brackets_is_one() -> None:
    uri = parsed(register("sip:[2001:db8::10]:5070")).uri
    assert (uri.host, uri.port) == ("2001:db8::10", 5070)


@pytest.mark.parametrize("received", ["[2001:db8::9:255]", "2001:db8::9:255"])
def test_4_5_received_with_and_without_brackets(received: str) -> None:
    via = f"SIP/2.0/UDP [2001:db8::9:1]:6050;received={received};branch=z9hG4bKas3-111"
    assert parsed(register("sip:[2001:db8::10]", via)).via.received == "2001:db8::9:255"


@pytest.mark.parametrize(
    ("lines", "addresses"),
    [
        (["c=IN IP6 2001:db8::20", "m=audio 6000 RTP/AVP 0"], ["2001:db8::20"]),  # 4.6
        (
            ["m=audio 6000 RTP/AVP 0", "c=IN IP6 2001:db8::1", "m=audio 7000 RTP/AVP 0", "c=IN IP4 192.0.2.1"],
            ["2001:db8::1", "192.0.2.1"],
        ),  # 4.8
        (["c=IN IP6 ::ffff:192.0.2.2", "m=audio 6000 RTP/AVP 2"], ["::ffff:192.0.2.2"]),  # 4.9
    ],
    ids=["4.6", "4.8", "4.9"],
)
def test_ipv6_in_session_descriptions(lines: list[str], addresses: list[str]) -> None:
    description = SessionDescription.parse("\r\n".join(["v=0", *lines, ""]).encode())
    found = [media.address or description.address for media in description.media]
    assert found == [ip_address(address) for address in addresses]


def test_4_7_addresses_of_both_kinds_in_one_header() -> None:
    via = "SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111, SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781"
    assert [hop.host for hop in parsed(register("sip:example.com", via)).vias] == ["2001:db8::9:1", "192.0.2.1"]


def test_4_9_mapped_addresses() -> None:
    via = "SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19"
    assert parsed(register("sip:[::ffff:192.0.2.2]", via)).via.host == "::ffff:192.0.2.10"


@pytest.mark.parametrize("host", ["[2001:db8:::192.0.2.1]", "[2001:db8::192.0.2.1]"])
def test_4_10_three_colons_before_an_embedded_address_are_two(host: str) -> None:
    assert parsed(register(f"sip:user@{host}")).uri.host == "2001:db8::192.0.2.1"
    with pytest.raises(RemoteError):
        Uri.parse("sip:user@[2001:db8:::1]")


@pytest.mark.parametrize("host", ["2001:db8::1", "2001:DB8:0:0::1"])
def test_our_domain_is_ours_however_its_address_is_written(host: str) -> None:
    settings = AgentSettings("2001:db8::1", frozenset(), lambda _: ("2001:db8::2", 5060), "test")
    admission = Admission(settings, Passwords({"101": "secret"}), b"", Registrar())
    request = parsed(register(f"sip:[{host}]"))
    request = request.with_headers(request.headers.with_("To", f"<sip:101@[{host}]>"))
    found = admission.registrant(request, Peer("udp", "2001:db8::9", 5060), 0.0)
    assert isinstance(found, Unproven)  # asked for its password; who is not ours gets 404
