"""Messages out of a stream, however it is cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.errors import RemoteError
from sip.framing import MAX_HEAD, PING, Framer
from sip.message import respond

HEAD = (
    b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.9;branch=z9hG4bKo\r\nFrom: <sip:a@b>;tag=1\r\n"
    b"To: <sip:x>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\n"
)


def message(body: bytes = b"", length: bytes = b"Content-Length: ") -> bytes:
    return HEAD + length + str(len(body)).encode() + b"\r\n\r\n" + body


def frames(*pieces: bytes) -> list[bytes]:
    framer = Framer()
    found = []
    for piece in pieces:
        framer.receive(piece)
        while (frame := framer.next()) is not None:
            found.append(frame)
    return found


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(edges)]


FRAMES = st.sampled_from(
    [
        message(),
        message(b"v=0\r\n\r\n\r\nm=audio"),
        message(b"l", b"l : "),
        message(b"folded", b"Content-Length:\r\n\t"),
        HEAD.replace(b"\r\n", b"\n") + b"content-length:3\n\n\r\n\r",
        PING,
    ]
)


@given(st.lists(FRAMES, max_size=5), st.lists(st.integers(0, 2_000), max_size=8))
@settings(max_examples=80, deadline=None)
def test_a_stream_gives_the_same_messages_wherever_it_is_cut(sent: list[bytes], places: list[int]) -> None:
    assert frames(*cut(b"".join(sent), places)) == sent


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
@settings(max_examples=150, deadline=None)
def test_any_bytes_give_frames_or_a_refusal_wherever_they_are_cut(garbage: bytes, places: list[int]) -> None:
    def outcome(pieces: list[bytes]) -> str:
        try:
            return repr(frames(*pieces))
        except RemoteError as error:
            return str(error)

    stream = message() + garbage + b"\r\n\r\n"
    assert outcome(cut(stream, places)) == outcome([stream])


def test_line_breaks_before_a_message_are_passed_over() -> None:
    assert frames(b"\r\n" + message(), b"\n\r\n\r\n" + message()) == [message(), PING, message()]


def test_one_line_break_is_the_answer_to_a_ping_and_two_are_a_ping() -> None:
    assert frames(b"\r\n") == []
    assert frames(b"\r", b"\n\r", b"\n") == [PING]


@pytest.mark.parametrize(
    ("length", "status"),
    [
        (b"", 400),
        (b"Content-Length: 0\r\nl: 0\r\n", 400),
        (b"Content-Length: -1\r\n", 400),
        (b"Content-Length: +1\r\n", 400),
        ("Content-Length: ١\r\n".encode(), 400),
        (b"Content-Length: 1_0\r\n", 400),
        (b"Content-Length: 99999999999999999999\r\n", 400),
        (b"Content-Length: 40000\r\n", 413),
    ],
)
def test_what_says_not_where_it_ends_is_refused_with_an_answer(length: bytes, status: int) -> None:
    with pytest.raises(RemoteError) as error:
        frames(HEAD + length + b"\r\n")
    assert error.value.status == status
    assert error.value.request is not None
    assert respond(error.value.request, status).via.branch == "z9hG4bKo"


def test_a_response_or_an_ack_that_cannot_be_framed_has_no_answer() -> None:
    for start in (b"SIP/2.0 200 OK", b"ACK sip:x SIP/2.0", b"\0\0\0\0"):
        with pytest.raises(RemoteError) as error:
            frames(HEAD.replace(b"OPTIONS sip:x SIP/2.0", start) + b"\r\n")
        assert error.value.request is None


@pytest.mark.parametrize("size", [7, 1_000, 100_000])
def test_a_head_without_an_end_is_given_up_before_it_fills_the_memory(size: int) -> None:
    framer = Framer()
    taken = 0

    def go_on() -> None:
        nonlocal taken
        while taken < 1_000_000:
            framer.receive(b"x" * size)
            taken += size
            assert framer.next() is None

    with pytest.raises(RemoteError, match="513"):
        go_on()
    assert taken <= MAX_HEAD + len(PING) + size


def test_a_message_is_midway_until_its_last_octet() -> None:
    framer = Framer()
    assert not framer.midway
    framer.receive(message(b"12345")[:-1])
    assert framer.next() is None
    assert framer.midway
    framer.receive(b"5")
    assert framer.next() == message(b"12345")
    assert not framer.midway
