"""The UDP endpoint with real sockets on loopback."""

from __future__ import annotations

import asyncio
import socket

import pytest

from sip.effects import Answered, Confirmed, Effect, Ended, Incoming, Peer, Refused
from sip.io.addresses import LocalAddresses
from sip.io.endpoint import Endpoint
from sip.registrar import StoredBinding
from sip.settings import ListenAt
from sip.timers import TimerValues
from tests.sip.link import ANSWER
from tests.sip.stations import Station, free_port, request


async def test_a_call_between_two_endpoints_is_set_up_and_ended() -> None:
    alice, bob = Station(), Station()
    async with alice.endpoint, bob.endpoint:
        call = alice.dial(bob.port)
        incoming = await bob.next(Incoming)
        assert incoming.source == alice.peer
        bob.agent.accept(incoming.call, ANSWER, bob.endpoint.now())
        bob.endpoint.flush()
        assert await alice.next(Answered) == Answered(call, ANSWER, bob.peer)
        assert await bob.next(Confirmed) == Confirmed(incoming.call, None)
        bob.agent.hang_up(incoming.call, bob.endpoint.now())
        bob.endpoint.flush()
        assert await alice.next(Ended) == Ended(call, "hung up")


async def test_the_clock_runs_without_anybody_asking() -> None:
    alice = Station(TimerValues(t1=0.005))
    async with alice.endpoint:
        call = alice.dial(free_port())
        assert await alice.next(Refused) == Refused(call, 408, "Request Timeout")


async def test_an_address_that_the_system_refuses_fails_at_once() -> None:
    alice = Station()
    async with alice.endpoint:
        call = alice.dial(0)
        assert await alice.next(Refused) == Refused(call, 503, "Service Unavailable")
        assert alice.endpoint.lost == 1


async def test_commands_given_while_effects_are_told_are_carried_out() -> None:
    alice, bob = Station(), Station()

    def answer(effect: Effect) -> None:
        if isinstance(effect, Incoming):
            bob.agent.accept(effect.call, ANSWER, bob.endpoint.now())
            bob.endpoint.flush()

    bob.endpoint = Endpoint(bob.agent, [ListenAt("udp", "127.0.0.1", bob.port)], answer)
    async with alice.endpoint, bob.endpoint:
        call = alice.dial(bob.port)
        assert await alice.next(Answered) == Answered(call, ANSWER, bob.peer)


async def test_each_peer_is_answered_from_the_address_that_it_wrote_to() -> None:
    station = Station()
    second = free_port()
    station.endpoint = Endpoint(
        station.agent,
        [ListenAt("udp", "127.0.0.1", station.port), ListenAt("udp", "127.0.0.1", second)],
        station.effects.put_nowait,
    )
    loop = asyncio.get_running_loop()
    async with station.endpoint:
        assert station.endpoint.addresses == (
            ListenAt("udp", "127.0.0.1", station.port),
            ListenAt("udp", "127.0.0.1", second),
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.setblocking(False)
            phone.bind(("127.0.0.1", 0))
            options = (
                "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bKo\r\nFrom: <sip:a@b>;tag=1\r\n"
                "To: <sip:x>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n"
            )
            phone.sendto(options.encode(), ("127.0.0.1", second))
            async with asyncio.timeout(20):
                data, source = await loop.sock_recvfrom(phone, 65_535)
            assert data.startswith(b"SIP/2.0 200 OK")
            assert source == ("127.0.0.1", second)
            caller = Peer("udp", *phone.getsockname())
        assert station.endpoint.listener_of(caller) == ListenAt("udp", "127.0.0.1", second)
        assert station.endpoint.listener_of(Peer("udp", "127.0.0.1", 9)) == station.at


async def test_a_port_that_is_taken_is_an_error_and_nothing_stays_open() -> None:
    first, second = Station(), Station()
    second.endpoint = Endpoint(
        second.agent,
        [ListenAt("udp", "127.0.0.1", second.port), ListenAt("udp", "127.0.0.1", first.port)],
        second.effects.put_nowait,
    )
    async with first.endpoint:
        with pytest.raises(OSError, match="in use"):
            await second.endpoint.__aenter__()
    assert second.endpoint.addresses == ()


def test_our_address_is_the_one_that_leads_to_the_peer() -> None:
    local = LocalAddresses([ListenAt("udp", "0.0.0.0", 5060)])
    assert local(Peer("udp", "127.0.0.1", 5070)) == ("127.0.0.1", 5060)
    assert local(Peer("udp", "127.0.0.1", 5071)) == ("127.0.0.1", 5060)


async def test_a_mistake_of_who_is_told_costs_one_effect_and_not_the_others() -> None:
    alice, bob = Station(), Station()
    told: list[Effect] = []

    def mistaken(effect: Effect) -> None:
        told.append(effect)
        if len(told) == 1:
            raise ZeroDivisionError

    bob.endpoint = Endpoint(bob.agent, [ListenAt("udp", "127.0.0.1", bob.port)], mistaken)
    async with alice.endpoint, bob.endpoint:
        for _ in range(3):
            alice.dial(bob.port)
            data = bob.endpoint._datagrams.sockets[0].recv(65_535)
            bob.agent.receive(data, alice.peer, bob.endpoint.now())
        with pytest.raises(ZeroDivisionError):
            bob.endpoint.flush()
        assert len(told) == 1
        await asyncio.sleep(0)
        assert len(told) == 3


async def test_an_address_that_cannot_be_bound_is_named() -> None:
    station = Station()
    async with station.endpoint:
        second = Endpoint(station.agent, [ListenAt("udp", "127.0.0.1", station.port)], lambda _: None)
        with pytest.raises(OSError, match="Address already in use") as error:
            await second.__aenter__()
    assert error.value.filename == f"udp:127.0.0.1:{station.port}"


@pytest.mark.parametrize("sent", [b"", b"\0", b"\0\0\0\0", b"\r\n", b"\r\n\r\n", b"jaK"])
async def test_what_keeps_a_nat_open_is_passed_over_in_silence(sent: bytes) -> None:
    bob = Station()
    loop = asyncio.get_running_loop()
    async with bob.endpoint:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.setblocking(False)
            phone.bind(("127.0.0.1", 0))
            phone.sendto(sent, ("127.0.0.1", bob.port))
            phone.sendto(request(transport="UDP").replace(b";branch", b";rport;branch"), ("127.0.0.1", bob.port))
            async with asyncio.timeout(20):
                assert (await loop.sock_recv(phone, 65_535)).startswith(b"SIP/2.0 200")
        assert bob.agent.dropped == 0


async def test_the_way_to_a_registered_phone_behind_a_nat_is_kept_open_and_to_others_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sip.io.endpoint._LOOK_SECONDS", 0.001)
    bob = Station()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as inside, socket.socket(type=socket.SOCK_DGRAM) as behind:
        phones = (inside, behind)
        for phone in phones:
            phone.setblocking(False)
            phone.bind(("127.0.0.1", 0))
        bob.agent.registrar.load(
            [
                stored("101", contact.getsockname()[1], source.getsockname()[1])
                for contact, source in ((inside, inside), (inside, behind))
            ],
            asyncio.get_running_loop().time(),
            0.0,
        )
        async with bob.endpoint:
            async with asyncio.timeout(20):
                for _ in range(2):
                    assert await asyncio.get_running_loop().sock_recv(behind, 100) == b"\r\n\r\n"
        with pytest.raises(BlockingIOError):
            inside.recv(100)


def stored(account: str, contact: int, source: int) -> StoredBinding:
    return StoredBinding(
        account=account,
        contact=f"sip:{account}@127.0.0.1:{contact}",
        transport="udp",
        host="127.0.0.1",
        port=source,
        remaining=60.0,
        call_id=str(source),
        cseq=1,
    )
