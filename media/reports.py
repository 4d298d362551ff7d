"""Sender reports of many legs at once (RFC 3550 §6.4.1): columns in, octets out.

What :func:`media.rtcp.build` makes of one leg's; a mixer of a thousand legs sends two hundred a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from media.rtp import Integers

_ONE_BLOCK, _SR = 0x81, 200  # version 2, one report block; the packet type
_REPORT = np.dtype(
    [
        *(("first", "u1"), ("kind", "u1"), ("words", ">u2"), ("ssrc", ">u4"), ("ntp", ">u8")),
        *(("timestamp", ">u4"), ("packets", ">u4"), ("octets", ">u4")),
        *(("source", ">u4"), ("fraction_and_lost", ">u4"), ("highest_sequence", ">u4")),
        *(("jitter", ">u4"), ("last_sender_report", ">u4"), ("delay", ">u4")),
    ]
)
_WORDS = _REPORT.itemsize // 4 - 1


@dataclass(frozen=True, slots=True)
class Received:
    """What came of each leg's stream: as :class:`media.rtcp.ReceptionReport`, a row a leg."""

    ssrc: Integers
    fraction_lost: Integers
    lost: Integers
    highest_sequence: Integers
    jitter: Integers


def sender_reports(
    ssrc: Integers,
    ntp: int,
    timestamp: Integers,
    sent: tuple[Integers, Integers],
    received: Received,
    last: tuple[Integers, Integers],
) -> list[bytes]:
    """One of each leg, with a block about what it received.  ``sent``: packets and octets; ``last``: of the sender's
    report that came last, the middle of the time and how long ago it came."""
    rows = np.empty(len(ssrc), _REPORT)
    rows["first"], rows["kind"], rows["words"] = _ONE_BLOCK, _SR, _WORDS
    rows["ssrc"], rows["ntp"], rows["timestamp"] = ssrc, ntp, timestamp
    rows["packets"], rows["octets"] = (count & 0xFFFFFFFF for count in sent)
    rows["source"] = received.ssrc
    rows["fraction_and_lost"] = (received.fraction_lost << 24) | (received.lost & 0xFFFFFF)
    rows["highest_sequence"], rows["jitter"] = received.highest_sequence, received.jitter
    rows["last_sender_report"], rows["delay"] = last
    octets, size = rows.tobytes(), _REPORT.itemsize
    return [octets[at : at + size] for at in range(0, len(octets), size)]
