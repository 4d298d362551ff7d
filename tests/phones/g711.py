"""G.711 for the phones of the tests, apart from the product's own on purpose: two mistakes that agree would hide.

ITU-T G.711 tables 1a and 2a, as arithmetic on the segment and the step of each octet.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
Octets = NDArray[np.uint8]


def _mu_law_table() -> Pcm:
    octet = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((octet & 0x0F) << 3) + 132) << ((octet & 0x70) >> 4)) - 132
    return np.where(octet & 0x80, -magnitude, magnitude).astype(np.int16)


def _a_law_table() -> Pcm:
    octet = np.arange(256, dtype=np.int32) ^ 0x55
    segment, step = (octet & 0x70) >> 4, (octet & 0x0F) << 4
    magnitude = np.where(segment == 0, step + 8, (step + 0x108) << np.maximum(segment - 1, 0))
    return np.where(octet & 0x80, magnitude, -magnitude).astype(np.int16)


def _nearest(table: Pcm) -> Octets:
    """For each int16, offset by 32768, the octet whose value is nearest."""
    order = np.argsort(table, kind="stable")
    values = table[order].astype(np.int32)
    boundaries = (values[1:] + values[:-1] + 1) // 2
    return order[np.searchsorted(boundaries, np.arange(-32768, 32768), side="right")].astype(np.uint8)


DECODING: dict[int, Pcm] = {0: _mu_law_table(), 8: _a_law_table()}
"""int16 [256] for each static payload type, RFC 3551 §6."""
_ENCODING: dict[int, Octets] = {payload_type: _nearest(table) for payload_type, table in DECODING.items()}


def decode(octets: bytes, payload_type: int) -> Pcm:
    return DECODING[payload_type][np.frombuffer(octets, dtype=np.uint8)]


def encode(pcm: Pcm, payload_type: int) -> bytes:
    return _ENCODING[payload_type][pcm.astype(np.int32) + 32768].tobytes()
