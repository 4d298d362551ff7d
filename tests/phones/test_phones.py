"""The phones of the call tests with each other, without the product: what a call test blames is then not the phones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.phones.baresip_phone import BaresipPhone
from tests.phones.listening import tone_level, tone_peak
from tests.phones.phone import State
from tests.phones.sipp_phone import Message, SippPhone, state_after
from tests.phones.sounds import tone

if TYPE_CHECKING:
    from pathlib import Path

NOWHERE = ("127.0.0.1", 9)


def test_sipp_dials_baresip_and_both_hear_each_other_at_the_level_at_which_they_speak(tmp_path: Path) -> None:
    with (
        BaresipPhone(tmp_path, "201", speech=tone(440, 1, -10)) as answering,
        SippPhone(tmp_path, "301", ("127.0.0.1", answering.port)) as dialling,
    ):
        dialling.say(tone(1000, 5, -20))
        dialling.dial(answering.uri)
        dialling.wait_for(State.TALKING)
        answering.wait_for(State.TALKING)
        assert answering.caller == "301"
        answering.wait_to_hear(1.5, within=5)
        dialling.wait_to_hear(1.5, within=5)
        dialling.hang_up()
        answering.wait_for(State.OVER)
        dialling.finish()
        assert tone_level(answering.heard(), 1000) == pytest.approx(-20, abs=0.3)
        assert tone_level(dialling.heard(), 440) == pytest.approx(-10, abs=0.3)
        assert tone_peak(answering.heard(), 440) < -60
        assert dialling.pen.gaps() == []


def test_digits_of_sipp_and_of_baresip_arrive(tmp_path: Path) -> None:
    with BaresipPhone(tmp_path, "201") as baresip, SippPhone(tmp_path, "301", NOWHERE) as sipp:
        sipp.listen()
        baresip.dial(sipp.uri)
        baresip.wait_for(State.TALKING)
        sipp.wait_for(State.TALKING)
        assert sipp.caller == "201"
        sipp.press("42*")
        baresip.press("7#")
        sipp.wait_to_hear(1.5, within=5)
        baresip.wait_to_hear(1.5, within=5)
        baresip.hang_up()
        sipp.finish()
        pressed = [p.payload[0] for p in sipp.pen.packets if p.payload_type == 101 and p.marker]
        assert pressed == [7, 11]
        assert baresip.digits == "42*"


@pytest.mark.parametrize(
    ("scenario", "status", "ending"),
    [
        ("refuse", "486 Busy Here", "486 Busy Here"),
        ("refuse", "603 Decline", "603 Decline"),
        ("refuse_at_once", "480 Temporarily Unavailable", "480 Temporarily Unavailable"),
        ("hang_up_at_once", "", "Connection reset by peer"),
    ],
)
def test_sipp_ends_a_call_as_its_scenario_says(tmp_path: Path, scenario: str, status: str, ending: str) -> None:
    with (
        BaresipPhone(tmp_path, "201") as baresip,
        SippPhone(tmp_path, "302", NOWHERE, scenario=scenario, status=status) as sipp,
    ):
        sipp.listen()
        baresip.dial(sipp.uri)
        baresip.wait_for(State.OVER)
        sipp.finish()
        assert baresip.ending == ending
        assert sipp.state is State.OVER


def test_a_call_taken_back_while_it_rings_ends_on_both_sides(tmp_path: Path) -> None:
    with BaresipPhone(tmp_path, "201") as baresip, SippPhone(tmp_path, "302", NOWHERE, answers=False) as sipp:
        sipp.listen()
        baresip.dial(sipp.uri)
        sipp.wait_for(State.RINGING)
        baresip.hang_up()
        sipp.finish()
        assert [m.status for m in sipp.messages if m.sent] == [180, 200, 487]


def test_a_refused_dialler_knows_the_status(tmp_path: Path) -> None:
    with (
        BaresipPhone(tmp_path, "201", codec="PCMA") as only_a_law,
        SippPhone(tmp_path, "303", ("127.0.0.1", only_a_law.port)) as mu_law,
    ):
        mu_law.dial(only_a_law.uri)
        mu_law.wait_for(State.OVER)
        mu_law.finish()
        assert mu_law.refused_with == 488


def test_the_state_of_a_sipp_call_follows_from_its_messages() -> None:
    invite = "INVITE sip:1@h SIP/2.0\nCSeq: 1 INVITE\n"
    ok = "SIP/2.0 200 OK\nCSeq: 1 INVITE\n"
    challenge = "SIP/2.0 401 Unauthorized\nCSeq: 1 INVITE\n"
    bye = "BYE sip:1@h SIP/2.0\nCSeq: 2 BYE\n"
    ack = "ACK sip:1@h SIP/2.0\nCSeq: 1 ACK\n"
    assert state_after([]) is State.IDLE
    assert state_after([Message(True, invite), Message(False, challenge), Message(True, ack)]) is State.DIALLING
    assert state_after([Message(True, invite), Message(False, ok)]) is State.TALKING
    assert state_after([Message(False, invite), Message(True, ok)]) is State.RINGING
    assert state_after([Message(False, invite), Message(True, ok), Message(False, ack)]) is State.TALKING
    assert (
        state_after([Message(False, invite), Message(True, ok), Message(False, ack), Message(False, bye)]) is State.OVER
    )
