"""What networks and phones do to a stream, by name; for each, what may then be heard of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.media.traces import AFTER, Sent, heard_at, play, stream

if TYPE_CHECKING:
    from collections.abc import Callable

CLEAN = 0.021
"""Seconds that a clean stream has in hand after a tick; and what rounding adds."""


@dataclass(frozen=True)
class Trace:
    """A stream and what may be made of it, when it has settled: two seconds after its beginning."""

    packets: Callable[[], list[Sent]]
    delay: float = CLEAN
    """The most that is held in the last second."""
    concealed: float = 0.0
    """The greatest share of the frames that is made up."""
    unheard: float = 0.0
    """The greatest share of the packets that came and are not heard as they were, but cut, or not at all."""
    most: float = 0.2
    """The most that is ever held."""


def kept(share: float, seed: int = 1) -> list[Sent]:
    rng = np.random.default_rng(seed)
    return [one for one in stream(20) if one.sequence == 100 or rng.random() >= share]


def overtaken(by: float, share: float = 0.02) -> list[Sent]:
    late = np.random.default_rng(2).random(1000) < share
    return stream(20, delay=lambda n: by if late[n] else 0.0)


def jitter(most: float) -> list[Sent]:
    rng = np.random.default_rng(3)
    return stream(20, delay=lambda _: float(rng.random()) * most)


def queued(most: float) -> list[Sent]:
    """As jitter, but no packet overtakes another."""
    arrival, packets = 0.0, []
    for one in sorted(jitter(most), key=lambda one: one.sequence):
        arrival = max(arrival, one.at)
        packets.append(replace(one, at=arrival))
    return packets


def twice(share: float) -> list[Sent]:
    rng = np.random.default_rng(4)
    packets = stream(20)
    return packets + [replace(one, at=one.at + 0.03) for one in packets if rng.random() < share]


def without(first: int, last: int) -> list[Sent]:
    return [one for n, one in enumerate(stream(20)) if not first <= n < last]


def clock_off(share: float) -> list[Sent]:
    """Ten times what a bad crystal does, so that there are corrections in these seconds."""
    return stream(20, drift=share)


def jumps(of: int, *, sequence: int = 0, ssrc: int = 7) -> list[Sent]:
    """In the middle everything is other than it should be."""
    return [
        replace(one, timestamp=(one.timestamp + of) % 2**32, sequence=one.sequence + sequence, ssrc=ssrc)
        if n >= 500
        else one
        for n, one in enumerate(stream(20))
    ]


def talkspurts(noise: int | None = None) -> list[Sent]:
    """A second of voice with a marker, a second without packets, again and again; with comfort noise in between the
    sequence numbers have no gap."""
    packets, sequence = [], 100
    for n, one in enumerate(stream(20)):
        if n % 100 < 50:
            packets.append(replace(one, sequence=sequence, marker=n % 100 == 0))
            sequence += 1
        elif n % 100 == 50 and noise is not None:
            octets = bytes([noise])
            packets.append(replace(one, sequence=sequence, sample=-1, payload_type=13, size=1, octets=octets))
            sequence += 1
    return packets


def held_up(ticks: int) -> list[Sent]:
    """Packets wait, as when the machine or the network stands still, and come all at once."""
    return stream(20, delay=lambda n: (500 + ticks - n) * 0.02 if 500 <= n < 500 + ticks else 0.0)


TRACES = {
    "clean": Trace(lambda: stream(20)),
    **{
        f"packets of {ms} ms": Trace(
            lambda ms=ms: stream(20, ptime=ms / 1000), delay=CLEAN + {30: 0.02, 40: 0.02, 60: 0.04}.get(ms, 0.0)
        )
        for ms in (10, 20, 30, 40, 60)
    },
    **{
        f"{share:.0%} lost": Trace(lambda share=share: kept(share), concealed=1.5 * share)
        for share in (0.01, 0.03, 0.05, 0.1, 0.2)
    },
    "200 ms lost": Trace(lambda: without(500, 510), concealed=0.005),
    "a second lost": Trace(lambda: without(500, 550), concealed=0.005),
    "three seconds lost": Trace(lambda: without(500, 650), concealed=0.005),
    "2 % overtaken by one": Trace(lambda: overtaken(0.025)),
    "2 % overtaken by three": Trace(lambda: overtaken(0.065), delay=CLEAN + 0.06, concealed=0.02, unheard=0.025),
    "all twice": Trace(lambda: twice(1.0)),
    "some twice": Trace(lambda: twice(0.05)),
    "a clock that is slow": Trace(lambda: clock_off(2e-3), delay=CLEAN + 0.02, concealed=0.003),
    "a clock that is fast": Trace(lambda: clock_off(-2e-3), delay=CLEAN + 0.03, unheard=0.008),
    "timestamps jump ahead": Trace(lambda: jumps(100_000)),
    "timestamps jump back": Trace(lambda: jumps(-4000)),
    "sequence numbers jump a little": Trace(lambda: jumps(0, sequence=1000)),
    "sequence numbers jump far": Trace(lambda: jumps(0, sequence=20_000), concealed=0.002, unheard=0.002),
    "another SSRC": Trace(lambda: jumps(12_345, sequence=31_000, ssrc=8)),
    "talkspurts": Trace(talkspurts, concealed=0.045),
    "talkspurts with comfort noise": Trace(lambda: talkspurts(60), concealed=0.045),
    "held up for 100 ms": Trace(lambda: held_up(5), delay=CLEAN + 0.01, concealed=0.005, unheard=0.015),
    "held up for a second": Trace(lambda: held_up(50), concealed=0.005, unheard=0.08),
    **{
        f"{ms} ms of jitter": Trace(
            lambda ms=ms: jitter(ms / 1000), delay=ms / 1000 + 0.04, concealed=0.01, unheard=0.01
        )
        for ms in (20, 60, 100, 200)
    },
    **{
        f"{ms} ms of jitter in a queue": Trace(
            lambda ms=ms: queued(ms / 1000), delay=ms / 1000 + 0.04, concealed=0.01, unheard=0.01
        )
        for ms in (20, 60, 100, 200)
    },
}


@pytest.mark.parametrize("name", TRACES)
def test_what_is_heard_of(name):
    trace = TRACES[name]
    packets = trace.packets()
    played = play(packets)
    once = sorted({one.sample: one for one in packets if one.sample >= 0}.values(), key=lambda one: one.sample)
    settled = [one for one in once[:-1] if one.at > 2]  # the end of the last one is what fades out after it
    at = heard_at(played, settled)
    heard = [where for where in at if where >= 0]
    assert heard == sorted(heard), "in order"
    frames = len(played.pcm) - 100 - AFTER
    figures = {
        "delay": max(played.held[-AFTER - 50 : -AFTER]),
        "concealed": (played.concealed - played.made_up[100]) / frames,
        "unheard": 1 - len(heard) / len(settled),
        "most": max(played.held),
    }
    assert all(value <= getattr(trace, key) + 1e-9 for key, value in figures.items()), figures
