"""Where messages go: what a peer says of itself, held against where it writes from."""

from __future__ import annotations

import pytest

from sip.effects import Peer
from sip.next_hop import next_hop, way_round
from sip.uri import Uri

OUTSIDE = "93.184.216.34"


@pytest.mark.parametrize(
    ("contact", "source", "way"),
    [
        ("sip:a@93.184.216.34:5070", Peer("udp", OUTSIDE, 40_000), Peer("udp", OUTSIDE, 5070)),
        ("sip:a@10.0.0.9:5070", Peer("udp", OUTSIDE, 40_000), Peer("udp", OUTSIDE, 40_000)),
        ("sip:a@100.70.1.2:5070", Peer("udp", OUTSIDE, 40_000), Peer("udp", OUTSIDE, 40_000)),
        ("sip:a@phone.example", Peer("udp", OUTSIDE, 40_000), Peer("udp", OUTSIDE, 40_000)),
        ("sip:a@[::ffff:93.184.216.34]", Peer("udp", OUTSIDE, 40_000), Peer("udp", OUTSIDE, 5060)),
        ("sip:a@[2001:4860::1]", Peer("udp", "2001:4860::2", 5060), Peer("udp", "2001:4860::1", 5060)),
        ("sip:a@[fe80::1]", Peer("udp", "fe80::1%eth0", 5062), Peer("udp", "fe80::1%eth0", 5062)),
        ("sip:a@224.0.0.1", Peer("udp", OUTSIDE, 5062), Peer("udp", OUTSIDE, 5062)),
    ],
)
def test_a_datagram_goes_to_the_address_that_a_phone_states_if_we_can_reach_that(
    contact: str, source: Peer, way: Peer
) -> None:
    assert next_hop(Uri.parse(contact), source) == way


@pytest.mark.parametrize("contact", ["sip:a@93.184.216.34:5060;transport=tcp", "sip:a@10.0.0.9", "sip:a@phone.example"])
@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_who_came_over_a_connection_is_answered_over_it(contact: str, transport: str) -> None:
    source = Peer(transport, OUTSIDE, 40_000)
    assert next_hop(Uri.parse(contact), source) == source


def test_a_contact_on_another_host_gets_a_connection_of_its_own_but_never_over_tls() -> None:
    other = Uri.parse("sip:a@93.184.216.35:5080;transport=tcp")
    assert next_hop(other, Peer("tcp", OUTSIDE, 40_000)) == Peer("tcp", "93.184.216.35", 5080)
    assert next_hop(other, Peer("tls", OUTSIDE, 40_000)) == Peer("tls", OUTSIDE, 40_000)


REQUEST = (
    "BYE sip:a@{contact} SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKo\r\nFrom: <sip:a@b>;tag=1\r\n"
    "To: <sip:x>;tag=2\r\nCall-ID: o\r\nCSeq: 1 BYE\r\n{route}\r\n"
)
RESPONSE = (
    "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP {via};branch=z9hG4bKo\r\nFrom: <sip:a@b>;tag=1\r\n"
    "To: <sip:x>;tag=2\r\nCall-ID: o\r\nCSeq: 1 BYE\r\n\r\n"
)


@pytest.mark.parametrize(
    ("contact", "route", "way"),
    [
        ("93.184.216.34:5070", "", Peer("tcp", OUTSIDE, 5070)),
        ("93.184.216.34", "", Peer("tcp", OUTSIDE, 5060)),
        ("10.0.0.9:5070", "", None),
        ("10.0.0.9:5070", "Route: <sip:93.184.216.35;lr>\r\n", Peer("tcp", "93.184.216.35", 5060)),
        ("phone.example", "", None),
    ],
)
def test_a_request_whose_connection_is_gone_goes_to_the_contact_if_we_can_reach_that(
    contact: str, route: str, way: Peer | None
) -> None:
    request = REQUEST.format(contact=contact, route=route)
    assert way_round(request.encode(), Peer("tcp", OUTSIDE, 40_000)) == way


@pytest.mark.parametrize(
    ("via", "port"), [("10.0.0.9:5070", 5070), ("phone.example", 5060), ("[2001:db8::1]:5080", 5080)]
)
def test_a_response_whose_connection_is_gone_goes_to_the_port_of_its_via_at_the_address_it_came_from(
    via: str, port: int
) -> None:
    assert way_round(RESPONSE.format(via=via).encode(), Peer("tcp", OUTSIDE, 40_000)) == Peer("tcp", OUTSIDE, port)


def test_what_is_tls_stays_tls_when_its_connection_is_gone() -> None:
    request = REQUEST.format(contact="93.184.216.34:5070;transport=tcp", route="")
    assert way_round(request.encode(), Peer("tls", OUTSIDE, 40_000)) == Peer("tls", OUTSIDE, 5070)


def test_an_address_that_was_tried_under_its_own_name_is_not_tried_again() -> None:
    request = REQUEST.format(contact=f"{OUTSIDE}:5071", route="").encode()
    assert way_round(request, Peer("tls", OUTSIDE, 5071, name=OUTSIDE)) is None


def test_bytes_that_are_no_message_have_no_way_round() -> None:
    assert way_round(b"\r\n\r\n", Peer("tcp", OUTSIDE, 40_000)) is None
