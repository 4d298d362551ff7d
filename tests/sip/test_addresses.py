"""Our addresses as others see them, and both versions of IP."""

from __future__ import annotations

import asyncio
import socket

import pytest

from sip.effects import Ended, Peer, Refused
from sip.io.addresses import LocalAddresses, host_of, system_address
from sip.io.endpoint import Endpoint
from sip.settings import ListenAt
from tests.sip.stations import Station, free_port, request, talking


def addresses(*listeners: tuple[str, str, int]) -> LocalAddresses:
    return LocalAddresses([ListenAt(*listener) for listener in listeners])


def test_each_transport_has_the_port_of_its_own_listener() -> None:
    local = addresses(("udp", "0.0.0.0", 5060), ("tcp", "127.0.0.1", 5070), ("tls", "0.0.0.0", 5081))
    assert local(Peer("udp", "127.0.0.1", 9)) == ("127.0.0.1", 5060)
    assert local(Peer("tcp", "127.0.0.1", 9)) == ("127.0.0.1", 5070)
    assert local(Peer("tls", "127.0.0.1", 9)) == ("127.0.0.1", 5081)


def test_each_version_of_ip_has_the_address_of_its_own() -> None:
    local = addresses(("udp", "0.0.0.0", 5060), ("udp", "::", 5062))
    assert local(Peer("udp", "127.0.0.1", 9)) == ("127.0.0.1", 5060)
    assert local(Peer("udp", "::1", 9)) == ("::1", 5062)


def test_of_several_listeners_it_is_the_one_that_leads_to_the_peer() -> None:
    local = addresses(("udp", "127.0.0.2", 5062), ("udp", "127.0.0.1", 5060))
    assert local(Peer("udp", "127.0.0.1", 9)) == ("127.0.0.1", 5060)
    assert addresses(("udp", "127.0.0.2", 5062))(Peer("udp", "127.0.0.1", 9)) == ("127.0.0.2", 5062)


def test_without_a_listener_of_its_transport_it_is_the_usual_port() -> None:
    local = addresses(("udp", "0.0.0.0", 5070))
    assert local(Peer("tcp", "127.0.0.1", 9)) == ("127.0.0.1", 5060)
    assert local(Peer("tls", "127.0.0.1", 9)) == ("127.0.0.1", 5061)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", ("192.0.2.1", 5060)),
        ("2001:db8::1", ("2001:db8::1", 5060, 0, 0)),
        ("fe80::1%7", ("fe80::1", 5060, 0, 7)),
        ("fe80::1%lo", ("fe80::1", 5060, 0, socket.if_nametoindex("lo"))),
    ],
)
def test_an_address_with_or_without_a_zone_goes_to_the_system_and_back(host: str, address: tuple[str, int]) -> None:
    assert system_address(host, 5060) == address
    assert host_of(address) in (host, host.replace("%lo", f"%{address[-1]}"))


def test_a_name_is_never_given_to_the_system_to_look_up() -> None:
    with pytest.raises(ValueError, match=r"phone\.example"):
        system_address("phone.example", 5060)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_call_goes_over_ipv6(transport: str) -> None:
    alice, bob = Station(transport=transport, host="::1"), Station(transport=transport, host="::1")
    async with alice.endpoint, bob.endpoint:
        call, theirs = await talking(alice, bob)
        bob.hang_up(theirs)
        assert await alice.next(Ended) == Ended(call, "hung up")


async def test_both_versions_share_a_port_and_neither_takes_the_others_datagrams() -> None:
    station = Station()
    both = [ListenAt("udp", "0.0.0.0", station.port), ListenAt("udp", "::", station.port)]
    station.endpoint = Endpoint(station.agent, both, station.effects.put_nowait)
    loop = asyncio.get_running_loop()
    async with station.endpoint:
        assert [str(at) for at in station.endpoint.addresses] == [
            f"udp:0.0.0.0:{station.port}",
            f"udp:[::]:{station.port}",
        ]
        for host in ("127.0.0.1", "::1"):
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM) as phone:
                phone.setblocking(False)
                phone.bind((host, 0))
                sent = request(transport="UDP", branch=f"v{family}").replace(b";branch", b";rport;branch")
                phone.sendto(sent, (host, station.port))
                async with asyncio.timeout(20):
                    data, source = await loop.sock_recvfrom(phone, 65_535)
            assert f";received={host}".encode() in data
            assert source[0] == host


async def test_where_we_have_no_listener_of_that_version_a_call_fails_at_once() -> None:
    alice = Station()
    async with alice.endpoint:
        call = alice.dial_peer(Peer("udp", "::1", free_port("::1")))
        assert await alice.next(Refused) == Refused(call, 503, "Service Unavailable")
