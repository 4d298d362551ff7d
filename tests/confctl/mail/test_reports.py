"""The report that is mailed to the owner after the end: once, whatever happens."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from confctl.mail.notices import Queued
from confctl.mail.outbox import Outbox
from confctl.mail.told import ToldFolder
from mixer.journal import Journal
from tests.confctl.report.held import story

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import EmailMessage

    from tests.confctl.mail.desk import Desk
    from tests.confctl.mail.post_office import PostOffice

NOTHING = Queued()


def switch_on(desk: Desk, *more: str) -> None:
    settings = desk.folder / "confctl.toml"
    text = "\n".join([settings.read_text(encoding="utf-8"), "[report]", "mail = true", *more, ""])
    settings.write_text(text, encoding="utf-8")


def held(desk: Desk) -> str:
    """A conference that people were invited to, and that is past; its code."""
    code = desk.plan("--with", "102", "103")
    desk.deliver()
    book = desk.session.book
    entry = book.get(code)
    assert entry is not None
    records = story(entry.plan).play.journal
    Journal(desk.folder / "journal").write(code, *records)
    book.end(code, records[-1].at, "last-left")
    desk.office.now = records[-1].at + 5
    return code


def part(message: EmailMessage, name: str) -> str:
    (found,) = (each for each in message.iter_attachments() if each.get_filename() == name)
    content = found.get_content()
    assert isinstance(content, str)
    return content


def test_the_owner_gets_it_in_their_language_with_the_page_and_the_table(desk: Desk) -> None:
    switch_on(desk)
    code = held(desk)
    desk.tell()
    (message,) = desk.waiting()
    assert message["To"].addresses[0].addr_spec == "anna@example.com"
    assert "Weekly, 30 ноября 2026, 15:30–16:30" in str(message["Subject"])
    body = message.get_body(("plain",))
    assert body is not None and "15:30:05–15:33:00" in body.get_content() and "Carol Smith, 103" in body.get_content()
    assert message["Expires"] is None
    page = part(message, f"report-{code}.html")
    assert page.startswith('<!DOCTYPE html>\n<html lang="ru">') and "15:34:50" in page
    table = list(csv.reader(io.StringIO(part(message, f"report-{code}.csv"))))
    assert len(table) == 5 and table[0][0] == "\ufeffname"
    assert "+74951112233" in body.get_content()


def test_it_is_on_the_clocks_of_the_owner(desk: Desk) -> None:
    people = desk.people_file.read_text(encoding="utf-8").replace(
        'language = "ru"', 'language = "en"\ntimezone = "Asia/Tokyo"'
    )
    desk.people_file.write_text(people, encoding="utf-8")
    switch_on(desk)
    code = held(desk)
    desk.tell()
    (message,) = desk.waiting()
    assert str(message["Subject"]) == "Report: Weekly, 30 November 2026, 21:30–22:30"
    assert "21:30:05–21:33:00" in part(message, f"report-{code}.html")


def test_it_is_written_once(desk: Desk) -> None:
    switch_on(desk)
    held(desk)
    for _ in range(3):
        assert desk.tell() == NOTHING
        assert len(desk.waiting()) == 1
    desk.deliver()
    for _ in range(3):
        desk.tell()
        assert not desk.waiting()


def test_it_is_sent_to_a_server_once(desk: Desk, post: PostOffice) -> None:
    switch_on(desk)
    desk.use(post)
    held(desk)
    assert desk.send().sent == 1
    assert desk.send().sent == 0
    assert [str(mail.message["To"]) for mail in post.taken] == ["Анна Петрова <anna@example.com>"]


def test_nothing_is_mailed_unless_it_is_set_and_what_was_over_before_stays_unreported(desk: Desk) -> None:
    held(desk)
    desk.tell()
    assert not desk.waiting()
    switch_on(desk)
    desk.tell()
    assert not desk.waiting()


def test_an_owner_without_an_address_gets_none(desk: Desk) -> None:
    desk.people_file.write_text(
        desk.people_file.read_text(encoding="utf-8").replace('email = "anna@example.com"\n', ""), encoding="utf-8"
    )
    switch_on(desk)
    held(desk)
    desk.tell()
    assert not desk.waiting()


def test_a_conference_that_was_called_off_or_deleted_is_not_reported(desk: Desk) -> None:
    switch_on(desk)
    code = desk.plan("--with", "102")
    desk.deliver()
    desk.office.confctl("delete", code, "--yes")
    desk.deliver()
    desk.office.now += 86400
    desk.tell()
    assert not desk.waiting()


def test_a_journal_that_cannot_be_read_now_is_reported_later(desk: Desk) -> None:
    switch_on(desk)
    code = held(desk)
    journal = desk.folder / "journal" / f"{code}.jsonl"
    kept = journal.read_bytes()
    journal.unlink()
    journal.mkdir()
    desk.tell()
    assert not desk.waiting()
    journal.rmdir()
    journal.write_bytes(kept)
    desk.tell()
    assert len(desk.waiting()) == 1


def test_numbers_are_masked_if_it_is_set(desk: Desk) -> None:
    switch_on(desk, "mask_numbers = true")
    code = held(desk)
    desk.tell()
    (message,) = desk.waiting()
    page = part(message, f"report-{code}.html")
    assert "+74951112233" not in page and "…33" in page


def test_one_that_was_given_up_can_be_tried_again(desk: Desk, post: PostOffice) -> None:
    switch_on(desk)
    desk.use(post)
    held(desk)
    post.faults["anna@example.com"].append("550 no such mailbox")
    assert len(desk.send().given_up) == 1
    desk.tell()
    assert not desk.waiting()
    assert desk.office.confctl("mail", "flush", "--failed").status == 0
    assert len(post.taken) == 1


class Killed(BaseException):
    """Where a kill strikes, nothing tidies up."""


@pytest.mark.parametrize("at", range(4))
def test_a_kill_at_any_step_loses_and_doubles_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    switch_on(desk)
    held(desk)
    taken = 0

    def deadly(step: Callable[..., object], *args: object, **more: object) -> object:
        nonlocal taken
        taken += 1
        if taken > at:
            raise Killed
        return step(*args, **more)

    with monkeypatch.context() as patched:
        for owner, name in ((Outbox, "put_aside"), (ToldFolder, "write"), (ToldFolder, "forget")):
            step = getattr(owner, name)
            patched.setattr(owner, name, lambda *args, step=step, **more: deadly(step, *args, **more))
        try:
            desk.tell()
        except Killed:
            assert at < 2
        else:
            assert at >= 2
    desk.tell()
    assert len(desk.waiting()) == 1
    desk.deliver()
    desk.tell()
    desk.tell()
    assert not desk.waiting()
