from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.body import session_description
from sip.errors import RemoteError
from sip.message import Headers, Request
from sip.parser import parse
from sip.uri import Uri
from tests.sip.growth import growth
from tests.sip.strategies import RFC_4475

SDP = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"


def invite(content_type: str | None, body: bytes, **headers: str) -> Request:
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    if content_type is not None:
        fields.append(("Content-Type", content_type))
    return Request("INVITE", Uri.parse("sip:a@b"), Headers(fields), body)


def multipart(*parts: bytes, boundary: bytes = b"xyz") -> bytes:
    delimiter = b"\r\n--" + boundary
    return b"preamble" + b"".join(delimiter + b"\r\n" + part for part in parts) + delimiter + b"--\r\n"


ISUP = b"Content-Type: application/isup\r\nContent-Disposition: signal;handling=optional\r\n\r\n\x01\x00\x0a"
OURS = b"content-type:\r\n application/SDP\r\n\r\n" + SDP


@pytest.mark.parametrize("content_type", ["application/sdp", "Application / SDP ; charset=utf-8"])
def test_a_body_that_is_the_description(content_type: str) -> None:
    assert session_description(invite(content_type, SDP)) == SDP


def test_no_body_asks_for_our_offer() -> None:
    assert session_description(invite("application/sdp", b"")) is None


@pytest.mark.parametrize("parts", [(OURS, ISUP), (ISUP, OURS), (b"\r\nplain", ISUP, OURS, OURS)])
@pytest.mark.parametrize("content_type", ['multipart/mixed;boundary="xyz"', "Multipart/Related; type=x ; boundary=xyz"])
def test_a_description_among_other_parts(parts: tuple[bytes, ...], content_type: str) -> None:
    assert session_description(invite(content_type, multipart(*parts))) == SDP


def test_a_description_in_a_part_of_a_part() -> None:
    inner = b"Content-Type: multipart/alternative;boundary=in\r\n\r\n" + multipart(OURS, boundary=b"in")
    assert session_description(invite("multipart/mixed;boundary=xyz", multipart(ISUP, inner))) == SDP


def test_parts_nested_too_deep_are_not_looked_into() -> None:
    body, content_type = SDP, "application/sdp"
    for depth in range(5):
        name = f"level{depth}"
        body = multipart(f"Content-Type: {content_type}\r\n\r\n".encode() + body, boundary=name.encode())
        content_type = f"multipart/mixed;boundary={name}"
    with pytest.raises(RemoteError):
        session_description(invite(content_type, body))


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (invite("application/unknownformat", b"<audio/>"), 415),
        (invite(None, SDP), 415),
        (invite("sdp", SDP), 415),
        (invite("application/sdp", SDP, Content_Encoding="gzip"), 415),
        (invite("multipart/mixed;boundary=xyz", multipart(ISUP)), 415),
        (invite("multipart/mixed;boundary=xyz", b"no parts"), 415),
        (invite("multipart/mixed", multipart(OURS)), 400),
        (invite("multipart/mixed;;", multipart(OURS)), 400),
        (invite("multipart/mixed;boundary=xyz", multipart(b"no end of the fields")), 400),
        (invite("multipart/mixed;boundary=xyz", multipart(*[ISUP] * 9)), 413),
    ],
)
def test_a_body_without_a_description_is_refused(message: Request, status: int) -> None:
    with pytest.raises(RemoteError) as caught:
        session_description(message)
    assert caught.value.status == status


def test_the_unknown_format_of_rfc_4475_is_refused_with_415() -> None:
    with pytest.raises(RemoteError) as caught:
        session_description(parse(RFC_4475["invut"]))
    assert caught.value.status == 415


@given(
    st.lists(
        st.sampled_from(
            [b"--xyz", b"--", b"\r\n", b"\n", OURS, ISUP, b"Content-Type: multipart/mixed;boundary=xyz", b"x", b":"]
        )
    )
)
@settings(deadline=None)
def test_any_body_is_a_description_or_a_remote_error(pieces: list[bytes]) -> None:
    with suppress(RemoteError):
        session_description(invite("multipart/mixed;boundary=xyz", b"".join(pieces)))


@pytest.mark.parametrize(
    "unit",
    [
        b"\r\n--xyz",
        b"\n--xyz\n\n",
        b"\r\n",
        b"--",
        b"a\n",
        b"\r\n--xyz\r\nContent-Type: multipart/mixed;boundary=xyz\r\n",
    ],
)
def test_a_flood_takes_time_in_proportion_to_its_length(unit: bytes) -> None:
    def read(size: int) -> None:
        with suppress(RemoteError):
            session_description(invite("multipart/mixed;boundary=xyz", unit * (size // len(unit))))

    assert growth(read, 32_000) < 10
