"""What breaks, and what goes on: processes that die, wrong files, ports that are taken, strangers who shout."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time
import tomllib
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.calls.company import CONFERENCE_NUMBER, Company
from tests.calls.mixer_process import ROOT
from tests.calls.talk import longest_wait, media_of, talking, whole_sound
from tests.calls.voices import ABSENT, ANNA, BORIS, CAROL, DMITRI, HZ, LEVEL, hear_more, speaking, voice
from tests.phones import g711
from tests.phones.listening import hears_music, seconds_of, tone_level, tone_peak
from tests.phones.phone import State
from tests.phones.sounds import RATE
from tests.phones.waiting import PATIENCE, until

if TYPE_CHECKING:
    from tests.phones.rtp_pen import RtpPen

SHOUTING = 6
"""Seconds of garbage."""


def code_uri(company: Company, code: str) -> str:
    return f"sip:{code}@127.0.0.1:{company.server[1]}"


def kinds(company: Company, code: str) -> list[str]:
    return [record.kind for record in company.mixer.journal(code)]


def called(company: Company, code: str) -> list[str | None]:
    return [record.person for record in company.mixer.journal(code) if record.kind == "calling"]


def log_of(company: Company) -> str:
    return company.mixer.log.read_text()


def is_past(company: Company, code: str) -> bool:
    listed = json.loads(company.mixer.confctl("list", "--past", "--json"))["conferences"]
    return code in [conference["code"] for conference in listed]


# Processes


def test_a_second_mixer_on_the_same_book_says_that_one_runs_and_ends_with_status_0(company: Company) -> None:
    second = company.mixer.command("run")
    assert (second.returncode, second.stderr) == (0, "")
    assert str(company.mixer.pid) in second.stdout and second.stdout.count("\n") == 1


@pytest.mark.alone
def test_sigterm_hangs_up_who_talks_who_rings_and_who_keys_in_within_3_seconds(company: Company) -> None:
    with speaking(company, ANNA) as anna, company.baresip(BORIS, answers=False) as boris, company.stranger() as guest:
        code = company.mixer.plan_now("Drain", ANNA, [BORIS]).code
        company.mixer.wait_for(code, "joined", ANNA)
        boris.wait_for(State.RINGING)
        guest.dial(CONFERENCE_NUMBER)
        guest.wait_for(State.TALKING)
        asked = time.monotonic()
        assert company.mixer.stop() == 0
        assert time.monotonic() - asked < 3
        for phone in (anna, boris, guest):
            phone.wait_for(State.OVER, seconds=1)
        guest.finish()
        assert "ended" not in kinds(company, code)
        company.mixer.start()  # else the phones wait to deregister


@pytest.mark.alone
def test_a_second_sigterm_ends_at_once_a_mixer_whose_phones_do_not_answer(company: Company) -> None:
    with speaking(company, ANNA) as anna:
        code = company.mixer.plan_now("Deaf", ANNA).code
        company.mixer.wait_for(code, "joined", ANNA)
        os.kill(anna.pid, signal.SIGSTOP)
        try:
            os.kill(company.mixer.pid, signal.SIGTERM)
            until(lambda: "stopping" in log_of(company), 2, "it has begun to stop")
            asked = time.monotonic()
            assert company.mixer.stop() == 0
            assert time.monotonic() - asked < 0.5
        finally:
            os.kill(anna.pid, signal.SIGCONT)
        company.mixer.start()


@pytest.mark.alone
def test_after_a_crash_who_was_in_is_called_back_within_5_seconds_and_nobody_else_and_the_rules_go_on(
    company: Company,
) -> None:
    with ExitStack() as stack:
        anna, boris, carol = (stack.enter_context(speaking(company, n)) for n in (ANNA, BORIS, CAROL))
        dmitri = stack.enter_context(company.sipp(DMITRI, scenario="refuse_at_once", status="603 Decline"))
        dmitri.register()
        code = company.mixer.plan_now("Crash", ANNA, [BORIS, CAROL, DMITRI]).code
        for number in (ANNA, BORIS, CAROL):
            company.mixer.wait_for(code, "joined", number)
        company.mixer.wait_for(code, "not_reached", DMITRI)
        carol.hang_up()
        company.mixer.wait_for(code, "left", CAROL)
        bridge = company.mixer.bridge
        company.mixer.kill()
        until(lambda: not Path(f"/proc/{bridge}").exists() or is_zombie(bridge), 3, "its bridge ends by itself")
        assert (anna.ending, boris.ending) == ("", ""), "the phones still believe in their calls"
        again = time.time()
        company.mixer.start()
        for number in (ANNA, BORIS):
            assert company.mixer.wait_for(code, "joined", number, count=2).at - again < 5
        for phone in (anna, boris):
            assert phone.ending == "Connection reset by peer", "the old call got BYE"
            phone.wait_for(State.TALKING, seconds=1)
        assert sorted(map(str, called(company, code))) == [ANNA, ANNA, BORIS, BORIS, CAROL, DMITRI]
        hear_more(boris, 0.5)
        assert tone_level(hear_more(boris, 1), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
        anna.hang_up()
        company.mixer.wait_for(code, "owner_out")
        hear_more(boris, 0.5)
        assert seconds_of(hears_music(hear_more(boris, 2))) >= 1


def is_zombie(pid: int) -> bool:
    """Its parent is gone, and whoever got it as a child has not asked for its status yet."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.alone
def test_a_bridge_that_dies_costs_every_leg_less_than_a_second_of_sound_and_no_call(company: Company) -> None:
    with ExitStack() as stack:
        anna, boris, carol = (stack.enter_context(company.sipp(n)) for n in (ANNA, BORIS, CAROL))
        for phone, number in ((anna, ANNA), (boris, BORIS), (carol, CAROL)):
            phone.register()
            phone.say(voice(number, 60))
        talk = company.mixer.plan_now("Talk", ANNA, [BORIS]).code
        waiting = company.mixer.plan_now("Waiting", DMITRI, [CAROL]).code
        for code, number in ((talk, ANNA), (talk, BORIS), (waiting, CAROL)):
            company.mixer.wait_for(code, "joined", number)
        company.mixer.wait_for(waiting, "not_reached", DMITRI)
        hear_more(carol, 1)
        before = [len(phone.pen.packets) for phone in (anna, boris, carol)]
        company.mixer.kill_bridge()
        hear_more(boris, 3)
        for phone, count in zip((anna, boris, carol), before, strict=True):
            assert longest_wait(phone.pen.packets[count - 1 :]) < 1
            assert phone.state is State.TALKING
        assert tone_level(hear_more(boris, 1), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
        assert tone_level(hear_more(anna, 1), HZ[BORIS]) == pytest.approx(LEVEL, abs=1)
        assert seconds_of(hears_music(hear_more(carol, 2))) >= 1
        assert called(company, talk) == [ANNA, BORIS] and called(company, waiting) == [DMITRI, CAROL]
        assert "left" not in kinds(company, talk) + kinds(company, waiting)


def test_a_phone_that_vanishes_is_dropped_after_30_seconds_and_one_on_hold_is_not(company: Company) -> None:
    with speaking(company, ANNA), speaking(company, CAROL) as carol, company.stranger() as held:
        code = company.mixer.plan_now("Vanishing", ANNA, [CAROL]).code
        company.mixer.wait_for(code, "joined", ANNA)
        held.dial(code_uri(company, code), scenario="dial_and_obey")
        for count in (1, 2, 3):
            company.mixer.wait_for(code, "joined", count=count)
        assert held.offer("inactive") == 200
        held.pen.send_to("127.0.0.1", 9)
        os.kill(carol.pid, signal.SIGKILL)
        vanished = time.time()
        left = company.mixer.wait_for(code, "left", seconds=40)
        assert left.person == CAROL
        assert 29 < left.at - vanished < 33
        assert held.offer("sendrecv") == 200
        assert kinds(company, code).count("left") == 1


# Files


def test_a_file_that_is_broken_by_hand_is_named_with_its_line_and_costs_nobody_a_call(company: Company) -> None:
    with speaking(company, ANNA) as anna, speaking(company, BORIS), company.stranger() as guest:
        running = company.mixer.plan_now("Running", ANNA).code
        company.mixer.wait_for(running, "joined", ANNA)
        file = company.folder / "conferences" / f"{running}.toml"
        good = file.read_text()
        lines = good.count("\n")
        file.write_text(f"{good}participants = ]\n")
        planned = company.mixer.plan_by_hand("414243", ANNA, begins=3600)
        planned.write_text(f'{planned.read_text()}greting = "hello.wav"\n')
        named = (f"…{running[-2:]}.toml:{lines + 1}:", "…43.toml:9:", "greting")  # no code is in the log
        until(
            lambda: all(words in log_of(company) for words in named),
            PATIENCE,
            lambda: f"{named}: {company.mixer.words}",
        )
        company.mixer.plan_by_hand("515253", BORIS)
        company.mixer.wait_for("515253", "joined", BORIS)
        guest.say(voice(CAROL, 20))
        guest.dial(code_uri(company, running))
        company.mixer.wait_for(running, "joined", count=2)
        hear_more(anna, 0.5)
        assert tone_level(hear_more(anna, 1), HZ[CAROL]) == pytest.approx(LEVEL, abs=1)
        guest.hang_up()
        company.mixer.wait_for(running, "left")
        anna.hang_up()
        company.mixer.wait_for(running, "ended")
        until(
            lambda: "can't be moved to the past" in log_of(company), PATIENCE, "its end can't be told to a broken file"
        )
        file.write_text(good)
        until(lambda: is_past(company, running), PATIENCE, "once mended, it is past")
        assert log_of(company).count("can't be moved to the past") == 1


def test_people_who_are_unknown_or_cannot_be_reached_are_noted_and_the_rest_are_called(company: Company) -> None:
    company.add_unreachable("188")
    with speaking(company, ANNA):
        company.mixer.plan_by_hand("616263", ANNA, ["177", "188", BORIS])
        company.mixer.wait_for("616263", "joined", ANNA)
        for number in ("177", "188", BORIS):
            company.mixer.wait_for("616263", "not_reached", number)
        line = (company.folder / "people.toml").read_text().split("\n").index('name = "Person 188"')
        assert f"people.toml:{line}:" in log_of(company)


def test_a_greeting_that_is_no_sound_is_refused_when_it_is_added(company: Company) -> None:
    noise = company.folder / "hello.wav"
    noise.write_bytes(random.Random(1).randbytes(20_000))
    refused = company.mixer.command(
        *("add", "Greeting", "--owner", ANNA, "--date", "2099-01-01", "--from", "10:00", "--to", "11:00"),
        *("--greeting", str(noise)),
    )
    assert refused.returncode == 1
    assert "hello.wav" in refused.stderr and refused.stderr.count("\n") == 1
    assert json.loads(company.mixer.confctl("list", "--json"))["conferences"] == []


# Ports


def test_where_the_sip_port_is_taken_run_says_so_in_a_line_and_ends_with_status_1(tmp_path: Path) -> None:
    company = Company(tmp_path)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(company.server)
        refused = company.mixer.command("run")
    assert refused.returncode == 1
    assert str(company.server[1]) in refused.stderr and refused.stderr.count("\n") == 1


def test_where_an_rtp_port_is_taken_the_next_pair_is_used(tmp_path: Path) -> None:
    company = Company(tmp_path)
    first = int(tomllib.loads(company.mixer.config.read_text())["media"]["ports"].partition("-")[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", first + 1))
        with company.mixer, company.sipp(ANNA) as anna:
            anna.register()
            code = company.mixer.plan_now("Elsewhere", ANNA).code
            company.mixer.wait_for(code, "joined", ANNA)
            assert media_of(anna) == ("127.0.0.1", first + 2)
            hear_more(anna, 0.5)


# Strangers


@pytest.mark.alone
def test_garbage_on_every_port_costs_no_frame_of_the_talk(company: Company) -> None:
    with company.sipp(ANNA) as anna, company.sipp(BORIS) as boris:
        code = talking(company, anna, boris)
        media_port, before = media_of(anna)[1], company.mixer.memory
        heard = whole_sound(boris, partial(shout_at, company, media_port))
        assert heard.size > 0.9 * SHOUTING * RATE
        assert tone_level(heard, HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
        assert company.mixer.memory - before < 50e6
        assert "Traceback" not in log_of(company)
        with company.stranger() as guest:
            guest.dial(code_uri(company, code))
            company.mixer.wait_for(code, "joined", count=3)


def shout_at(company: Company, media_port: int) -> None:
    """The same garbage each time; the mixer has an answer for its control socket meanwhile."""
    ports = (company.server[1], media_port, media_port + 1)
    arguments = ["4711", str(SHOUTING), *map(str, ports)]
    with subprocess.Popen([sys.executable, "-m", "tests.calls.garbage", *arguments], cwd=ROOT) as shouting:
        while shouting.poll() is None:
            json.loads(company.mixer.confctl("status", "--json"))
            time.sleep(1)
    assert shouting.returncode == 0


@pytest.mark.alone
def test_sound_from_another_port_or_host_than_the_phone_s_is_not_heard(company: Company) -> None:
    with company.sipp(ANNA) as anna, company.sipp(BORIS) as boris:
        talking(company, anna, boris)
        begins = boris.heard().size
        for host, stolen in itertools.product(("127.0.0.1", "127.0.0.2"), (None, anna.pen)):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as intruder:
                intruder.bind((host, 0))
                heard = whole_sound(boris, partial(inject, intruder, media_of(anna), stolen))
                assert tone_level(heard, HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
                intruder.setblocking(False)
                with pytest.raises(BlockingIOError):
                    intruder.recv(2048)
        hear_more(boris, 0.3)
        assert tone_peak(boris.heard()[begins:], HZ[DMITRI]) < ABSENT


def inject(intruder: socket.socket, goal: tuple[str, int], stolen: RtpPen | None) -> None:
    """A second of Dmitri's tone, in a stream of its own or as if it were the next packets of another's."""
    ssrc, sequence, timestamp = 0x1234, 1, 1
    for frame in voice(DMITRI).reshape(-1, 160):
        if stolen is not None:
            latest = stolen.sent[-1]
            ssrc, sequence, timestamp = latest.ssrc, latest.sequence + 1, latest.timestamp + 160
        header = struct.pack("!BBHII", 0x80, 0, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
        intruder.sendto(header + g711.encode(frame, 0), goal)
        sequence, timestamp = sequence + 1, timestamp + 160
        time.sleep(0.02)


# Times


def test_when_nobody_answers_it_ends_at_the_planned_end(company: Company) -> None:
    with company.baresip(ANNA, answers=False) as anna:
        company.mixer.plan_by_hand("717273", ANNA, [BORIS], lasts=5)
        anna.wait_for(State.RINGING)
        ended = company.mixer.wait_for("717273", "ended")
        assert ended.detail == "planned-end"
        anna.wait_for(State.OVER)
        until(lambda: is_past(company, "717273"), PATIENCE, "it is past")


def test_past_the_planned_end_one_can_still_join_while_it_runs(company: Company) -> None:
    with speaking(company, ANNA) as anna, speaking(company, BORIS) as boris:
        company.mixer.plan_by_hand("818283", ANNA, lasts=4)
        end = time.time() + 4
        company.mixer.wait_for("818283", "joined", ANNA)
        until(lambda: time.time() > end, 6, "the planned end has come")
        boris.dial(code_uri(company, "818283"))
        company.mixer.wait_for("818283", "joined", count=2)
        hear_more(anna, 0.5)
        assert tone_level(hear_more(anna, 1), HZ[BORIS]) == pytest.approx(LEVEL, abs=1)
        anna.hang_up()
        company.mixer.wait_for("818283", "owner_out")
        boris.hang_up()
        company.mixer.wait_for("818283", "ended")
        until(lambda: is_past(company, "818283"), PATIENCE, "it is past")


def test_the_end_of_one_conference_is_nothing_to_another(company: Company) -> None:
    with ExitStack() as stack:
        anna, _, carol = (stack.enter_context(speaking(company, n)) for n in (ANNA, BORIS, CAROL))
        one = company.mixer.plan_now("One", ANNA).code
        other = company.mixer.plan_now("Other", BORIS, [CAROL]).code
        for code, number in ((one, ANNA), (other, BORIS), (other, CAROL)):
            company.mixer.wait_for(code, "joined", number)
        anna.hang_up()
        company.mixer.wait_for(one, "ended")
        until(lambda: is_past(company, one), PATIENCE, "it is past")
        assert tone_level(hear_more(carol, 1), HZ[BORIS]) == pytest.approx(LEVEL, abs=1)
        assert not is_past(company, other)
