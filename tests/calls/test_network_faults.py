"""What the network and the machine do to real calls.  Far more of it is tried in virtual time:
``tests/mixer/test_bridge_faults.py``, ``test_bridge_intruders.py`` and ``test_bridge_stalls.py``."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.calls.company import Company
from tests.calls.mixer_process import ROOT
from tests.calls.own_network import own_network
from tests.calls.talk import longest_wait, media_of, talking, whole_sound
from tests.calls.voices import ABSENT, ANNA, BORIS, CAROL, DMITRI, HZ, LEVEL, hear_more, voice
from tests.phones.listening import tone_level, tone_peak
from tests.phones.phone import State
from tests.phones.rtp_pen import RtpPen
from tests.phones.sounds import RATE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.phones.rtp_pen import Packet


def kinds(company: Company, code: str) -> list[str]:
    return [record.kind for record in company.mixer.journal(code)]


def bursts(packets: list[Packet]) -> np.ndarray:
    """How many packets came in the 15 ms from each of them."""
    at = np.array([packet.arrived for packet in packets])
    return np.searchsorted(at, at + 0.015) - np.arange(len(at))


def maimed(octets: bytes, source: random.Random) -> bytes:
    """One octet of a hundred is any other."""
    return bytes(source.randrange(256) if source.random() < 0.01 else octet for octet in octets)


@pytest.mark.alone
def test_neither_wrong_octets_of_one_phone_nor_10_000_packets_a_second_of_a_stranger_end_a_call_or_silence_another(
    company: Company,
) -> None:
    with company.sipp(ANNA) as anna, company.sipp(BORIS) as boris, company.stranger() as carol:
        source = random.Random(1)
        carol.pen.spoil = lambda octets: maimed(octets, source)
        code = talking(company, anna, boris)
        carol.dial(f"sip:{code}@127.0.0.1:{company.server[1]}")
        company.mixer.wait_for(code, "joined", count=3)
        assert tone_level(hear_more(boris, 1.5), HZ[ANNA]) == pytest.approx(LEVEL, abs=3), "beside its clicks"
        carol.hang_up()
        company.mixer.wait_for(code, "left")
        hear_more(boris, 0.5)
        for rate, seconds in ((1000, 1), (10_000, 2)):
            heard = whole_sound(boris, partial(flood, media_of(anna)[1], rate, seconds))
            assert heard.size > 0.9 * seconds * RATE
            assert tone_level(heard, HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
        assert kinds(company, code).count("left") == 1
        assert "Traceback" not in company.mixer.log.read_text()


def flood(port: int, rate: int, seconds: int) -> None:
    """Of sound, to the port of a phone's leg, by a stranger."""
    arguments = ["127.0.0.2", str(seconds), str(rate), str(port)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.calls.flood", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) > 0.9 * seconds * rate, "it was one"


@pytest.mark.alone
def test_a_phone_that_moves_by_a_reinvite_is_heard_there_within_200_ms_and_the_old_place_is_locked_out(
    company: Company,
) -> None:
    with company.sipp(ANNA) as anna, company.sipp(BORIS) as boris, company.stranger() as roamer:
        code = talking(company, anna, boris)
        roamer.say(voice(CAROL, 20))
        roamer.dial(f"sip:{code}@127.0.0.1:{company.server[1]}", scenario="dial_and_obey")
        company.mixer.wait_for(code, "joined", count=3)
        assert tone_level(hear_more(boris, 1), HZ[CAROL]) == pytest.approx(LEVEL, abs=1)
        with RtpPen(roamer.pen.port, host="127.0.0.2") as moved:
            moved.say(voice(DMITRI, 20))
            assert roamer.offer("sendrecv", host="127.0.0.2") == 200
            moved.send_to(*media_of(roamer))
            before = len(roamer.pen.packets)
            hear_more(boris, 0.2)
            heard = hear_more(boris, 1)
            assert tone_level(heard, HZ[DMITRI]) == pytest.approx(LEVEL, abs=1)
            assert tone_peak(heard, HZ[CAROL]) < ABSENT
            assert len(roamer.pen.packets) - before <= 10
            assert len(moved.packets) > 50


@pytest.mark.alone
def test_mixer_and_bridge_stopped_for_3_seconds_go_on_without_a_burst_and_without_losing_anybody(
    company: Company,
) -> None:
    with company.sipp(ANNA) as anna, company.sipp(BORIS) as boris:
        code = talking(company, anna, boris)
        bridge = company.mixer.bridge
        stopped = [company.mixer.pid, *company.mixer.children]
        before = len(boris.pen.packets)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(3)
        for pid in reversed(stopped):
            os.kill(pid, signal.SIGCONT)
        hear_more(boris, 1)
        assert tone_level(hear_more(boris, 1), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
        assert 2.9 < longest_wait(boris.pen.packets[before - 1 :]) < 3.5
        assert bursts(boris.pen.packets[before:]).max() <= 3
        assert company.mixer.bridge == bridge
        assert "left" not in kinds(company, code)
        assert (anna.state, boris.state) == (State.TALKING, State.TALKING)


def test_a_link_that_is_slow_and_one_that_is_down_for_5_seconds_end_no_call(tmp_path: Path) -> None:
    with own_network() as link:
        company = Company(tmp_path)
        with company.mixer, company.sipp(ANNA) as anna, company.sipp(BORIS) as boris, company.stranger() as guest:
            code = talking(company, anna, boris)
            link.down()
            time.sleep(5)
            link.up()
            hear_more(boris, 0.5)
            assert tone_level(hear_more(boris, 1), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
            with link.slow(256):  # two calls take 340, three 510: SIP has to get through beside them
                guest.dial(f"sip:{code}@127.0.0.1:{company.server[1]}")
                company.mixer.wait_for(code, "joined", count=3, seconds=32)
            hear_more(guest, 0.5)
            assert tone_level(hear_more(guest, 1), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
            assert "left" not in kinds(company, code)
            assert "Traceback" not in company.mixer.log.read_text()
