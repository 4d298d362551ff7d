"""The sound of many phones in one loop, cheap and exact enough to measure a mixer on the same machine.

Each phone has a socket of its own and sends a packet every 20 ms at absolute deadlines; like real ones they are spread
over the 20 ms.  What they receive is read only five times a second, some ten packets a system call: the kernel
has stamped each with the moment at which it came.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from media.dtmf import DIGITS
from media.wire import open_wire
from tests.bench.heard import Heard, Rates, quantiles
from tests.bench.speech import PCMU, Frames, click_in
from tests.bench.stamped import Stamped, stamping
from tests.phones import g711

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

HOST = "127.0.0.1"
FRAME_NS = 20_000_000
_SLOT_NS = 1_000_000
_ASIDE_NS = _SLOT_NS // 2  # woken at the same instant as the bridge, on the same core, a phone waits for its whole tick
_SLOTS = FRAME_NS // _SLOT_NS
_READ_SLOTS = 10 * _SLOTS  # between two reads of a phone
_IN_TIME_MS = 5.0
_LONGEST_DELAY_NS = 400_000_000  # less than from an impulse to the next
_PRIORITY = 10  # below the bridge's: phones are other machines and wait for nobody, but take nothing from it either
_HEADER = struct.Struct("!BBHII")
EVENTS = 101
_KEY = struct.Struct("!BBH")
_END = 0x80
_DATAGRAMS, _WIDTH = 64, 256


class RtpPhone:
    """Listens at once, talks after :meth:`connect`; says ``speech`` in a circle."""

    def __init__(self, speech: Frames, *, clicks: bool = False, listens: bool = False) -> None:
        self._socket = stamping(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self._socket.setblocking(False)
        self._socket.bind((HOST, 0))
        self.port: int = self._socket.getsockname()[1]
        self.speech = speech
        self._clicks = clicks
        self._listens = listens
        self._connected = False
        self.said = 0
        """Packets so far."""
        self._keys: deque[tuple[int, bytes]] = deque()
        self._ssrc = int.from_bytes(os.urandom(4), "big")
        self.clicked: list[int] = []
        """When an impulse went, nanoseconds."""
        self.click_heard: list[int] = []
        self._stamps: list[NDArray[np.int64]] = []
        self._heads: list[NDArray[np.uint8]] = []

    def connect(self, host: str, port: int) -> None:
        """Whom it talks with, and nobody else is heard from now on."""
        self._socket.connect((host, port))
        self._connected = True

    def hang_up(self) -> int:
        """Falls silent, forgets what it heard, and says how many packets that were: another call begins anew."""
        heard = sum(map(len, self._stamps))
        self._connected = False
        self._stamps.clear()
        self._heads.clear()
        self._keys.clear()
        return heard

    def press(self, keys: str) -> None:
        """These keys one after the other, instead of sound (RFC 4733): each 40 ms long, its end said three times."""
        for key in keys:
            states = enumerate((0, _END, _END, _END))
            self._keys += [(past, _KEY.pack(DIGITS.index(key), end | 10, 320 if end else 160)) for past, end in states]

    def speak(self) -> None:
        if not self._connected:
            return
        past, key = self._keys.popleft() if self._keys else (0, b"")
        frame = self.said % len(self.speech)
        timestamp = (self.said - past) * 160 & 0xFFFFFFFF
        header = _HEADER.pack(0x80, EVENTS if key else PCMU, self.said & 0xFFFF, timestamp, self._ssrc)
        if self._clicks and frame == len(self.speech) - 1:
            self.clicked.append(time.monotonic_ns())
        with suppress(ConnectionError, BlockingIOError):  # the mixer is gone; the full buffer of one that is stuck
            self._socket.send(header + (key or self.speech[frame]))
        self.said += 1

    @property
    def sends_with(self) -> tuple[int, int]:
        """Socket and SSRC."""
        return self._socket.fileno(), self._ssrc

    def has_read(self, arrived: NDArray[np.int64], heads: NDArray[np.uint8]) -> None:
        """Somebody else has: when each packet came, and its first twelve octets."""
        self._stamps.append(arrived)
        self._heads.append(heads)

    def read(self, into: Stamped, receive: Callable[[int, Stamped], int]) -> None:
        while count := receive(self._socket.fileno(), into):
            arrived = into.arrived(count)
            self._stamps.append(arrived)
            self._heads.append(into.payload[:count, : _HEADER.size].copy())
            if self._listens:
                self._listen(into.payload[:count, _HEADER.size : _HEADER.size + 160], arrived)

    def _listen(self, octets: NDArray[np.uint8], arrived: NDArray[np.int64]) -> None:
        for pcm, moment in zip(g711.DECODING[PCMU][octets], arrived.tolist(), strict=True):
            if (sample := click_in(pcm)) is not None:
                self.click_heard.append(moment + sample * 125_000)

    def stream(self, since: int, until: int) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """Moments and sequence numbers that go on beyond 65535 of the packets of a stretch; how many are strange."""
        if not self._stamps:
            return np.empty(0, np.int64), np.empty(0, np.int64), 0
        arrived, heads = np.concatenate(self._stamps), np.concatenate(self._heads)
        within = (since <= arrived) & (arrived < until)
        arrived, heads = arrived[within], heads[within]
        ssrc = heads[:, 8:12].copy().view(">u4")[:, 0]
        right = (heads[:, 0] == 0x80) & (heads[:, 1] & 0x7F == PCMU) & (ssrc == ssrc[:1])
        number = heads[right, 2:4].copy().view(">u2")[:, 0].astype(np.int64)
        steps = (np.diff(number) + 0x8000) % 0x10000 - 0x8000
        return arrived[right], np.concatenate((number[:1], number[:1] + np.cumsum(steps))), int((~right).sum())


class RtpPhones:
    """``pairs``: who says impulses and who, in the same room, hears them; as indices of ``phones``."""

    def __init__(self, phones: Sequence[RtpPhone], pairs: Sequence[tuple[int, int]]) -> None:
        self.phones = phones
        self._pairs = pairs
        places = np.random.default_rng(1).permutation(len(phones)) % _SLOTS
        self.in_slot = [[phone for phone, at in zip(phones, places, strict=True) if at == s] for s in range(_SLOTS)]
        self._datagrams = Stamped(_DATAGRAMS, _WIDTH)
        self._receive = open_wire().receive
        self.slots: list[tuple[int, int]] = []  # when each was due, and how late it was

    def run(self, over: Callable[[], bool]) -> None:
        """Speak and read until ``over``, which is asked every millisecond."""
        slot = time.monotonic_ns() // _SLOT_NS
        while not over():
            slot += 1
            due = slot * _SLOT_NS + _ASIDE_NS
            time.sleep(max(0, due - time.monotonic_ns()) / 1e9)
            self.slots.append((due, time.monotonic_ns() - due))
            for phone in self.in_slot[slot % _SLOTS]:
                phone.speak()
            for phone in self.phones[slot % _READ_SLOTS :: _READ_SLOTS]:
                phone.read(self._datagrams, self._receive)

    def heard(self, since: int, until: int, among: slice = slice(None)) -> Heard:
        """Of a stretch of time that is over, nanoseconds of the monotonic clock, by some of them or all."""
        for phone in self.phones[among]:
            phone.read(self._datagrams, self._receive)
        counts, late, missing, disordered, strange, longest = [], [], 0, 0, 0, 0
        for phone in self.phones[among]:
            arrived, number, others = phone.stream(since, until)
            counts.append(len(arrived))
            strange += others
            if len(arrived):
                longest = max(longest, int(np.diff(arrived, prepend=since, append=until).max()))
                against_grid = arrived - number * FRAME_NS
                late.append((against_grid - against_grid.min()) / 1e6)
                missing += int(np.ptp(number)) + 1 - len(np.unique(number))
                disordered += int((np.diff(number) <= 0).sum())
        all_late = np.concatenate(late) if late else np.full(1, np.inf)
        clicks, delays = self._delays(since, until)
        least, median, most = np.percentile(counts, [0, 50, 100]) * 1e9 / (until - since)
        return Heard(
            rates=Rates(round(least, 2), round(median, 2), round(most, 2)),
            missing=missing,
            disordered=disordered,
            strange=strange,
            late=quantiles(all_late),
            in_time=float((all_late <= _IN_TIME_MS).mean()),
            longest_wait=round(longest / 1e6, 2),
            clicks=clicks,
            clicks_heard=len(delays),
            delay=quantiles(np.array(delays)) if delays else None,
            own_late=quantiles(np.array([own / 1e6 for due, own in self.slots if since <= due < until])),
        )

    def _delays(self, since: int, until: int) -> tuple[int, list[float]]:
        """How many impulses were said, and the milliseconds from one phone to the other of each that was heard."""
        clicks, delays = 0, []
        for says, hears in self._pairs:
            heard = np.array(self.phones[hears].click_heard, np.int64)
            for said in self.phones[says].clicked:
                if since <= said < until - _LONGEST_DELAY_NS:
                    clicks += 1
                    waits = heard - said
                    delays += (waits[(waits > 0) & (waits < _LONGEST_DELAY_NS)][:1] / 1e6).tolist()
        return clicks, delays


def stand_apart() -> None:
    """Phones are other machines: they wait for nobody.  Real-time priority where the system allows it."""
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_PRIORITY))
