"""Keys pressed on phones: telephone-events in RTP (RFC 4733, and RFC 2833 before it) and SIP INFO bodies.

A press is told from a packet of an earlier one by its RTP timestamp and event code, never by sequence number or
marker bit: either may be lost, and recorded captures that test tools play repeat sequence numbers and go back in time
from one digit to the next.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

DIGITS: Final = "0123456789*#ABCD"
"""By event code (RFC 4733 §3.2).  The next code, 16, is a hook flash: no digit."""


class DtmfMode(Enum):
    """How a press of a key reaches us."""

    EVENT = "telephone-event"
    INFO = "SIP INFO"
    TONE = "in-band"


_SIZE: Final = 4  # octets of an event: code; end bit, reserved bit, volume; duration of 16 bits
_END: Final = 0x80
_LONGEST: Final = 0xFFFF  # timestamp units that one segment of a press can tell

_REMEMBERED: Final = 4
"""Presses of each leg whose belated packets are still known: at 20 digits a second, 200 ms of reordering."""

_AT_ONCE: Final = 16
"""Presses of one leg in one batch: after a stall there may be several, more than these are an attack on who acts upon
them."""

_RESTED: Final = 0.2
"""Seconds after which a known timestamp whose duration starts anew is a new press: a capture played a second time."""


@dataclass(slots=True)
class _Press:
    timestamp: int
    event: int
    duration: int
    ended: bool
    seen: float

    def goes_on_in(self, timestamp: int, event: int) -> bool:
        """Whether a segment (§2.5.1.3) of the same press starts at ``timestamp``: it adjoins, and no end was told."""
        elapsed = (timestamp - self.timestamp) & 0xFFFFFFFF
        return event == self.event and not self.ended and elapsed in (self.duration, _LONGEST)


@dataclass(slots=True)
class Events:
    """The last few presses of every leg, and from them, which packet is a new one."""

    _presses: dict[int, deque[_Press]] = field(default_factory=dict)

    def forget(self, leg: int) -> None:
        """The leg is gone; its number may be given to another."""
        self._presses.pop(leg, None)

    def take(
        self,
        legs: NDArray[np.intp],
        timestamps: NDArray[np.uint32],
        payloads: NDArray[np.uint8],
        lengths: NDArray[np.int64],
        now: float,
    ) -> list[tuple[int, str]]:
        """Packets of events as they came, any number of each leg; (leg, digit) for each press that one of them begins.

        ``payloads`` is (n, 4 or more): what follows the RTP header; ``lengths`` are its octets.  Shorter ones, and
        events that are no digits, are passed over; so is whatever more than 16 presses of one leg begin.
        """
        rows = zip(legs.tolist(), timestamps.tolist(), payloads[:, :_SIZE].tolist(), lengths.tolist(), strict=True)
        begun: Counter[int] = Counter()
        pressed = []
        for leg, timestamp, octets, length in rows:
            if length < _SIZE or octets[0] >= len(DIGITS) or begun[leg] == _AT_ONCE:
                continue
            if self._begins(leg, timestamp, octets, now):
                begun[leg] += 1
                pressed.append((leg, DIGITS[octets[0]]))
        return pressed

    def _begins(self, leg: int, timestamp: int, octets: list[int], now: float) -> bool:
        event, flags, high, low = octets
        packet = _Press(timestamp, event, high << 8 | low, bool(flags & _END), now)
        presses = self._presses.setdefault(leg, deque(maxlen=_REMEMBERED))
        known = next((p for p in presses if p.timestamp == timestamp and p.event == event), None)
        if known is None:
            continues = bool(presses) and presses[-1].goes_on_in(timestamp, event)
            presses.append(packet)
            return not continues
        if now - known.seen > _RESTED and packet.duration < known.duration:
            presses.remove(known)
            presses.append(packet)
            return True
        known.duration = max(known.duration, packet.duration)
        known.ended = known.ended or packet.ended
        known.seen = now
        return False


@dataclass(frozen=True, slots=True)
class EventPacket:
    """What an RTP packet of an event carries."""

    marker: bool
    timestamp: int
    payload: bytes


def press(
    digit: str, timestamp: int, duration: int = 800, *, step: int = 160, volume: int = 10
) -> Iterator[EventPacket]:
    """One press as the packets of RFC 4733 §2.5.1: every ``step``, and the last three times.

    ``duration`` and ``step`` in timestamp units, ``volume`` in -dBm0.  Raises ValueError for what is no digit.
    """
    if len(digit) != 1 or digit not in DIGITS:
        raise ValueError(f"no key of a phone: {digit!r}")
    event = DIGITS.index(digit)
    start, marker = 0, True
    for elapsed in [*range(step, duration, step), duration]:
        while elapsed - start > _LONGEST:
            yield EventPacket(marker, timestamp + start & 0xFFFFFFFF, bytes((event, volume, 0xFF, 0xFF)))
            start, marker = start + _LONGEST, False
        end = elapsed == duration
        payload = bytes((event, volume | (_END if end else 0))) + (elapsed - start).to_bytes(2, "big")
        for _ in range(3 if end else 1):
            yield EventPacket(marker, timestamp + start & 0xFFFFFFFF, payload)
            marker = False


# "Signal=5\r\nDuration=160"; there are phones that write "Signal= 5", and "10" and "11" for star and pound.
_SIGNAL: Final = re.compile(
    rb"^[ \t]*Signal[ \t]*=[ \t]*([0-9]{1,2}|[*#A-Da-d])[ \t]*\r?$", re.IGNORECASE | re.MULTILINE
)
_KEY: Final = re.compile(rb"[ \t\r\n]*([0-9]{1,2}|[*#A-Da-d])[ \t\r\n]*")
_TEXT_TYPES: Final = frozenset({"application/dtmf-relay", "application/dtmf"})
_EVENT_TYPES: Final = frozenset({"audio/telephone-event", "application/telephone-event"})


def digit_of_info(content_type: str, body: bytes) -> str | None:
    """The digit that a SIP INFO carries; None when it carries none.

    ``application/dtmf-relay`` has ``Signal=`` lines, ``application/dtmf`` the key alone; either comes in the other's
    place.  A telephone-event is text like these or the four octets of RFC 4733.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _TEXT_TYPES | _EVENT_TYPES:
        return None
    found = _SIGNAL.search(body) or _KEY.fullmatch(body)
    if found:
        key = found[1].decode("ascii").upper()
        code = DIGITS.index(key) if len(key) == 1 else int(key)
    elif kind in _EVENT_TYPES and len(body) == _SIZE:
        code = body[0]
    else:
        return None
    return DIGITS[code] if code < len(DIGITS) else None
