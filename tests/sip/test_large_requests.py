"""What is too large for a datagram goes over a connection, where the target offers one (RFC 3261 §18.1.1)."""

from __future__ import annotations

import pytest

from sip.effects import Answered, Incoming, Peer, Send
from sip.message import Request
from sip.parser import parse
from sip.placing import LARGEST_DATAGRAM
from sip.uri import Uri
from tests.sip.link import ALICE, OFFER
from tests.sip.script import agent
from tests.sip.stations import Station, talking

UDP, TCP, TLS = (Peer(transport, "192.0.2.1", 5060) for transport in ("udp", "tcp", "tls"))
LARGE = OFFER + b"a=x:" + b"y" * LARGEST_DATAGRAM + b"\r\n"


@pytest.mark.parametrize(
    ("offer", "peers", "way"),
    [
        (OFFER, (UDP, TCP), UDP),
        (LARGE, (UDP, TCP), TCP),
        (LARGE, (UDP, TLS, TCP), TLS),
        (LARGE, (UDP,), UDP),
        (LARGE, (TCP, UDP), TCP),
    ],
)
def test_an_invite_goes_by_the_first_way_that_has_room_for_it(offer: bytes, peers: tuple[Peer, ...], way: Peer) -> None:
    one = agent()
    one.invite(Uri.parse("sip:b@b.example"), caller=ALICE, offer=offer, peers=peers, now=0.0)
    (sent,) = one.effects()
    assert isinstance(sent, Send)
    assert sent.peer == way
    invite = parse(sent.data)
    assert isinstance(invite, Request)
    assert invite.via.transport == way.transport.upper()
    assert (invite.contacts[0].uri.param("transport") or "udp") == way.transport
    assert "Server" not in invite.headers


async def test_where_nobody_takes_the_connection_it_goes_as_a_datagram(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sip.placing.LARGEST_DATAGRAM", 100)
    alice, bob = Station(), Station()
    async with alice.endpoint, bob.endpoint:
        await talking(alice, bob, bob.peer, Peer("tcp", bob.at.host, bob.port))


async def test_a_large_invite_of_theirs_is_taken_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.sip.stations.OFFER", LARGE)
    for transport in ("udp", "tcp"):
        alice, bob = Station(transport=transport), Station(transport=transport)
        async with alice.endpoint, bob.endpoint:
            call = alice.dial_peer(bob.peer)
            bob.accept(await bob.next(Incoming))
            assert (await alice.next(Answered)).call == call
