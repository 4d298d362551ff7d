"""``confctl report``: on the terminal, for scripts, for spreadsheets, as a page."""

from __future__ import annotations

import csv
import io
import os
import sys
import time
from typing import TYPE_CHECKING

import pytest

from confctl import app
from confctl.session import Session
from mixer.journal import Journal
from mixer.rules.records import Kind, Record
from tests.confctl.commands.test_loading import TYPER, loaded
from tests.confctl.office import moment
from tests.confctl.report.held import past

if TYPE_CHECKING:
    from tests.confctl.office import Office


def test_the_terminal_shows_who_was_there_who_was_not_and_what_happened(office: Office) -> None:
    said = office.confctl("report", past(office))
    assert (said.status, said.err) == (0, "")
    lines = said.out.split("\n")
    assert "State          ended 15:35: the last one left" in lines
    assert "In short       3 of 3 came; 1:15 of talk" in lines
    assert "Gaps           unknown from 15:34:50 to 15:35:20: the mixer had died, and everybody was cut off" in lines
    anna = next(line for line in lines if line.startswith("Анна"))
    assert anna.split("  ")[1:] and "15:30:05–15:33:00" in anna and "0:40, 53 %" in anna and "good 4.4" in anna
    assert "15:33:20  +74951112233  not on the list" in lines
    assert "15:35:20  the planned end was put off by 10 min" in lines
    assert "15:34:30  Carol Smith was removed (by Анна Петрова)" in lines


def test_of_one_that_runs_it_tells_how_far_it_has_come(office: Office) -> None:
    code = office.add("--with", "102")
    office.now = moment("2026-11-30 15:40")
    begin = moment("2026-11-30 15:30")
    Journal(office.folder / "journal").write(
        code, Record(Kind.STARTED, begin), Record(Kind.ANSWERED, begin + 5, "a", "101", owner=True)
    )
    with office.mixer():
        said = office.confctl("report", code)
        found = office.confctl("report", code, "--json").json
    assert "it runs; this is until 15:40:00" in said.out
    assert "15:30:05–…" in said.out
    assert (found["ended"], found["until"]) == (None, "2026-11-30T15:40:00+03:00")
    assert "interrupted" not in said.out
    assert "15:30:05–15:30:05?" in office.confctl("report", code).out  # no mixer runs: nobody knows since when


def test_of_a_code_that_is_none_and_of_one_that_has_not_begun_there_is_nothing_to_report(office: Office) -> None:
    unknown = office.confctl("report", "999999")
    assert (unknown.status, unknown.out) == (1, "")
    assert unknown.err == "confctl: There is no conference 999999; “confctl list” shows those there are.\n"
    code = office.add()
    early = office.confctl("report", code)
    assert (early.status, early.out) == (1, "")
    assert early.err == f"confctl: Conference {code} has not begun: there is nothing to report.\n"


def test_of_one_whose_journal_was_removed_there_is_nothing_to_report_any_more(office: Office) -> None:
    code = past(office)
    (office.folder / "journal" / f"{code}.jsonl").unlink()
    said = office.confctl("report", code)
    assert (said.status, said.out) == (1, "")
    assert said.err == f"confctl: The journal of conference {code} is gone: there is nothing to report.\n"


def test_one_way_at_a_time(office: Office) -> None:
    said = office.confctl("report", past(office), "--json", "--csv")
    assert (said.status, said.err) == (2, "confctl: --json, --csv and --html exclude each other.\n")


def test_scripts_get_everything(office: Office) -> None:
    found = office.confctl("report", past(office), "--json").json
    assert (found["reason"], found["talked"], found["ended"]) == ("last-left", 75.0, "2026-11-30T15:35:45+03:00")
    owner, boris, carol = found["attendees"]  # type: ignore[misc]  # it is JSON
    assert (owner["role"], owner["seconds"], owner["talked"]) == ("owner", 290, 40.0)
    assert owner["talk"] == [{"at": f"2026-11-30T15:30:{at}0+03:00", "seconds": 10.0} for at in range(1, 5)]
    assert (boris["on_hold"], carol["silenced"], carol["late"]) == (20, 30, 120)
    assert carol["stays"][0]["by"] == {"name": "Анна Петрова", "number": "101"}
    assert carol["calls"][0]["reason"] == "486 Busy Here"
    assert found["gaps"] == [{"from": "2026-11-30T15:34:50+03:00", "to": "2026-11-30T15:35:20+03:00", "crashed": True}]


def test_spreadsheets_get_a_row_for_everybody_and_no_formula(office: Office) -> None:
    people = office.folder / "people.toml"
    people.write_text(people.read_text("utf-8").replace("Борис Королёв", "=HYPERLINK(A1)"), encoding="utf-8")
    said = office.confctl("report", past(office), "--csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert [row["name"] for row in rows] == ["Анна Петрова", "'=HYPERLINK(A1)", "Carol Smith", ""]
    assert (rows[0]["seconds"], rows[0]["talked"], rows[2]["reason"]) == ("290", "40.0", "486 Busy Here")
    assert rows[0]["from"] == "2026-11-30 15:30:05"


def test_spreadsheets_get_a_row_for_each_number_that_was_refused(office: Office) -> None:
    code = past(office)
    begin = moment("2026-11-30 15:31")
    again = [Record(Kind.REFUSED, begin + n, f"in-{n}", "+74957654321", detail="Locked") for n in range(12)]
    Journal(office.folder / "journal").write(code, *again, Record(Kind.REFUSED, begin, "in-99", detail="Locked"))
    rows = list(csv.DictReader(io.StringIO(office.confctl("report", code, "--csv").out)))
    assert [row["outcome"] for row in rows] == ["came"] * 3 + ["refused"] * 3
    assert [row["number"] for row in rows[3:]] == ["+74951112233", "+74957654321", ""]
    tried = rows[4]
    assert (tried["calls"], tried["reason"], tried["times"], tried["role"]) == ("12", "Locked", "0", "guest")
    assert (tried["from"], tried["to"]) == ("2026-11-30 15:31:00", "2026-11-30 15:31:11")
    assert None not in tried.values()
    said = office.confctl("report", code).out
    assert "15:31:00–15:31:11  +74957654321  the conference was locked (12 times)" in said


def test_a_dialling_machine_does_not_make_a_page_that_nobody_can_open(office: Office) -> None:
    code = past(office)
    begin = moment("2026-11-30 15:31")
    many = [Record(Kind.REFUSED, begin + n, f"in-{n}", f"+7495{n:07d}", detail="Locked") for n in range(2000)]
    Journal(office.folder / "journal").write(code, *many)
    page = office.confctl("report", code, "--html", "-").out
    assert len(page) < 200_000 and "and 1501 more attempts from other numbers" in page
    assert office.confctl("report", code, "--csv").out.count("Locked") == 2000


def test_one_more_attempt_is_one(office: Office) -> None:
    code = past(office)
    begin = moment("2026-11-30 15:31")
    many = [Record(Kind.REFUSED, begin + n, f"in-{n}", f"+7495{n:07d}", detail="Locked") for n in range(500)]
    Journal(office.folder / "journal").write(code, *many)
    assert "and 1 more attempt from other numbers" in office.confctl("report", code, "--html", "-").out


def test_the_page_goes_to_a_file_or_to_the_standard_output(office: Office) -> None:
    code = past(office)
    said = office.confctl("report", code, "--html", "r.html")
    assert (said.status, said.out) == (0, "The report is in r.html.\n")
    page = (office.folder / "r.html").read_text(encoding="utf-8")
    assert page == office.confctl("report", code, "--html", "-").out
    assert page.startswith("<!DOCTYPE html>")
    refused = office.confctl("report", code, "--html", "no/such/folder/r.html")
    assert refused.status == 1 and refused.err.count("\n") == 1


def test_where_the_page_goes_to_stays_what_it_is(office: Office) -> None:
    code, pipe = past(office), office.folder / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        said = office.confctl("report", code, "--html", "pipe")
        page = os.read(reader, 1 << 20)
    finally:
        os.close(reader)
    assert (said.status, pipe.is_fifo()) == (0, True)
    assert page.startswith(b"<!DOCTYPE html>")


def test_the_page_is_written_as_it_says_whatever_the_terminal_writes(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, octets = past(office), io.BytesIO()
    session = Session(office.folder / "confctl.toml", "ru")
    session.now = office.now
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(octets, encoding="koi8-r", errors="backslashreplace"))
    app.run([], ["report", code, "--html", "-"], session)
    sys.stdout.flush()
    assert 'charset="utf-8"' in octets.getvalue().decode("utf-8") and "Анна Петрова" in octets.getvalue().decode()


def test_ten_thousand_records_are_reported_within_a_second(office: Office) -> None:
    code = past(office)
    begin = moment("2026-11-30 15:30")
    talk = [
        Record(Kind.SPOKE, begin + n, detail=f"{begin + 10 * n // 60 * 60:.0f} {code}-1:3,50,100 {code}-2:0,0,7")
        for n in range(10_000)
    ]
    Journal(office.folder / "journal").write(code, *talk)
    began = time.process_time()
    assert office.confctl("report", code, "--html", "-").status == 0
    assert time.process_time() - began < 3  # 0.4 s on an idle machine


def test_it_can_be_completed(office: Office) -> None:
    from confctl.app import root
    from confctl.session import Session
    from confctl.terminal.completion import completions

    code = past(office)
    assert [each.word for each in completions(root(), ["report"], "", Session())] == [code]


@pytest.mark.parametrize("way", [(), ("--json",), ("--csv",), ("--html", "-")], ids=" ".join)
def test_it_loads_nothing_heavy(office: Office, way: tuple[str, ...]) -> None:
    assert loaded(office.folder, "report", past(office), *way) <= TYPER
