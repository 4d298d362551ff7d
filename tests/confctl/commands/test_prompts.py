"""``confctl prompts``, as it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
import soundfile

from tests.confctl.test_own_prompts import tone

if TYPE_CHECKING:
    from tests.confctl.office import Office


def listed(office: Office, name: str) -> dict[object, dict[str, object]]:
    """By language."""
    prompts = cast("list[dict[str, object]]", office.confctl("prompts", "list", "--json").json["prompts"])
    return {each["language"]: each for each in prompts if each["name"] == name}


def test_the_list_has_what_each_says_in_both_languages_and_whose_it_is(office: Office) -> None:
    assert office.confctl("prompts", "replace", "good-bye", str(tone(office.folder / "bye.mp3"))).status == 0
    good_bye = listed(office, "good-bye")
    assert (good_bye["en"]["own"], good_bye["en"]["file"], good_bye["en"]["text"]) == (
        True,
        "prompts/en/good-bye.wav",
        "Good-bye.",
    )
    assert (good_bye["ru"]["own"], good_bye["ru"]["text"]) == (False, "До свидания.")
    assert cast("float", good_bye["en"]["seconds"]) == pytest.approx(1.0, abs=0.2)
    assert set(listed(office, "music")) == {None}
    shown = office.confctl("prompts", "list").out
    assert "your own" in shown and "До свидания." in shown


def test_the_list_says_what_sounds_without_words_are_for(office: Office) -> None:
    rows = [line.split(maxsplit=4) for line in office.confctl("prompts", "list").out.splitlines()]
    told = {row[0]: row[-1] for row in rows if row[0] in {"tone", "comes", "goes", "done", "music"}}
    assert told == {
        "tone": "(a tone: the code can be keyed in)",
        "comes": "(a tone: somebody has come in)",
        "goes": "(a tone: somebody has left)",
        "done": "(a tone: louder or softer by a step)",
        "music": "(music: while people wait for the owner)",
    }


def test_what_is_put_there_by_hand_and_is_no_good_is_listed_and_checked(office: Office) -> None:
    assert office.confctl("prompts", "check").status == 0
    file = tone(office.folder / "prompts" / "ru" / "first.mp3")
    said = office.confctl("prompts", "check")
    assert (said.status, "1 in place of ours" in said.out) == (0, True)
    file.write_text("no sound")
    said = office.confctl("prompts", "check", "--json")
    assert said.status == 1
    assert [check["ok"] for check in said.json["checks"]] == [True, False]  # type: ignore[attr-defined]  # it is JSON
    assert listed(office, "first")["ru"]["problem"]
    assert "ours is heard instead" in office.confctl("check").out


def test_a_recording_is_refused_for_what_it_is_and_nothing_is_changed(office: Office) -> None:
    text = office.folder / "text.wav"
    text.write_text("no sound " * 5000)
    for words, status, told in (
        (("good-bye", "text.wav"), 1, "text.wav can't be played: it holds no sound that can be read"),
        (("good-bye", "gone.wav"), 1, "gone.wav can't be played: there is no such file"),
        (("goodbye", "text.wav"), 1, "There is no sound goodbye; “confctl prompts list” has the names"),
        (("tone", "text.wav", "--language", "ru"), 2, "tone is the same in all languages"),
    ):
        said = office.confctl("prompts", "replace", *words)
        assert said.status == status
        assert said.err.startswith(f"confctl: {told}") and said.err.count("\n") == 1
    assert list((office.folder / "prompts").rglob("*.*")) == []


def test_a_recording_takes_the_place_of_one_of_another_kind_and_goes_again(office: Office) -> None:
    by_hand = tone(office.folder / "prompts" / "ru" / "first.mp3")
    source = tone(office.folder / "first.flac", seconds=2)
    replaced = office.confctl("prompts", "replace", "first", str(source), "--language", "ru", "--json").json
    assert replaced == {"replaced": "ru/first", "file": "prompts/ru/first.wav", "seconds": 2.0}
    assert not by_hand.exists()
    assert office.confctl("prompts", "reset", "first", "--language", "ru").out == "ru/first is ours again.\n"
    again = office.confctl("prompts", "reset", "first", "--language", "ru")
    assert (again.status, again.err) == (
        1,
        "confctl: ru/first is ours already: there is no recording of your own.\n",
    )


def test_music_that_the_settings_name_is_not_replaced_behind_their_back(office: Office) -> None:
    with (office.folder / "confctl.toml").open("a", encoding="utf-8") as file:
        file.write('\n[music]\nfile = "jazz.mp3"\n')
    said = office.confctl("prompts", "replace", "music", str(tone(office.folder / "other.wav")))
    assert said.status == 1 and "jazz.mp3; change that file, or music.file" in said.err


def test_a_sound_is_written_as_callers_hear_it_or_played_by_what_is_there(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.confctl("prompts", "replace", "first", str(tone(office.folder / "first.wav", seconds=2)))
    assert office.confctl("prompts", "play", "first", "-o", "heard.wav").status == 0
    assert soundfile.info("heard.wav").duration == 2.0
    assert office.confctl("prompts", "play", "music", "-o", "music.wav").status == 0
    monkeypatch.setenv("PATH", str(office.folder))
    said = office.confctl("prompts", "play", "first")
    assert said.status == 1 and "is installed here; write a file with -o FILE" in said.err
    player = office.folder / "aplay"
    player.write_text('#!/bin/sh\necho "no device" >&2\nexit 1\n')
    player.chmod(0o755)
    assert "It can't be played here (no device)" in office.confctl("prompts", "play", "first").err
    player.write_text("#!/bin/sh\nexit 0\n")
    assert office.confctl("prompts", "play", "first").status == 0
