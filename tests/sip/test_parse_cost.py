"""64 KB of anything cost little more to read than 64 KB of letters, however they are made."""

from __future__ import annotations

import contextlib
import time
from itertools import count

import pytest

from sip.errors import RemoteError
from sip.parser import MAX_PIECES, parse

MOST = 8
"""Times as long: measured, it is under three.  What is read in vain before it is counted takes ten times and more."""
_UNIQUE = count()


def message(lines: bytes) -> bytes:
    """Lines without what was read before: parsed addresses are remembered."""
    return (
        b"INVITE sip:500@conf.example SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
        b"To: <sip:500@conf.example>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n" + lines[:64_000] + b"\r\n\r\n"
    )


def repeated(name: bytes, unit: bytes) -> bytes:
    """As many fields as fit, each as long as one may be."""
    return b"".join(name + unit * ((8_100 - len(name)) // len(unit)) + b"\r\n" for _ in range(7))


def listed(name: bytes, value: bytes, lines: int, of_a_line: int) -> bytes:
    return b"".join(name + b",".join(value % next(_UNIQUE) for _ in range(of_a_line)) + b"\r\n" for _ in range(lines))


def as_many_pieces_as_may_be() -> bytes:
    values = 69
    params = MAX_PIECES // (3 * values) - 2
    return b"".join(
        name + b",".join(b"<sip:%d@h;lr>" % next(_UNIQUE) + b";a=b" * params for _ in range(values)) + b"\r\n"
        for name in (b"Route: ", b"Record-Route: ", b"Contact: ")
    )


def seconds(lines: bytes) -> float:
    data = message(lines)
    start = time.thread_time()
    with contextlib.suppress(RemoteError):
        parse(data)
    return time.thread_time() - start


UNITS = (b",", b'"', b'\\"', b"<", b"<>,", b";", b";a", b"; ", b"%41", b"a,", b"<sip:a@b>,", b" ", b"\xff", b"\xd1\x8f")


@pytest.mark.parametrize(
    "name", [b"Via: SIP/2.0/UDP h", b"Contact: ", b"Route: <sip:a@b>", b"Authorization: Digest ", b"X: "]
)
def test_floods_of_one_kind_of_separator(name: bytes) -> None:
    plain = min(seconds(repeated(b"X: ", b"abcdefgh")) for _ in range(5))
    for unit in UNITS:
        assert min(seconds(repeated(name, unit)) for _ in range(3)) < MOST * max(plain, 0.0005), unit


@pytest.mark.parametrize("name", [b"Via: ", b"Contact: ", b"Route: ", b"Record-Route: ", b"Require: ", b"X: "])
@pytest.mark.parametrize(("lines", "of_a_line"), [(190, 1), (190, 10), (60, 69), (7, 400)])
def test_thousands_of_values_that_are_all_different(name: bytes, lines: int, of_a_line: int) -> None:
    plain = min(seconds(repeated(b"X: ", b"abcdefgh")) for _ in range(5))
    value = b"SIP/2.0/UDP h%d;branch=z;a" if name == b"Via: " else b"<sip:%d@h;a;b;c>;d;e;f"
    hostile = min(seconds(listed(name, value, lines, of_a_line)) for _ in range(3))
    assert hostile < MOST * max(plain, 0.0005)


def test_as_many_different_addresses_and_parameters_as_are_read() -> None:
    plain = min(seconds(repeated(b"X: ", b"abcdefgh")) for _ in range(5))
    assert min(seconds(as_many_pieces_as_may_be()) for _ in range(5)) < MOST * max(plain, 0.0005)


def test_as_many_values_as_are_read_are_read() -> None:
    parsed = parse(message(as_many_pieces_as_may_be()).replace(b"\r\n\r\n\r\n", b"\r\n\r\n"))
    assert len(parsed.routes) == len(parsed.contacts) == 69
