"""A mail server that refuses, hangs, drops the line and comes back: each mail arrives once, in order for everybody."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from confctl.mail.sending import GIVEN_UP_AFTER, PAUSES
from tests.confctl.mail.post_office import DROP, HANG, HANG_UP, open_post_office

if TYPE_CHECKING:
    from tests.confctl.mail.desk import Desk
    from tests.confctl.mail.post_office import PostOffice

INVITED = ["Invitation: Weekly, 30 November 2026, 15:30–16:30"]
MOVED = [*INVITED, "Changed: Weekly, 30 November 2026, 15:30–17:00"]
AT_ONCE = ["Invitation: Weekly, 30 November 2026, 15:30–17:00"]
"""Moved before anybody was sent anything."""


def move(desk: Desk, code: str) -> None:
    said = desk.office.confctl("edit", code, "--to", "17:00")
    assert said.status == 0, said.err


def test_each_mail_arrives_once_over_one_connection(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    desk.plan("--with", "102", "103")
    desk.office.now += 1
    desk.plan("--with", "102", "103", title="Monthly")
    report = desk.send()
    assert (report.sent, report.waiting, report.fault) == (6, 0, None)
    both = [*INVITED, "Invitation: Monthly, 30 November 2026, 15:30–16:30"]
    assert post.to("boris@example.com") == post.to("carol@example.com") == both
    assert post.connections == 1
    assert desk.send().sent == 0
    assert len(post.taken) == 6
    assert {mail.sender for mail in post.taken} == {"conf@example.com"}


def test_a_server_that_takes_few_mails_on_a_connection_gets_more_connections(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    post.mails_a_connection = 1
    desk.plan("--with", "102", "103")
    report = desk.send()
    assert (report.sent, report.waiting, report.fault) == (3, 0, None)
    assert len(post.taken) == post.connections == 3


@pytest.mark.parametrize(
    ("moment", "fault"),
    [
        *(("connect", fault) for fault in ("421 closed", "554 no", DROP, HANG)),
        *(("mail", fault) for fault in ("451 later", "550 who are you", "421 closing", DROP, HANG)),
        *(("rcpt", fault) for fault in ("450 later", "421 closing", "530 log in first", DROP, HANG)),
        *(("data", fault) for fault in ("451 later", "421 closing", DROP, HANG)),
        *(("text", fault) for fault in ("451 later", DROP, HANG)),
    ],
)
def test_whatever_a_server_does_each_mail_arrives_once_and_in_order(
    desk: Desk, post: PostOffice, moment: str, fault: str
) -> None:
    """It fails twice, as people go on planning; then it comes back."""
    desk.use(post)
    code = desk.plan("--with", "102", "103")
    post.faults[moment] += [fault, fault]
    desk.send()
    move(desk, code)
    for _ in range(20):
        report = desk.send()
        if not report.waiting:
            break
        assert report.next is not None and report.next > desk.office.now
        desk.office.now = report.next
    for person in ("boris", "carol"):
        assert post.to(f"{person}@example.com") in (MOVED, AT_ONCE)
    assert len({mail.message["Message-ID"] for mail in post.taken}) == len(post.taken)
    assert not desk.outbox.failed()
    assert desk.outbox.server is None
    assert not list(desk.outbox.folder.glob("2*.json"))


def test_who_is_refused_is_given_up_at_once_and_the_others_get_theirs(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    post.faults["boris@example.com"].append("550 5.1.1 no such user\x1b[2J")
    desk.plan("--with", "102", "103")
    report = desk.send()
    (given_up,) = report.given_up
    assert given_up.to == "boris@example.com"
    assert str(given_up.reason) == "the mail server says: 550 5.1.1 no such user\\x1b[2J"
    assert (report.sent, report.waiting) == (2, 0)
    assert not post.to("boris@example.com")
    (failed,) = desk.outbox.failed()
    assert failed.file.exists()
    assert desk.office.confctl("mail", "flush", "--failed").status == 0
    assert post.to("boris@example.com") == INVITED
    assert not desk.outbox.failed()


def test_a_refused_text_is_given_up_as_well(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    post.faults["text"].append("554 spam")
    desk.plan("--with", "102")
    report = desk.send()
    assert (report.sent, len(report.given_up), report.waiting) == (1, 1, 0)


def test_who_has_to_wait_keeps_nobody_else_waiting_but_their_own_later_mails(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    post.faults["boris@example.com"].append("450 greylisted")
    code = desk.plan("--with", "102", "103")
    report = desk.send()
    assert (report.sent, report.waiting) == (2, 1)
    assert report.next == desk.office.now + PAUSES[0]
    move(desk, code)
    report = desk.send()
    assert (report.sent, report.waiting) == (2, 2)
    assert post.to("boris@example.com") == []
    assert desk.send().sent == 0
    desk.office.now += PAUSES[0]
    assert desk.send().sent == 2
    assert post.to("boris@example.com") == MOVED


def test_a_server_that_is_down_is_asked_once_for_all_mails_and_after_growing_pauses_for_two_days(
    desk: Desk, post: PostOffice
) -> None:
    desk.use(post)
    post.faults["connect"] += ["554 no"] * 1000
    desk.plan("--with", "102", "103", day="2026-12-10")
    began = desk.office.now
    asked: list[float] = []
    while desk.outbox.waiting():
        assert desk.office.now - began < GIVEN_UP_AFTER + PAUSES[-1]
        report = desk.send()
        asked.append(desk.office.now - began)
        assert post.connections == len(asked)
        assert str(report.fault) == "the mail server says: 554 no"
        assert desk.send().fault is None
        assert post.connections == len(asked), "it is not asked before the pause is over"
        if report.next is not None:
            desk.office.now = report.next
    pauses = [later - earlier for earlier, later in pairwise(asked)]
    assert pauses[: len(PAUSES)] == list(PAUSES)
    assert set(pauses[len(PAUSES) :]) == {PAUSES[-1]}
    assert asked[-2] < GIVEN_UP_AFTER <= asked[-1]
    assert len(desk.outbox.failed()) == 3


def test_a_clock_that_was_a_year_ahead_holds_up_no_mail(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    desk.plan("--with", "102", day="2028-12-10")
    right = desk.office.now
    desk.office.now = right + 365 * 86400
    post.faults["connect"] += ["554 no"]
    assert desk.send().sent == 0
    desk.office.now = right
    report = desk.send()
    assert (report.sent, report.waiting, report.next) == (2, 0, None)


def test_a_mail_put_off_by_a_clock_that_was_a_year_ahead_is_tried_at_once(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    desk.plan("--with", "102", day="2028-12-10")
    right = desk.office.now
    desk.office.now = right + 365 * 86400
    post.faults["rcpt"] += ["450 later"]
    assert desk.send().sent == 1
    desk.office.now = right
    assert desk.send().sent == 1


def test_what_was_given_up_is_tried_for_two_days_again_if_somebody_wishes(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    post.faults["connect"] += ["554 no"] * 3
    desk.plan("--with", "102", day="2026-12-10")
    desk.send()
    desk.office.now += GIVEN_UP_AFTER
    assert len(desk.send().given_up) == 2
    said = desk.office.confctl("mail", "flush", "--failed")
    assert (said.status, said.out) == (1, "0 mails are sent.\n")
    assert said.err == "confctl: 2 mails wait: the mail server says: 554 no.\n"
    assert desk.office.confctl("mail", "flush").status == 0
    assert len(post.taken) == 2


def test_a_mail_queued_during_an_outage_has_its_own_two_days(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    post.faults["connect"] += ["554 no"] * 2
    desk.plan(day="2026-12-10")
    desk.send()
    desk.office.now += GIVEN_UP_AFTER
    desk.plan(day="2026-12-11", title="Later")
    assert len(desk.send().given_up) == 1
    desk.office.now += PAUSES[-1]
    desk.send()
    assert post.to("anna@example.com") == ["Приглашение: Later, 11 декабря 2026, 15:30–16:30"]


def test_what_is_of_no_use_any_more_is_given_up_unsent_even_without_a_server(desk: Desk, post: PostOffice) -> None:
    code = desk.plan("--with", "102")
    assert desk.send().waiting == 2
    desk.office.now += 5 * 3600
    report = desk.send()
    assert {str(mail.reason) for mail in report.given_up} == {"the conference is over"}
    desk.session.book.end(code, desk.office.now, "planned-end")
    desk.tell()
    assert not desk.outbox.told.codes(), "nobody needs to know any more what people were told"
    desk.use(post)
    assert desk.office.confctl("mail", "flush", "--failed").status == 0
    assert post.taken == []


def test_without_a_server_mails_wait_for_ever_as_files(desk: Desk, post: PostOffice) -> None:
    desk.plan("--with", "102", day="2027-05-10")
    desk.office.now += 90 * 86400
    assert desk.send().waiting == 2
    assert len(list((desk.folder / "outbox").glob("*.eml"))) == 2
    desk.use(post)
    assert desk.send().sent == 2


def test_one_mail_at_which_the_line_breaks_holds_up_nobody_else(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    post.faults["anna@example.com"] += [DROP] * 100
    desk.plan("--with", "102", "103")
    report = desk.send()
    assert (report.sent, report.waiting, report.fault) == (2, 1, None)


def test_a_mail_whose_receipt_is_lost_comes_again_as_the_same_mail(desk: Desk, post: PostOffice) -> None:
    """RFC 1047: nobody but the server can know; the Message-ID tells the reader's program that the two are one."""
    desk.use(post)
    post.faults["taken"].append(DROP)
    desk.plan("--with", "102")
    desk.send()
    desk.office.now += PAUSES[0]
    assert desk.send().sent == 1
    ids = [str(mail.message["Message-ID"]) for mail in post.taken if mail.to == "anna@example.com"]
    assert len(ids) == 2 and len(set(ids)) == 1


def test_what_is_put_into_the_outbox_meanwhile_is_sent_too(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    code = desk.plan("--with", "102")
    desk.send()
    desk.book_file(code).write_text(
        desk.book_file(code).read_text(encoding="utf-8").replace("Weekly", "Monthly"), encoding="utf-8"
    )
    assert desk.send().sent == 2


def test_an_address_that_is_not_ascii_needs_a_server_that_takes_it(desk: Desk, post: PostOffice) -> None:
    people = desk.people_file.read_text(encoding="utf-8")
    people = people.replace("boris@example.com", "борис@пример.рф").replace("carol@", "carol@почта.")
    desk.people_file.write_text(people, encoding="utf-8")
    desk.use(post)
    desk.plan("--with", "102", "103")
    assert desk.send().sent == 3
    assert {mail.to for mail in post.taken} == {
        "anna@example.com",
        "борис@xn--e1afmkfd.xn--p1ai",
        "carol@xn--80a1acny.example.com",
    }
    with open_post_office(utf8=False) as old:
        desk.use(old)
        desk.plan("--with", "102", "103")
        report = desk.send()
        assert report.sent == 2
        assert [str(mail.reason) for mail in report.given_up] == [
            "the mail server takes only addresses of ASCII characters (no SMTPUTF8)"
        ]


def test_nothing_is_sent_from_an_outbox_that_could_not_forget_it(
    desk: Desk, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that has become read-only: each attempt would send the same mail once more."""
    desk.use(post)
    desk.plan()
    monkeypatch.setattr("confctl.mail.outbox.os.access", lambda path, _: Path(path).name != "outbox")
    said = desk.office.confctl("mail", "flush")
    assert (said.status, said.err) == (1, "confctl: outbox: Permission denied\n")
    assert post.connections == 0


@pytest.mark.parametrize("damaged", [b"\xff\x00 nonsense", b"Expires: some day\r\n\r\n"])
def test_a_file_that_is_no_mail_is_given_up_and_in_nobody_s_way(desk: Desk, post: PostOffice, damaged: bytes) -> None:
    desk.use(post)
    code = desk.plan()
    (desk.folder / "outbox" / f"20261130T080000Z-{code}-0-999-invitation.eml").write_bytes(damaged)
    (desk.folder / "outbox" / "2026 notes.eml").write_bytes(b"somebody else's")
    report = desk.send()
    assert (report.sent, len(report.given_up), report.waiting) == (1, 1, 0)


def test_a_refusal_stands_though_the_server_hangs_up_with_it(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    post.faults["boris@example.com"].append(f"554 we don't like you{HANG_UP}")
    desk.plan("--with", "102", "103")
    report = desk.send()
    assert (report.sent, len(report.given_up), report.waiting) == (2, 1, 0)
    assert str(report.given_up[0].reason) == "the mail server says: 554 we don't like you"
    assert post.connections == 2


def test_a_mail_that_was_given_up_comes_not_after_what_made_it_void(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    post.faults["boris@example.com"].append("550 no such user")
    code = desk.plan("--with", "102", "103")
    assert len(desk.send().given_up) == 1
    desk.office.now += 1
    move(desk, code)
    assert desk.send().sent == 3
    assert desk.office.confctl("mail", "flush", "--failed").status == 0
    assert post.to("boris@example.com") == MOVED[1:]


def test_nobody_is_invited_once_it_is_cancelled(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    post.faults["boris@example.com"].append("550 no such user")
    code = desk.plan("--with", "102", "103")
    assert len(desk.send().given_up) == 1
    desk.office.now += 1
    assert desk.office.confctl("delete", code, "--yes").status == 0
    assert desk.send().sent == 3
    assert desk.office.confctl("mail", "flush", "--failed").status == 0
    assert [subject.partition(":")[0] for subject in post.to("boris@example.com")] == ["Cancelled"]


def test_who_has_left_hears_so_however_often_the_others_hear_more(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    code = desk.plan("--with", "102", "103")
    assert desk.send().sent == 3
    desk.office.now += 1
    post.faults["boris@example.com"].append("550 mailbox full")
    assert desk.office.confctl("edit", code, "--without", "102").status == 0
    assert len(desk.send().given_up) == 1
    desk.office.now += 1
    move(desk, code)
    assert desk.send().sent == 2
    assert desk.office.confctl("mail", "flush", "--failed").status == 0
    assert post.to("boris@example.com")[1:] == ["You are no longer invited: Weekly, 30 November 2026, 15:30–16:30"]
