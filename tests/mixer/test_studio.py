"""Recordings as a conference handles them, with real recorders; the test writes what a bridge would."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from mixer.bridge.protocol import Command, StartTape, StopTape
from mixer.recording import frames
from mixer.recording.frames import MIX, RATE, SAMPLES
from mixer.recording.studio import Studio
from mixer.recording.tape import Tape
from mixer.recording.wav import WavFile
from mixer.rules.model import Recorded
from mixer.settings import RecordingSettings
from tests.mixer.rehearsal import PLAN, START
from tests.mixer.test_recordings_made_small import HASTY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

STEM = "2025-11-30_15-30_Projects"


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The converter does not wait until the other tests leave it a processor."""
    monkeypatch.setattr("mixer.recording.studio._CONVERTER", HASTY)


class Place:
    """A studio, a tape, and what the bridge was told."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder / "recordings"
        self.studio = Studio(RecordingSettings(self.folder, **{"keep_free": 0, **settings}), self.told)  # type: ignore[arg-type]
        self.tape = self.new_tape()
        self.commands: list[Command] = []
        self.lost: list[tuple[str, bool]] = []
        self.again = asyncio.Event()
        self._descriptor = -1
        self._tick = 100

    def new_tape(self, title: str = "Projects") -> Tape:
        return Tape(self.studio, replace(PLAN, title=title), 7, lambda: START, self._lose)

    def told(self, command: Command, /, *descriptors: int) -> None:
        """As the bridge takes it."""
        self.commands.append(command)
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = os.dup(descriptors[0]) if descriptors else -1

    def say(self, *values: int) -> None:
        (*_, started) = (each for each in self.commands if isinstance(each, StartTape))
        for value in values:
            pcm = np.full(SAMPLES, value, "<i2").tobytes()
            os.write(self._descriptor, frames.head(started.take, self._tick) + frames.label(MIX) + pcm)
            self._tick += 1

    def pid(self) -> int:
        """Of the only recorder."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and str(self.folder).encode() in _command(entry):
                return int(entry.name)
        raise AssertionError("there is no recorder")

    async def until_there(self, name: str) -> Path:
        async with asyncio.timeout(20):
            while not (self.folder / name).exists():  # noqa: ASYNC110  another process makes it
                await asyncio.sleep(0.02)
        return self.folder / name

    def _lose(self, reason: str, again: bool) -> None:
        self.lost.append((reason, again))
        self.again.set()


def _command(process: Path) -> bytes:
    try:
        words = (process / "cmdline").read_bytes()
    except OSError:
        return b""
    return words if b"mixer.recording.recorder" in words else b""


@asynccontextmanager
async def place(folder: Path, **settings: object) -> AsyncIterator[Place]:
    it = Place(folder, **settings)
    try:
        yield it
    finally:
        it.tape.cut()
        await it.studio.close()


def recorded(file: Path) -> list[int]:
    pcm, _ = soundfile.read(file, dtype="int16")
    return [int(value) for value in pcm[::SAMPLES]]


async def test_a_tape_rolls_pauses_goes_on_and_is_cut(tmp_path: Path) -> None:
    async with place(tmp_path, format="flac") as it:
        assert it.tape.roll(Recorded.MIXED) == STEM
        it.say(1, 2)
        it.tape.pause()
        it.tape.pause()
        assert it.tape.roll(Recorded.MIXED) is None, "it goes on"
        it.say(3)
        assert it.tape.cut()
        assert not it.tape.cut(), "once"
        assert recorded(await it.until_there(f"{STEM}.flac")) == [1, 2, 3]
        assert [type(each) for each in it.commands] == [StartTape, StopTape, StopTape, StartTape, StopTape]
        assert it.lost == []
        assert {file.stat().st_mode & 0o777 for file in (it.folder, it.folder / "unfinished")} == {0o700}


async def test_another_folder_is_for_the_next_recording_and_one_that_runs_stays_where_it_is(tmp_path: Path) -> None:
    async with place(tmp_path, format="flac") as it:
        former, later = it.folder, tmp_path / "later"
        assert it.tape.roll(Recorded.MIXED) == STEM
        it.studio.change(replace(it.studio.settings, folder=later))
        it.say(1)
        it.tape.pause()
        assert it.tape.roll(Recorded.MIXED) is None, "it goes on"
        it.say(2)
        other = it.new_tape()
        assert other.roll(Recorded.MIXED) == f"{STEM}_2"
        it.say(3)
        assert other.cut() and it.tape.cut()
        assert recorded(await it.until_there(f"{STEM}.flac")) == [1, 2]
        it.folder = later
        assert recorded(await it.until_there(f"{STEM}_2.flac")) == [3]
        assert not list(former.glob("**/*_2*"))
        async with asyncio.timeout(20):
            while list((former / "unfinished").iterdir()):  # noqa: ASYNC110  another process clears it
                await asyncio.sleep(0.02)


async def test_another_recording_of_the_same_minute_has_a_name_of_its_own(tmp_path: Path) -> None:
    async with place(tmp_path, format="wav") as it:
        assert it.tape.roll(Recorded.MIXED) == STEM
        other = it.new_tape()
        assert other.roll(Recorded.MIXED) == f"{STEM}_2"
        assert other.cut()
        third = it.new_tape("../Совет: №1/2?")
        assert third.roll(Recorded.MIXED) == "2025-11-30_15-30_Совет_1_2"
        assert third.cut()
    async with place(tmp_path, format="wav") as it:
        (it.folder / f"{STEM}.opus").write_bytes(b"")
        assert it.tape.roll(Recorded.MIXED) != STEM


async def test_a_recorder_that_is_killed_after_a_while_is_worth_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixer.recording.tape._SETTLED", 0.0)
    async with place(tmp_path, format="wav") as it:
        it.tape.roll(Recorded.MIXED)
        it.say(1)
        await it.until_there(f"unfinished/{STEM}.wav")
        os.kill(it.pid(), signal.SIGKILL)
        await asyncio.wait_for(it.again.wait(), 10)
        assert it.lost == [("failed", True)]
        assert it.tape.roll(Recorded.MIXED) == f"{STEM}_2"
        it.say(5)
        it.tape.cut()
        assert recorded(await it.until_there(f"{STEM}_2.wav")) == [5]


async def test_a_mixer_that_stops_does_not_wait_for_a_recorder_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixer.recording.studio._PARTING_SECONDS", 0.1)
    async with place(tmp_path) as it:
        it.tape.roll(Recorded.MIXED)
        await it.until_there(f"unfinished/{STEM}.wav")
        recorder = it.pid()
        os.kill(recorder, signal.SIGSTOP)
    with pytest.raises(ProcessLookupError):
        os.kill(recorder, 0)


async def test_a_full_disk_is_told_once_and_the_recording_ends(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with place(tmp_path, format="wav", keep_free=1 << 60) as it:
        it.tape.roll(Recorded.MIXED)
        it.say(1, 2)
        await asyncio.wait_for(it.again.wait(), 10)
        assert it.lost == [("full", False)]
        assert not list(it.folder.rglob("*.wav"))
        assert isinstance(it.commands[-1], StopTape)
        assert not it.tape.cut()
    (warning,) = caplog.messages
    assert warning == f"“Projects”: the disk is too full for the recording, which ends; make room in {it.folder}"


async def test_a_disk_that_is_really_full_is_told_once_too(
    tiny_disk: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixer.recording.studio._AGAIN_SECONDS", 0.05)
    async with place(tiny_disk, format="flac") as it:
        it.studio.make_folders()
        (tiny_disk / "ballast").write_bytes(bytes(900_000))
        it.tape.roll(Recorded.MIXED)
        await it.until_there(f"unfinished/{STEM}.wav")
        with suppress(ConnectionResetError):  # the recorder ends in the midst of what is said
            for value in range(1, 300):
                it.say(value)
                await asyncio.sleep(0)
        await asyncio.wait_for(it.again.wait(), 10)
        assert it.lost == [("full", False)]
        await asyncio.sleep(1)
        assert len(caplog.messages) == 1, "also after it was tried again, which it is until there is room"
        (tiny_disk / "ballast").unlink()
        assert recorded(await it.until_there(f"{STEM}.flac"))[:3] == [1, 2, 3]


async def test_a_folder_that_can_t_be_made_is_an_error_at_once(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("in the way")
    async with place(tmp_path) as it:
        with pytest.raises(OSError, match=r"exists|Not a directory"):
            it.tape.roll(Recorded.MIXED)
        assert it.commands == []
        assert not it.tape.cut()


async def test_a_folder_that_can_t_even_be_looked_at_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with place(tmp_path / ("x" * 300)) as it:
        it.studio.convert()
        async with asyncio.timeout(20):
            while it.studio.busy:  # noqa: ASYNC110  it tells nobody
                await asyncio.sleep(0.01)
    (warning,) = caplog.messages
    assert warning.startswith("no recording can be made small now: ") and "too long" in warning


async def test_it_is_busy_until_what_was_recorded_is_small_and_not_while_it_only_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place(tmp_path, format="wav") as it:
        assert not it.studio.busy
        it.tape.roll(Recorded.MIXED)
        it.say(1)
        it.tape.cut()
        async with asyncio.timeout(20):
            while it.studio.busy:  # noqa: ASYNC110  it tells nobody
                await asyncio.sleep(0)
        assert (it.folder / f"{STEM}.wav").exists()
        other = WavFile(it.studio.unfinished / "of_a_former_mixer.wav", RATE)
        it.studio.convert()
        assert it.studio.busy
        async with asyncio.timeout(20):
            while it.studio.busy:  # noqa: ASYNC110  it tells nobody
                await asyncio.sleep(0)
        other.close()


async def test_whoever_comes_back_to_the_talk_goes_on_in_the_same_track(tmp_path: Path) -> None:
    async with place(tmp_path, format="wav") as it:
        it.tape.enters("a", 3, "Anna")
        it.tape.enters("b", 4, "Anna")
        it.tape.leaves("a")
        it.tape.enters("b", 4, "Anna")
        it.tape.roll(Recorded.TRACKS)
        pcm = np.full(SAMPLES, 9, "<i2").tobytes()
        os.write(it._descriptor, frames.head(1, it._tick) + frames.label(4) + pcm)
        it.tape.cut()
        await it.until_there(f"{STEM}.Anna_2.wav")


async def test_a_terminal_s_ctrl_c_reaches_neither_recorder_nor_converter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tells = "import os, pathlib, sys; pathlib.Path(sys.argv[2], 'group').write_text(str(os.getpgid(0)))"
    monkeypatch.setattr("mixer.recording.studio._CONVERTER", (sys.executable, "-c", tells))
    async with place(tmp_path) as it:
        it.tape.roll(Recorded.MIXED)
        await it.until_there(f"unfinished/{STEM}.wav")
        assert os.getpgid(it.pid()) != os.getpgid(0)
        it.tape.cut()
        group = await it.until_there("group")
        async with asyncio.timeout(20):
            while it.studio.busy:  # noqa: ASYNC110  it tells nobody
                await asyncio.sleep(0.01)
        assert int(group.read_text()) != os.getpgid(0)


async def test_a_title_and_a_name_of_any_script_make_the_name_of_a_file(tmp_path: Path) -> None:
    long = "会議" * 100
    async with place(tmp_path, format="wav") as it:
        tape = it.new_tape(long)
        tape.enters("a", 3, long)
        stem = tape.roll(Recorded.TRACKS)
        pcm = np.full(SAMPLES, 9, "<i2").tobytes()
        os.write(it._descriptor, frames.head(1, 100) + frames.label(3) + pcm)
        tape.cut()
        assert stem is not None
        await it.until_there(f"{stem}.wav")
        async with asyncio.timeout(20):
            while not (tracks := list(it.folder.glob(f"{stem}.会*.wav"))):  # noqa: ASYNC110  it comes after the mix
                await asyncio.sleep(0.02)
        assert [recorded(track) for track in tracks] == [[9]]


async def test_tracks_are_named_also_of_those_who_came_before_the_recorder_ran(tmp_path: Path) -> None:
    async with place(tmp_path, format="wav") as it:
        it.tape.enters("a", 3, "Anna Petrova")
        it.tape.enters("b", 4, "Anna: Petrova")
        it.tape.roll(Recorded.TRACKS)
        it.tape.leaves("a")
        it.tape.enters("c", 5, "Anna Petrova")
        pcm = np.full(SAMPLES, 9, "<i2").tobytes()
        it.say(1)
        os.write(it._descriptor, frames.head(1, it._tick) + b"".join(frames.label(leg) + pcm for leg in (3, 4, 5)))
        it.tape.cut()
        await it.until_there(f"{STEM}.Anna_Petrova.wav")
        assert recorded(await it.until_there(f"{STEM}.Anna_Petrova_2.wav")) == [0, 9]
        assert recorded(await it.until_there(f"{STEM}.wav")) == [1, 0]


async def test_what_a_former_mixer_s_recorder_still_has_is_made_small_when_it_lets_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixer.recording.studio._AGAIN_SECONDS", 0.05)
    async with place(tmp_path, format="flac") as it:
        it.studio.make_folders()
        other = WavFile(it.studio.unfinished / "other.wav", RATE)
        other.write(0, np.full(SAMPLES, 5, "<i2").tobytes())
        other.save(SAMPLES)
        it.studio.convert()
        await asyncio.sleep(0.5)
        assert not (it.folder / "other.flac").exists()
        other.close()
        assert recorded(await it.until_there("other.flac")) == [5]


async def test_what_a_crash_left_is_made_small_at_the_start_and_what_can_t_be_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with place(tmp_path, format="wav") as it:
        it.tape.roll(Recorded.MIXED)
        it.say(1, 2, 3)
        it.tape.cut()
        made = await it.until_there(f"{STEM}.wav")
        made.rename(it.folder / "unfinished" / "left.wav")
    async with place(tmp_path, format="flac") as it:
        it.studio.convert()
        assert recorded(await it.until_there("left.flac")) == [1, 2, 3]
    async with place(tmp_path) as it:
        (it.folder / "unfinished" / "no_wav.wav").write_bytes(bytes(200))
        it.studio.convert()
        for stem in (STEM, f"{STEM}_2", f"{STEM}_3"):
            assert it.tape.roll(Recorded.MIXED) == stem
            it.say(1)
            it.tape.cut()
            await it.until_there(f"{stem}.opus")  # so a converter before this one has ended
    (warning,) = caplog.messages
    assert warning.startswith(f"{it.folder / 'unfinished' / 'no_wav.wav'} stays as it is: ")
    async with place(tmp_path / "nothing") as it:
        it.studio.convert()
