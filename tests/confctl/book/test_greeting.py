"""The manual's limits on a greeting, each refused with its own reason when the conference is added."""

from __future__ import annotations

import re
import wave
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from confctl.book.greeting import DECODING, LARGEST, SMALLEST, Greeting, again, taken
from confctl.problems import RefusedError
from confctl.storage.files import locked
from tests.confctl.book.book_writer import a_copy, book, draft

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.confctl.office import Office


def sound(file: Path, seconds: float = 4.0, rate: int = 44100) -> Path:
    """A tone in stereo; the name's extension says the format."""
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)
    soundfile.write(file, np.stack([tone, tone], axis=1), rate)
    return file


@pytest.mark.parametrize("name", ["hello.wav", "hello.mp3", "A-b_9.WAV", "fifteen-letters.wav"])
def test_a_wav_or_mp3_is_taken_and_the_book_has_its_own_copy(office: Office, name: str) -> None:
    sound(office.folder / name)
    code = office.add("--greeting", name)
    (office.folder / name).unlink()
    assert office.confctl("show", code, "--json").json["greeting"] == name
    with wave.open(str(office.folder / "conferences" / "greetings" / f"{code}.wav")) as copy:
        assert (copy.getnchannels(), copy.getsampwidth(), copy.getframerate()) == (1, 2, 16000)
        assert copy.getnframes() / 16000 == pytest.approx(4.0, abs=0.1)
    assert sounds(office) == [f"{code}.wav"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("sixteen-letters-.wav", "longer than 15 characters"),
        ("привет.wav", "other characters than ASCII"),
        ("two words.wav", "other characters than ASCII"),
        ("dots.in.name.wav", "other characters than ASCII"),
        (".wav", "neither wav nor mp3"),
        ("hello.ogg", "neither wav nor mp3"),
        ("hello", "neither wav nor mp3"),
        ("absent.wav", "no file"),
        ("folder.wav", "is no file"),
    ],
)
def test_each_limit_on_the_name_has_its_own_refusal(office: Office, name: str, says: str) -> None:
    if name == "folder.wav":
        (office.folder / name).mkdir()
    elif name != "absent.wav":
        (office.folder / name).write_bytes(bytes(SMALLEST))
    assert says in refusal(office, name)


@pytest.mark.parametrize(
    ("size", "says"),
    [(0, "is 0 KB; a greeting has 15 KB at least"), (SMALLEST - 1, "is 14 KB"), (LARGEST + 1, "is 25.1 MB")],
)
def test_size_has_its_limits(office: Office, size: int, says: str) -> None:
    with (office.folder / "hello.wav").open("wb") as file:
        file.truncate(size)
    assert says in refusal(office, "hello.wav")


def test_a_sound_of_the_smallest_size_is_taken(office: Office) -> None:
    file = office.folder / "hello.wav"
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(bytes(range(250)) * ((SMALLEST - 44) // 250 + 1))
    file.write_bytes(file.read_bytes()[:SMALLEST])
    assert office.confctl("add", "W", *ARGUMENTS, "--greeting", "hello.wav").status == 0


@pytest.mark.parametrize("name", ["text.wav", "text.mp3"])
def test_what_is_no_sound_is_refused_and_nothing_is_left_of_it(office: Office, name: str) -> None:
    (office.folder / name).write_bytes(b"This is no sound. \x1b[31m" * 2000)
    said = f"confctl: {name} can't be played: it holds no sound that can be read; save it anew, as wav or mp3.\n"
    assert refusal(office, name) == said


def test_a_deleted_conference_takes_its_greeting_along_and_a_past_one_keeps_it(office: Office) -> None:
    sound(office.folder / "hello.wav")
    code = office.add("--greeting", "hello.wav")
    assert office.confctl("delete", code, "--yes").status == 0
    assert sounds(office) == []


def test_check_finds_a_damaged_and_a_lost_copy(office: Office) -> None:
    sound(office.folder / "hello.wav")
    code = office.add("--greeting", "hello.wav")
    copy = office.folder / "conferences" / "greetings" / f"{code}.wav"
    assert "greetings" not in office.confctl("check").out
    copy.write_bytes(copy.read_bytes()[:20000])
    assert f"{code}.wav is gone or damaged" in office.confctl("check", "--json").out
    copy.unlink()
    assert f"{code}.wav is gone or damaged" in office.confctl("check", "--json").out


@pytest.mark.parametrize(("loudness", "says", "fine"), [(0.0, "is silent", False), (3.0, "is clipped", True)])
def test_check_and_show_say_that_a_greeting_is_silent_or_clipped(
    office: Office, loudness: float, says: str, fine: bool
) -> None:
    samples = np.clip(loudness * np.sin(np.arange(32000) / 10), -1, 1)
    soundfile.write(office.folder / "hello.wav", samples, 16000)
    added = office.confctl("add", "Weekly", *ARGUMENTS, "--greeting", "hello.wav")
    assert (says in added.err, says in added.out) == (True, False)  # once
    found = office.confctl("check", "--json").json["checks"]
    assert isinstance(found, list)
    assert [(says in each["detail"], each["ok"]) for each in found if each["what"] == "greetings"] == [(True, fine)]
    code = re.findall("[0-9]{6}", added.out)[0]
    assert says in office.confctl("show", code).out
    edited = office.confctl("edit", code, "--title", "Another")
    assert (says in edited.err, says in edited.out) == (False, True)


def copy_of(folder: Path, samples: NDArray[np.float64]) -> Greeting:
    """What the book's copy says of a sound of 8 kHz, ±1 at full scale."""
    soundfile.write(folder / "hello.wav", samples, 8000, subtype="FLOAT")
    with taken(folder / "hello.wav", folder) as greeting:
        said = greeting.seconds, greeting.warnings
        kept = greeting.copy.rename(folder / "kept.wav")
    greeting = Greeting(kept, greeting.name)
    assert (greeting.seconds, greeting.warnings) == said
    return greeting


SECOND = np.arange(8000) / 8000


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        (np.zeros(8000), "silent"),
        (0.004 * np.sin(2 * np.pi * 300 * SECOND), "silent"),
        (0.02 * np.sin(2 * np.pi * 300 * SECOND), None),
        (0.99 * np.sin(2 * np.pi * 100 * SECOND), None),
        (np.clip(1.2 * np.sin(2 * np.pi * 300 * SECOND), -1, 1), "clipped"),
        (4.0 * np.sin(2 * np.pi * 100 * SECOND), "clipped"),
        (np.where(SECOND > 0.9999, 1.0, 0.3), None),
    ],
)
def test_a_silent_or_clipped_greeting_is_warned_of(
    tmp_path: Path, samples: NDArray[np.float64], says: str | None
) -> None:
    warnings = [str(warning) for warning in copy_of(tmp_path, samples).warnings]
    assert len(warnings) == (says is not None)
    assert says is None or f"hello.wav is {says}" in warnings[0]


@pytest.mark.parametrize("seconds", [1, 2.5])
def test_the_length_is_that_of_the_copy_and_none_once_it_is_gone_or_damaged(tmp_path: Path, seconds: float) -> None:
    greeting = copy_of(tmp_path, 0.3 * np.ones(int(8000 * seconds)))
    assert greeting.seconds == pytest.approx(seconds, abs=0.01)
    greeting.copy.write_bytes(greeting.copy.read_bytes()[:-7000])
    assert (greeting.seconds, greeting.warnings) == (None, ())
    greeting.copy.unlink()
    assert (greeting.seconds, greeting.warnings) == (None, ())


def test_the_greeting_of_an_earlier_conference_is_taken_again_and_outlives_it(tmp_path: Path) -> None:
    target = book(tmp_path)
    with a_copy(target.greetings, b"sound") as greeting:
        first = target.add(replace(draft("first"), greeting=greeting), 0.0)
    with again(first, target.greetings) as greeting:
        second = target.add(replace(draft("second"), greeting=greeting), 0.0)
    target.delete(first.plan.code, 0.0)
    assert second.greeting and second.greeting_name == first.greeting_name
    assert second.greeting.copy.read_bytes() == b"sound"
    assert [file.name for file in target.greetings.glob("*.wav")] == [f"{second.plan.code}.wav"]
    with (
        pytest.raises(RefusedError, match=f"greeting of conference {first.plan.code} is gone"),
        again(first, target.greetings),
    ):
        pass


def test_no_conference_takes_the_greeting_of_another_away(tmp_path: Path) -> None:
    target = book(tmp_path)
    with a_copy(target.greetings, b"sound") as greeting:
        first = target.add(replace(draft("first"), greeting=greeting), 0.0)
    with pytest.raises(ValueError, match="another conference's"):
        target.add(first.draft(), 0.0)
    assert first.greeting and first.greeting.copy.read_bytes() == b"sound"


ARGUMENTS = ("--owner", "101", "--date", "today", "--from", "15:30", "--to", "16:30")


def test_what_a_killed_command_left_is_cleared_away_but_not_what_another_decodes(office: Office) -> None:
    greetings = office.folder / "conferences" / "greetings"
    greetings.mkdir(parents=True)
    for name in (".0123.wav", "..0123.wav.77.tmp"):
        (greetings / name).touch()
    with locked(greetings / DECODING, shared=True):
        office.add()
    assert sounds(office) == ["..0123.wav.77.tmp", ".0123.wav"]
    office.add()
    assert sounds(office) == []


def sounds(office: Office) -> list[str]:
    greetings = office.folder / "conferences" / "greetings"
    return sorted(file.name for file in greetings.iterdir() if file.name != DECODING)


def refusal(office: Office, name: str) -> str:
    said = office.confctl("add", "Weekly", *ARGUMENTS, "--greeting", name)
    assert said.status == 1
    assert said.err.count("\n") == 1
    assert "\x1b" not in said.err
    assert office.confctl("list", "--json").conferences() == []
    assert not list((office.folder / "conferences").rglob("*.wav"))
    return said.err
