from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.errors import LocalError, RemoteError
from sip.sdp import Line, Media, RtpMap, SessionDescription
from tests.sip.growth import growth
from tests.sip.phones_sdp import PHONES


@pytest.mark.parametrize("name", PHONES)
def test_the_sdp_of_telephones_survives_printing(name: str) -> None:
    description = SessionDescription.parse(PHONES[name])
    assert SessionDescription.parse(bytes(description)) == description
    assert sorted(bytes(description).split()) == sorted(PHONES[name].split()), "no line is lost"


def test_the_parts_of_a_description() -> None:
    description = SessionDescription.parse(PHONES["linphone"])
    audio = description.media[0]
    assert (audio.kind, audio.port, audio.profile) == ("audio", 7078, "RTP/AVPF")
    assert audio.formats == ("96", "97", "0", "8", "9", "101")
    assert audio.rtpmaps[96] == RtpMap("opus", 48000, 2)
    assert "96 useinbandfec=1" in audio.attributes("fmtp")
    assert description.address == ip_address("192.168.1.20")
    assert audio.address is None
    assert description.origin == "anna 3520 1234 IN IP4 192.168.1.20"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], None),
        (["a=rtcp:53020"], (None, 53020)),
        (["a=rtcp:53020 IN IP4 192.0.2.9"], (ip_address("192.0.2.9"), 53020)),
        (["a=rtcp:53020 IN IP4 media.example.com"], None),
        (["a=rtcp:0"], None),
        (["a=rtcp:x"], None),
        (["a=rtcp:99999"], None),
    ],
)
def test_rtcp(lines: list[str], expected: tuple[object, int] | None) -> None:
    media = Media("audio", 1, "RTP/AVP", ("0",), tuple(Line(line[0], line[2:]) for line in lines))
    assert media.rtcp == expected


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"\r\n",
            b"v=1\r\n",
            b"o=-\r\nv=0\r\n",
            b"v=0\r\nnonsense\r\n",
            b"v=0\r\nM=audio 1 RTP/AVP 0\r\n",
            b"v=0\r\n =x\r\n",
        ),
        *(
            b"v=0\r\nm=audio\r\n",
            b"v=0\r\nm=audio 70000 RTP/AVP 0\r\n",
            b"v=0\r\nm=audio -1 RTP/AVP 0\r\n",
            b"v=0\0\r\n",
        ),
        *(
            b"v=0\r\nm=audio 1 RTP/AVP\r\n",
            "v=0\r\nm=audio ١ RTP/AVP 0\r\n".encode(),
            b"v=0\r\n" + b"m=audio 1 RTP/AVP 0\r\n" * 17,
        ),
        b"v=0\r\n" + b"a=x\r\n" * 1000,
    ],
)
def test_malformed_descriptions_are_refused(body: bytes) -> None:
    with pytest.raises(RemoteError) as caught:
        SessionDescription.parse(body)
    assert caught.value.status == 488


@pytest.mark.parametrize(
    "value", ["IN IP4", "IN IP4 host.example.com", "IN IP4 1.2.3", "IN IP4 192.0.2.01", "ATM NSAP 1", "IN IP6 ::g"]
)
def test_an_address_is_an_ip_address(value: str) -> None:
    description = SessionDescription.parse(f"v=0\r\nc={value}\r\n".encode())
    with pytest.raises(RemoteError):
        _ = description.address


def test_bare_line_feeds_and_blank_lines_are_tolerated() -> None:
    body = PHONES["sipp"]
    assert SessionDescription.parse(body.replace(b"\r\n", b"\n") + b"\n\n") == SessionDescription.parse(body)


def test_no_line_can_hold_a_line_break() -> None:
    with pytest.raises(LocalError):
        bytes(SessionDescription((Line("s", "a\r\nb=c"),), ()))


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_are_a_description_or_a_remote_error(body: bytes) -> None:
    for candidate in (body, b"v=0\r\n" + body, PHONES["sipp"] + body, b"v=0\r\nm=audio 1 RTP/AVP 0\r\na=" + body):
        try:
            description = SessionDescription.parse(candidate)
        except RemoteError:
            continue
        assert SessionDescription.parse(bytes(description)) == description


@pytest.mark.parametrize("unit", [b" ", b"1 ", b":", b"/", b"a", b"a=\r\n", b"\r", b"\n", b"\x00"])
@pytest.mark.parametrize(
    "prefix",
    [b"m=", b"m=audio 1 RTP/AVP ", b"c=IN IP4 ", b"m=audio 1 RTP/AVP 0\r\na=rtpmap:"],
    ids=lambda it: it.decode(),
)
def test_a_flood_takes_time_in_proportion_to_its_length(prefix: bytes, unit: bytes) -> None:
    def read(size: int) -> None:
        with suppress(RemoteError):  # a verdict either way: the time is what counts
            description = SessionDescription.parse(b"v=0\r\n" + prefix + unit * (size // len(unit)))
            _ = [(media.rtpmaps, media.rtcp) for media in description.media]
            _ = description.address

    assert growth(read, 32_000) < 10
