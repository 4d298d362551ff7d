"""Copies of own recordings as the mixer plays them: made of any kind of file, and of no file that is no good."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from confctl import own_prompts
from confctl.own_prompts import UnusableError, bring_up_to_date, files_of, found, prepare, stamp, strays
from confctl.settings import load
from media.sounds.levelling import active_level
from tests.confctl.office import SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

    from confctl.settings import Settings
    from tests.confctl.office import Office


def tone(file: Path, seconds: float = 1.0, level: float = 0.3, rate: int = 22_050) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, level * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate), rate)
    return file


def settings(office: Office, more: str = "") -> Settings:
    (office.folder / "confctl.toml").write_text(SETTINGS + more, encoding="utf-8")
    return load(office.folder / "confctl.toml")


@pytest.mark.parametrize("extension", ["wav", "flac", "mp3", "ogg"])
def test_every_kind_of_file_becomes_a_copy_as_loud_as_our_own(office: Office, extension: str) -> None:
    found_in = settings(office)
    tone(office.folder / "prompts" / "ru" / f"good-bye.{extension}", level=0.02)
    copies = office.folder / "copies"
    assert bring_up_to_date(found_in, copies) == []
    sound, rate = soundfile.read(copies / "ru" / "good-bye.wav")
    assert rate == 16_000
    assert 0.9 < len(sound) / rate < 1.2
    assert active_level(sound, rate) == pytest.approx(-23.0, abs=0.3)


@pytest.mark.parametrize("extension", ["wav", "flac", "mp3", "ogg"])
def test_a_damaged_file_of_every_kind_is_left_out_with_a_reason(office: Office, extension: str) -> None:
    found_in = settings(office)
    file = tone(office.folder / "prompts" / "en" / f"first.{extension}", seconds=3)
    file.write_bytes(bytes(200) + file.read_bytes()[200:400])
    (unused,) = bring_up_to_date(found_in, office.folder / "copies")
    assert unused.file == file and str(unused.problem)
    assert list((office.folder / "copies" / "en").iterdir()) == []


def test_a_text_that_is_named_wav_silence_and_a_speech_are_left_out(office: Office) -> None:
    target = office.folder / "copy.wav"
    text = office.folder / "text.wav"
    text.write_text("hello " * 4000)
    with pytest.raises(UnusableError, match="holds no sound that can be read"):
        prepare("tone", text, target)
    with pytest.raises(UnusableError, match="silent"):
        prepare("tone", tone(office.folder / "silent.wav", level=0.0), target)
    with pytest.raises(UnusableError, match="longer than 30 seconds"):
        prepare("en/first", tone(office.folder / "speech.mp3", seconds=31), target)
    with pytest.raises(UnusableError, match="too short"):
        prepare("en/first", tone(office.folder / "click.wav", seconds=0.01), target)
    assert not target.exists()


def test_long_music_is_cut_after_ten_minutes_and_its_ends_meet_softly(office: Office) -> None:
    file, target = tone(office.folder / "long.mp3", seconds=700, rate=8000), office.folder / "music.wav"
    prepare("music", file, target)
    sound, rate = soundfile.read(target)
    assert len(sound) == 600 * rate
    assert np.abs(sound[:8]).max() < 0.01 and np.abs(sound[-8:]).max() < 0.01


def test_a_file_of_the_mixers_user_alone_is_needed(office: Office) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    found_in = settings(office)
    file = tone(office.folder / "prompts" / "tone.wav")
    file.chmod(0)
    (unused,) = bring_up_to_date(found_in, office.folder / "copies")
    assert "Permission denied" in str(unused.problem)


def test_what_the_system_will_not_let_us_read_is_left_out(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from media.files import SoundFileError

    def refused(*_: object, **__: object) -> None:
        raise SoundFileError("it can't be read: {cause}", cause="Permission denied")

    found_in = settings(office)
    tone(office.folder / "prompts" / "tone.mp3")
    monkeypatch.setattr("media.files.convert", refused)
    (unused,) = bring_up_to_date(found_in, office.folder / "copies")
    assert str(unused.problem) == "it can't be read: Permission denied"


def test_copies_are_made_of_what_is_new_and_go_with_what_is_gone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    real = own_prompts.prepare
    monkeypatch.setattr(own_prompts, "prepare", lambda name, *files: (made.append(name), real(name, *files)))
    found_in, copies = settings(office), office.folder / "copies"
    file, other = tone(office.folder / "prompts" / "en" / "first.wav"), tone(office.folder / "prompts" / "tone.mp3")
    before = stamp(found_in)
    bring_up_to_date(found_in, copies)
    bring_up_to_date(found_in, copies)
    assert sorted(made) == ["en/first", "tone"]
    tone(office.folder / "new.wav", seconds=2).rename(file)
    assert stamp(found_in) != before
    other.unlink()
    bring_up_to_date(found_in, copies)
    assert made[2:] == ["en/first"]
    assert not (copies / "tone.wav").exists()
    assert soundfile.info(str(copies / "en" / "first.wav")).duration == 2.0
    file.write_text("broken by now")
    bring_up_to_date(found_in, copies)
    assert not (copies / "en" / "first.wav").exists(), "ours is heard"


def test_of_two_that_differ_in_great_letters_alone_the_small_one_counts_and_the_other_is_told(office: Office) -> None:
    found_in, folder = settings(office), office.folder / "prompts"
    great, small = tone(folder / "tone.WAV"), tone(folder / "tone.wav")
    assert found(found_in) == {"tone": small}
    assert [each.file for each in strays(found_in)] == [great]
    assert files_of(found_in, "tone") == [small, great], "a reset takes both away"


def test_music_may_be_elsewhere_and_names_that_are_none_are_told(office: Office) -> None:
    music = tone(office.folder / "jazz.mp3")
    found_in = settings(office, '\n[music]\nfile = "jazz.mp3"\n\n[prompts]\nfolder = "voices"\n')
    first = tone(office.folder / "voices" / "en" / "first.WAV")
    for name in ("en/first.mp3", "en/frist.wav", "ru/tone.wav"):
        tone(office.folder / "voices" / name)
    assert found(found_in) == {"music": music, "en/first": first}
    assert {str(each.file.relative_to(office.folder)): str(each.problem) for each in strays(found_in)} == {
        "voices/en/first.mp3": "another file for the same sound counts; remove one of them",
        "voices/en/frist.wav": "no sound is called so; “confctl prompts list” has the names",
        "voices/ru/tone.wav": "no sound is called so; “confctl prompts list” has the names",
    }
