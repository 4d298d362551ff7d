"""What networks do to the sound, and what is heard of it through the whole bridge, by who suffers it and by the others.

In each room one has a bad line, one a good one, and one listens.  Of the jitter buffer alone, more is tried in
``tests/media/test_jitter_traces.py``; who is where, and who intrudes, in ``test_bridge_intruders.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from media.dtmf import press
from media.rtcp import ReceptionReport, SenderReport, parse
from mixer.bridge.protocol import Address, Codec, Digit, Unheard
from mixer.bridge.statistics import Statistics
from tests.mixer.bridge_rig import Rig, rtp
from tests.mixer.network import (
    CODECS,
    QUIET,
    RESYNC,
    Network,
    Trio,
    assert_heard_again,
    converse,
    every_codec,
    heard,
    maimed,
    silence,
    statistics,
    trios,
    voice,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.mixer.network import Line
    from tests.mixer.wide_phones import Phone


def clean(_room: int, _tick: int, octets: bytes) -> Iterator[tuple[float, bytes]]:
    yield 0, octets


def meet(
    codec: Codec, rooms: int, ticks: int, line: Line, *, bad: slice = slice(None), good: slice = slice(None)
) -> tuple[Rig, list[Trio]]:
    """Rooms in which those of the bad line speak in these ticks, and those of the good one in those."""
    rig = Rig()
    there = trios(rig, rooms, codec)
    said = silence(there[0].bad, ticks), silence(there[0].good, ticks)
    for frames, when, seed in zip(said, (bad, good), (1, 2), strict=True):
        frames[when] = voice(there[0].bad, ticks, seed)[when]
    converse(Network(rig), there, said, ticks, line)
    return rig, there


def reports(rig: Rig, phone: Phone) -> list[ReceptionReport]:
    """What the phone is told of how it is heard."""
    packets = (parse(octets)[0] for octets, to in rig.rtcp if to == Address(phone.address.host, 4001))
    return [block for packet in packets if isinstance(packet, SenderReport) for block in packet.reports]


def assert_the_same(one: Phone, other: Phone, since: int = 0) -> None:
    """Bit by bit; an ADPCM coder remembers all that it ever coded, so there it is where two coders' noises differ, and
    but for the few frames in which a listener goes over from one coder to another."""
    if one.codec is Codec.PCMU:
        assert one.octets[since:] == other.octets[since:]
        return
    first, second = (heard(phone)[since:].astype(float) for phone in (one, other))
    differs = ((first - second) ** 2).mean(axis=1) > 0.01 * (second**2).mean(axis=1) + 100
    assert differs.mean() < 0.03


# Packets that are lost

SHARES = (0.0, 0.01, 0.03, 0.05, 0.1, 0.2)


@every_codec
def test_of_1_to_20_percent_of_loss_the_others_notice_nothing_and_reports_are_right_within_1_percent(codec):
    lost = np.random.default_rng(1).random((len(SHARES), 700)) < np.array(SHARES)[:, None]
    lost[:, 0] = False

    def line(room: int, tick: int, octets: bytes) -> Iterator[tuple[float, bytes]]:
        if not lost[room, tick]:
            yield 0, octets

    when = {"bad": slice(100, 450), "good": slice(300, None)}
    rig, there = meet(codec, len(SHARES), 700, line, **when)
    _, unspoilt = meet(codec, 1, 700, clean, **when)
    for room, trio in enumerate(there):
        assert_the_same(trio.bad, unspoilt[0].bad)
        assert_the_same(trio.listener, unspoilt[0].listener, since=500)
        alone = heard(trio.listener)[105:300]
        holes = np.count_nonzero(np.abs(alone.astype(int)).max(axis=1) < 2000)
        gone = lost[room]
        assert holes <= np.count_nonzero(gone[100:300] & gone[99:299] & gone[98:298]), "up to 40 ms are concealed"
        told = reports(rig, trio.bad)
        assert len(told) >= 2
        first = 0
        for block in told:
            end = block.highest_sequence + 1
            assert block.fraction_lost / 256 == pytest.approx(gone[first:end].mean(), abs=0.01)
            assert block.lost == np.count_nonzero(gone[:end])
            first = end


BURSTS = (10, 50, 150)


@every_codec
def test_a_burst_of_loss_fades_within_100_ms_repeats_nothing_and_is_over_within_60_ms(codec):
    begins = 100

    def line(room: int, tick: int, octets: bytes) -> Iterator[tuple[float, bytes]]:
        if not begins <= tick < begins + BURSTS[room]:
            yield 0, octets

    rig, there = meet(codec, len(BURSTS), 300, line, good=slice(0))
    _, unspoilt = meet(codec, 1, 300, clean, good=slice(0))
    whole = heard(unspoilt[0].listener)
    for trio, burst in zip(there, BURSTS, strict=True):
        sound, again = heard(trio.listener), begins + burst + RESYNC
        assert np.abs(sound[begins + 6 : begins + burst].astype(int)).max() < (1 if codec is Codec.PCMU else QUIET)
        assert_heard_again(sound[again:], codec)
        if codec is Codec.PCMU:
            assert (sound[again:] == whole[again:]).all()
        assert statistics(rig)[trio.bad.number].lost == burst


# Packets that are late, overtaken, doubled


@every_codec
def test_of_20_to_200_ms_of_jitter_1_percent_is_late_after_two_seconds_and_40_ms_more_are_held(codec):
    ticks, settled = 600, 100
    jitters = (1, 3, 5, 10)
    delays = np.random.default_rng(3).random((len(jitters), ticks)) * np.array(jitters)[:, None]

    def line(room: int, tick: int, octets: bytes) -> Iterator[tuple[float, bytes]]:
        yield delays[room, tick], octets

    rig = Rig()
    there = trios(rig, len(jitters), codec)
    network = Network(rig)
    said = voice(there[0].bad, 300), silence(there[0].good, 1)
    converse(network, there, said, settled, line)
    before = statistics(rig)
    converse(network, there, said, ticks - settled, line)
    for trio, jitter in zip(there, jitters, strict=True):
        number = trio.bad.number
        after = statistics(rig)[number]
        assert after.late - before[number].late <= 0.01 * (ticks - settled), jitter
        assert after.delay <= 0.02 * jitter + 0.04 + 0.02, "and what has just come"
        loud = np.abs(heard(trio.listener)[settled:].astype(int)).max(axis=1)
        assert loud.min() > 3000 and loud.max() < 20_000


DOUBLED = (0.01, 0.1, 0.5, 1.0)


@every_codec
def test_what_comes_twice_is_heard_once(codec):
    twice = np.random.default_rng(4).random((len(DOUBLED), 300)) < np.array(DOUBLED)[:, None]

    def line(room: int, tick: int, octets: bytes) -> Iterator[tuple[float, bytes]]:
        yield 0, octets
        if twice[room, tick]:
            yield tick % 3, octets

    rig, there = meet(codec, len(DOUBLED), 300, line, good=slice(0))
    _, unspoilt = meet(codec, 1, 300, clean, good=slice(0))
    for trio in there:
        assert trio.listener.octets == unspoilt[0].listener.octets
        assert statistics(rig)[trio.bad.number].lost == 0


@every_codec
def test_where_2_percent_are_overtaken_nothing_is_heard_twice_and_little_is_missed(codec):
    late = np.random.default_rng(5).random(400) < 0.02

    def line(_room: int, tick: int, octets: bytes) -> Iterator[tuple[float, bytes]]:
        yield 1.5 if late[tick] else 0, octets

    rig, (trio,) = meet(codec, 1, 400, line, good=slice(0))
    assert statistics(rig)[trio.bad.number].late <= np.count_nonzero(late)
    assert np.abs(heard(trio.listener)[10:].astype(int)).max(axis=1).min() > 3000, "what is missed is concealed"
    if codec is Codec.PCMU:
        assert len(set(trio.listener.octets[10:])) == 390


@every_codec
def test_each_key_is_pressed_once_however_often_its_packets_come_and_in_whatever_order(codec):
    keys = "0123456789*#11"
    rng = np.random.default_rng(6)
    rig = Rig()
    there = trios(rig, len(DOUBLED), codec)
    network = Network(rig)
    frame = voice(there[0].bad, 1)[0]
    for key in keys:
        for trio, doubled in zip(there, DOUBLED, strict=True):
            phone = trio.bad
            for n, packet in enumerate(press(key, phone.timestamp)):
                octets = rtp(packet.payload, phone.sequence + n, payload_type=101, timestamp=packet.timestamp)
                delay = n + 1.5 * (rng.random() < 0.02)
                network.carry(octets, phone.address, delay)
                if rng.random() < doubled:
                    network.carry(octets, phone.address, delay + rng.integers(3))
            phone.sequence, phone.timestamp = phone.sequence + n + 1, phone.timestamp + (n + 1) * 160
        for _ in range(n + 5):
            network.tick()
        for trio in there:
            network.carry(trio.bad.packet(frame), trio.bad.address)
    for trio in there:
        assert [digit.digit for digit in rig.of(Digit) if digit.leg == trio.bad.number] == [*keys]


# Octets that are others


@every_codec
def test_where_1_percent_of_all_octets_is_wrong_the_call_goes_on_and_nobody_else_suffers(codec):
    rng = np.random.default_rng(7)

    def line(room: int, tick: int, octets: bytes) -> Iterator[tuple[float, bytes]]:
        yield 0, maimed(octets, 0.01, rng) if room == 0 and 50 <= tick < 300 else octets

    rig, (trio, others) = meet(codec, 2, 400, line)
    _, (_, unspoilt) = meet(codec, 2, 400, clean)
    for phone, as_before in ((others.bad, unspoilt.bad), (others.listener, unspoilt.listener)):
        assert phone.octets == as_before.octets
    after = statistics(rig)[trio.bad.number]
    assert rig.of(Statistics)[-1].malformed > 5
    assert not rig.of(Digit) and trio.bad.number not in [event.leg for event in rig.of(Unheard)]
    assert after.delay <= 0.06
    for phone in (trio.bad, trio.listener):
        assert np.abs(heard(phone)[300 + RESYNC :].astype(int)).max(axis=1).min() > 3000


# A link that is down


@pytest.mark.parametrize(("codec", "seconds"), [(Codec.PCMU, (5, 15, 60)), *((codec, (5,)) for codec in CODECS[1:])])
def test_a_link_that_is_down_is_told_of_every_ten_seconds_and_when_it_is_up_all_is_heard(codec, seconds):
    begins = 50
    rig = Rig()
    there = trios(rig, len(seconds), codec)
    network = Network(rig)
    said = voice(there[0].bad, 100), silence(there[0].good, 1)

    def line(room: int, tick: int, octets: bytes) -> Iterator[tuple[float, bytes]]:
        if not begins <= tick < begins + 50 * seconds[room]:
            yield 0, octets

    for trio, down in zip(there, seconds, strict=True):
        converse(network, there, said, begins + 50 * down + RESYNC + 20 - network.now, line)
        assert_heard_again(heard(trio.listener)[-20:], codec)
        told = [event.seconds for event in rig.of(Unheard) if event.leg == trio.bad.number]
        assert told in ([*range(10, down, 10)], [*range(10, down + 1, 10)])
