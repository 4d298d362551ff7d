from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from media.codecs import PCMA, PCMU

if TYPE_CHECKING:
    from media.codecs.g711 import G711

LAWS = (PCMU, PCMA)

ALL_SAMPLES = np.arange(-32768, 32768).astype(np.int16)
ALL_OCTETS = np.arange(256).astype(np.uint8)


def ulaw_compress(sample: int) -> int:
    """G.191 ulaw_compress, line by line."""
    magnitude = ((~sample if sample < 0 else sample) >> 2) + 33
    magnitude = min(magnitude, 0x1FFF)
    segment, shifted = 1, magnitude >> 6
    while shifted:
        segment, shifted = segment + 1, shifted >> 1
    code = ((8 - segment) << 4) | (0x0F - ((magnitude >> segment) & 0x0F))
    return code | 0x80 if sample >= 0 else code


def ulaw_expand(octet: int) -> int:
    sign = -1 if octet < 0x80 else 1
    mantissa = ~octet
    exponent = (mantissa >> 4) & 7
    step = 4 << (exponent + 1)
    return sign * (((0x80 << exponent) + step * (mantissa & 0x0F) + step // 2) - 4 * 33)


def alaw_compress(sample: int) -> int:
    magnitude = (~sample if sample < 0 else sample) >> 4
    if magnitude > 15:
        exponent = 1
        while magnitude > 31:
            magnitude, exponent = magnitude >> 1, exponent + 1
        magnitude += (exponent << 4) - 16
    return (magnitude | 0x80 if sample >= 0 else magnitude) ^ 0x55


def alaw_expand(octet: int) -> int:
    code = octet ^ 0x55
    exponent, mantissa = (code & 0x7F) >> 4, code & 0x0F
    if exponent > 0:
        mantissa += 16
    mantissa = (mantissa << 4) + 8
    if exponent > 1:
        mantissa <<= exponent - 1
    return mantissa if code & 0x80 else -mantissa


@pytest.mark.parametrize(("codec", "compress"), [(PCMU, ulaw_compress), (PCMA, alaw_compress)])
def test_all_samples_encode_as_the_reference_does(codec: G711, compress) -> None:
    expected = np.array([compress(int(sample)) for sample in ALL_SAMPLES])
    assert np.count_nonzero(codec.encode(ALL_SAMPLES) != expected) == 0


@pytest.mark.parametrize(("codec", "expand"), [(PCMU, ulaw_expand), (PCMA, alaw_expand)])
def test_all_octets_decode_as_the_reference_does(codec: G711, expand) -> None:
    assert codec.decode(ALL_OCTETS).tolist() == [expand(octet) for octet in range(256)]


@pytest.mark.parametrize(
    ("codec", "octet", "sample"),
    [
        (PCMU, 0x80, 32124),
        (PCMU, 0x00, -32124),
        (PCMU, 0xFF, 0),
        (PCMA, 0xAA, 32256),
        (PCMA, 0x2A, -32256),
        (PCMA, 0xD5, 8),
    ],
)
def test_the_ends_and_the_middle_of_the_scale_are_those_of_the_recommendation(
    codec: G711, octet: int, sample: int
) -> None:
    assert codec.decode(np.array([octet], np.uint8)).tolist() == [sample]


@pytest.mark.parametrize("codec", LAWS)
def test_what_was_decoded_encodes_to_the_same_octet(codec: G711) -> None:
    again = codec.encode(codec.decode(ALL_OCTETS))
    again[ALL_OCTETS == 0x7F] = 0x7F if codec is PCMU else again[ALL_OCTETS == 0x7F]  # µ-law has a negative zero too
    assert again.tolist() == ALL_OCTETS.tolist()


@pytest.mark.parametrize("codec", LAWS)
def test_a_batch_keeps_its_shape_and_needs_no_contiguous_rows(codec: G711) -> None:
    pcm = np.arange(-600, 600, dtype=np.int16).reshape(3, 400)
    strided = codec.encode(pcm[:, 100:260])
    assert strided.shape == (3, 160) and strided.dtype == np.uint8
    assert np.array_equal(strided, codec.encode(np.ascontiguousarray(pcm[:, 100:260])))
    assert codec.decode(strided).shape == (3, 160) and codec.decode(strided).dtype == np.int16


@pytest.mark.parametrize("codec", LAWS)
def test_silence_is_the_octet_of_zero(codec: G711) -> None:
    assert codec.encode(np.zeros(1, np.int16)).tolist() == [codec.silence]
