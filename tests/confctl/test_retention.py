"""What is older than the settings say goes, and nothing else does."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from typing import TYPE_CHECKING

import pytest

from confctl import caretaker, check_clock, child, clock_mark
from confctl.caretaker import Caretaker
from confctl.settings import load
from mixer.journal import Journal
from mixer.rules.records import Kind, Record
from tests.confctl.commands.past import ended
from tests.confctl.office import moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.confctl.office import Office

DAY = 86400.0


def keep(office: Office, **days: int) -> None:
    with (office.folder / "confctl.toml").open("a") as settings:
        settings.write("\n[retention]\n" + "".join(f"{name} = {number}\n" for name, number in days.items()))


def made(file: Path, at: float) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x", encoding="utf-8")
    os.utime(file, (at, at))
    return file


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110  what it waits for is a line in a log
            await asyncio.sleep(0.02)


def past(office: Office, *others: str) -> str:
    """A conference that was over on the 30th of November at 16:30."""
    code = office.add(*others)
    office.mixer_noted(code, Kind.STARTED, Kind.ENDED)
    ended(office, code, "2026-11-30 16:30", "last-left")
    return code


def files(office: Office) -> set[str]:
    found = (file for file in office.folder.rglob("*") if file.is_file() and not file.name.startswith("."))
    return {str(file.relative_to(office.folder)) for file in found} - {"confctl.toml", "people.toml"}


def test_nothing_goes_unless_days_are_set(office: Office) -> None:
    past(office)
    office.now += 10_000 * DAY
    before = files(office)
    said = office.confctl("prune")
    assert (said.status, files(office)) == (0, before)
    assert said.out.startswith("Nothing is ever removed: no number of days is set under [retention]")


@pytest.mark.parametrize(("days_later", "gone"), [(29.9, False), (30.1, True)])
def test_a_past_conference_goes_with_its_journal_and_its_greeting_when_its_days_are_over(
    office: Office, days_later: float, gone: bool
) -> None:
    keep(office, conferences=30)
    code = past(office)
    made(office.folder / "conferences" / "greetings" / f"{code}.wav", office.now)
    office.now = moment("2026-11-30 16:30") + days_later * DAY
    assert office.confctl("prune").status == 0
    kept = {f"conferences/past/2026/11/{code}.toml", f"conferences/greetings/{code}.wav", f"journal/{code}.jsonl"}
    assert (kept & files(office)) == (set() if gone else kept)
    assert (office.confctl("show", code).status == 1) is gone
    assert (office.folder / "conferences" / "codes").read_text().startswith(code)  # never given out again


def test_a_folder_that_is_no_month_keeps_nothing_from_going(office: Office) -> None:
    keep(office, conferences=30)
    code = past(office)
    for stranger in ("2026/13", "2026/00", "0000/01"):
        made(office.folder / "conferences" / "past" / stranger / "notes.txt", office.now)
    office.now = moment("2026-11-30 16:30") + 31 * DAY
    said = office.confctl("prune")
    assert (said.status, said.err) == (0, "")
    assert f"conferences/past/2026/11/{code}.toml" not in files(office)
    assert "conferences/past/2026/13/notes.txt" in files(office)


def test_what_is_planned_or_runs_stays_however_old_its_files_are(office: Office) -> None:
    keep(office, conferences=1, journals=1, recordings=1, mails=1)
    code = office.add(day="2027-06-01")
    office.mixer_noted(code, Kind.STARTED)
    for file in (f"conferences/{code}.toml", f"journal/{code}.jsonl"):
        os.utime(office.folder / file, (1.0, 1.0))
    office.now += 100 * DAY
    unsent = {name for name in files(office) if name.startswith("outbox/2")}
    assert office.confctl("prune").status == 0
    assert {f"conferences/{code}.toml", f"journal/{code}.jsonl"} <= files(office)
    assert unsent.isdisjoint(files(office))


def test_a_deleted_conference_goes_too(office: Office) -> None:
    keep(office, conferences=30)
    code = office.add()
    office.confctl("delete", code, "--yes")
    deleted = f"conferences/deleted/{code}.toml"
    assert office.confctl("prune").status == 0
    assert deleted in files(office)
    office.now = (office.folder / deleted).stat().st_ctime + 31 * DAY
    assert office.confctl("prune").status == 0
    assert deleted not in files(office)


def test_recordings_go_by_their_age_and_foreign_files_stay(office: Office) -> None:
    keep(office, recordings=10)
    folder = office.folder / "recordings"
    old = made(folder / "2026-11-01_15-30_Weekly.opus", office.now - 11 * DAY)
    new = made(folder / "2026-11-29_15-30_Weekly.opus", office.now - DAY)
    foreign = made(folder / "notes.txt", office.now - 1000 * DAY)
    unfinished = made(folder / "unfinished" / "2026-11-01_15-30_Weekly.wav", office.now - 11 * DAY)
    assert office.confctl("prune").status == 0
    assert [file.exists() for file in (old, new, foreign, unfinished)] == [False, True, True, True]


def test_a_journal_goes_by_its_last_line_and_the_conference_stays(office: Office) -> None:
    keep(office, journals=5)
    code = past(office)
    os.utime(office.folder / "journal" / f"{code}.jsonl", (office.now, office.now))
    office.now += 6 * DAY
    assert office.confctl("prune").status == 0
    assert f"journal/{code}.jsonl" not in files(office)
    assert office.confctl("show", code).status == 0


def test_strangers_are_forgotten_line_by_line(office: Office) -> None:
    keep(office, journals=5)
    journal = Journal(office.folder / "journal")
    old, new = (Record(Kind.REFUSED, office.now - days * DAY, detail="no such code") for days in (6, 4))
    journal.write(None, old, new)
    said = office.confctl("prune", "--json")
    assert (said.json["lines"], journal.read(None)) == (1, [new])


def test_a_dry_run_says_what_would_go_and_removes_nothing(office: Office) -> None:
    keep(office, recordings=10, conferences=30, journals=5)
    code = past(office)
    office.now += 100 * DAY
    made(office.folder / "recordings" / "2026-11-30_15-30_Weekly.opus", office.now - 11 * DAY)
    before = files(office)
    said = office.confctl("prune", "--dry-run")
    assert (said.status, files(office)) == (0, before)
    assert said.out.splitlines()[0].split() == ["What", "Over", "since", "MB", "File"]
    assert f"11/{code}.toml" in said.out
    assert said.out.splitlines()[-1].startswith("2 things would be removed") or "3 things would be" in said.out


def test_what_cannot_be_removed_is_told_and_the_rest_goes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(office, recordings=10)
    stuck, old = (
        made(office.folder / "recordings" / f"2026-11-0{day}_15-30_Weekly.opus", office.now - 20 * DAY)
        for day in (1, 2)
    )
    unlink = type(stuck).unlink

    def refused(file: Path, *, missing_ok: bool = False) -> None:
        if file.name == stuck.name:
            raise PermissionError(13, "Permission denied", str(file))
        unlink(file, missing_ok=missing_ok)

    monkeypatch.setattr(type(stuck), "unlink", refused)
    said = office.confctl("prune")
    assert (said.status, stuck.exists(), old.exists()) == (1, True, False)
    assert said.err.startswith("confctl: recordings/2026-11-01_15-30_Weekly.opus: ") or stuck.name in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("days", "complaint"), [("-1", "0"), ('"ten"', "write for example: mails = 0"), ("1000000", "36500")]
)
def test_a_wrong_number_of_days_is_named_with_its_line(office: Office, days: str, complaint: str) -> None:
    with (office.folder / "confctl.toml").open("a") as settings:
        settings.write(f"\n[retention]\nmails = {days}\n")
    said = office.confctl("prune")
    assert said.status == 1
    assert "confctl.toml:16: retention.mails" in said.err
    assert complaint in said.err


async def test_the_mixer_prunes_every_day_in_a_process_of_its_own(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keep(office, recordings=10)
    old = made(office.folder / "recordings" / "2026-01-01_15-30_Weekly.opus", moment("2026-01-01 16:30"))
    monkeypatch.setattr(clock_mark, "machine_has_run", lambda: time.clock_gettime(time.CLOCK_BOOTTIME))
    clock_mark.doubt(load(office.folder / "confctl.toml"), time.time(), keep=True, seen=True)  # somebody has looked
    monkeypatch.setattr(caretaker, "FIRST_SECONDS", 0.0)
    caplog.set_level(logging.INFO)
    care = Caretaker(load(office.folder / "confctl.toml"))
    care.start()
    try:
        await until(lambda: "removed as too old: 1" in caplog.text)
    finally:
        await care.stop()
    assert not old.exists()


async def test_a_pruning_that_fails_is_told_and_the_mixer_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(*_: object, **__: object) -> child.Outcome:
        raise OSError(11, "Resource temporarily unavailable")

    keep(office, mails=1)
    monkeypatch.setattr(child, "confctl", fails)
    monkeypatch.setattr(caretaker, "FIRST_SECONDS", 0.0)
    care = Caretaker(load(office.folder / "confctl.toml"))
    care.start()
    await until(lambda: "tried again tomorrow" in caplog.text)
    await care.stop()
    assert "Resource temporarily unavailable" in caplog.text


def aged(office: Office) -> Path:
    """A recording that is too old in a year, and not before; the mixer has looked once."""
    keep(office, recordings=100)
    file = made(office.folder / "recordings" / "2026-11-29_15-30_Weekly.opus", office.now - DAY)
    assert office.confctl("prune").status == 0
    return file


def jump(office: Office, days: float) -> None:
    office.now += days * DAY
    office.jumped += days * DAY


@pytest.fixture
def unkept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that nothing keeps in step."""
    monkeypatch.setattr(check_clock, "in_step", lambda: False)


@pytest.mark.usefixtures("unkept")
def test_when_the_clock_jumps_by_a_year_nothing_goes_for_a_day_and_what_is_old_then_goes(office: Office) -> None:
    file = aged(office)
    jump(office, 365)
    for hours in (0, 12, 11):
        office.now += hours * 3600
        said = office.confctl("prune")
        assert (said.status, said.out, file.exists()) == (1, "", True)
        assert said.err.startswith("confctl: The clock has jumped, or the machine was off for long: nothing is removed")
    office.now += 2 * 3600
    assert (office.confctl("prune").status, file.exists()) == (0, False)


@pytest.mark.usefixtures("unkept")
def test_a_clock_that_jumped_and_was_set_right_again_has_cost_nothing(office: Office) -> None:
    file = aged(office)
    jump(office, 365)
    assert office.confctl("prune").status == 1
    jump(office, -365)
    assert office.confctl("prune").status == 1
    office.now += 1.1 * DAY
    assert (office.confctl("prune").status, file.exists()) == (0, True)
    office.now += 110 * DAY  # the machine sleeps, and the clock knows
    assert (office.confctl("prune").status, file.exists()) == (0, False)


def test_a_clock_that_ntp_keeps_is_believed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_clock, "in_step", lambda: True)
    file = aged(office)
    jump(office, 365)
    assert (office.confctl("prune").status, file.exists()) == (0, False)


@pytest.mark.usefixtures("unkept")
@pytest.mark.parametrize(("days", "believed"), [(1, True), (25, True), (31, False), (-1, False)])
def test_after_a_start_of_the_machine_the_clock_is_believed_within_a_month(
    office: Office, monkeypatch: pytest.MonkeyPatch, days: float, believed: bool
) -> None:
    aged(office)
    monkeypatch.setattr(clock_mark, "_boot", lambda: "another")
    office.now += days * DAY
    assert (office.confctl("prune").status == 0) is believed


@pytest.mark.usefixtures("unkept")
@pytest.mark.parametrize(
    "text", ["", "{}", "[" * 100_000, '{"wall": "x"}', "\udcff", '{"wall":1e400,"boot":"","ran":0.0}']
)
def test_a_mark_that_cannot_be_read_is_none(office: Office, text: str) -> None:
    aged(office)
    (office.folder / "state" / "clock").write_bytes(text.encode(errors="surrogateescape"))
    assert office.confctl("prune").status == 0


@pytest.mark.usefixtures("unkept")
def test_the_mixers_first_look_believes_no_clock_and_the_one_a_day_later_does(office: Office) -> None:
    keep(office, recordings=100)
    file = made(office.folder / "recordings" / "2026-11-29_15-30_Weekly.opus", office.now - 101 * DAY)
    for hours in (0, 12, 11):
        office.now += hours * 3600
        said = office.confctl("prune", "--by-mixer")
        assert (said.status, said.json, file.exists()) == (0, {"removed": 0, "octets": 0}, True)
        assert said.err.startswith("confctl: Nothing was ever removed here, and nothing keeps the clock in step: ")
    office.now += 1.1 * 3600
    assert (office.confctl("prune", "--by-mixer").status, file.exists()) == (0, False)


@pytest.mark.usefixtures("unkept")
def test_who_prunes_by_hand_has_looked_at_the_clock(office: Office) -> None:
    file = aged(office)
    office.now += 102 * DAY
    assert (office.confctl("prune", "--by-mixer").err, file.exists()) == ("", False)


def test_the_mixers_first_look_believes_a_clock_that_ntp_keeps(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_clock, "in_step", lambda: True)
    keep(office, recordings=100)
    file = made(office.folder / "recordings" / "2026-11-29_15-30_Weekly.opus", office.now - 101 * DAY)
    assert (office.confctl("prune", "--by-mixer").err, file.exists()) == ("", False)


@pytest.mark.usefixtures("unkept")
def test_a_dry_run_says_what_would_go_and_that_nothing_does(office: Office) -> None:
    file = aged(office)
    mark = (office.folder / "state" / "clock").read_bytes()
    jump(office, 365)
    said = office.confctl("prune", "--dry-run")
    assert "2026-11-29_15-30_Weekly.opus" in said.out
    assert "nothing is removed before" in said.err
    assert (file.exists(), (office.folder / "state" / "clock").read_bytes()) == (True, mark)


@pytest.mark.usefixtures("unkept")
def test_the_mixer_is_told_that_nothing_is_removed_and_why(office: Office) -> None:
    aged(office)
    jump(office, 365)
    said = office.confctl("prune", "--by-mixer")
    assert (said.status, said.json) == (0, {"removed": 0, "octets": 0})
    assert "The clock has jumped" in said.err


def test_links_that_lead_nowhere_and_files_that_are_renamed_meanwhile_keep_nothing_from_going(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(office, recordings=10, conferences=10)
    recordings, deleted = office.folder / "recordings", office.folder / "conferences" / "deleted"
    old = made(recordings / "2026-11-01_15-30_Weekly.opus", office.now - 11 * DAY)
    for folder, name in ((recordings, "2026-11-02_15-30_Gone.opus"), (deleted, "123456.toml")):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to("/nowhere/at/all")
    made(recordings / "2026-11-03_15-30_Weekly.wav", office.now - 11 * DAY)
    stat = type(old).stat

    def made_small(file: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if file.suffix == ".wav":
            file.unlink(missing_ok=True)
        return stat(file, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(type(old), "stat", made_small)
    assert (office.confctl("prune").status, old.exists()) == (0, False)
