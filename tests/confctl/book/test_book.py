"""The book survives two writers at once, kill -9 at every step, and hands that edit its files."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from confctl.book.book import Book
from confctl.book.greeting import DECODING
from confctl.people.directory import Directory
from confctl.problems import RefusedError
from mixer.rules.model import Person
from tests.confctl.book.book_writer import ANNA, BORIS, a_copy, book, draft

if TYPE_CHECKING:
    from confctl.book.conference_file import Entry

ROOT = Path(__file__).parents[3]


def writer(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.confctl.book.book_writer", *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_what_is_added_is_read_back(tmp_path: Path) -> None:
    entry = book(tmp_path).add(draft('Планёрка "№ 1"\n\x00'), 1e9)
    assert book(tmp_path).get(entry.plan.code) == entry
    assert book(tmp_path).current() == ([entry.plan], [])


def test_people_are_those_of_the_directory_now_and_who_is_gone_stays(tmp_path: Path) -> None:
    code = book(tmp_path).add(draft("Weekly"), 0.0).plan.code
    married = Person("Анна Новая", ("101", "201"), password="new")
    (plan,), _ = Book(tmp_path, Directory([married])).current()
    assert plan.owner == married
    assert plan.participants == (Person("Борис", ("102",)),)
    assert plan.code == code


def test_two_processes_that_add_at_once_never_share_a_code(tmp_path: Path) -> None:
    writers = [writer("add-many", str(tmp_path), "15") for _ in range(2)]
    codes = [code for each in writers for code in each.communicate()[0].split()]
    assert len(set(codes)) == len(codes) == 30
    plans, problems = book(tmp_path).current()
    assert sorted(plan.code for plan in plans) == sorted(codes)
    assert len({plan.owner_code for plan in plans}) == 30
    assert problems == []


def test_a_code_is_never_given_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    current, past, deleted, lost = (book(tmp_path).add(draft(title), 0.0).plan for title in "abcd")
    book(tmp_path).end(past.code, 2e9, "last-left")
    book(tmp_path).delete(deleted.code, 0.0)
    (tmp_path / f"{lost.code}.toml").unlink()  # by hand
    by_hand = (tmp_path / f"{current.code}.toml").read_text(encoding="utf-8")
    (tmp_path / "777777.toml").write_text(
        by_hand.replace(current.code, "777777").replace(current.owner_code, "88888888"), encoding="utf-8"
    )
    old = [current, past, deleted, lost]
    codes = [
        *(plan.code for plan in old),
        "777777",
        "123456",
        *(plan.owner_code for plan in old),
        "88888888",
        "12345678",
    ]
    drawn = iter(int(code) - 10 ** (len(code) - 1) for code in codes)
    monkeypatch.setattr("secrets.randbelow", lambda _: next(drawn))
    new = book(tmp_path).add(draft("e"), 0.0).plan
    assert (new.code, new.owner_code) == ("123456", "12345678")


def test_an_ended_conference_is_in_the_past_by_the_month_of_its_start(tmp_path: Path) -> None:
    """20:30 UTC on the last of April is the first of May in Moscow's summer of 2010."""
    plan = book(tmp_path).add(draft("Night", 1272659400.0), 0.0).plan
    book(tmp_path).end(plan.code, 1272670000.0, "last-left")
    book(tmp_path).end(plan.code, 1e10, "again: nothing happens")
    assert book(tmp_path).past(2010, 4) == ([], [])
    (entry,), _ = book(tmp_path).past(2010, 5)
    assert (entry.plan, entry.ended, entry.reason) == (plan, 1272670000.0, "last-left")
    assert book(tmp_path).current() == ([], [])


def test_the_latest_past_conferences_are_found_without_reading_the_earlier_ones(tmp_path: Path) -> None:
    day = 86400.0
    for number in range(6):
        start = 2e9 + number * 20 * day
        book(tmp_path).end(book(tmp_path).add(draft(str(number), start), 0.0).plan.code, start, "last-left")
    months = sorted(tmp_path.glob("past/*/*"))
    assert len(months) >= 4
    (months[0] / "111111.toml").write_text("broken", encoding="utf-8")
    for limit in range(1, 5):
        latest, earlier, problems = book(tmp_path).latest_past(limit)
        assert [entry.plan.title for entry in latest] == ["0", "1", "2", "3", "4", "5"][-limit:]
        assert (earlier, problems) == (7 - limit, [])
    everything, none, problems = book(tmp_path).latest_past(100)
    assert (len(everything), none, len(problems)) == (6, 0, 1)


def test_what_a_crash_kept_from_being_moved_is_past_already(tmp_path: Path) -> None:
    code = book(tmp_path).add(draft("Weekly"), 0.0).plan.code
    file = tmp_path / f"{code}.toml"
    file.write_text("ended = 2033-05-18T03:40:00Z\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    for entries, *_ in (book(tmp_path).past(), book(tmp_path).past(2033, 5), book(tmp_path).latest_past(1)):
        assert [entry.plan.code for entry in entries] == [code]
    assert book(tmp_path).past(2033, 6) == ([], [])
    assert book(tmp_path).current() == ([], [])


def test_ending_keeps_what_a_person_wrote_into_the_file(tmp_path: Path) -> None:
    plan = book(tmp_path).add(draft("Weekly"), 0.0).plan
    file = tmp_path / f"{plan.code}.toml"
    text = "# ask Anna first\n" + file.read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    book(tmp_path).end(plan.code, 2e9, "last-left")
    (moved,) = tmp_path.glob("past/*/*/*.toml")
    assert moved.read_text(encoding="utf-8").endswith(text)


def test_ending_takes_whatever_way_of_writing_toml_the_reader_takes(tmp_path: Path) -> None:
    plan = book(tmp_path).add(draft("Weekly"), 0.0).plan
    file = tmp_path / f"{plan.code}.toml"
    text = file.read_text(encoding="utf-8").replace("owner = {", "owner = {\n  # TOML 1.1\n ").replace("\n", "\r\n")
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    book(tmp_path).end(plan.code, 2e9, 'so "it" \\ was')
    ((entry,), problems) = book(tmp_path).past()
    assert problems == [] and (entry.plan, entry.ended, entry.reason) == (plan, 2e9, 'so "it" \\ was')


def test_an_ended_conference_that_is_put_back_by_hand_ends_again(tmp_path: Path) -> None:
    code = book(tmp_path).add(draft("Weekly"), 0.0).plan.code
    file = tmp_path / f"{code}.toml"
    file.write_text(f'reason = "empty"\n{file.read_text(encoding="utf-8")}', encoding="utf-8")
    book(tmp_path).end(code, 2e9, "last-left")
    (entry,), problems = book(tmp_path).past()
    assert (entry.ended, entry.reason, problems) == (2e9, "last-left", [])


def test_a_code_is_nobodys_number_since_both_can_be_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([123456 - 100000, 500500 - 100000, 123457 - 100000, 0])
    monkeypatch.setattr("secrets.randbelow", lambda _: next(drawn))
    guarded = Book(tmp_path, Directory([Person("Long Number", ("101", "123456"))]))
    assert guarded.add(draft("a"), 0.0, ["500500"]).plan.code == "123457"


def test_the_stamp_tells_each_change(tmp_path: Path) -> None:
    stamps = [book(tmp_path).stamp()]
    first = book(tmp_path).add(draft("a"), 0.0).plan
    stamps.append(book(tmp_path).stamp())
    second = book(tmp_path).add(draft("b"), 0.0).plan
    stamps.append(book(tmp_path).stamp())
    with (tmp_path / f"{first.code}.toml").open("a", encoding="utf-8") as file:
        file.write("# by hand\n")
    stamps.append(book(tmp_path).stamp())
    book(tmp_path).end(first.code, 2e9, "last-left")
    stamps.append(book(tmp_path).stamp())
    book(tmp_path).delete(second.code, 0.0)
    stamps.append(book(tmp_path).stamp())
    assert len(set(stamps[:-1])) == 5
    assert stamps[-1] == stamps[0] == ()
    assert book(tmp_path).stamp() == stamps[-1]


@pytest.mark.parametrize("what", ["add", "end", "delete"])
def test_killed_at_any_step_the_book_is_as_before_or_as_after_and_goes_on(tmp_path: Path, what: str) -> None:
    kept = book(tmp_path).add(draft("kept"), 0.0)
    done = False
    for step in range(30):
        victim = book(tmp_path).add(draft("victim"), 0.0)
        argument = "new" if what == "add" else victim.plan.code
        child = writer(what, str(tmp_path), argument, str(step))
        done = "done" in child.communicate()[0]
        assert done or child.returncode == -9
        titles = _titles(book(tmp_path))
        assert book(tmp_path).get(kept.plan.code) == kept
        if what == "add":
            assert titles in (["kept", "victim"], ["kept", "new", "victim"])
        else:
            assert titles in (["kept"], ["kept", "victim"])
            assert (what == "delete") or victim.plan.code in {e.plan.code for e in _everything(book(tmp_path))}
        _clear(tmp_path, kept)
        assert not list(tmp_path.rglob("*.tmp")), "the next writer clears away what was left"
        if done:
            break
    assert done and step >= 2


def test_killed_at_any_step_of_a_change_everything_is_the_old_or_everything_the_new(tmp_path: Path) -> None:
    greetings = book(tmp_path).greetings
    done = False
    for step in range(40):
        with a_copy(greetings, b"old") as copy:
            before = book(tmp_path).add(replace(draft("victim"), greeting=copy), 0.0)
        code = before.plan.code
        child = writer("change", str(tmp_path), code, str(step))
        done = "done" in child.communicate()[0]
        assert done or child.returncode == -9
        (now,), problems = book(tmp_path).entries()
        assert problems == [] and now.greeting
        if now == before:
            assert now.greeting.copy.read_bytes() == b"old" and not done
        else:
            assert (now.plan.title, now.plan.owner, now.plan.participants) == ("changed", BORIS, (ANNA,))
            assert now.greeting.copy.read_bytes() == b"new"
            assert now.plan.owner_code != before.plan.owner_code
        book(tmp_path).add(draft("next"), 0.0)
        assert [file.name for file in files(greetings)] == [now.greeting.copy.name]
        assert not list(tmp_path.rglob("*.tmp"))
        for plan in book(tmp_path).current()[0]:
            book(tmp_path).delete(plan.code, 0.0)
        assert files(greetings) == []
        if done:
            break
    assert done and step >= 5


def test_a_half_written_file_is_never_seen_while_others_write(tmp_path: Path) -> None:
    child = writer("add-many", str(tmp_path), "20")
    while child.poll() is None:
        assert book(tmp_path).current()[1] == []
    assert child.communicate()[0].count("\n") == len(book(tmp_path).current()[0]) == 20


def test_a_code_line_that_a_crash_cut_short_spoils_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = book(tmp_path).add(draft("a"), 0.0).plan
    with (tmp_path / "codes").open("a", encoding="utf-8") as file:
        file.write("1234")
    second = book(tmp_path).add(draft("b"), 0.0).plan
    for plan in (first, second):
        (tmp_path / f"{plan.code}.toml").unlink()
    drawn = iter([*(int(plan.code) - 100000 for plan in (first, second)), 0, 0])
    monkeypatch.setattr("secrets.randbelow", lambda _: next(drawn))
    assert book(tmp_path).add(draft("c"), 0.0).plan.code == "100000"


@pytest.mark.parametrize(
    "damage", ["", "\x00" * 40, "title = ", "[[participants]]\nname = 1\n", "start = 2026-01-01\n"]
)
def test_a_file_broken_by_hand_is_reported_and_the_others_go_on(tmp_path: Path, damage: str) -> None:
    good = book(tmp_path).add(draft("good"), 0.0).plan
    (tmp_path / "111111.toml").write_text(damage, encoding="utf-8")
    plans, problems = book(tmp_path).current()
    assert plans == [good]
    assert {problem.file.name for problem in problems} == {"111111.toml"}
    with pytest.raises(RefusedError):
        book(tmp_path).get("111111")
    assert book(tmp_path).add(draft("more"), 0.0)


def test_each_way_to_cut_a_file_short_is_reported_or_reads_the_same_code(tmp_path: Path) -> None:
    plan = book(tmp_path).add(draft("a"), 0.0).plan
    file = tmp_path / f"{plan.code}.toml"
    whole = file.read_bytes()
    for length in range(0, len(whole), 7):
        file.write_bytes(whole[:length])
        plans, problems = book(tmp_path).current()
        assert bool(plans) != bool(problems)


def test_a_file_under_another_code_is_reported(tmp_path: Path) -> None:
    plan = book(tmp_path).add(draft("a"), 0.0).plan
    (tmp_path / f"{plan.code}.toml").rename(tmp_path / "555555.toml")
    plans, (problem,) = book(tmp_path).current()
    assert plans == [] and "555555.toml" in str(problem)


def test_a_full_disk_leaves_the_book_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = book(tmp_path).add(draft("a"), 0.0)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            book(tmp_path).end(before.plan.code, 2e9, "last-left")
    assert book(tmp_path).current() == ([before.plan], [])


def test_ten_thousand_past_conferences_cost_the_current_list_and_a_month_nothing(tmp_path: Path) -> None:
    def fastest(folder: Path) -> float:
        def once() -> float:
            began = time.perf_counter()
            book(folder).current()
            book(folder).past(2033, 5)
            return time.perf_counter() - began

        return min(once() for _ in range(20))

    few, many = tmp_path / "few", tmp_path / "many"
    for folder in (few, many):
        for _ in range(20):
            book(folder).add(draft("current"), 0.0)
        book(folder).end(book(folder).add(draft("past"), 0.0).plan.code, 2e9, "last-left")
    text = next(many.glob("past/2033/05/*.toml")).read_text(encoding="utf-8")
    month = many / "past" / "2032" / "01"
    month.mkdir(parents=True)
    for code in range(100000, 110000):
        (month / f"{code}.toml").write_text(text)
    assert fastest(many) < 2 * fastest(few)


def files(greetings: Path) -> list[Path]:
    return sorted(file for file in greetings.iterdir() if file.name != DECODING)


def _titles(of: Book) -> list[str]:
    plans, problems = of.current()
    assert problems == []
    return sorted(plan.title for plan in plans)


def _everything(of: Book) -> list[Entry]:
    (current, problems), (past, others) = of.entries(), of.past()
    assert problems == others == []
    return current + past


def _clear(folder: Path, kept: Entry) -> None:
    """Deletes all but one conference, as another writer."""
    for plan in book(folder).current()[0]:
        if plan != kept.plan:
            book(folder).delete(plan.code, 0.0)
    assert ANNA in kept.plan.people and BORIS in kept.plan.people
