"""What becomes of a finished recording: small, whole, and never lost on the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.recording import convert
from mixer.recording.convert import ConversionError, finish
from mixer.recording.frames import RATE
from mixer.recording.wav import WavFile
from tests.phones.waiting import until

ROOT = Path(__file__).parents[2]
HASTY = (
    sys.executable,
    "-c",
    "from mixer.recording import convert; convert._make_way = lambda: None; convert.main()",
)
"""The converter, but at everybody else's priority: a test does not wait until the others are done."""


def speech(seconds: float) -> np.ndarray:
    """A tone that swells, with noise."""
    time_ = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(1).normal(0, 100, len(time_))
    return (8000 * np.sin(2 * np.pi * 440 * time_) * np.abs(np.sin(3 * time_)) + noise).astype("<i2")


def taped(file: Path, pcm: np.ndarray) -> WavFile:
    """Still being written."""
    file.parent.mkdir(exist_ok=True, parents=True)
    wav = WavFile(file, RATE)
    wav.write(0, pcm.tobytes())
    wav.save(len(pcm))
    return wav


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    file = tmp_path / "unfinished" / "talk.wav"
    taped(file, speech(3.3)).close()
    return file


@pytest.mark.parametrize("kind", ["opus", "flac", "wav"])
def test_a_recording_is_made_small_and_has_every_sample(tmp_path: Path, wav: Path, kind: str) -> None:
    size, wanted = wav.stat().st_size, speech(3.3)
    made = convert.convert(wav, tmp_path, kind)
    assert made == tmp_path / f"talk.{kind}"
    assert not list(wav.parent.iterdir())
    assert made.stat().st_mode & 0o777 == 0o600
    pcm, rate = soundfile.read(made, dtype="int16")
    assert (rate, len(pcm)) == (RATE, len(wanted))
    if kind == "opus":
        assert np.corrcoef(pcm, wanted)[0, 1] > 0.98
        assert made.stat().st_size < size / 6
    else:
        assert (pcm == wanted).all()


def test_what_is_still_being_written_is_left_alone(tmp_path: Path) -> None:
    unfinished = tmp_path / "unfinished"
    file = unfinished / "talk.wav"
    wav = taped(file, speech(0.5))
    finish(file, tmp_path, "wav", 0)
    assert file.exists()
    wav.close()
    finish(file, tmp_path, "wav", 0)
    assert not file.exists() and (tmp_path / "talk.wav").exists()
    finish(file, tmp_path, "wav", 0)


def test_two_converters_are_never_at_the_same_file(tmp_path: Path, wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second is of the next mixer, after the first one's was killed."""
    encoded, rivals = convert._encode, list[str]()

    def slowly(*arguments: object) -> int:
        rivals.append(run(wav.parent, tmp_path, "opus").stdout)
        return encoded(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(convert, "_encode", slowly)
    finish(wav, tmp_path, "opus", 0)
    assert rivals == [""]
    assert len(soundfile.read(tmp_path / "talk.opus")[0]) == len(speech(3.3))


def test_what_another_one_has_done_by_the_time_it_is_ours_is_left_alone(
    tmp_path: Path, wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = convert.fcntl.flock

    def too_late(file: int, how: int) -> None:
        wav.replace(tmp_path / "talk.wav")
        (tmp_path / "talk.wav").unlink()
        locked(file, how)

    monkeypatch.setattr(convert.fcntl, "flock", too_late)
    finish(wav, tmp_path, "flac", 0)
    assert not list(tmp_path.glob("*.*"))


def test_what_a_killed_converter_of_another_format_left_goes(tmp_path: Path, wav: Path) -> None:
    wav.with_name(".talk.flac").write_bytes(b"half")
    finish(wav, tmp_path, "wav", 0)
    assert not list(wav.parent.iterdir())


def test_the_others_keep_their_room_on_the_disk(tmp_path: Path, wav: Path) -> None:
    before = wav.read_bytes()
    done = run(wav.parent, tmp_path, "flac", leave_free=1 << 60)
    assert json.loads(done.stdout) == {"file": "talk.wav", "why": "full"}
    assert list(wav.parent.iterdir()) == [wav]
    assert wav.read_bytes() == before


def test_a_file_without_any_sound_does_not_stay(tmp_path: Path) -> None:
    taped(tmp_path / "talk.wav", speech(0)).close()
    (tmp_path / "killed.wav").touch()
    files = sorted(tmp_path.iterdir())
    for file in files:
        finish(file, tmp_path, "wav", 0)
    assert sorted(tmp_path.iterdir()) == files, "they may be about to be written to"
    for file in files:
        os.utime(file, (time.time() - 100, time.time() - 100))
        finish(file, tmp_path, "wav", 0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["opus", "flac"])
def test_a_successor_that_is_not_whole_replaces_nothing(
    tmp_path: Path, wav: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convert, "_samples", lambda _: 1)
    before = wav.read_bytes()
    with pytest.raises(ConversionError, match="has 1 samples where 52800 should be"):
        convert.convert(wav, tmp_path, kind)
    assert wav.read_bytes() == before
    assert list(wav.parent.iterdir()) == [wav]
    assert not list(tmp_path.glob("*.*"))


@pytest.mark.parametrize("kind", ["opus", "flac"])
def test_on_a_full_disk_the_recording_stays_as_it_is_and_nothing_else(tiny_disk: Path, kind: str) -> None:
    wav = tiny_disk / "unfinished" / "talk.wav"
    taped(wav, speech(3.3)).close()
    with suppress(OSError), (tiny_disk / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(512))
    before = wav.read_bytes()
    done = run(wav.parent, tiny_disk, kind)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"file": "talk.wav", "why": "full"}
    assert list(wav.parent.iterdir()) == [wav]
    assert wav.read_bytes() == before
    (tiny_disk / "ballast").unlink()
    assert run(wav.parent, tiny_disk, kind).stdout == ""
    assert (tiny_disk / f"talk.{kind}").exists()


def test_what_is_no_wav_is_told_of_and_stays_and_the_others_are_made_small(tmp_path: Path, wav: Path) -> None:
    wrong = wav.with_name("broken.wav")
    wrong.write_bytes(b"RIFF" + bytes(200))
    done = run(wav.parent, tmp_path, "opus")
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["file"] == "broken.wav"
    assert done.stderr == ""
    assert wrong.exists() and (tmp_path / "talk.opus").exists() and not wav.exists()


def test_killed_in_the_middle_it_is_done_again(tmp_path: Path) -> None:
    wav = tmp_path / "unfinished" / "talk.wav"
    pcm = speech(120)
    taped(wav, pcm).close()
    child = subprocess.Popen(command(wav.parent, tmp_path, "opus", 0), cwd=ROOT)
    until(lambda: (wav.parent / ".talk.opus").exists(), 20, "it has begun")
    child.kill()
    child.wait()
    assert wav.exists() and not (tmp_path / "talk.opus").exists()
    assert run(wav.parent, tmp_path, "flac").returncode == 0
    assert (soundfile.read(tmp_path / "talk.flac", dtype="int16")[0] == pcm).all()


def test_it_lets_everything_else_go_first(tmp_path: Path) -> None:
    wav = tmp_path / "unfinished" / "talk.wav"
    taped(wav, speech(120)).close()
    child = subprocess.Popen(
        [sys.executable, "-m", "mixer.recording.convert", str(wav.parent), str(tmp_path), "opus", "0"], cwd=ROOT
    )
    stat = Path(f"/proc/{child.pid}/stat")
    until(lambda: stat.read_text().rpartition(")")[2].split()[16] == "19", 60, "it is nice")  # also one that has ended
    child.kill()
    child.wait()


def command(*arguments: object) -> list[str]:
    return [*HASTY, *map(str, arguments)]


def run(unfinished: Path, folder: Path, kind: str, leave_free: int = 0) -> subprocess.CompletedProcess[str]:
    words = command(unfinished, folder, kind, leave_free)
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
