"""What has gone over the wire is kept by call, within bounds, and shown without secrets."""

from __future__ import annotations

import re
import time
import tracemalloc
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.dtmf import digit_of_info
from sip.effects import Peer
from sip.trace import Message, Trace, readable

PHONE = Peer("udp", "192.0.2.7", 5060)
OVERHEAD = 300
DIALOG_OVERHEAD = 1300


def message(call_id: str, start: str = "INVITE sip:101@192.0.2.7 SIP/2.0", at: float = 0.0, more: str = "") -> Message:
    method = "REGISTER" if start.startswith("REGISTER") else "INVITE"
    text = f"{start}\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nCall-ID: {call_id}\r\nCSeq: 1 {method}\r\n{more}\r\n"
    return Message(at, True, PHONE, text.encode())


def kept(trace: Trace) -> list[str]:
    return [dialog.call_id for dialog in trace.dialogs()]


def test_messages_of_one_call_id_are_together_in_their_order() -> None:
    trace = Trace(100_000)
    told = [message("a", at=0.0), message("b", at=1.0), message("a", "SIP/2.0 180 Ringing", at=2.0)]
    for each in told:
        trace.note(each)
    dialog = trace.get("a")
    assert dialog is not None
    assert (dialog.messages(), dialog.method) == ((told[0], told[2]), "INVITE")


def test_the_short_form_and_any_case_of_a_call_id_are_known() -> None:
    trace = Trace(100_000)
    for name in ("Call-ID", "CALL-ID", "i", "call-id "):
        trace.note(Message(0.0, False, PHONE, f"OPTIONS sip:a SIP/2.0\r\n{name}: x1\r\n\r\n".encode()))
    trace.note(Message(0.0, False, PHONE, b"OPTIONS sip:a SIP/2.0\r\nSubject: Call-ID: y\r\n\r\n"))
    assert kept(trace) == ["x1"]


def test_of_a_long_call_the_beginning_and_the_end_are_kept() -> None:
    trace = Trace(10_000_000)
    for at in range(500):
        trace.note(message("a", at=float(at)))
    dialog = trace.get("a")
    assert dialog is not None
    times = [each.at for each in dialog.messages()]
    assert (times[:60], times[60:], dialog.left_out) == (
        [float(at) for at in range(60)],
        [float(at) for at in range(440, 500)],
        380,
    )


def test_phones_that_register_and_strangers_push_out_no_call() -> None:
    trace = Trace(80_000)
    trace.note(message("call"))
    for number in range(5000):
        trace.note(message(f"registration {number}", "REGISTER sip:conf.example.com SIP/2.0"))
        trace.note(message(f"scan {number}"), known=False)
    assert "call" in kept(trace)
    assert "registration 4999" in kept(trace)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcdefgh"), st.integers(0, 3000), st.booleans(), st.sampled_from(("INVITE", "REGISTER"))
        )
    )
)
def test_it_never_takes_more_than_it_may(told: list[tuple[str, int, bool, str]]) -> None:
    trace = Trace(16_000)
    for call_id, length, known, method in told:
        trace.note(message(call_id, f"{method} sip:a SIP/2.0", more="x" * length), known=known)
    octets = sum(len(each.data) + OVERHEAD for dialog in trace.dialogs() for each in dialog.messages())
    octets += sum(DIALOG_OVERHEAD for _ in trace.dialogs())
    assert octets <= 16_000
    assert octets == sum(dialog.octets for dialog in trace.dialogs())


def test_a_scanner_with_a_call_id_for_each_small_message_takes_no_more_memory_than_that() -> None:
    trace, most = Trace(4 << 20), (4 << 20) // 8
    told = [
        Message(
            at, False, Peer("udp", f"192.0.2.{number % 250}", number), b"OPTIONS sip:a SIP/2.0\r\ni:%d\r\n" % number
        )
        for number, at in ((number, float(number)) for number in range(5000))
    ]
    tracemalloc.start()
    try:
        for each in told:
            trace.note(each, known=False)
        del told, each
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most / 4 < taken < 1.2 * most


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_nothing_that_comes_raises(data: bytes, known: bool) -> None:
    trace = Trace(1000)
    trace.note(Message(0.0, False, PHONE, data), known=known)
    trace.note(Message(0.0, False, PHONE, b"X sip:a SIP/2.0\r\nCall-ID: " + data), known=known)
    readable(data)


def test_secrets_are_not_shown() -> None:
    head = (
        "INVITE sip:482913@conf.example.com SIP/2.0\r\nTo: <sip:482913@conf.example.com>\r\n"
        'Authorization: Digest username="101", nonce="n1", uri="sip:x", response="0123456789abcdef0123456789abcdef"\r\n'
        "Proxy-Authorization: Digest response=fedcba9876543210\r\n\r\n"
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20\r\n"
    )
    text = readable(head.encode(), frozenset({"482913"}))
    for secret in ("482913", "0123456789abcdef0123456789abcdef", "fedcba9876543210", "WVNfX19z"):
        assert secret not in text
    assert 'username="101"' in text
    pressed = b"INFO sip:a SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal= 5\r\nDuration= 160\r\n"
    assert "5" not in readable(pressed).partition("Signal")[2].partition("\n")[0]
    assert readable(b"INFO sip:a SIP/2.0\r\nContent-Type: application/dtmf\r\n\r\n7").endswith("\n\n…")


@pytest.mark.parametrize(
    "piece", ["a", "a ", " ", "a=", '"', 'a="', 'a="\\"', "sip:a:", "sip:", "1", "1 ", "\n ", "\n c:"]
)
def test_no_message_takes_long_to_be_made_readable(piece: str) -> None:
    def took(octets: int) -> float:
        text = f"REGISTER sip:a SIP/2.0\r\nAuthorization: Digest {piece * (octets // len(piece))}\r\n\r\n".encode()
        began = time.process_time()
        readable(text, frozenset({"482913"}))
        return time.process_time() - began

    assert min(took(64_000) for _ in range(3)) < 0.5  # a quadratic one takes a minute


def test_numbers_that_are_no_codes_stay() -> None:
    assert "4829130" in readable(b"INVITE sip:4829130@a SIP/2.0\r\n\r\n", frozenset({"482913"}))


@pytest.mark.parametrize(
    "header",
    [
        'Authorization: Digest username="101",\r\n response="{secret}"',
        'AUTHORIZATION : digest realm="a" , Response = "{secret}"',
        'authorization:\r\n\tDigest response="00", response="{secret}"',
        "Authorization: Basic {secret}",
        'Proxy-Authorization: Digest username="x\\"", realm="a, response=b", response="{secret}"',
        'Proxy-Authorization: Digest username="101, response={secret}',
        'Authentication-Info: qop=auth, rspauth="{secret}"',
        "To: <sip:101:{secret}@conf.example.com>",
    ],
)
def test_however_a_proof_or_a_password_is_written_it_is_not_shown(header: str) -> None:
    secret = "0123456789abcdef0123456789abcdef"
    text = f"REGISTER sip:a SIP/2.0\r\nCall-ID: 1\r\n{header.format(secret=secret)}\r\nExpires: 60\r\n\r\n"
    shown = readable(text.encode())
    assert secret not in shown
    assert "\nExpires: 60\n" in shown


@pytest.mark.parametrize(
    "line", ["a=crypto:1 AES INLINE:{secret}|2^20", "k=clear:{secret}", "a=key-mgmt:mikey {secret}"]
)
def test_keys_of_encryption_in_any_line_of_sdp_are_not_shown(line: str) -> None:
    shown = readable(f"INVITE sip:a SIP/2.0\r\n\r\nv=0\r\n{line.format(secret='WVNfX19z')}\r\n".encode())
    assert "WVNfX19z" not in shown


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/dtmf", b"7"),
        ("application/dtmf;charset=utf-8", b" 7 "),
        ("\r\n application/dtmf-relay", b"7\r\n"),
        ("Application/DTMF-Relay", b"Signal=7\r\nDuration=160\r\n"),
        ("audio/telephone-event", b"\x07\x0a\x00\xa0"),
    ],
)
def test_no_key_that_the_mixer_takes_for_pressed_is_shown(kind: str, body: bytes) -> None:
    assert digit_of_info(kind.strip(), body) == "7"
    for name in ("Content-Type", "c"):
        shown = readable(f"INFO sip:a SIP/2.0\r\n{name}: {kind}\r\n\r\n".encode() + body).partition("\n\n")[2]
        assert "7" not in shown
        assert "\x07" not in shown


@pytest.mark.parametrize(
    "where",
    [
        "INVITE sip:%34829%31%33@a SIP/2.0",
        "INVITE sip:48-29.13@a SIP/2.0",
        "INVITE tel:(482)913 SIP/2.0",
        "REFER sip:a SIP/2.0\r\nRefer-To: <sip:482913@a?Replaces=1%3Bto-tag%3D2>",
        "REFER sip:a SIP/2.0\r\nRefer-To: <sip:a?Subject=code%20482913>",
        'INVITE sip:a SIP/2.0\r\nTo: "482 913" <sip:482%20913@a>',
        'INVITE sip:a SIP/2.0\r\nTo: "482913" <sip:a>',
    ],
)
def test_however_a_code_is_written_in_a_message_it_is_not_shown(where: str) -> None:
    shown = unquote(readable(f"{where}\r\n\r\n".encode(), frozenset({"482913"})))
    assert "482913" not in re.sub(r'[-. ()]|"482 913"', "", shown)
