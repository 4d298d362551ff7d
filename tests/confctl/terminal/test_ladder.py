"""A call as a ladder."""

from __future__ import annotations

import time

import pytest

from confctl.terminal.folding import cells
from confctl.terminal.ladder import Step, label, ladder

OFFER = "v=0\nm=audio 20000 RTP/AVP 111 9 0 8 101\na=rtpmap:111 opus/48000/2\na=rtpmap:101 telephone-event/8000\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("BYE sip:a SIP/2.0\nReason: Q.850;cause=16\n\n", "BYE, Reason: Q.850;cause=16"),
        ("SIP/2.0 486 Busy Here\nTo: a\n\n", "486 Busy Here"),
        (f"INVITE sip:a SIP/2.0\nTo: a\n\n{OFFER}", "INVITE, offers opus G722 PCMU PCMA"),
        (f"SIP/2.0 200 OK\nTo: a\n\n{OFFER}", "200 OK, takes opus G722 PCMU PCMA"),
        (f"INVITE sip:a SIP/2.0\nTo: a\n\n{OFFER}a=sendonly\n", "INVITE, on hold, offers opus G722 PCMU PCMA"),
        ("REGISTER sip:a SIP/2.0\nAuthorization: Digest x\n\n", "REGISTER, with password"),
        ("\x1b[2J", "\x1b[2J"),
        ("", ""),
    ],
)
def test_a_message_in_a_few_words(text: str, shown: str) -> None:
    assert label(text, "en", again=False) == shown


def test_what_was_there_before_is_named_so() -> None:
    assert label("INVITE sip:a SIP/2.0\n\n", "en", again=True) == "INVITE, again"


def test_each_peer_has_a_lane_and_each_line_the_width_of_the_terminal() -> None:
    steps = [
        Step(0.0, True, "udp:192.0.2.7:5060", "INVITE"),
        Step(3.0, True, "udp:192.0.2.8:5060", "INVITE"),
        Step(3.1, False, "udp:192.0.2.8:5060", "200 OK"),
    ]
    head, first, second, third = ladder(steps, lambda _: "15:30:00.000", 80)
    assert head.split() == ["confctl", "udp:192.0.2.7:5060", "udp:192.0.2.8:5060"]
    assert first.endswith("->|" + " " * 31 + "|")
    assert [line.count("|") for line in (first, second, third)] == [3, 2, 2]
    assert second.endswith("->|")
    assert third.split()[1].startswith("|<-")
    assert {cells(line) for line in (first, second, third)} == {80}


def test_a_header_of_nothing_but_spaces_takes_no_time() -> None:
    began = time.process_time()
    assert label("BYE sip:a SIP/2.0\nReason: x" + " " * 20_000 + "y", "en", again=False).startswith("BYE, Reason: x")
    assert label("BYE sip:a SIP/2.0\nReason:  \nWarning: 399", "en", again=False) == "BYE, Warning: 399"
    assert time.process_time() - began < 1.0


def test_a_long_word_is_cut_and_what_acts_on_a_terminal_is_made_visible() -> None:
    line = list(ladder([Step(0.0, True, "udp:a:1", "\x1b[2J" + "я" * 200)], lambda _: "", 60))[1]
    assert "\x1b" not in line
    assert cells(line) == 60
    assert "..." in line
