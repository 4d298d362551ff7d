"""What is recorded of a conference: who spoke, when they did, and nothing else; whatever is killed."""

from __future__ import annotations

import os
import signal
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
import soxr

from tests.calls.voices import ANNA, BORIS, CAROL, HZ, LEVEL, hear_more, speaking
from tests.phones.listening import hears_music, seconds_of, silences, tone_intervals, tone_level
from tests.phones.sounds import RATE
from tests.phones.waiting import until

if TYPE_CHECKING:
    from tests.calls.company import Company
    from tests.calls.mixer_process import MixerProcess
    from tests.phones.sounds import Pcm


NOTICE_SECONDS = 2.1


def recording(file: Path) -> Pcm:
    """At the rate of the phones."""
    pcm, rate = soundfile.read(file, dtype="int16")
    assert (rate, pcm.ndim) == (16000, 1)
    narrow: Pcm = soxr.resample(pcm, rate, RATE)
    return narrow


def finished(mixer: MixerProcess, stem: str, seconds: float = 60) -> Path:
    """Once it is made small."""
    folder = mixer.config.parent / "recordings"
    until(lambda: bool(list(folder.glob(f"{stem}.opus"))), seconds, lambda: f"{stem} is finished; {mixer.words}")
    return folder / f"{stem}.opus"


def recorders(mixer: MixerProcess) -> list[int]:
    return [pid for pid in mixer.children if b"recorder" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_the_recording_has_everybody_who_spoke_while_the_owner_was_there(company: Company) -> None:
    mixer = company.mixer
    with speaking(company, ANNA) as anna, speaking(company, BORIS) as boris, speaking(company, CAROL) as carol:
        code = mixer.plan_now("Board meeting", ANNA, [BORIS, CAROL], options=["--record"]).code
        stem = mixer.wait_for(code, "recording_started").detail
        hear_more(boris, 3)
        anna.hang_up()
        mixer.wait_for(code, "recording_paused")
        hear_more(boris, 2)
        anna.dial(f"sip:{code}@127.0.0.1:{company.server[1]}")
        mixer.wait_for(code, "recording_resumed")
        hear_more(boris, 2)
        carol.hang_up()
        boris.hang_up()
        mixer.wait_for(code, "left", BORIS)
        anna.hang_up()
        mixer.wait_for(code, "ended")
    talk = [record.at for record in mixer.journal(code) if record.kind.startswith("recording_")]
    pcm = recording(finished(mixer, stem))
    first, second = talk[1] - talk[0], talk[3] - talk[2]
    assert len(pcm) / RATE == pytest.approx(first + second, abs=0.2), "the time without the owner is left out"
    before, after = pcm[RATE // 2 : round((first - 0.3) * RATE)], pcm[round((first + 0.3) * RATE) :]
    for number in (BORIS, CAROL):
        assert tone_level(before, HZ[number]) == pytest.approx(LEVEL, abs=1)
        assert tone_level(after, HZ[number]) == pytest.approx(LEVEL, abs=1)
    assert tone_level(before, HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
    assert not hears_music(pcm)
    assert stat.S_IMODE((company.folder / "recordings").stat().st_mode) == 0o700
    assert f"{stem}.opus" in mixer.confctl("show", code)


def test_everybody_hears_that_it_is_recorded_before_they_hear_the_talk(company: Company) -> None:
    with speaking(company, ANNA), speaking(company, BORIS) as boris:
        code = company.mixer.plan_now("Told", ANNA, [BORIS, CAROL], options=["--record"]).code
        company.mixer.wait_for(code, "recording_started")
        with speaking(company, CAROL) as carol:
            carol.dial(f"sip:{code}@127.0.0.1:{company.server[1]}")
            company.mixer.wait_for(code, "joined", CAROL)
            carol.wait_to_hear(4, within=8)
            for phone in (boris, carol):
                heard = phone.heard()
                talks = tone_intervals(heard, HZ[ANNA], above=-18)[0][0]
                notice = heard[: round((talks - 0.1) * RATE)]
                assert NOTICE_SECONDS - 0.4 < loud_seconds(notice) < NOTICE_SECONDS + 0.4


@pytest.mark.alone
def test_killed_in_the_middle_it_loses_a_second_at_most_and_the_next_mixer_records_another_part(
    company: Company,
) -> None:
    mixer = company.mixer
    with speaking(company, ANNA), speaking(company, BORIS) as boris:
        code = mixer.plan_now("Crash", ANNA, [BORIS], options=["--record"]).code
        begun = mixer.wait_for(code, "recording_started")
        hear_more(boris, 3.4)
        (recorder,) = recorders(mixer)
        os.kill(recorder, signal.SIGKILL)
        killed = time.time()
        mixer.kill()
        file = company.folder / "recordings" / "unfinished" / f"{begun.detail}.wav"
        seconds = soundfile.info(file).duration
        assert killed - begun.at - 1.3 < seconds < killed - begun.at + 0.1
        mixer.start()
        again = mixer.wait_for(code, "recording_started", seconds=20, count=2)
        assert again.detail != begun.detail
        hear_more(boris, 1)
        mixer.stop()
        mixer.start()
        for stem in (begun.detail, again.detail):
            assert tone_level(recording(finished(mixer, stem)), HZ[BORIS]) == pytest.approx(LEVEL, abs=1)


@pytest.mark.alone
def test_a_bridge_that_dies_costs_a_recording_less_than_a_second_and_a_recorder_that_dies_makes_it_two(
    company: Company,
) -> None:
    mixer = company.mixer
    with speaking(company, ANNA) as anna, speaking(company, BORIS) as boris:
        code = mixer.plan_now("Gaps", ANNA, [BORIS], options=["--record"]).code
        begun = mixer.wait_for(code, "recording_started")
        hear_more(boris, 2)
        (recorder,) = recorders(mixer)
        mixer.kill_bridge()
        hear_more(boris, 4)
        os.kill(recorder, signal.SIGKILL)
        killed = time.time()
        again = mixer.wait_for(code, "recording_started", count=2)
        hear_more(boris, 1)
        boris.hang_up()
        anna.hang_up()
        mixer.wait_for(code, "ended")
        first, second = (recording(finished(mixer, each.detail)) for each in (begun, again))
    assert len(first) / RATE > killed - begun.at - 1.3
    assert seconds_of(silences(first, at_least=0.02)) < 1
    for talk in (first[:RATE], first[-RATE:], second[: RATE // 2]):
        assert tone_level(talk, HZ[ANNA]) == pytest.approx(LEVEL, abs=1)


def test_a_full_disk_ends_the_recording_with_one_warning_and_harms_no_call(company: Company) -> None:
    mixer = company.mixer
    mixer.stop()
    with mixer.config.open("a") as settings:
        settings.write("\n[recording]\nkeep_free = 1000000\n")
    mixer.start()
    with speaking(company, ANNA), speaking(company, BORIS) as boris:
        code = mixer.plan_now("Full", ANNA, [BORIS], options=["--record"]).code
        mixer.wait_for(code, "recording_started")
        assert mixer.wait_for(code, "recording_stopped").detail == "full"
        assert tone_level(hear_more(boris, 1), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
        assert mixer.log.read_text().count("too full for the recording") == 1
        assert [record.kind for record in mixer.journal(code)].count("recording_stopped") == 1


def loud_seconds(pcm: Pcm) -> float:
    """From the first sound to the last."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > 300)
    return float(loud[-1] - loud[0]) / RATE if loud.size else 0.0
