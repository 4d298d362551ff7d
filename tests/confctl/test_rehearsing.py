"""``confctl rehearse``: what is typed, what is shown, and that nothing of the real conferences is touched."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

import mixer.rules.step
from confctl.problems import UsageError
from confctl.rehearsal.telling import part
from mixer.rehearsal.scene import DialIn, Drop, Hold, Leave, Part, Press, Way
from mixer.rules.records import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from mixer.rules.conference import Conference
    from tests.confctl.office import Office


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


# What is typed


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", Part()),
        ("answers:20s", Part(answers_after=20.0)),
        ("busy", Part(Way.BUSY)),
        ("busy:3m", Part(Way.BUSY, until=180.0)),
        ("unreachable:1h30m", Part(Way.UNREACHABLE, until=5400.0)),
        (
            "late:5m,leaves:20m,back:25m",
            Part(Way.NO_ANSWER, 300.0, deeds=(DialIn(300.0), Leave(1200.0), DialIn(1500.0))),
        ),
        ("busy, late:5m, wrong-code", Part(Way.BUSY, 300.0, deeds=(DialIn(300.0, wrong_first=True),))),
        ("hold:10m:2m", Part(deeds=(Hold(600.0, 120.0),))),
        ("hold:90s,drops:12m", Part(deeds=(Hold(90.0, 60.0), Drop(720.0, 60.0)))),
        ("presses:15m:*1", Part(deeds=(Press(900.0, "*1"),))),
    ],
)
def test_what_a_phone_does_is_written_in_words(text: str, meant: Part) -> None:
    assert part(text) == meant


@pytest.mark.parametrize(
    "text",
    ["sleeps", "late", "late:soon", "late:5", "busy:1m:2m", "hold", "hold:1m:2m:3m", "presses:5m", "presses:5m:x",
     "wrong-code", "leaves:", "late:5m:", "hold:1m:", "answers:-1s"],
)  # fmt: skip
def test_what_a_phone_cannot_do_is_refused_with_all_that_it_can(text: str) -> None:
    with pytest.raises(UsageError, match=r"there is answers\[:TIME\], busy"):
        part(text)


def test_whoever_is_named_is_one_of_the_conference(office: Office) -> None:
    code = office.add("--with", "102")
    assert "“carol”; there are Анна Петрова, Борис" in office.confctl("rehearse", code, "--phone", "carol=busy").err
    assert "“о” fits several people" in office.confctl("rehearse", code, "--phone", "о=busy").err
    said = office.confctl("rehearse", code, "--phone", "Борис")
    assert (said.status, said.err) == (2, "confctl: “Борис”: write WHO=WHAT, such as “Anna=busy”.\n")
    assert office.confctl("rehearse", code, "--seed", "3").status == 2
    assert office.confctl("rehearse", "999999").status == 1


# What comes of it


def test_a_conference_is_played_and_nothing_is_touched(office: Office) -> None:
    code = office.add("--with", "102", "1020", "104")
    before = contents(office.folder)
    said = office.confctl("rehearse", code, "--phone", "Борис=late:5m,leaves:20m,back:25m", "Carol=busy", "--quick")
    assert (said.status, said.err) == (0, "")
    assert contents(office.folder) == before
    lines = said.out.splitlines()
    assert lines[0] == "“Weekly”, Monday, 30 November 2026, 15:30–16:30 Europe/Moscow (UTC+3)"
    assert "15:30:00  4 phones are called" in lines
    assert "15:35:00  Борис Королёв dials the conference number" in lines
    assert "15:50:00  Борис Королёв has left (hung up)" in lines
    assert [line.split()[-1] for line in lines if line.startswith(("Анна", "Борис", "Carol", "Иван"))] == ["right"] * 4
    assert "Everybody would have heard what they should." in lines


def test_what_is_called_off_is_not_told_as_if_it_had_been_held(office: Office) -> None:
    with (office.folder / "confctl.toml").open("a") as written:
        written.write('\n[conference]\nowner_absent_minutes = 2\nowner_absent = "call-off"\n')
    code = office.add("--with", "102")
    said = office.confctl("rehearse", code, "--phone", "Анна=no-answer", "--quick")
    assert said.status == 0, "it was done as the settings have it"
    assert "Everybody would have heard" not in said.out
    assert (
        "It would have been called off at 15:32:00, because the owner had not come. "
        "Until then everybody would have heard what they should."
    ) in said.out


def test_what_would_go_wrong_is_said_with_its_time_and_the_status(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = office.add("--with", "102", "104")
    right = mixer.rules.step.hears
    monkeypatch.setattr(mixer.rules.step, "hears", lambda leg, **how: right(leg, **{**how, "owner_in": True}))
    said = office.confctl("rehearse", code, "--phone", "Анна=answers:20s", "--quick", "--json")
    assert said.status == 1
    assert said.json["ok"] is False
    anna, boris, _ = said.json["people"]
    assert anna["ok"] is True
    early, *_ = boris["wrong"]
    assert early == {"at": "2026-11-30T15:30:04+03:00", "what": "hears Иван Петров though the owner is not in"}
    shown = office.confctl("rehearse", code, "--phone", "Анна=answers:20s", "--quick")
    assert "15:30:04 hears Иван Петров though the owner is not in" in shown.out
    assert "Something would go wrong for 2 people." in shown.out


def test_an_error_of_the_mixer_is_one_of_the_rehearsal(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    code = office.add("--with", "102")
    right = mixer.rules.step.deadline

    def complaining(conference: Conference, now: float) -> float | None:
        logging.getLogger("mixer.rules.step").error("something is amiss")
        return right(conference, now)

    monkeypatch.setattr(mixer.rules.step, "deadline", complaining)
    said = office.confctl("rehearse", code, "--phone", "Борис=busy", "--quick")
    assert said.status == 1
    assert said.out.count("The mixer's log: something is amiss") == 1
    assert "The mixer would have made a mistake." in said.out


def test_a_past_conference_can_be_played_again_and_one_that_a_mixer_has(office: Office) -> None:
    code = office.add("--with", "102")
    with office.mixer():
        assert office.confctl("rehearse", code, "--quick").status == 0
    office.mixer_noted(code, Kind.STARTED, Kind.ENDED)
    from confctl.book.book import Book
    from confctl.people.directory import Directory

    people = Directory.load(office.folder / "people.toml", trunk=False)
    Book(office.folder / "conferences", people).end(code, office.now + 7200, "last-left")
    assert office.confctl("rehearse", code, "--quick").status == 0


def test_chance_is_the_same_with_the_same_seed(office: Office) -> None:
    code = office.add("--with", "102", "1020")
    first = office.confctl("rehearse", code, "--random", "--seed", "7", "--quick")
    assert first.out.endswith("--random --seed 7 plays the same again.\n")
    assert office.confctl("rehearse", code, "--random", "--seed", "7", "--quick").out == first.out
    drawn = office.confctl("rehearse", code, "--random", "--quick", "--json").json["seed"]
    assert isinstance(drawn, int)


def test_it_is_played_in_russian_too(office: Office) -> None:
    code = office.add("--with", "102")
    said = office.confctl("--lang", "ru", "rehearse", code, "--quick")
    assert said.status == 0
    assert "понедельник, 30 ноября 2026" in said.out
