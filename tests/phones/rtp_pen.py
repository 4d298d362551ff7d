"""An RTP sender and recorder on one UDP port, for beside sipp, whose own sound is no good for measuring.

It talks like a phone: a packet every 20 ms at absolute deadlines, speech or silence, digits as RFC 4733 events in the
same stream.  It writes down every packet with the time at which the kernel took it, so that a late Python thread of
ours never looks like a late mixer.
"""

from __future__ import annotations

import collections
import contextlib
import itertools
import random
import socket
import struct
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from tests.phones import g711, ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from numpy.typing import NDArray

    from tests.phones.sounds import Pcm

FRAME = 160
PACKET_TIME = 0.02
KEYS = "0123456789*#ABCD"

SystemAddress = tuple[str, int] | tuple[str, int, int, int]

_HEADER = struct.Struct("!BBHII")
_TIMESPEC = struct.Struct("@ll")
_SO_TIMESTAMPNS = 35  # Linux, asm-generic/socket.h; the socket module has no name for it
_SILENCE = np.zeros(FRAME, dtype=np.int16)


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet (RFC 3550 §5.1)."""

    arrived: float
    """Seconds since the epoch at which the kernel took it."""
    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse(data: bytes, arrived: float) -> Packet | None:
    """None for what is no RTP version 2, or carries what no phone here sends: CSRCs, extensions, padding."""
    if len(data) < _HEADER.size or data[0] != 0x80:
        return None
    _, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    return Packet(arrived, bool(second & 0x80), second & 0x7F, sequence, timestamp, ssrc, data[_HEADER.size :])


def system_address(host: str, port: int) -> SystemAddress:
    """As a socket takes it: ``fe80::7%eth0`` with the number of the interface."""
    bare, _, zone = host.partition("%")
    return (bare, port, 0, socket.if_nametoindex(zone)) if zone else (bare, port)


class RtpPen:
    """``with RtpPen() as pen``: listens on ``pen.port`` at once, talks from :meth:`send_to` on."""

    def __init__(
        self,
        port: int | None = None,
        payload_type: int = 0,
        event_payload_type: int = 101,
        *,
        host: str = "127.0.0.1",
    ) -> None:
        self.host = host
        self.port = ports.take(2) if port is None else port
        self.payload_type = payload_type
        self.event_payload_type = event_payload_type
        self.packets: list[Packet] = []
        """What came, in order of arrival; grows while the pen listens."""
        self.sent: list[Packet] = []
        """What went, with the time at which it went."""
        self.spoil: Callable[[bytes], bytes] = bytes
        """What becomes of each packet on the way."""
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self._speech: collections.deque[Pcm] = collections.deque()
        self._digits: collections.deque[str] = collections.deque()
        self._remote: SystemAddress | None = None
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._listen, name=f"pen {self.port} listens", daemon=True),
            threading.Thread(target=self._talk, name=f"pen {self.port} talks", daemon=True),
        ]

    def __enter__(self) -> Self:
        self._socket.bind(system_address(self.host, self.port))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.settimeout(0.1)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join(timeout=2)
        self._socket.close()

    def send_to(self, host: str, port: int) -> None:
        """Start talking to an address, or go on talking to another."""
        self._remote = system_address(host, port)

    def say(self, pcm: Pcm) -> None:
        """Say it after what is being said now; silence when there is nothing more."""
        self._speech.extend(pcm[start : start + FRAME] for start in range(0, pcm.size - FRAME + 1, FRAME))

    def hush(self) -> None:
        self._speech.clear()

    def press(self, digits: str) -> None:
        """Press keys one after the other, 100 ms each and 100 ms apart, instead of speech meanwhile."""
        if not set(digits) <= set(KEYS):
            raise ValueError(f"{digits!r}: keys are {KEYS}")
        self._digits.extend(digits)

    @property
    def has_said_all(self) -> bool:
        return not self._speech and not self._digits

    def heard(self) -> Pcm:
        """What came, by RTP timestamp, each change of SSRC after the one before; lost packets are silence."""
        return assemble([p for p in self.packets if p.payload_type in g711.DECODING])

    def lateness(self) -> NDArray[np.float64]:
        """Seconds by which each packet was late against an even 20 ms from the most punctual one; float64 [packets]."""
        arrived = np.array([p.arrived for p in self.packets])
        late: NDArray[np.float64] = arrived - np.arange(arrived.size) * PACKET_TIME
        late -= late.min(initial=np.inf)
        return late

    def gaps(self, since: int = 0) -> list[int]:
        """Where sequence numbers do not follow each other: how many are missing each time, 65535 for one twice."""
        numbers = [p.sequence for p in self.packets[since:]]
        steps = ((b - a - 1) % 65536 for a, b in itertools.pairwise(numbers))
        return [step for step in steps if step]

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                data, ancillary, _, _ = self._socket.recvmsg(2048, 64)
            except (TimeoutError, ConnectionError):  # the latter: what we sent met a closed port
                continue
            arrived = time.time()
            for level, kind, stamp in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
                    seconds, nanoseconds = _TIMESPEC.unpack(stamp[: _TIMESPEC.size])
                    arrived = seconds + nanoseconds / 1e9
            packet = parse(data, arrived)
            if packet is not None:
                self.packets.append(packet)

    def _talk(self) -> None:
        while self._remote is None:
            if self._closing.wait(0.005):
                return
        due = time.monotonic()
        for packet in self._stream():
            if self._closing.wait(max(0.0, due - time.monotonic())):
                return
            with contextlib.suppress(OSError):  # an earlier packet met a closed port, or the link is down
                self._socket.sendto(self.spoil(packet), self._remote)
            sent = parse(packet, time.time())
            assert sent is not None
            self.sent.append(sent)
            due += PACKET_TIME

    def _stream(self) -> Iterator[bytes]:
        """Packets without end, one a frame."""
        source = random.Random(f"{self.host}:{self.port}")
        ssrc, sequence, timestamp = source.getrandbits(32), source.getrandbits(16), source.getrandbits(32)
        frames = 0

        def packet(payload: bytes, payload_type: int, marker: bool, stamp: int) -> bytes:
            nonlocal sequence
            sequence = (sequence + 1) & 0xFFFF
            return _HEADER.pack(0x80, marker << 7 | payload_type, sequence, stamp & 0xFFFFFFFF, ssrc) + payload

        while True:
            now = timestamp + frames * FRAME
            if self._digits:
                for marker, payload in event(self._digits.popleft()):
                    yield packet(payload, self.event_payload_type, marker, now)
                    frames += 1
                pause = 5
            else:
                pause = 1
            for _ in range(pause):
                frame = self._speech.popleft() if self._speech else _SILENCE
                yield packet(
                    g711.encode(frame, self.payload_type), self.payload_type, False, timestamp + frames * FRAME
                )
                frames += 1


def event(key: str) -> Iterator[tuple[bool, bytes]]:
    """One press of 100 ms: (marker, payload) of its packets, the last three its end (RFC 4733 §2.3, §2.5.1.4)."""
    code = KEYS.index(key)
    for packet in range(1, 6):
        yield packet == 1, struct.pack("!BBH", code, 10, packet * FRAME)
    for _ in range(3):
        yield False, struct.pack("!BBH", code, 0x80 | 10, 5 * FRAME)


def assemble(packets: list[Packet]) -> Pcm:
    """Decode a stream by timestamp.  A jump of more than ten seconds is a new stream and goes to the end."""
    pieces: list[Pcm] = []
    expected: tuple[int, int] | None = None
    for packet in packets:
        pcm = g711.decode(packet.payload, packet.payload_type)
        if expected is not None and expected[0] == packet.ssrc:
            missing = (packet.timestamp - expected[1] + 2**31) % 2**32 - 2**31
            if missing < 0:
                continue  # late or twice: a phone has played past it
            if missing < 80_000:
                pieces.append(np.zeros(missing, dtype=np.int16))
        pieces.append(pcm)
        expected = (packet.ssrc, (packet.timestamp + pcm.size) % 2**32)
    return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int16)


def click_moments(packets: list[Packet], above: int = 6000) -> list[float]:
    """When each impulse of :func:`tests.phones.sounds.clicks` went or came, in seconds since the epoch."""
    moments: list[float] = []
    for packet in packets:
        if packet.payload_type in g711.DECODING:
            loud = np.flatnonzero(np.abs(g711.decode(packet.payload, packet.payload_type).astype(np.int32)) > above)
            moment = packet.arrived + float(loud[0]) / 8000 if loud.size else 0.0
            if loud.size and (not moments or moment - moments[-1] > 0.1):
                moments.append(moment)
    return moments
