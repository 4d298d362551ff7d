"""Who is where: phones whose packets come from elsewhere, and others who would like to be taken for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from media.rtcp import Bye, ReceiverReport, ReceptionReport, SenderReport, build
from mixer.bridge.protocol import Address, ChangeMedia, Codec, Heard, Media, Unheard
from mixer.bridge.statistics import Statistics
from tests.mixer.bridge_rig import Rig, rtp
from tests.mixer.network import RESYNC, Trio, assert_heard_again, every_codec, heard, statistics, trios, voice

if TYPE_CHECKING:
    from collections.abc import Callable

NAT = "203.0.113.9"
ELSEWHERE = Address("198.51.100.66", 4000)
SILENT = 10
"""Ticks, 200 ms: after so many without a packet a phone may come from another port."""
LOUD = bytes([0x80, 0x00] * 80)


@dataclass
class Meeting:
    """Who hears what, and all addresses that were sent anything."""

    rig: Rig
    trio: Trio
    goals: set[Address]


def meet(
    codec: Codec, ticks: int, *, intrude: Callable[[Rig, Trio, int], None] | None = None, begins: int = 0
) -> Meeting:
    """One speaks from this tick on and another listens, while somebody intrudes."""
    rig = Rig()
    (trio,) = trios(rig, 1, codec)
    said = voice(trio.bad, ticks)
    goals = set()
    for tick in range(ticks):
        if intrude is not None:
            intrude(rig, trio, tick)
        if tick >= begins:
            trio.bad.say(said[tick])
        sent = rig.tick()
        goals |= {to for _, _, to in rig.wires.sent}
        for phone in (trio.bad, trio.listener):
            phone.octets.append(sent[phone.address].octets[12:])
    return Meeting(rig, trio, goals)


# Phones that move


@every_codec
def test_a_phone_whose_nat_gives_it_another_port_is_heard_and_sent_there_within_200_ms(codec):
    rig = Rig()
    (trio,) = trios(rig, 1, codec)
    said, moves = voice(trio.bad, 150), 80
    rig.obey(ChangeMedia(1, Media(Address("192.168.1.7", 5004), codec, codec.value, 101, public_host=NAT)))
    before, after = Address(NAT, 61000), Address(NAT, 62000)
    for tick, frame in enumerate(said):
        rig.put(trio.bad.packet(frame), before if tick < moves else after)
        sent = rig.tick()
        trio.listener.octets.append(sent[trio.listener.address].octets[12:])
        if tick >= moves + SILENT:
            assert after in sent and before not in sent
    assert_heard_again(heard(trio.listener)[moves + SILENT + RESYNC - 1 :], codec)
    assert rig.of(Heard) == [Heard(1, before), Heard(1, after)]


@every_codec
def test_a_phone_that_moves_to_another_network_is_heard_there_at_once_and_the_old_place_is_locked_out(codec):
    rig = Rig()
    (trio,) = trios(rig, 1, codec)
    said, moves = voice(trio.bad, 150), 80
    old, new = trio.bad.address, Address("127.0.0.2", 5006)
    for tick, frame in enumerate(said):
        if tick == moves:
            rig.obey(ChangeMedia(1, Media(new, codec, codec.value, 101)))
        if tick > moves:
            rig.put(rtp(LOUD, tick, ssrc=99), old)
        rig.put(trio.bad.packet(frame), old if tick < moves else new)
        sent = rig.tick()
        trio.listener.octets.append(sent[trio.listener.address].octets[12:])
        assert (new in sent) == (tick >= moves) and (old in sent) == (tick < moves)
    assert_heard_again(heard(trio.listener)[10:], codec)
    statistics(rig)
    assert rig.of(Statistics)[-1].strangers == 150 - moves - 1


# Others


@every_codec
@pytest.mark.parametrize("begins", [0, 5], ids=["during the call", "and before the phone's first packet"])
@pytest.mark.parametrize("stolen", [False, True], ids=["with an SSRC of their own", "with the phone's"])
@pytest.mark.parametrize("host", [ELSEWHERE.host, None], ids=["from another host", "from another port"])
def test_of_others_not_one_packet_is_mixed_and_none_is_sent_to_them(codec, begins, stolen, host):
    def intrude(rig: Rig, trio: Trio, tick: int) -> None:
        phone = trio.bad
        ssrc, sequence = (phone.number, phone.sequence) if stolen else (99, tick)
        octets = rtp(LOUD, sequence, payload_type=codec.value, ssrc=ssrc, timestamp=phone.timestamp)
        intruder = Address(host or phone.address.host, 6666)
        rig.put(octets, intruder)
        rig.put(octets, replace(intruder, port=0))

    met, alone = meet(codec, 50, intrude=intrude, begins=begins), meet(codec, 50, begins=begins)
    assert met.trio.listener.octets == alone.trio.listener.octets
    assert met.goals == alone.goals
    assert met.rig.of(Heard) == alone.rig.of(Heard)
    statistics(met.rig)
    assert met.rig.of(Statistics)[-1].strangers == 100


def hostile_reports(trio: Trio) -> list[bytes]:
    """What a stranger may say to the port of the reports."""
    ours, theirs = 5000 + trio.bad.number, trio.bad.number
    lost_all = ReceptionReport(ours, 255, 0x7FFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    return [
        build([SenderReport(theirs, 2**64 - 1, 2**32 - 1, 2**32 - 1, 2**32 - 1, (lost_all,))]),
        build([ReceiverReport(theirs, (lost_all,) * 31), Bye((theirs, ours), "good bye")]),
        build([ReceiverReport(theirs)])[:4],
        b"\x80\xc9\xff\xff" + bytes(40),
        b"\x9f\xc8\x00\x00",
        bytes(2000),
        rtp(LOUD, 1, ssrc=theirs),
    ]


@every_codec
@pytest.mark.parametrize("host", [ELSEWHERE.host, None], ids=["from another host", "from the phone's"])
def test_nothing_that_comes_to_the_port_of_reports_changes_what_is_heard_or_where_anything_goes(codec, host):
    def intrude(rig: Rig, trio: Trio, tick: int) -> None:
        intruder = Address(host or trio.bad.address.host, 6667)
        for octets in hostile_reports(trio):
            rig.put_rtcp(octets, intruder)
        rig.put(hostile_reports(trio)[tick % 6], replace(intruder, port=trio.bad.address.port))

    met, alone = meet(codec, 50, intrude=intrude), meet(codec, 50)
    assert met.trio.listener.octets == alone.trio.listener.octets
    assert met.goals == alone.goals
    assert [type(event) for event in met.rig.events] == [type(event) for event in alone.rig.events]


FLOODS = {
    "a stranger": lambda trio, n: ELSEWHERE,
    "a thousand strangers": lambda trio, n: replace(ELSEWHERE, port=1024 + n % 1000),
    "a thousand ports of a phone": lambda trio, n: replace(trio.bad.address, port=6000 + n % 1000),
    "somebody in another room": lambda trio, n: Address("10.0.0.9", 4000),
}


@every_codec
@pytest.mark.parametrize("who", FLOODS)
def test_of_10_000_packets_a_second_on_the_same_socket_the_others_hear_nothing(codec, who):
    rng = np.random.default_rng(8)

    def intrude(rig: Rig, trio: Trio, tick: int) -> None:
        if tick == 0:
            rig.add(9, 9, codec=codec)
        for n in range(200):
            octets = rtp(LOUD, tick * 200 + n, payload_type=codec.value, ssrc=int(rng.integers(9)))
            rig.put(octets if n % 2 else rng.bytes(172), FLOODS[who](trio, n))

    met, alone = meet(codec, 30, intrude=intrude), meet(codec, 30)
    assert met.trio.listener.octets == alone.trio.listener.octets
    assert met.goals - {Address("10.0.0.9", 4000), Address("10.0.0.9", 4001)} == alone.goals
    assert not any(met.rig.wires.coming.values()), "what came is read"


def test_of_512_legs_on_one_socket_none_loses_a_packet_though_strangers_send_30_000_a_second_to_it():
    rig = Rig()
    phones = [Address("10.0.0.9", 4000 + leg) for leg in range(512)]
    for leg, phone in enumerate(phones):
        rig.add(leg, remote=phone)
    for tick in range(10):
        for phone in phones:
            rig.put(rtp(LOUD, tick), phone)
        for n in range(600):
            rig.put(rtp(LOUD, n), replace(ELSEWHERE, port=1024 + n))
        rig.tick()
        assert not any(rig.wires.coming.values())
    assert {leg.received for leg in statistics(rig).values()} == {10}
    assert rig.of(Statistics)[-1].strangers == 6000


def test_who_guesses_what_comes_next_in_a_stream_is_not_heard_instead_of_the_phone():
    """Ahead of it by a little or by much, with its SSRC: what would make a receiver jump."""
    rng = np.random.default_rng(5)

    def intrude(rig: Rig, trio: Trio, tick: int) -> None:
        phone = trio.bad
        for ahead in (0, 1, int(rng.integers(2, 32768))):
            octets = rtp(LOUD, phone.sequence + ahead, ssrc=phone.number, timestamp=phone.timestamp + 160 * ahead)
            for port in (phone.address.port + 1, 1024 + int(rng.integers(60000))):
                rig.put(octets, replace(phone.address, port=port))

    met, alone = meet(Codec.PCMU, 50, intrude=intrude), meet(Codec.PCMU, 50)
    assert met.trio.listener.octets == alone.trio.listener.octets
    assert met.goals == alone.goals


@pytest.mark.parametrize("first", [False, True], ids=["while it speaks", "before it does"])
def test_a_stranger_behind_the_same_nat_takes_over_no_phone_whose_nat_keeps_its_port(first):
    rig = Rig()
    (trio,) = trios(rig, 1, Codec.PCMU)
    phone, intruder = Address(NAT, 5004), Address(NAT, 6666)
    rig.obey(ChangeMedia(1, Media(Address("192.168.1.7", 5004), Codec.PCMU, 0, 101, public_host=NAT)))
    said = voice(trio.bad, 50)
    for tick, frame in enumerate(said):
        if first or tick:
            rig.put(rtp(LOUD, tick, ssrc=99), intruder)
        if tick >= 10 or not first:
            rig.put(trio.bad.packet(frame), phone)
        sent = rig.tick()
        trio.listener.octets.append(sent[trio.listener.address].octets[12:])
        assert tick < 11 or (phone in sent and intruder not in sent)
    assert_heard_again(heard(trio.listener)[20:], Codec.PCMU)
    assert rig.of(Heard)[-1] == Heard(1, phone)


# Who is silent, and who is gone


def test_for_three_hours_of_reports_alone_nobody_is_missed_on_hold_or_not_but_who_sends_nothing_is():
    rig = Rig(tick_number=1_000_001)
    one, two, _ = rig.add(1, receiving=False, sending=False), rig.add(2), rig.add(3)
    for _ in range(3 * 3600 // 5):
        rig.tick_number += 249  # and one more: five seconds
        for number, phone in ((1, one), (2, two)):
            block = ReceptionReport(5000 + number, 0, 0, 0, 0, 0, 0)
            rig.put_rtcp(build([ReceiverReport(number, (block,))]), replace(phone, port=4001))
        rig.tick()
    assert {event.leg for event in rig.of(Unheard)} == {3}
    rig.obey(ChangeMedia(1, Media(one, Codec.PCMU, 0, 101)))
    rig.events.clear()
    rig.ticks(400)
    assert not [event for event in rig.of(Unheard) if event.leg == 1], "whoever is back has time to speak"
