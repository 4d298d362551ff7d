"""Where SIP URIs lead, by a real name server on loopback: RFC 3263, and what happens when DNS does not work."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections import Counter
from typing import TYPE_CHECKING

import dns.asyncresolver
import dns.rcode
import dns.resolver
import pytest

from sip.io import records, resolver
from sip.io.records import ANSWER_SECONDS, FAILED, KEPT, Records
from sip.io.resolver import MOST_SERVERS, SECONDS, Resolver
from sip.targets import Srv, Unresolved, in_turn
from sip.uri import Uri
from tests.sip.name_server import NameServer, name_server

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sip.effects import Peer

ALL = tuple((transport, family) for transport in ("udp", "tcp", "tls") for family in (4, 6))
V4 = tuple((transport, 4) for transport in ("udp", "tcp", "tls"))
UDP = (("udp", 4),)
PLAIN = {("pbx.example", "A"): ["127.0.0.9"]}
SRV = {
    ("_sip._udp.pbx.example", "SRV"): ["20 0 5070 b.pbx.example.", "10 0 5080 a.pbx.example."],
    ("_sip._tcp.pbx.example", "SRV"): ["10 0 5090 a.pbx.example."],
    ("_sips._tcp.pbx.example", "SRV"): ["10 0 5091 a.pbx.example."],
    ("a.pbx.example", "A"): ["127.0.0.1"],
    ("b.pbx.example", "A"): ["127.0.0.2"],
    ("pbx.example", "A"): ["127.0.0.99"],
}
NAPTR = SRV | {
    ("pbx.example", "NAPTR"): [
        '30 50 "s" "SIP+D2U" "" _sip._udp.pbx.example.',
        '10 60 "s" "SIP+D2T" "" _sip._tcp.pbx.example.',
        '10 50 "s" "SIPS+D2T" "" _sips._tcp.pbx.example.',
        '10 40 "s" "SIP+D2S" "" _sip._sctp.pbx.example.',
        '10 10 "u" "E2U+sip" "!.*!sip:x@y!" .',
    ]
}


class Clock:
    """That of the loop, and what a test adds."""

    def __init__(self) -> None:
        self.later = 0.0

    def __call__(self) -> float:
        return asyncio.get_running_loop().time() + self.later


class Place:
    def __init__(self, server: NameServer, spoken: Iterable[tuple[str, int]], hosts: Path | None = None) -> None:
        self.clock = Clock()
        hosts = hosts or _NOWHERE
        self.resolver = Resolver(Records(self.clock, server.resolver, hosts), spoken, random.Random(1))

    async def where(self, uri: str) -> list[str]:
        return [_short(peer) for peer in await self.resolver.targets(Uri.parse(uri))]

    async def why_not(self, uri: str) -> str:
        with pytest.raises(Unresolved) as why:
            await self.resolver.targets(Uri.parse(uri))
        return why.value.reason


def _short(peer: Peer) -> str:
    return f"{peer.transport} {peer.host} {peer.port}" + (f" {peer.name}" if peer.name else "")


@pytest.fixture(autouse=True)
def _no_hosts(tmp_path: Path) -> None:
    global _NOWHERE
    _NOWHERE = tmp_path / "no-hosts"


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that answers may take its time on a busy machine; the tests of its lateness set theirs."""
    monkeypatch.setattr(records, "ANSWER_SECONDS", 30.0)
    monkeypatch.setattr(resolver, "SECONDS", 60.0)


_NOWHERE: Path


@pytest.mark.parametrize(
    ("uri", "spoken", "leads"),
    [
        ("sip:x@10.0.0.9", ALL, ["udp 10.0.0.9 5060"]),
        ("sip:x@10.0.0.9:5070", ALL, ["udp 10.0.0.9 5070"]),
        ("sip:x@[::1]:5070", ALL, ["udp ::1 5070"]),
        ("sip:x@10.0.0.9;transport=TCP", ALL, ["tcp 10.0.0.9 5060"]),
        ("sip:x@10.0.0.9;transport=tls", ALL, ["tls 10.0.0.9 5061 10.0.0.9"]),
        ("sips:x@10.0.0.9", ALL, ["tls 10.0.0.9 5061 10.0.0.9"]),
        ("sips:x@10.0.0.9;transport=tcp", ALL, ["tls 10.0.0.9 5061 10.0.0.9"]),
        ("sip:x@10.0.0.9", [("tcp", 4)], ["tcp 10.0.0.9 5060"]),
        ("sip:x@pbx.example:5070", V4, ["udp 127.0.0.99 5070"]),
        ("sip:x@pbx.example:5070;transport=tls", V4, ["tls 127.0.0.99 5070 pbx.example"]),
        ("sip:x@pbx.example", UDP, ["udp 127.0.0.1 5080", "udp 127.0.0.2 5070"]),
        ("sip:x@pbx.example;transport=tcp", V4, ["tcp 127.0.0.1 5090"]),
        ("sips:x@PBX.example", V4, ["tls 127.0.0.1 5091 PBX.example"]),
    ],
)
async def test_transport_port_and_servers_follow_from_the_uri_as_the_rfc_says(
    uri: str, spoken: Iterable[tuple[str, int]], leads: list[str]
) -> None:
    async with name_server(SRV) as server:
        assert await Place(server, spoken).where(uri) == leads


async def test_naptr_decides_the_transport_in_the_order_of_the_domains_owner() -> None:
    async with name_server(NAPTR) as server:
        everything = await Place(server, V4).where("sip:pbx.example")
        assert everything[:3] == ["tls 127.0.0.1 5091 pbx.example", "tcp 127.0.0.1 5090", "udp 127.0.0.1 5080"]
        assert (await Place(server, UDP).where("sip:pbx.example"))[0] == "udp 127.0.0.1 5080"
        assert await Place(server, V4).where("sips:pbx.example") == ["tls 127.0.0.1 5091 pbx.example"]


async def test_a_domain_without_services_is_its_own_server() -> None:
    async with name_server(PLAIN) as server:
        assert await Place(server, V4).where("sip:pbx.example") == ["udp 127.0.0.9 5060"]
        assert await Place(server, V4).where("sips:pbx.example") == ["tls 127.0.0.9 5061 pbx.example"]


async def test_ipv6_is_asked_for_only_where_we_listen_to_it_and_comes_first() -> None:
    async with name_server({("pbx.example", "A"): ["127.0.0.9"], ("pbx.example", "AAAA"): ["::1"]}) as server:
        assert await Place(server, ALL).where("sip:pbx.example:5060") == ["udp ::1 5060", "udp 127.0.0.9 5060"]
        asked = server.asked["pbx.example", "AAAA"]
        assert await Place(server, UDP).where("sip:pbx.example:5060") == ["udp 127.0.0.9 5060"]
        assert server.asked["pbx.example", "AAAA"] == asked


@pytest.mark.parametrize(
    ("uri", "spoken", "reason"),
    [
        ("sip:x@nowhere.example", UDP, "the name nowhere.example has no address"),
        ("sip:x@a..b", UDP, "the name a..b has no address"),
        ("sip:x@gone.example", UDP, "the name gone.example has no address"),
        ("sip:x@10.0.0.9;transport=udp", [("tcp", 4)], "no listener for udp"),
        ("sip:x@[::1];transport=tls", UDP, "no listener for tls over IPv6"),
        ("sip:x@[::1]", UDP, "no listener for udp over IPv6"),
        ("sip:x@10.0.0.9;transport=sctp", UDP, "transport sctp is not spoken here"),
        ("sips:x@10.0.0.9;transport=udp", ALL, "sips: and transport=udp exclude each other"),
        ("tel:+79991234567", UDP, "tel: is no SIP URI"),
    ],
)
async def test_what_leads_nowhere_says_why(uri: str, spoken: Iterable[tuple[str, int]], reason: str) -> None:
    async with name_server(
        {("_sip._udp.gone.example", "SRV"): ["0 0 0 ."], ("gone.example", "A"): ["127.0.0.1"]}
    ) as it:
        assert await Place(it, spoken).why_not(uri) == reason


async def test_a_connection_that_is_asked_for_needs_no_listener_and_others_are_not_chosen_without() -> None:
    async with name_server(NAPTR) as server:
        place = Place(server, UDP)
        assert await place.where("sip:x@10.0.0.9;transport=tls") == ["tls 10.0.0.9 5061 10.0.0.9"]
        assert await place.where("sips:pbx.example") == ["tls 127.0.0.1 5091 pbx.example"]
        assert {peer.partition(" ")[0] for peer in await place.where("sip:pbx.example")} == {"udp"}


async def test_a_server_of_the_list_without_an_address_is_left_out() -> None:
    async with name_server({name: values for name, values in SRV.items() if name[0] != "a.pbx.example"}) as server:
        assert await Place(server, UDP).where("sip:pbx.example") == ["udp 127.0.0.2 5070"]


async def test_each_address_of_a_server_is_a_target() -> None:
    async with name_server({("pbx.example", "A"): ["127.0.0.2", "127.0.0.3"]}) as server:
        found = await Place(server, UDP).where("sip:pbx.example")
        assert set(found) == {"udp 127.0.0.2 5060", "udp 127.0.0.3 5060"}


async def test_a_domain_with_a_thousand_servers_is_asked_about_a_few() -> None:
    many = {("_sip._udp.pbx.example", "SRV"): [f"1 1 {port} a.pbx.example." for port in range(6000, 6040)]}
    async with name_server(SRV | many) as server:
        assert len(await Place(server, UDP).where("sip:pbx.example")) == MOST_SERVERS


def test_servers_of_one_rank_are_drawn_by_their_weight() -> None:
    heavy, light, none, last = (
        Srv(priority, weight, 5060, name)
        for priority, weight, name in ((1, 75, "heavy"), (1, 25, "light"), (1, 0, "none"), (2, 100, "last"))
    )
    dice = random.Random(5)
    drawn = [in_turn((last, light, heavy, none), dice) for _ in range(2000)]
    first = Counter(order[0].target for order in drawn)
    assert 1400 < first["heavy"] < 1600
    assert 0 < first["none"] < 60
    assert all(order[-1] is last and len(order) == 4 for order in drawn)


async def test_a_thousand_calls_at_the_hour_ask_once() -> None:
    async with name_server(SRV) as server:
        place = Place(server, UDP)
        found = await asyncio.gather(*(place.where("sip:x@Pbx.example") for _ in range(1000)))
        assert len(set(map(tuple, found))) == 1
        assert set(server.asked.values()) == {1}


async def test_answers_are_believed_for_their_time_to_live() -> None:
    async with name_server(PLAIN) as server:
        place = Place(server, UDP)
        await place.where("sip:pbx.example")
        server.zone = {("pbx.example", "A"): ["127.0.0.10"]}
        place.clock.later = 59
        assert await place.where("sip:pbx.example") == ["udp 127.0.0.9 5060"]
        place.clock.later = 61
        assert await place.where("sip:pbx.example") == ["udp 127.0.0.10 5060"]


async def test_that_there_is_nothing_is_remembered_too() -> None:
    async with name_server({}) as server:
        place = Place(server, UDP)
        await place.why_not("sip:nowhere.example")
        asked = sum(server.asked.values())
        await place.why_not("sip:nowhere.example")
        assert sum(server.asked.values()) == asked
        server.zone = {("nowhere.example", "A"): ["127.0.0.1"]}
        place.clock.later = 61
        assert await place.where("sip:nowhere.example") == ["udp 127.0.0.1 5060"]


async def test_name_servers_that_fail_change_nothing_for_an_hour() -> None:
    async with name_server(SRV) as server:
        place = Place(server, UDP)
        known = await place.where("sip:pbx.example")
        server.rcode = dns.rcode.SERVFAIL
        server.zone = {}
        place.clock.later = KEPT
        assert await place.where("sip:pbx.example") == known
        place.clock.later = KEPT + 60 + FAILED
        assert await place.why_not("sip:pbx.example") == "no name server answers for pbx.example"


@pytest.mark.parametrize("fault", ["silent", "slow", "garbage"])
async def test_name_servers_that_do_not_work_are_given_up_in_time_and_the_loop_is_never_held_up(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 2 * ANSWER_SECONDS < SECONDS < 5
    seconds = ANSWER_SECONDS if fault == "silent" else 0.3
    monkeypatch.setattr(records, "ANSWER_SECONDS", seconds)
    async with name_server(SRV) as server:
        place = Place(server, UDP)
        server.silent = {"A", "SRV", "NAPTR"} if fault == "silent" else set()
        server.delay = 10.0 if fault == "slow" else 0.0
        server.garbage = fault == "garbage"
        loop, began = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        laps: list[tuple[float, float]] = []
        asking = asyncio.create_task(place.why_not("sip:pbx.example"))
        while not asking.done():
            before, worked = loop.time(), time.thread_time()
            await asyncio.sleep(0.005)
            laps.append((time.thread_time() - worked, loop.time() - before))
        assert await asking == "no name server answers for pbx.example"
        assert loop.time() - began < 2 * seconds + 0.5
        assert max(work for work, _ in laps) < 0.02, "the processor's time, since others are on this machine too"
        assert max(waited for _, waited in laps) < seconds, "nothing waits for an answer but who wants it"


async def test_a_name_server_that_knows_no_naptr_costs_a_moment_and_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "ANSWER_SECONDS", 1.0)
    async with name_server(SRV) as server:
        server.silent = {"NAPTR"}
        assert (await Place(server, UDP).where("sip:pbx.example"))[0] == "udp 127.0.0.1 5080"


async def test_who_stops_waiting_takes_the_answer_from_nobody() -> None:
    async with name_server(PLAIN) as server:
        server.delay = 0.1
        place = Place(server, UDP)
        first, second = (asyncio.create_task(place.where("sip:pbx.example")) for _ in range(2))
        await asyncio.sleep(0.05)
        first.cancel()
        assert await second == ["udp 127.0.0.9 5060"]


async def test_the_hosts_file_comes_before_dns_and_is_read_again_when_it_changes(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.50 pbx.example pbx # ours\n::1 pbx.example\n# 127.0.0.51 other.example\n")
    async with name_server(SRV) as server:
        place = Place(server, UDP, hosts)
        assert await place.where("sip:x@PBX.example") == ["udp 127.0.0.50 5060"]
        assert await place.where("sip:x@pbx") == ["udp 127.0.0.50 5060"]
        assert not server.asked
        hosts.write_text("")
        assert (await place.where("sip:x@pbx.example"))[0] == "udp 127.0.0.1 5080"


async def test_a_name_without_a_dot_is_the_systems_to_know() -> None:
    async with name_server(SRV) as server:
        assert await Place(server, UDP).where("sip:x@localhost:5070") == ["udp 127.0.0.1 5070"]
        assert not server.asked


async def test_a_machine_without_name_servers_still_has_its_own_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> dns.asyncresolver.Resolver:
        raise dns.resolver.NoResolverConfiguration

    asked = []

    async def getaddrinfo(host: str, *_: object, family: int, **__: object) -> list[object]:
        asked.append(host)
        if host == "nowhere.example":
            raise socket.gaierror
        return [(family, None, 0, "", ("127.0.0.77", 0))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    resolver = Resolver(Records(Clock(), none, tmp_path / "hosts"), UDP, random.Random(1))
    for name in ("printer.local", "pbx.example"):
        (found,) = await resolver.targets(Uri.parse(f"sip:{name}"))
        assert found.host == "127.0.0.77"
    with pytest.raises(Unresolved, match=r"the name nowhere\.example has no address"):
        await resolver.targets(Uri.parse("sip:nowhere.example"))
    assert asked == ["printer.local", "pbx.example", "nowhere.example"]
