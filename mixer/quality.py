"""How good a call sounds, as people would rate it: the E-model of ITU-T G.107, from loss, delay and codec.

Each codec is rated on the scale of its own band: narrowband by G.107 (at best 4.4), wideband by G.107.1, whose
ratings are mapped to the same 1 to 4.5.  So one says what the network does to a call, and calls of different bands are
not to be compared by it.  An estimate: echo, noise and how loud somebody speaks are not in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final


@dataclass(frozen=True, slots=True)
class _Codec:
    best: float
    """The rating R without any impairment but the codec's own scale: 93.2 by G.107, 129 by G.107.1."""
    impairment: float
    """Ie: of the codec itself (G.113)."""
    robustness: float
    """Bpl: how well it bears lost packets (G.113)."""


_NARROW, _WIDE = 93.2, 129.0
_G711 = _Codec(_NARROW, 0, 25.1)  # with concealment, G.113 table I.4
_CODECS: Final = {
    "PCMU": _G711,
    "PCMA": _G711,
    "G722": _Codec(_WIDE, 13, 14),  # G.113 table IV.1; the robustness is that of its concealment, estimated
    "OPUS": _Codec(_WIDE, 7, 24),  # G.113 has none; estimated, with its error correction
}
WORST: Final = 1.0
_PACKET = 0.02
"""Seconds that a packet holds, before which it can't be sent."""


def mos(codec: str, lost: float, delay: float) -> float:
    """The mean opinion score, 1 (bad) to 4.5 (excellent); what conversation suffers from delay included.

    ``codec`` is a name as in :class:`mixer.bridge.protocol.Codec`; ``lost`` the share of packets, 0 to 1, that came not
    at all or too late; ``delay`` the seconds from the network and the jitter buffer, one way.
    """
    of = _CODECS[codec]
    rating = of.best - _equipment_impairment(of, lost) - _delay_impairment(delay + _PACKET)
    return _mos(rating * _scale(of))


def mos_of_part(codec: str, lost: float, lost_of_whole: float, mos_of_whole: float) -> float:
    """Of a stretch of a call in which another share of the packets was missed than in the whole, with the same delay.

    Of a codec that is not known, as the whole.
    """
    of = _CODECS.get(codec)
    if of is None or lost == lost_of_whole:
        return mos_of_whole
    better = _equipment_impairment(of, lost_of_whole) - _equipment_impairment(of, lost)
    return _mos(_rating(mos_of_whole) + better * _scale(of))


def _scale(codec: _Codec) -> float:
    """To the ratings of which G.107 Annex B makes a score."""
    return 1 if codec.best == _NARROW else 100 / _WIDE


def _equipment_impairment(codec: _Codec, lost: float) -> float:
    """Ie,eff (G.107 §7.5, equation 7-29, of losses at random)."""
    percent = 100 * min(1.0, max(0.0, lost))
    return codec.impairment + (95 - codec.impairment) * percent / (percent + codec.robustness)


def _delay_impairment(seconds: float) -> float:
    """Idd (G.107 §7.4, equation 7-27, with the default sensitivity of 1 and 100 ms): none up to a tenth of a second."""
    milliseconds = 1000 * seconds
    if milliseconds <= 100:
        return 0.0
    x = math.log2(milliseconds / 100)
    return 25 * (math.pow(1 + x**6, 1 / 6) - 3 * math.pow(1 + (x / 3) ** 6, 1 / 6) + 2)


def _mos(rating: float) -> float:
    """G.107 Annex B."""
    if rating <= 0:
        return WORST
    if rating >= 100:
        return 4.5
    return max(WORST, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6)


@lru_cache(1024)
def _rating(mos: float) -> float:
    """That of which :func:`_mos` makes this; 0 to 100."""
    low, high = 0.0, 100.0
    while high - low > 0.01:
        middle = (low + high) / 2
        low, high = (middle, high) if _mos(middle) < mos else (low, middle)
    return high
