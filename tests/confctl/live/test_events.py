"""``confctl events``: the journal as lines, and on as it grows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tracemalloc
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from confctl.book.book import Book
from confctl.live.moments import parse_moment
from confctl.live.narrator import Narrator
from confctl.live.tail import Entry, Tail
from confctl.people.directory import Directory
from confctl.problems import UsageError
from mixer.journal import Journal
from mixer.rules.records import Kind, Record
from tests.confctl.office import Office, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.book.conference_file import Entry as BookEntry

ROOT = Path(__file__).parents[3]
BEGUN = moment("2026-11-23 09:30")
MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def journal(office: Office) -> Journal:
    return Journal(office.folder / "journal")


def test_what_has_happened_is_told_in_words_on_the_company_s_clocks(office: Office, journal: Journal) -> None:
    code = office.add("--with", "102")
    journal.write(
        code,
        Record(Kind.STARTED, BEGUN),
        Record(Kind.NOT_REACHED, BEGUN + 3, "a", "102", detail="486 Busy Here\x1b[2J"),
        Record(Kind.CALLED_LATER, BEGUN + 3, None, "102", detail="busy 300"),
        Record(Kind.SPOKE, BEGUN + 60, detail="1764505800"),
        Record("of-tomorrow", BEGUN + 61, detail="who knows"),
    )
    said = office.confctl("events", code)
    assert (said.status, said.err) == (0, "")
    assert said.out.splitlines()[0] == "2026-11-23 09:30:00  begins"
    assert said.out.splitlines()[1] == r"2026-11-23 09:30:03  Борис Королёв is not reached (486 Busy Here\x1b[2J)"
    assert said.out.splitlines()[2].endswith("will be called again in 300 s")
    assert said.out.splitlines()[3].endswith("of-tomorrow who knows")
    assert len(said.out.splitlines()) == 4, "what is for the report alone is left out"


def test_scripts_get_a_value_a_line(office: Office, journal: Journal) -> None:
    code = office.add("--with", "102")
    journal.write(code, Record(Kind.LOCKED, BEGUN, user="operator"), Record(Kind.ANSWERED, BEGUN + 0.5, "x-1", "102"))
    said = office.confctl("events", code, "--json")
    locked, answered = map(json.loads, said.out.splitlines())
    assert (locked["kind"], locked["user"], locked["at"]) == ("locked", "operator", "2026-11-23T09:30:00.000+03:00")
    assert (answered["leg"], answered["person"], answered["code"], answered["user"]) == ("x-1", "102", code, "")
    assert locked["text"] == "is locked, from the machine, by operator"
    assert answered["name"] and set(locked) == set(answered)


def test_without_a_code_all_conferences_are_told_of_in_the_order_of_time_for_a_day(
    office: Office, journal: Journal
) -> None:
    now = office.now
    for code, at in (("111111", now - 60), ("222222", now - 90), ("333333", now - 2 * 86400)):
        journal.write(code, Record(Kind.LOCKED, at))
        os.utime(office.folder / "journal" / f"{code}.jsonl", (at, at))
    journal.write(None, Record(Kind.REFUSED, now - 70, detail="NoSuch"))
    os.utime(office.folder / "journal" / "mixer.jsonl", (now, now))
    lines = office.confctl("events", "--json").out.splitlines()
    assert [json.loads(line)["code"] for line in lines] == ["222222", None, "111111"]
    lines = office.confctl("events", "--json", "--since", "3d").out.splitlines()
    assert len(lines) == 4


def test_a_conference_that_never_was_and_a_time_that_is_none_are_refused(office: Office) -> None:
    assert office.confctl("events", "999999").status == 1
    said = office.confctl("events", "--since", "whenever")
    assert said.status == 2 and "“whenever” is no time" in said.err


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10m", moment("2026-11-23 11:50")),
        ("2 ч", moment("2026-11-23 10:00")),
        ("09:15", moment("2026-11-23 09:15")),
        ("2026-11-20", moment("2026-11-20 00:00")),
        ("2026-11-20 17:05", moment("2026-11-20 17:05")),
        ("2026-11-20T17:05:33", moment("2026-11-20 17:05")),
        ("yesterday 8:00", moment("2026-11-22 08:00")),
        ("09:15:30", moment("2026-11-23 09:15")),
        ("05.11.26", moment("2026-11-05 00:00")),
        ("05.11.26 9.15", moment("2026-11-05 09:15")),
    ],
)
def test_moments_are_written_in_many_ways(text: str, found: float) -> None:
    assert parse_moment(text, moment("2026-11-23 12:00"), MOSCOW) == found


@pytest.mark.parametrize("text", ["", "soon", "25:99", "13:00", "tomorrow", "99", "10 fortnights"])
def test_what_is_no_moment_of_the_past_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_moment(text, moment("2026-11-23 12:00"), MOSCOW)


def test_half_a_line_waits_for_its_end_and_a_file_that_begins_anew_is_read_anew(tmp_path: Path) -> None:
    file, tail = tmp_path / "4711.jsonl", Tail(tmp_path, "4711", 0)
    assert tail.read() == []
    line = b'{"kind":"locked","at":5.0}\n'
    file.write_bytes(line + line[:9])
    assert len(tail.read()) == 1
    with file.open("ab") as more:
        more.write(line[9:] + b"not a record\n\n" + line)
    assert len(tail.read()) == 2
    assert tail.read() == []
    file.unlink()
    file.write_bytes(line)
    assert len(tail.read()) == 1


def test_what_was_told_is_not_told_again_when_older_lines_are_taken_out(tmp_path: Path) -> None:
    journal, tail = Journal(tmp_path), Tail(tmp_path, None, 0)
    journal.write(None, *(Record(Kind.REFUSED, at, person="+74951112233") for at in (1000.0, 2000.0, 3000.0)))
    assert len(tail.read()) == 3
    assert journal.forget_before(1500) == 1
    assert tail.read() == []
    journal.write(None, Record(Kind.REFUSED, 4000.0, person="+74951112233"))
    assert [entry.record.at for entry in tail.read()] == [4000.0]
    assert journal.forget_before(4500) == 3
    journal.write(None, Record(Kind.REFUSED, 5000.0, person="+74951112233"))
    assert [entry.record.at for entry in tail.read()] == [5000.0]


def test_journals_longer_than_what_is_read_at_once_are_told_whole_and_in_order(tmp_path: Path) -> None:
    one, other = Journal(tmp_path), Journal(tmp_path)
    one.write("4711", *(Record(Kind.LOCKED, 2.0 * n, detail="x" * 500) for n in range(1500)))
    other.write(
        "4712", Record(Kind.LEFT, 1.0, detail="y" * 600_000), *(Record(Kind.LEFT, 3.0 * n) for n in range(1, 10))
    )
    one.write("4711", *[Record(Kind.SPOKE, 5000.0, detail="1764505800")] * 3)
    found = Tail(tmp_path, None, 0).read()
    assert len(found) == 1510
    assert [entry.record.at for entry in found] == sorted(entry.record.at for entry in found)


def test_a_journal_of_any_length_is_told_without_keeping_it(tmp_path: Path) -> None:
    Journal(tmp_path).write("4711", *[Record(Kind.LOCKED, 5.0, by="operator")] * 30_000)
    tracemalloc.start()
    try:
        assert sum(1 for _ in Tail(tmp_path, "4711", 0).entries()) == 30_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000  # the file has 1.6 MB, its entries 9
    finally:
        tracemalloc.stop()


@contextmanager
def following(office: Office, *words: str) -> Iterator[subprocess.Popen[str]]:
    program = [sys.executable, "-m", "confctl", "events", "--follow", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(
        program, cwd=office.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_it_goes_on_as_things_happen_and_ends_with_the_conference(office: Office, journal: Journal) -> None:
    code = office.add("--with", "102")
    journal.write(code, Record(Kind.STARTED, BEGUN))
    with following(office, code) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().endswith("begins\n")
        journal.write(code, Record(Kind.LOCKED, BEGUN + 1), Record(Kind.ENDED, BEGUN + 2, detail="last-left"))
        assert process.stdout.readline().endswith("is locked, from the machine\n")
        assert process.stdout.readline().endswith("is over (the last one has left)\n")
        assert (process.wait(10), process.stderr.read()) == (0, "")


@pytest.mark.parametrize("how", ["Ctrl-C", "nobody reads"])
def test_it_ends_silently(office: Office, journal: Journal, how: str) -> None:
    code = office.add("--with", "102")
    journal.write(code, Record(Kind.STARTED, BEGUN))
    with following(office, code) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        if how == "Ctrl-C":
            process.send_signal(signal.SIGINT)
        else:
            process.stdout.close()
        assert (process.wait(10), process.stderr.read()) == (0, "")


def test_thousands_of_strangers_do_not_have_the_book_read_for_each(
    office: Office, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = office.add("--with", "102")
    strangers = (Record(Kind.REFUSED, BEGUN + at, "a", f"+7{at}", detail="Locked") for at in range(1000))
    journal.write(code, *strangers, Record(Kind.ANSWERED, BEGUN + 2000, "x-1", "102"))
    looks, get = [], Book.get

    def looked(book: Book, code: str) -> BookEntry | None:
        looks.append(code)
        return get(book, code)

    monkeypatch.setattr(Book, "get", looked)
    lines = office.confctl("events", code).out.splitlines()
    assert len(lines) == 1001
    assert lines[-1].endswith("Борис Королёв answers")
    assert len(looks) < 5


def test_who_came_onto_the_list_meanwhile_is_called_by_name(office: Office) -> None:
    code = office.add("--with", "102")
    folder = office.folder / "conferences"
    directory = Directory.load(office.folder / "people.toml", trunk=False)
    narrator = Narrator(Book(folder, directory), "en", MOSCOW)
    answers = Entry(code, Record(Kind.ANSWERED, BEGUN, "x-1", "104"))
    assert narrator.text(answers) == "guest 104 answers"
    assert office.confctl("edit", code, "--with", "102", "104").status == 0
    assert narrator.text(answers) == "Иван Петров answers"


def test_guests_are_told_apart_as_status_does(office: Office, journal: Journal) -> None:
    code = office.add("--with", "102")
    numbered, unknown, listed = f"{code}-17", f"{code}-18", f"{code}-19"
    journal.write(
        code,
        Record(Kind.ENTERED, BEGUN, numbered, detail="+74951112233"),
        Record(Kind.ENTERED, BEGUN + 1, unknown),
        Record(Kind.ENTERED, BEGUN + 2, listed, "102", detail="102"),
        Record(Kind.LEFT, BEGUN + 3, numbered),
        Record(Kind.LEFT, BEGUN + 4, unknown),
        Record(Kind.LEFT, BEGUN + 5),
    )
    said = [line.split("  ", 1)[1] for line in office.confctl("events", code).out.splitlines()]
    assert said == [
        "guest +74951112233 dials in",
        "guest 18 dials in",
        "Борис Королёв dials in (102)",
        "guest +74951112233 has left",
        "guest 18 has left",
        "a guest has left",
    ]


def test_a_number_that_was_called_in_is_told_before_and_after_its_call_too(office: Office, journal: Journal) -> None:
    code = office.add("--with", "102")
    number = "+74951112233"
    journal.write(
        code,
        Record(Kind.CALL_WANTED, BEGUN, person=number),
        Record(Kind.CALLING, BEGUN, f"{code}-1", number),
        Record(Kind.NOT_REACHED, BEGUN + 1, f"{code}-1", number, detail="486 Busy Here"),
        Record(Kind.CALLED_LATER, BEGUN + 1, person=number, detail="120"),
    )
    said = [line.split("  ", 1)[1] for line in office.confctl("events", code).out.splitlines()]
    assert said == [
        f"guest {number} is to be called, from the machine",
        f"guest {number} is called",
        f"guest {number} is not reached (486 Busy Here)",
        f"guest {number} will be called again in 120 s",
    ]
