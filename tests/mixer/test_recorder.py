"""The recorder's process at a real pipe: what is on the disk whenever it, or whoever feeds it, is killed."""

from __future__ import annotations

import json
import random
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from mixer.bridge.channel import pair
from mixer.recording import frames
from mixer.recording.frames import MIX, RATE, SAMPLES
from mixer.recording.wav import EMPTY, header
from tests.phones.waiting import STARTING, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]


def sound(value: int, samples: int = SAMPLES) -> bytes:
    return np.full(samples, value, "<i2").tobytes()


class Session:
    """A recorder, and the bridge's end of its socket."""

    def __init__(self, folder: Path, keep_free: int = 0, before: Callable[[], None] | None = None) -> None:
        self.folder = folder
        self.bridge, theirs = pair()
        self.tick = 5000
        with theirs:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "mixer.recording.recorder"),
                    *(str(theirs.fileno()), str(folder), "talk", str(keep_free)),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=ROOT,
                preexec_fn=before,
            )
        self.write_line("")

    @property
    def file(self) -> Path:
        return self.folder / "talk.wav"

    def say(self, *values: int, take: int = 1, tracks: dict[int, int] | None = None) -> None:
        """A tick each; 0 is silence."""
        for value in values:
            labelled = {MIX: value, **(tracks or {})} if value else {}
            parts = [frames.label(leg) + sound(each) for leg, each in labelled.items()]
            self.bridge.send(frames.head(take, self.tick) + b"".join(parts))
            self.tick += 1

    def name(self, leg: int, name: str) -> None:
        self.write_line(json.dumps({"leg": leg, "name": name}))

    def write_line(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def end(self) -> dict[str, object]:
        """Nobody writes any more; what the recorder says of it."""
        self.bridge.close()
        return self.outcome()

    def outcome(self) -> dict[str, object]:
        said, complaints = self.process.communicate(timeout=20)
        assert (self.process.returncode, complaints) == (0, b"")
        found = json.loads(said)
        assert isinstance(found, dict)
        return found

    def recorded(self, name: str = "talk") -> np.ndarray:
        pcm, rate = soundfile.read(self.folder / f"{name}.wav", dtype="int16")
        assert rate == RATE
        return pcm[::SAMPLES] if len(pcm) and (pcm.reshape(-1, SAMPLES).std(axis=1) == 0).all() else pcm


@contextmanager
def recorder(folder: Path, keep_free: int = 0, before: Callable[[], None] | None = None) -> Iterator[Session]:
    session = Session(folder, keep_free, before)
    try:
        yield session
    finally:
        session.bridge.close()
        session.process.kill()
        session.process.communicate()


def test_what_was_said_is_in_the_file_and_ticks_that_never_came_are_silence(tmp_path: Path) -> None:
    with recorder(tmp_path) as it:
        it.say(100, 200, 0, 300)
        it.tick += 3
        it.say(400)
        assert it.end() == {"why": "over", "missing": 3}
        assert it.recorded().tolist() == [100, 200, 0, 300, 0, 0, 0, 400]
        assert it.file.stat().st_mode & 0o777 == 0o600


def test_between_two_takes_no_time_passes(tmp_path: Path) -> None:
    with recorder(tmp_path) as it:
        it.say(100)
        it.tick += 5000
        it.say(200, 200, take=2)
        assert it.end() == {"why": "over", "missing": 0}
        assert it.recorded().tolist() == [100, 200, 200]


def test_tracks_are_named_by_person_and_as_long_as_the_whole(tmp_path: Path) -> None:
    with recorder(tmp_path) as it:
        it.name(7, "Anna / Петрова…")
        it.say(100, 0)
        it.say(500, tracks={7: 300, 8: 200})
        it.say(0, 0)
        it.end()
        assert it.recorded().tolist() == [100, 0, 500, 0, 0]
        assert it.recorded("talk.Anna_Петрова").tolist() == [0, 0, 300, 0, 0]
        assert it.recorded("talk.8").tolist() == [0, 0, 200, 0, 0]


def test_several_datagrams_of_one_tick_are_one_tick(tmp_path: Path) -> None:
    with recorder(tmp_path) as it:
        it.say(100)
        it.bridge.send(frames.head(1, it.tick) + frames.label(MIX) + sound(500))
        it.bridge.send(frames.head(1, it.tick) + frames.label(3) + sound(200))
        it.tick += 1
        it.say(100)
        it.end()
        assert it.recorded().tolist() == [100, 500, 100]
        assert it.recorded("talk.3").tolist() == [0, 200, 0]


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment_it_has_lost_a_second_at_most(tmp_path: Path, seed: int) -> None:
    with recorder(tmp_path) as it:
        until(lambda: it.file.exists(), STARTING, "the recorder starts")
        begin, ticks = time.monotonic(), 0
        lives = random.Random(seed).uniform(1.0, 2.5)
        while (now := time.monotonic() - begin) < lives:
            while ticks < now * 50:
                it.say(1000 + ticks)
                ticks += 1
            time.sleep(0.005)  # as the bridge does: a tick at a time
        it.process.kill()
        it.process.wait()
        found = it.recorded()
        assert found.tolist() == list(range(1000, 1000 + len(found))), "and all of it is sound"
        assert len(found) >= ticks - 55, "a second, and what was still in the socket"


def test_it_outlives_the_signals_of_a_terminal_and_ends_when_nobody_feeds_it(tmp_path: Path) -> None:
    with recorder(tmp_path) as it:
        until(lambda: it.file.exists(), STARTING, "the recorder starts")
        it.process.send_signal(signal.SIGINT)
        it.process.send_signal(signal.SIGTERM)
        it.say(100)
        assert it.process.stdin is not None
        it.process.stdin.close()
        it.process.stdin = None
        it.say(200)
        assert it.end()["why"] == "over"
        assert it.recorded().tolist() == [100, 200]


def test_where_the_main_process_was_killed_too_it_ends_without_a_complaint(tmp_path: Path) -> None:
    with recorder(tmp_path) as it:
        it.say(100)
        assert it.process.stdout is not None
        it.process.stdout.close()
        it.process.stdout = None
        it.bridge.close()
        _, complaints = it.process.communicate(timeout=20)
        assert (it.process.returncode, complaints) == (0, b"")
        assert it.recorded().tolist() == [100]


def test_a_full_disk_ends_it_and_the_file_is_whole_up_to_there(tiny_disk: Path) -> None:
    with recorder(tiny_disk) as it:
        flood(it)
        assert it.outcome()["why"] == "full"
        found = it.recorded()
        assert found.tolist() == list(range(1, len(found) + 1))
        assert len(found) > 1000, "of the 1 MiB that there is"


def test_a_limit_on_the_size_of_files_ends_it_just_so(tmp_path: Path) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    with recorder(tmp_path, before=limited) as it:
        flood(it)
        assert it.outcome()["why"] == "full"
        assert len(it.recorded()) == (100_000 - EMPTY) // (2 * SAMPLES)


def test_it_ends_before_the_disk_is_full_for_the_others(tiny_disk: Path) -> None:
    with recorder(tiny_disk, keep_free=500_000) as it:
        it.say(100, 200)
        until(it.file.exists, 20, "it has begun")
        (tiny_disk / "ballast").write_bytes(bytes(600_000))
        assert it.outcome()["why"] == "full"
        assert it.recorded().tolist() == [100, 200]


def test_where_there_is_no_room_to_begin_with_nothing_is_begun(tmp_path: Path) -> None:
    with recorder(tmp_path, keep_free=1 << 60) as it:
        it.say(100, 200)
        assert it.outcome()["why"] == "full"
        assert list(tmp_path.iterdir()) == []


def test_a_recording_of_nothing_does_not_stay(tmp_path: Path) -> None:
    with recorder(tmp_path) as it:
        assert it.end()["why"] == "over"
        assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_told_of(tmp_path: Path) -> None:
    with recorder(tmp_path / "gone") as it:
        assert it.outcome() == {"why": "No such file or directory", "missing": 0}


def flood(it: Session) -> None:
    """More than its disk holds, as fast as it takes it; until it takes nothing more."""
    for value in range(1, 3000):
        while True:
            try:
                it.say(value)
            except BlockingIOError:
                time.sleep(0.01)  # it is busy
            except OSError:
                return
            else:
                break


@pytest.mark.parametrize("samples", [0, 1, 2**30, 2**31 - 30, 2**31 - 29, 2**33])
def test_a_file_of_any_length_has_a_header_that_others_read(tmp_path: Path, samples: int) -> None:
    """Of 16 GiB too; most of it is a hole."""
    file = tmp_path / "long.wav"
    with file.open("wb") as stream:
        stream.write(header(RATE, samples))
        if samples:
            stream.seek(EMPTY + 2 * (samples - 1))
            stream.write(b"\x07\x00")
    info = soundfile.info(file)
    assert (info.frames, info.samplerate, info.subtype) == (samples, RATE, "PCM_16")
    if samples:
        with soundfile.SoundFile(file) as read:
            read.seek(samples - 1)
            assert read.read(5, dtype="int16").tolist() == [7]
