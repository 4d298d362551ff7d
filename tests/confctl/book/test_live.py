"""The files under a running mixer: whatever people do to them, the last good state stays in force."""

from __future__ import annotations

import errno
import os
from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn

import pytest

from confctl import settings
from confctl.book.book import Book
from confctl.book.live import LiveBook
from mixer.programme import BookError
from tests.confctl.office import PEOPLE, Office, moment

if TYPE_CHECKING:
    from pathlib import Path

    from mixer.rules.model import Plan


@pytest.fixture
def live(office: Office) -> LiveBook:
    return LiveBook(settings.load(office.folder / "confctl.toml"))


def file_of(office: Office, code: str) -> Path:
    return office.folder / "conferences" / f"{code}.toml"


def plans(live: LiveBook) -> dict[str, Plan]:
    return {plan.code: plan for plan in live.plans()}


def test_a_conference_that_appears_changes_or_goes_is_seen(office: Office, live: LiveBook) -> None:
    stamps = [live.stamp()]
    code = office.add("--with", "102")
    stamps.append(live.stamp())
    assert [plan.title for plan in live.plans()] == ["Weekly"]
    file = file_of(office, code)
    file.write_text(file.read_text(encoding="utf-8").replace("Weekly", "Daily"), encoding="utf-8")
    stamps.append(live.stamp())
    assert [plan.title for plan in live.plans()] == ["Daily"]
    office.confctl("delete", code, "--yes")
    stamps.append(live.stamp())
    assert live.plans() == ()
    assert all(one != other for one, other in pairwise(stamps))
    assert live.stamp() == stamps[-1]


def test_who_is_changed_in_the_directory_is_changed_in_the_conferences(office: Office, live: LiveBook) -> None:
    code = office.add("--with", "102")
    before = live.stamp()
    (office.folder / "people.toml").write_text(PEOPLE.replace('password = "b"', 'sip = "sip:b@10.0.0.9"'))
    assert live.stamp() != before
    (boris,) = plans(live)[code].participants
    assert boris.sip == "sip:b@10.0.0.9"
    assert live.password("102") is None


def test_a_broken_conference_file_keeps_its_last_good_version_and_is_told_once(
    office: Office, live: LiveBook, caplog: pytest.LogCaptureFixture
) -> None:
    code, other = office.add(), office.add(title="Other")
    good = plans(live)
    file = file_of(office, code)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("start =", "start = nonsense"), encoding="utf-8")
    for _ in range(3):
        live.stamp()
        assert plans(live) == good
    assert caplog.text.count(f"{file}:") == 1
    with pytest.raises(BookError, match=rf"{code}\.toml:\d+: "):
        live.end(code, office.now, "last-left")
    file.write_text(text.replace("Weekly", "Mended"), encoding="utf-8")
    assert plans(live)[code].title == "Mended"
    file.write_text("nonsense", encoding="utf-8")
    assert plans(live)[code].title == "Mended"
    assert caplog.text.count(f"{file}:") == 2
    file.unlink()
    assert plans(live) == {other: good[other]}


def test_a_time_that_a_clock_change_skips_is_told_by_name_and_line_and_the_last_good_one_counts(
    office: Office, live: LiveBook, caplog: pytest.LogCaptureFixture
) -> None:
    code = office.add("--zone", "Europe/Berlin", day="2027-03-28", start="01:30", end="04:00")
    before = plans(live)[code]
    file = file_of(office, code)
    file.write_text(file.read_text(encoding="utf-8").replace("T01:30:00", "T02:30:00"), encoding="utf-8")
    assert plans(live)[code] == before
    assert f"{code}.toml:" in caplog.text and "write for example 2027-03-28T01:30:00 or" in caplog.text


def test_a_conference_that_was_never_readable_is_told_and_left_out(
    office: Office, live: LiveBook, caplog: pytest.LogCaptureFixture
) -> None:
    code = office.add()
    file_of(office, code).write_text("[" * 10_000, encoding="utf-8")
    assert live.plans() == ()
    assert f"{code}.toml:1: this is not TOML" in caplog.text


@pytest.mark.parametrize("content", ["nonsense", "", "\n", "[[person]]\nname = 7\n", "a = " + "[" * 5000, None])
def test_a_slip_in_the_directory_keeps_everybody_reachable(
    office: Office, live: LiveBook, caplog: pytest.LogCaptureFixture, content: str | None
) -> None:
    code = office.add("--with", "102", "--with", "1020")
    good = plans(live)
    people = office.folder / "people.toml"
    if content is None:
        people.unlink()
    else:
        people.write_text(content, encoding="utf-8")
    live.stamp()
    assert plans(live) == good
    assert live.password("102") == "b"
    once = caplog.text.count("people.toml")
    assert once
    assert plans(live) == good
    assert caplog.text.count("people.toml") == once
    people.write_text(PEOPLE.replace('"b"', '"new"'), encoding="utf-8")
    live.stamp()
    assert live.password("102") == "new"
    assert plans(live)[code].participants[0].password == "new"


def test_who_is_removed_is_gone_and_everybody_may_be(office: Office, live: LiveBook) -> None:
    assert live.password("102") == "b"
    (office.folder / "people.toml").write_text("# The staff\n", encoding="utf-8")
    live.stamp()
    assert live.password("102") is None


def test_a_directory_that_is_empty_from_the_beginning_is_no_mistake(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    (office.folder / "people.toml").write_text("", encoding="utf-8")
    LiveBook(settings.load(office.folder / "confctl.toml")).plans()
    assert caplog.text == ""


def test_a_mistake_about_one_person_leaves_the_changes_of_the_others(office: Office, live: LiveBook) -> None:
    changed = PEOPLE.replace('password = "i"', 'password = "changed"').replace('numbers = ["102"]', "numbers = 102")
    (office.folder / "people.toml").write_text(
        changed + '\n[[person]]\nname = "New"\nnumbers = ["9"]\npassword = "n"\n'
    )
    live.stamp()
    assert live.password("104") == "changed"
    assert live.password("9") == "n"
    assert live.password("102") == "b", "as before the mistake"


def test_only_the_first_number_is_an_account_and_others_have_none(live: LiveBook) -> None:
    assert live.password("101") == "secret-of-anna"
    assert live.password("+7 495 123-45-67") is None
    assert live.password("1020") is None
    assert live.password("nobody") is None


@pytest.mark.parametrize("name", ["user101", "101@elsewhere.example", "x+7 495 123-45-67", "1o1", "٠101", "", "+"])
def test_whoever_is_named_by_what_is_no_number_is_nobody_of_the_directory(live: LiveBook, name: str) -> None:
    assert live.by_number(name) is None


def test_a_number_is_somebodys_however_an_exchange_writes_it(live: LiveBook) -> None:
    for written in ("+74951234567", "8 (495) 123-45-67", "101"):
        assert (anna := live.by_number(written)) is not None
        assert anna.number == "101"


def test_a_language_is_the_persons_or_the_companys(office: Office) -> None:
    (office.folder / "people.toml").write_text(PEOPLE.replace('password = "b"', 'password = "b"\nlanguage = "ru"'))
    live = LiveBook(settings.load(office.folder / "confctl.toml"))
    assert [live.language_of(number) for number in ("102", "101", "999", None)] == ["ru", "en", "en", "en"]


def test_an_ended_conference_is_past_and_ending_it_again_changes_nothing(office: Office, live: LiveBook) -> None:
    code = office.add()
    for _ in range(2):
        live.end(code, moment("2026-11-30 16:42"), "last-left")
    assert live.plans() == ()
    assert [entry["code"] for entry in office.confctl("list", "--past", "--json").conferences()] == [code]


def test_a_book_that_cannot_be_looked_at_is_an_error_of_one_line(office: Office, live: LiveBook) -> None:
    office.add()
    folder = office.folder / "conferences"
    folder.rename(office.folder / "away")
    folder.write_text("no folder")
    with pytest.raises(BookError, match="conferences: Not a directory"):
        live.stamp()
    with pytest.raises(BookError):
        live.end("1234", office.now, "last-left")


def test_a_full_disk_is_told_without_the_number_of_its_error(
    office: Office, live: LiveBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # a write names no file

    monkeypatch.setattr(Book, "end", full)
    with pytest.raises(BookError, match=r"^No space left on device$"):
        live.end("1234", office.now, "last-left")
