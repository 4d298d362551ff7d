"""In which state a conference is: what its file, its journal and the mixer's absence say together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from confctl.book.listing import State, current, state
from mixer.journal import Journal
from mixer.rules.records import Kind, Record
from tests.confctl.book.book_writer import book, draft

if TYPE_CHECKING:
    from pathlib import Path

    from tests.confctl.office import Office

START = 2e9


@pytest.mark.parametrize(
    ("after_start", "kinds", "runs", "expected"),
    [
        (-1, [], True, State.PLANNED),
        (0, [], False, State.PLANNED),
        (11, [], True, State.OVERDUE),
        (11, [], False, State.OVERDUE),
        (1, [Kind.STARTED], True, State.RUNNING),
        (1, [Kind.STARTED], False, State.INTERRUPTED),
        (9000, [Kind.STARTED, Kind.STOPPED], False, State.INTERRUPTED),
        (9000, [Kind.STARTED, Kind.RESUMED], True, State.RUNNING),
        (9000, [Kind.STARTED, Kind.ENDED], True, State.ENDED),
        (9000, [Kind.STARTED, Kind.ENDED], False, State.ENDED),
    ],
)
def test_each_state(tmp_path: Path, after_start: float, kinds: list[Kind], runs: bool, expected: State) -> None:
    entry = book(tmp_path).add(draft("Weekly", START), 0.0)
    journal = Journal(tmp_path / "journal")
    journal.write(entry.plan.code, *(Record(kind, START) for kind in kinds))
    assert state(entry, journal, START + after_start, lambda: runs) is expected


def test_the_mixer_is_looked_for_once_and_only_if_something_should_be_running(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    asked: list[bool] = []

    def mixer_runs() -> bool:
        asked.append(True)
        return True

    codes = [book(tmp_path).add(draft("Weekly", START), 0.0).plan.code for _ in range(3)]
    current(book(tmp_path), journal, START - 1, mixer_runs)
    current(book(tmp_path), journal, START + 60, mixer_runs)
    assert asked == []
    for code in codes:
        journal.write(code, Record(Kind.STARTED, START))
    listed, _ = current(book(tmp_path), journal, START + 60, mixer_runs)
    assert [each.state for each in listed] == [State.RUNNING] * 3
    assert asked == [True]


def test_a_started_conference_without_a_mixer_is_interrupted_and_nobody_is_told_it_runs(office: Office) -> None:
    code = office.add(start="12:00", end="13:00")
    office.mixer_noted(code, Kind.STARTED)
    office.now += 60
    said = office.confctl("list")
    assert said.out.startswith("0 running, 0 planned, 1 interrupted\n")
    assert "interrupted" in said.out.partition("\n")[2] and "running now" not in said.out
    as_json = office.confctl("list", "--json")
    assert as_json.conferences()[0]["state"] == "interrupted"
    assert (as_json.json["running"], as_json.json["interrupted"]) == (0, 1)
    assert "прервана" in office.confctl("--lang", "ru", "show", code).out
    with office.mixer():
        assert office.confctl("list").out.startswith("1 running, 0 planned\n")


def test_a_mixer_of_somebody_else_may_be_running_for_all_that_we_know(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = office.add(start="12:00", end="13:00")
    office.mixer_noted(code, Kind.STARTED)

    def not_allowed(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("socket.socket.connect", not_allowed)
    assert "running now" in office.confctl("list").out
