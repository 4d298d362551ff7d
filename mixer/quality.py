"""How good a call sounds, as people would rate it: the E-model of ITU-T G.107, from loss, delay and codec.

Each codec is rated on the scale of its own band: narrowband by G.107 (at best 4.4), wideband by G.107.1, whose
ratings are mapped to the same 1 to 4.5.  So one says what the network does to a call, and calls of different bands are
not to be compared by it.  An estimate: echo, noise and how loud somebody speaks are not in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
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
    percent = 100 * min(1.0, max(0.0, lost))
    equipment = of.impairment + (95 - of.impairment) * percent / (percent + of.robustness)
    rating = of.best - equipment - _delay_impairment(delay + _PACKET)
    return _mos(rating * (1 if of.best == _NARROW else 100 / _WIDE))


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
