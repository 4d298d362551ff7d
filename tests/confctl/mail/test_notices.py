"""From the book to the outbox: by command, by hand, and after a kill at any instant."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

import pytest

from confctl import mail
from confctl.mail import notices
from confctl.mail.notices import RESTED, Queued
from confctl.mail.outbox import Outbox, Tries
from confctl.storage.files import unfinished_name
from confctl.words import say
from mixer.rules.model import Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.confctl.mail.desk import Desk

NOTHING = Queued()


def rewrite(desk: Desk, code: str, old: str, new: str) -> None:
    file = desk.book_file(code)
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def touch(path: str | os.PathLike[str], at: float) -> None:
    os.utime(path, (at, at))


def subjects(desk: Desk, address: str) -> list[str]:
    return [str(message["Subject"]).partition(":")[0] for message in desk.waiting_for(address)]


def test_commands_tell_at_once_and_nobody_is_told_twice(desk: Desk) -> None:
    code = desk.plan("--with", "102", "150")
    assert subjects(desk, "boris@example.com") == ["Invitation"]
    assert desk.tell() == NOTHING
    desk.deliver()
    desk.office.confctl("edit", code, "--with", "103")
    assert subjects(desk, "boris@example.com") == ["Changed"]
    assert subjects(desk, "carol@example.com") == ["Invitation"]
    desk.deliver()
    desk.office.confctl("delete", code, "--yes")
    assert subjects(desk, "boris@example.com") == subjects(desk, "carol@example.com") == ["Cancelled"]
    assert desk.tell() == NOTHING


def test_who_waits_for_a_conference_that_was_called_off_is_told_once(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    desk.deliver()
    desk.session.book.end(code, desk.session.book.current()[0][0].start + 600, "called-off")
    assert desk.tell() == replace(NOTHING, cancellations=2)
    assert subjects(desk, "boris@example.com") == ["Cancelled"]
    assert desk.tell() == NOTHING
    desk.deliver()
    assert desk.tell() == NOTHING


def test_why_it_was_called_off_is_told_and_a_deleted_one_is_cancelled_and_no_more(desk: Desk) -> None:
    def told(code: str) -> str:
        desk.tell()
        (mail,) = [each for each in desk.waiting_for("boris@example.com") if code in each.as_string()]
        body = mail.get_body(("plain",))
        assert body is not None
        return body.get_content()

    off, deleted = desk.plan("--with", "102"), desk.plan("--with", "102", day="fri")
    desk.deliver()
    desk.session.book.end(off, desk.session.book.get(off).plan.start + 600, "called-off")
    assert "The telephone conference was called off, since the owner did not come." in told(off)
    desk.deliver()
    desk.office.confctl("delete", deleted, "--yes")
    assert "The telephone conference is cancelled." in told(deleted)


def test_one_that_has_ended_otherwise_is_not_called_off(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    desk.deliver()
    desk.session.book.end(code, desk.session.book.current()[0][0].start + 600, "last-left")
    assert desk.tell() == NOTHING


def test_nobody_is_invited_to_one_that_has_ended_before_its_planned_end(desk: Desk) -> None:
    code, other = desk.plan("--with", "102"), desk.plan("--with", "102", title="Later", day="fri")
    desk.deliver()
    for each in (code, other):
        desk.office.confctl("edit", each, "--with", "103")
    desk.office.confctl("edit", code, "--without", "102")
    assert len(desk.waiting()) == 6
    desk.session.book.end(code, desk.session.book.current()[0][0].start + 600, "last-left")
    assert desk.tell() == NOTHING
    left = {(each.code, each.kind) for each in desk.outbox.waiting()}
    assert left == {(code, "cancellation"), (other, "invitation"), (other, "update")}


def test_an_invitation_that_was_tried_is_not_sent_again_once_it_is_called_off(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    for each in desk.outbox.waiting():
        desk.outbox.note(each, Tries(desk.office.now, 1, desk.office.now + 60, say("too busy")))
    desk.session.book.end(code, desk.session.book.current()[0][0].start + 600, "called-off")
    assert desk.tell() == replace(NOTHING, cancellations=2)
    assert [each.kind for each in desk.outbox.waiting()] == ["cancellation"] * 2


def test_what_was_changed_by_hand_is_told_once_the_file_has_rested(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    desk.deliver()
    rewrite(desk, code, "16:30", "17:00")
    touch(desk.book_file(code), desk.office.now - 10)
    found = desk.tell(rested=RESTED)
    assert found == replace(NOTHING, unsettled=desk.office.now - 10 + RESTED)
    assert found.unsettled is not None
    desk.office.now = found.unsettled
    assert desk.tell(rested=RESTED) == replace(NOTHING, updates=2)


def test_a_file_dropped_in_by_hand_is_an_invitation(desk: Desk) -> None:
    code = desk.plan()
    text = desk.book_file(code).read_text(encoding="utf-8").replace(code, "4444").replace("Weekly", "By hand")
    desk.book_file("4444").write_text(text, encoding="utf-8")
    assert desk.tell() == replace(NOTHING, invitations=1)


def test_a_file_that_is_broken_now_changes_nothing(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    good = desk.book_file(code).read_text(encoding="utf-8")
    desk.book_file(code).write_text(good[:50], encoding="utf-8")
    assert desk.tell() == NOTHING
    desk.book_file(code).write_text(good, encoding="utf-8")
    assert desk.tell() == NOTHING


def test_a_people_file_that_is_broken_or_gone_changes_nothing(desk: Desk) -> None:
    desk.plan("--with", "102")
    people = desk.people_file.read_text(encoding="utf-8")
    for broken in ("[[person", ""):
        desk.people_file.write_text(broken, encoding="utf-8")
        assert desk.tell() == NOTHING
    desk.people_file.write_text(people, encoding="utf-8")
    assert desk.tell() == NOTHING


def test_who_was_removed_from_the_directory_still_hears_of_the_end(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    people = desk.people_file.read_text(encoding="utf-8")
    desk.people_file.write_text(people.replace('"102"', '"199"'), encoding="utf-8")
    desk.deliver()
    desk.office.confctl("delete", code, "--yes")
    assert subjects(desk, "boris@example.com") == ["Cancelled"]


def test_an_address_that_becomes_known_is_invited(desk: Desk) -> None:
    said = desk.office.confctl(
        "add", "Weekly", "--owner", "101", "--date", "today", "--from", "15:30", "--to", "16:30", "--with", "150"
    )
    assert said.status == 0
    people = desk.people_file.read_text(encoding="utf-8")
    desk.people_file.write_text(
        people.replace('"Meeting room"', '"Meeting room"\nemail = "room@example.com"'), encoding="utf-8"
    )
    assert desk.tell() == replace(NOTHING, invitations=1)
    assert subjects(desk, "room@example.com") == ["Invitation"]


def test_who_has_no_address_is_named(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    rewrite(desk, code, "Weekly", "Monthly")
    desk.people_file.write_text(
        desk.people_file.read_text(encoding="utf-8").replace('email = "boris@example.com"\n', ""), encoding="utf-8"
    )
    assert [person.name for person in desk.tell().unreachable] == ["Boris King"]


def test_a_file_removed_by_hand_cancels_after_a_minute(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    desk.deliver()
    desk.book_file(code).unlink()
    touch(desk.folder / "conferences", desk.office.now - RESTED + 1)
    assert desk.tell() == replace(NOTHING, unsettled=desk.office.now + 1), "an editor may be about to put it back"
    desk.office.now += 1
    assert desk.tell() == replace(NOTHING, cancellations=2)
    assert desk.tell() == NOTHING


def test_a_file_that_is_put_back_is_announced_again(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    desk.office.confctl("delete", code, "--yes")
    (desk.folder / "conferences" / "deleted" / f"{code}.toml").rename(desk.book_file(code))
    assert desk.tell() == replace(NOTHING, invitations=2)
    assert desk.outbox.told.read(code).sequence == 2  # type: ignore[union-attr]  # it has just been told


def test_a_book_that_is_not_there_cancels_nothing(desk: Desk) -> None:
    """A disk that is not mounted leaves an empty folder."""
    desk.plan("--with", "102")
    book = desk.folder / "conferences"
    book.rename(desk.folder / "unmounted")
    assert desk.tell() == NOTHING
    book.mkdir()
    touch(book, 0)
    assert desk.tell() == NOTHING
    shutil.rmtree(book)
    (desk.folder / "unmounted").rename(book)
    assert desk.tell() == NOTHING


def test_a_conference_that_ends_is_not_cancelled(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    desk.office.now += 4 * 3600
    desk.session.book.end(code, desk.office.now, "last-left")
    assert desk.tell() == NOTHING
    assert subjects(desk, "boris@example.com") == []


def test_one_that_ends_between_two_looks_is_not_cancelled_either(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    code = desk.plan("--with", "102")
    session = desk.session
    looked = session.book.entries

    def ends_meanwhile() -> object:
        session.book.end(code, desk.office.now, "last-left")
        entries, problems = looked()
        assert not entries
        return entries, problems

    monkeypatch.setattr(session.book, "entries", ends_meanwhile)
    found = notices.bring_up_to_date(session.settings, session.directory, session.book, desk.office.now)
    assert found == NOTHING


def test_what_is_over_is_told_to_nobody(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    desk.office.now += 5 * 3600
    rewrite(desk, code, "Weekly", "Monthly")
    assert desk.tell() == NOTHING


def test_one_that_runs_and_is_changed_by_hand_is_told(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    desk.deliver()
    desk.office.now += 4 * 3600
    rewrite(desk, code, "16:30", "17:00")
    assert desk.tell() == replace(NOTHING, updates=2)


class Killed(BaseException):
    pass


STEPS = ("outbox.write_whole", "told.write_whole", "outbox.Outbox.discard")
"""Whatever an announcement does to the disk."""


@pytest.mark.parametrize(("delivered", "steps"), [(True, 4), (False, 7)], ids=["told", "superseded"])
def test_a_kill_at_any_instant_loses_and_doubles_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, delivered: bool, steps: int
) -> None:
    """Killed at the first, the second, the third … step, with another change before the next look."""
    code = desk.plan("--with", "102", "103")
    title, died = "Weekly", 0
    for at in range(12):
        if delivered:
            desk.deliver()
        taken = 0

        def deadly(step: Callable[..., object], *args: object) -> object:
            nonlocal taken
            taken += 1
            if taken > at:  # noqa: B023  called in this turn alone
                raise Killed
            return step(*args)

        new = f"Round {at}"
        rewrite(desk, code, title, new)
        title = new
        with monkeypatch.context() as patched:
            for name in STEPS:
                step: Callable[..., object] = attrgetter(name)(mail)
                patched.setattr(f"confctl.mail.{name}", lambda *args, step=step: deadly(step, *args))
            try:
                desk.tell()
            except Killed:
                died += 1
        rewrite(desk, code, title, f"{title}, once more")
        title = f"{title}, once more"
        desk.tell()
        heard = {address: desk.waiting_for(f"{address}@example.com") for address in ("anna", "boris", "carol")}
        lasts = {address: str(messages[-1]["Subject"]) for address, messages in heard.items()}
        assert all(title in subject for subject in lasts.values()), lasts
        assert {len(messages) for messages in heard.values()} == {1}, "one mail for all that they were not sent yet"
        kind = "update" if delivered else "invitation"
        assert all(each.file.stem.endswith(kind) for each in desk.outbox.waiting())
    assert died == steps, "three mails, what was told, and three mails that are superseded"


def test_a_kill_in_the_middle_of_a_file_leaves_nothing_for_ever(desk: Desk) -> None:
    """Half a mail may have the owner code; nobody would look for it."""
    code = desk.plan("--with", "102")
    (mail, *_), told = desk.outbox.waiting(), desk.outbox.folder / "told" / f"{code}.json"
    half_mail, half_told = unfinished_name(mail.file.with_name(f"2{mail.file.name[1:]}")), unfinished_name(told)
    half_mail.touch()
    half_told.touch()
    desk.tell()
    assert not half_mail.exists()
    desk.deliver()
    desk.office.now += 30 * 86400
    desk.book_file(code).unlink()
    desk.tell()
    assert not told.exists() and not half_told.exists()


def test_200_people_are_written_to_in_a_few_seconds(desk: Desk) -> None:
    people = "".join(
        f'[[person]]\nname = "Абонент {n}"\nnumbers = ["2{n:03}"]\nemail = "p{n}@example.com"\npassword = "p"\n'
        for n in range(200)
    )
    desk.people_file.write_text(people, encoding="utf-8")
    numbers = [f"2{n:03}" for n in range(1, 200)]
    session = desk.session
    began = time.monotonic()
    said = desk.office.confctl(
        "add", "All hands", "--owner", "2000", "--date", "today", "--from", "15:30", "--to", "16:30", "--with", *numbers
    )
    assert said.status == 0, said.err
    assert time.monotonic() - began < 20  # on a loaded machine; on an idle one it is two
    assert len(Outbox(session.settings.paths.outbox).waiting()) == 200


def test_a_person_is_looked_up_by_any_number(desk: Desk) -> None:
    """Renumbered in the directory: the same person, who is told nothing."""
    desk.plan("--with", "102")
    people = desk.people_file.read_text(encoding="utf-8")
    desk.people_file.write_text(people.replace('numbers = ["102"]', 'numbers = ["202", "102"]'), encoding="utf-8")
    assert desk.session.directory.by_number("102") == Person(
        "Boris King", ("202", "102"), "boris@example.com", password="b"
    )
    assert desk.tell() == NOTHING


BROKEN = ("", "{", "[]", '{"code": "1"}')


@pytest.mark.parametrize("text", BROKEN)
def test_where_what_was_told_cannot_be_read_nobody_is_invited_anew_and_changes_go_on(desk: Desk, text: str) -> None:
    code = desk.plan("--with", "102")
    uid = desk.outbox.told.read(code)
    desk.deliver()
    file = desk.folder / "outbox" / "told" / f"{code}.json"
    file.write_text(text, encoding="utf-8")
    desk.office.now += 30
    kept = file.with_name(f"{code}.json.broken")
    assert desk.tell() == Queued(damaged=(kept,))
    assert kept.read_text(encoding="utf-8") == text
    assert desk.tell() == NOTHING and desk.waiting() == []
    said = desk.office.confctl("edit", code, "--title", "Budget")
    assert said.err == ""
    assert subjects(desk, "boris@example.com") == ["Changed"]
    after = desk.outbox.told.read(code)
    assert after and uid and (after.uid, after.sequence > uid.sequence) == (uid.uid, True)


def test_mails_that_wait_outlive_what_was_told(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    (desk.folder / "outbox" / "told" / f"{code}.json").write_text("{", encoding="utf-8")
    said = desk.office.confctl("add", "Other", "--owner", "103", "--date", "today", "--from", "15:30", "--to", "16:30")
    assert said.status == 0
    assert said.err.count(f"{code}.json.broken") == 1 and "What is planned now counts as told" in said.err
    assert subjects(desk, "boris@example.com") == ["Invitation"]


def test_while_the_conferences_own_file_is_broken_too_its_mails_wait(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    good = desk.book_file(code).read_text(encoding="utf-8")
    for file in (desk.book_file(code), desk.folder / "outbox" / "told" / f"{code}.json"):
        file.write_text("[", encoding="utf-8")
    assert desk.tell() == NOTHING
    assert subjects(desk, "boris@example.com") == ["Invitation"]
    desk.book_file(code).write_text(good, encoding="utf-8")
    assert len(desk.tell().damaged) == 1
    assert subjects(desk, "boris@example.com") == ["Invitation"]


def test_what_was_told_of_one_that_is_deleted_and_cannot_be_read_is_put_aside_once(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    desk.deliver()
    (desk.folder / "outbox" / "told" / f"{code}.json").write_text("{", encoding="utf-8")
    said = desk.office.confctl("delete", code, "--yes")
    assert (said.status, said.err.count(".broken")) == (0, 1)
    assert desk.tell() == NOTHING
