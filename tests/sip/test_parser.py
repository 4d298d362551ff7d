from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.errors import RemoteError
from sip.message import Message, Request, Response, respond
from sip.parser import MAX_BODY, parse
from tests.sip.growth import growth
from tests.sip.strategies import RFC_4475, mutilated

BYE = (
    b"BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:c@d>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n"
    b"Call-ID: x\r\nCSeq: 2 BYE\r\n%s\r\n"
)


def status_of(data: bytes) -> int:
    with pytest.raises(RemoteError) as caught:
        parse(data)
    return caught.value.status


def answer_to(error: RemoteError) -> bytes | None:
    assert 400 <= error.status <= 699
    if error.request is None:
        return None
    return bytes(respond(error.request, error.status, error.reason, to_tag="ours"))


def parse_or_refuse(data: bytes) -> Message | None:
    """The invariant of everything that the network can send: a message whose headers can be read, or a RemoteError."""
    try:
        message = parse(data)
    except RemoteError as error:
        answer_to(error)
        return None
    _ = (message.vias, message.via, message.from_, message.to, message.cseq, message.call_id, message.max_forwards)
    _ = (message.contacts, message.routes, message.record_routes, message.expires, message.session_expires)
    if isinstance(message, Request):
        bytes(respond(message, 200, to_tag="ours"))
    return message


@given(st.binary(max_size=600))
@settings(deadline=None, max_examples=200)
def test_any_bytes_are_a_message_or_a_remote_error(data: bytes) -> None:
    parse_or_refuse(data)
    parse_or_refuse(BYE % data)
    parse_or_refuse((BYE % b"").replace(b"<sip:c@d>", data))


@given(mutilated())
@settings(deadline=None, max_examples=400)
def test_a_mutilated_message_that_still_parses_survives_printing(data: bytes) -> None:
    message = parse_or_refuse(data)
    if message is not None:
        assert parse(bytes(message)) == message


def test_ten_thousand_seeded_accidents_raise_nothing_else() -> None:
    dice = random.Random(4475)
    corpus = list(RFC_4475.values())
    parsed = 0
    for _ in range(10_000):
        data = bytearray(dice.choice(corpus)[:800])
        for _ in range(dice.randint(1, 3)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        parsed += parse_or_refuse(bytes(data)) is not None
    assert 0 < parsed < 10_000


@pytest.mark.parametrize("name", ["wsinv", "longreq", "intmeth"])
def test_a_message_cut_off_anywhere_is_refused_or_parses(name: str) -> None:
    whole = RFC_4475[name]
    assert sum(parse_or_refuse(whole[:length]) is not None for length in range(0, len(whole), 3)) == 0


def test_bare_line_feeds_and_leading_empty_lines_are_tolerated() -> None:
    data = BYE % b"Subject: a\r\n b\r\n"
    assert parse(b"\r\n\r\n" + data.replace(b"\r\n", b"\n")) == parse(data)
    assert parse(data).headers.get("Subject") == "a b"


def test_what_a_phone_copies_behind_the_uri_of_our_contact_is_left_out() -> None:
    data = (BYE % b"").replace(b" SIP/2.0", b">;isfocus SIP/2.0", 1)
    assert parse(data) == parse(BYE % b"")


def test_unicode_line_separators_end_no_line() -> None:
    subject = "a\x85b\u2028c\x0bd\x0ce"
    assert parse(BYE % f"Subject: {subject}\r\n".encode()).headers.get("Subject") == subject


def test_bytes_that_are_no_utf_8_come_out_as_they_came_in() -> None:
    data = BYE % b"Subject: \xc0\xed\xed\xe0\r\n"
    assert b"\r\nSubject: \xc0\xed\xed\xe0\r\n" in bytes(parse(data))


def test_a_body_without_a_length_goes_to_the_end_of_the_datagram() -> None:
    assert parse((BYE % b"") + b"body").body == b"body"


@pytest.mark.parametrize(
    "length", [b"5", b"-1", b"+4", b"4_0", b"0x4", b"", b"4 4", b"1000000", "٤".encode(), b"4\r\nContent-Length: 4"]
)
def test_a_length_that_cannot_be_is_refused(length: bytes) -> None:
    assert status_of((BYE % (b"Content-Length: %s\r\n" % length)) + b"body") == 400


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (BYE % b"X: y\rz\r\n", 400),
        (BYE % b"X: a\0b\r\n", 400),
        (BYE % b"no colon\r\n", 400),
        (BYE % b": no name\r\n", 400),
        (BYE % "Имя: x\r\n".encode(), 400),
        (BYE % b"Contact: <sip:a@b\r\n", 400),
        (BYE % b"Contact: *, <sip:a@b>\r\n", 400),
        (BYE % b"Route: sip:a@b c\r\n", 400),
        (BYE % b"Expires: never\r\n", 400),
        (BYE % b"Max-Forwards: 7\r\nMax-Forwards: 7\r\n", 400),
        ((BYE % b"").replace(b"Call-ID: x", b"Call-ID: "), 400),
        ((BYE % b"").rstrip(b"\r\n"), 400),
        ((BYE % b"").replace(b" SIP/2.0\r\n", b"\r\n", 1), 400),
        ((BYE % b"").replace(b" SIP/2.0\r\n", b" SIP/3.0\r\n", 1), 505),
        (BYE % (b"X: " + b"x" * 9000 + b"\r\n"), 513),
        (BYE % (b"X: y\r\n" * 300), 513),
        (BYE % (b"Via: SIP/2.0/UDP h\r\n" * 71), 513),
        (BYE % (b"Contact: sip:a@b" + b",sip:a@b" * 71 + b"\r\n"), 513),
        ((BYE % b"") + b"x" * (MAX_BODY + 1), 413),
        ((BYE % b"").replace(b"sip:a@b", b"sip:" + b"a" * 9000 + b"@b", 1), 414),
        (b"x" * 70_000, 513),
    ],
)
def test_what_is_malformed_or_too_large_is_refused(data: bytes, status: int) -> None:
    assert status_of(data) == status


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"\r\n\r\n", b"hello", b"GET / HTTP/1.1\r\n\r\n", b"SIP/2.0 200 OK\r\n\r\n"]
)
def test_what_is_no_request_has_no_answer(data: bytes) -> None:
    with pytest.raises(RemoteError) as caught:
        parse(data)
    assert caught.value.request is None


def test_a_malformed_ack_has_no_answer() -> None:
    with pytest.raises(RemoteError) as caught:
        parse((BYE % b"").replace(b"BYE", b"ACK").replace(b"2 ACK", b"2 INVITE"))
    assert caught.value.request is None


def test_a_status_line_without_the_space_before_no_reason_is_understood() -> None:
    response = parse((BYE % b"").replace(b"BYE sip:a@b SIP/2.0", b"SIP/2.0 200"))
    assert isinstance(response, Response)
    assert (response.status, response.reason) == (200, "")


@pytest.mark.parametrize(
    "line", [b"SIP/2.0 099 x", b"SIP/2.0 700 x", b"SIP/2.0 20 x", "SIP/2.0 ٢٠٠ x".encode(), b"SIP/2.0 200x"]
)
def test_a_status_is_three_ascii_digits_from_100_to_699(line: bytes) -> None:
    assert status_of((BYE % b"").replace(b"BYE sip:a@b SIP/2.0", line)) == 400


@pytest.mark.parametrize(
    "flood",
    [
        *(
            b"Contact: " + unit * (8_000 // len(unit))
            for unit in (b",", b'"', b'\\"', b"<", b"<>", b";", b"; ", b"%", b"=", b"a,")
        ),
        *(
            b"From: " + unit * (8_000 // len(unit))
            for unit in (b" ", b"a ", b'"\\', b";a=", b";a", b"<", b"@", b":", b"%41")
        ),
        *(
            b"Via: SIP/2.0/UDP " + unit * (8_000 // len(unit))
            for unit in (b"a", b".", b"-", b"[", b":", b" ", b";a", b",")
        ),
        b"Subject: " + b"\r\n " * 20_000,
        b"\r\n".join([b"Subject: " + b"," * 8_000] * 7),
        b"\r\n".join([b"Contact: " + b"<sip:a@b>," * 60] * 100),
        b"\r\n" * 30_000,
        b" \r\n" * 20_000,
        b"\t" * 60_000,
        b":" * 60_000,
        b"\r" * 60_000,
        b"a: b\n" * 12_000,
    ],
    ids=lambda flood: repr(flood[:24]),
)
def test_a_flood_of_separators_takes_time_in_proportion_to_its_length(flood: bytes) -> None:
    assert growth(lambda size: parse_or_refuse(BYE % (flood[:size] + b"\r\n")), len(flood)) < 10
