"""``confctl mail``, and the mail line of ``confctl status``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.confctl.mail.desk import Desk
    from tests.confctl.mail.post_office import PostOffice


def test_an_empty_outbox_is_said_to_be_empty(desk: Desk, post: PostOffice) -> None:
    assert desk.office.confctl("mail", "list").out == "Mail: no mail server is set up.\n"
    desk.use(post)
    assert desk.office.confctl("mail", "list").out == "Mail: nothing waits.\n"
    assert desk.office.confctl("mail", "list", "--lang", "ru").out == "Почта: неотправленных писем нет.\n"
    assert desk.office.confctl("mail", "list", "--json").json == {
        "server": f"127.0.0.1:{post.port}",
        "error": None,
        "next": None,
        "waiting": [],
        "failed": [],
    }
    assert not desk.outbox.folder.exists(), "who looks makes nothing"


def test_what_waits_is_listed_with_what_is_in_the_way(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    code = desk.plan("--with", "102")
    post.faults["anna@example.com"].append("450 4.2.0 greylisted")
    post.faults["boris@example.com"].append("550 5.1.1 nobody")
    desk.send()
    said = desk.office.confctl("mail", "list")
    assert said.status == 0
    assert [" ".join(line.split()) for line in said.out.split("\n")] == [
        "Mail: 1 mail waits, 1 was given up; the mail server says: 450 4.2.0 greylisted.",
        "Since Code Addressee Subject Attempts",
        f"2026-11-30 12:00 {code} anna@example.com Приглашение: Weekly, 30 ноября 2026, 15:30–16:30 1",
        "the mail server says: 450 4.2.0 greylisted",
        "Given up",
        f"2026-11-30 12:00 {code} boris@example.com Invitation: Weekly, 30 November 2026, 15:30–16:30 1",
        "the mail server says: 550 5.1.1 nobody",
        "",
    ]
    listed = desk.office.confctl("mail", "list", "--json").json
    (waiting,), (failed,) = listed["waiting"], listed["failed"]  # type: ignore[misc]  # lists, as is documented
    assert waiting == {
        "code": code,
        "to": "anna@example.com",
        "subject": "Приглашение: Weekly, 30 ноября 2026, 15:30–16:30",
        "since": "2026-11-30T12:00:00+03:00",
        "attempts": 1,
        "error": "the mail server says: 450 4.2.0 greylisted",
        "file": waiting["file"],
    }
    assert failed["to"] == "boris@example.com" and failed["error"] == "the mail server says: 550 5.1.1 nobody"


def test_status_says_how_the_mail_fares_even_without_a_mixer(desk: Desk) -> None:
    desk.plan("--with", "102")
    said = desk.office.confctl("status")
    assert (said.status, said.out) == (1, "Mail: 2 mails wait; no mail server is set up.\n")
    assert desk.office.confctl("status", "--lang", "ru").out == "Почта: ждут 2 письма; почтовый сервер не настроен.\n"


def test_flush_says_what_it_did(desk: Desk, post: PostOffice) -> None:
    desk.plan("--with", "102")
    said = desk.office.confctl("mail", "flush")
    assert (said.status, said.out) == (1, "0 mails are sent.\n")
    assert said.err == "confctl: 2 mails wait in outbox: no mail server is set up; write a [mail] table.\n"
    desk.use(post)
    post.faults["boris@example.com"].append("550 nobody")
    said = desk.office.confctl("mail", "flush")
    assert (said.status, said.out) == (1, "1 mail is sent.\n")
    assert said.err == (
        "confctl: The mail to boris@example.com “Invitation: Weekly, 30 November 2026, 15:30–16:30” is given up:"
        " the mail server says: 550 nobody.\n"
    )
    said = desk.office.confctl("mail", "flush")
    assert (said.status, said.out, said.err) == (0, "0 mails are sent.\n", "")
    said = desk.office.confctl("mail", "flush", "--failed", "--json")
    assert (said.status, said.json) == (0, {"sent": 1, "waiting": 0, "given_up": 0})


def test_flush_says_that_a_change_made_by_hand_rests_first(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    code = desk.plan("--with", "102")
    assert desk.send().sent == 2
    desk.book_file(code).rename(desk.folder / "elsewhere.toml")
    os.utime(desk.folder / "conferences", (desk.office.now, desk.office.now))
    said = desk.office.confctl("mail", "flush")
    assert (said.status, said.err) == (0, "")
    assert said.out == "0 mails are sent.\nA change made by hand less than a minute ago is told later.\n"
    desk.office.now += 60
    assert desk.office.confctl("mail", "flush").out == "2 mails are sent.\n"


def test_flush_does_not_wait_for_pauses(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    post.faults["connect"].append("421 busy")
    desk.plan()
    said = desk.office.confctl("mail", "flush")
    assert (said.status, said.err) == (1, "confctl: 1 mail waits: the mail server says: 421 busy.\n")
    assert desk.office.confctl("mail", "flush").out == "1 mail is sent.\n"


def test_who_waits_for_another_try_is_pointed_to_the_list(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    post.faults["anna@example.com"].append("450 greylisted")
    desk.plan()
    said = desk.office.confctl("mail", "flush")
    assert said.err == "confctl: 1 mail waits; “confctl mail list” says why.\n"


def test_for_the_mixer_a_round_is_a_line_of_json(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    desk.plan()
    said = desk.office.confctl("mail", "flush", "--by-mixer")
    assert said.json == {"sent": 1, "next": None, "stamp": desk.outbox.stamp()}
    with desk.outbox.sending():
        busy = desk.office.confctl("mail", "flush", "--by-mixer").json
    assert busy["sent"] == 0 and busy["next"] == desk.office.now + 10
    assert "--by-mixer" not in desk.office.confctl("mail", "flush", "--help").out


@pytest.mark.parametrize("command", ["list", "flush"])
def test_help_has_examples_in_both_languages(desk: Desk, command: str) -> None:
    for language, examples in (("en", "Examples:"), ("ru", "Примеры:")):
        said = desk.office.confctl("mail", command, "--help", "--lang", language)
        assert examples in said.out and f"  confctl mail {command}" in said.out
