"""What people read: what, when, who, how to join, in their language; and what they must not read."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from email.message import EmailMessage

    from tests.confctl.mail.desk import Desk


def texts(message: EmailMessage) -> dict[str, str]:
    """The parts of a mail by their content type, as the reader's program decodes them."""
    found: dict[str, str] = {}
    for part in message.walk():
        if not part.is_multipart():
            content = part.get_content()  # type: ignore[attr-defined]  # walk() promises less than it gives
            text = content if isinstance(content, str) else content.decode()
            found[part.get_content_type()] = text.replace("\r\n", "\n")
    return found


def only(messages: list[EmailMessage]) -> EmailMessage:
    (message,) = messages
    return message


def edit(desk: Desk, code: str, *words: str) -> None:
    """After everybody has got what waited."""
    desk.deliver()
    said = desk.office.confctl("edit", code, *words)
    assert said.status == 0, said.err


def last(desk: Desk, address: str) -> EmailMessage:
    return desk.waiting_for(address)[-1]


def owner_code(desk: Desk, code: str) -> str:
    entry = desk.session.book.get(code)
    assert entry is not None
    return entry.plan.owner_code


def test_a_participant_is_told_all_that_is_needed(desk: Desk) -> None:
    code = desk.plan("--with", "102", "103")
    message = only(desk.waiting_for("boris@example.com"))
    assert message["Subject"] == "Invitation: Weekly, 30 November 2026, 15:30–16:30"
    assert texts(message)["text/plain"] == (
        f"""\
Hello, Boris King!

You are invited to a telephone conference.

Title: Weekly
When: Monday, 30 November 2026, 15:30–16:30 Europe/Moscow (UTC+3)
Owner: Анна Петрова
Participants: Boris King, Carol Smith

At the start you will be called on 102; answer to join.

To join on your own, dial the conference number, enter the code and press *.

Conference number: 500
From outside the company: +74955550100
Code: {code}

Call from a mobile phone with one tap: tel:+74955550100,,{code}*
By SIP: sip:{code}@conf.example.com

During the conference, press * to hear what the keys do. Or press at once:

*1: mute yourself, or be heard again
*3: how many are in
*4, *6, *5: hear softer, hear louder, hear as before
*7, *9, *8: be heard softer, be heard louder, be heard as before
*0: leave

Example Ltd
"""
    )


def test_the_owner_reads_the_owner_code_in_the_owner_s_language(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    message = only(desk.waiting_for("anna@example.com"))
    text = texts(message)["text/plain"]
    secret = owner_code(desk, code)
    assert message["Subject"] == "Приглашение: Weekly, 30 ноября 2026, 15:30–16:30"
    assert text.startswith("Здравствуйте, Анна Петрова!\n\nВас приглашают на телефонную конференцию.\n")
    assert "Когда: понедельник, 30 ноября 2026, 15:30–16:30 Europe/Moscow (UTC+3)" in text
    assert f"Код: {code}\nКод владельца: {secret}\n" in text
    assert f"tel:+74955550100,,{secret}*" in text and f"sip:{secret}@conf.example.com" in text
    known = r"Weekly|Boris King|Europe/Moscow"
    assert not re.search("[A-Za-z]{4}", re.sub(known, "", text).partition("tel:")[0])


def test_who_lives_elsewhere_reads_the_time_there_too(desk: Desk) -> None:
    desk.plan("--with", "102", "103")
    there = "On your clock: 07:30–08:30 America/New_York"
    assert there in texts(only(desk.waiting_for("carol@example.com")))["text/plain"]
    assert "On your clock" not in texts(only(desk.waiting_for("boris@example.com")))["text/plain"]


def test_an_update_says_what_is_different(desk: Desk) -> None:
    code = desk.plan("--with", "102", "103")
    edit(desk, code, "--title", "Monthly", "--to", "17:00", "--with", "150", "--without", "103")
    message = last(desk, "boris@example.com")
    assert message["Subject"] == "Changed: Monthly, 30 November 2026, 15:30–17:00"
    assert """\
Title: Weekly → Monthly
When: Monday, 30 November 2026, 15:30–16:30 Europe/Moscow (UTC+3) → Monday, 30 November 2026, 15:30–17:00 Europe/Moscow\
 (UTC+3)
Added: Meeting room
Removed: Carol Smith

New details:
""" in texts(message)["text/plain"]


def test_who_has_left_reads_of_what_they_know_and_nothing_else(desk: Desk) -> None:
    code = desk.plan("--with", "102", "103")
    edit(desk, code, "--title", "About Carol", "--without", "103", "--with", "150")
    message = last(desk, "carol@example.com")
    assert message["Subject"] == "You are no longer invited: Weekly, 30 November 2026, 15:30–16:30"
    assert (
        texts(message)["text/plain"]
        == """\
Hello, Carol Smith!

You are no longer invited to this telephone conference.

Title: Weekly
When: Monday, 30 November 2026, 15:30–16:30 Europe/Moscow (UTC+3)
On your clock: 07:30–08:30 America/New_York

Example Ltd
"""
    )
    for text in texts(message).values():
        assert "About Carol" not in text
        assert "dial" not in text


def test_an_owner_who_has_left_is_not_called_the_owner(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    edit(desk, code, "--owner", "102", "--without", "101")
    message = last(desk, "anna@example.com")
    assert message["Subject"] == "Вы больше не участвуете: Weekly, 30 ноября 2026, 15:30–16:30"
    text = texts(message)["text/plain"]
    assert "Вы больше не участвуете в этой телефонной конференции." in text
    assert "ладелец" not in text and "Boris" not in text


def test_who_reads_of_a_night_reads_both_dates(desk: Desk) -> None:
    said = desk.office.confctl(
        "add", "Night", "--owner", "101", "--with", "103", "--date", "today", "--from", "23:00", "--to", "07:00"
    )
    assert said.status == 0, said.err
    message = only(desk.waiting_for("carol@example.com"))
    assert message["Subject"] == "Invitation: Night, 30 November 2026, 23:00 – 1 December 2026, 07:00"
    assert "On your clock: 15:00–23:00 America/New_York" in texts(message)["text/plain"]
    for text in (*texts(message).values(), *texts(only(desk.waiting_for("anna@example.com"))).values()):
        assert "(+1)" not in text


def test_a_cancelled_conference_is_said_to_be_cancelled(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    desk.deliver()
    assert desk.office.confctl("delete", code, "--yes").status == 0
    text = texts(last(desk, "boris@example.com"))["text/plain"]
    assert "The telephone conference is cancelled." in text
    assert "tel:" not in text


def test_a_new_owner_gets_an_owner_code_and_the_former_one_s_is_void(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    former = owner_code(desk, code)
    edit(desk, code, "--owner", "102", "--with", "101")
    assert owner_code(desk, code) != former
    assert owner_code(desk, code) in texts(last(desk, "boris@example.com"))["text/plain"]
    text = texts(last(desk, "anna@example.com"))["text/plain"]
    assert "ваш код владельца больше не действует" in text
    assert former not in text and owner_code(desk, code) not in text


def test_the_owner_code_is_in_nobody_else_s_mail(desk: Desk) -> None:
    """Neither in the bytes as they travel nor in any part as it is decoded."""
    code = desk.plan("--with", "102", "103")
    secrets = {owner_code(desk, code)}
    with_secret: list[str] = []

    def look() -> None:
        for mail in desk.outbox.waiting():
            raw = mail.file.read_text(encoding="utf-8")
            message = only([m for m in desk.waiting() if str(m["Message-ID"]) in raw])
            parts = [raw, *(f"{k}: {v}" for k, v in message.items()), *texts(message).values()]
            if any(secret in part for secret in secrets for part in parts):
                with_secret.append(str(message["To"].addresses[0].addr_spec))
            assert not any(secret in mail.file.name for secret in secrets)

    look()
    edit(desk, code, "--to", "17:00")
    look()
    edit(desk, code, "--owner", "103", "--with", "101", "--without", "102")
    secrets.add(owner_code(desk, code))
    look()
    desk.deliver()
    desk.office.confctl("delete", code, "--yes")
    look()
    owners = {"anna@example.com": 2, "carol@example.com": 1}
    assert sorted(with_secret) == sorted(address for address, times in owners.items() for _ in range(times))


def test_no_code_stands_in_the_head_of_a_mail(desk: Desk) -> None:
    """Heads are in the logs of every server on the way."""
    code = desk.plan("--with", "102")
    for mail in desk.outbox.waiting():
        head = mail.file.read_bytes().partition(b"\r\n\r\n")[0].decode()
        assert code not in head and owner_code(desk, code) not in head


@pytest.mark.parametrize(
    "title", ["x\r\nBcc: all@example.com", "x\n\nBcc: all@example.com", "a\u2028Bcc: b@c", "\x1b[2J\u202eevil\x00"]
)
def test_a_title_or_a_name_writes_no_header_and_no_line(desk: Desk, title: str) -> None:
    code = desk.plan("--with", "102")
    file = desk.book_file(code)
    escaped = title.encode("unicode_escape").decode().replace("\\x", "\\u00")
    file.write_text(file.read_text(encoding="utf-8").replace('"Weekly"', f'"{escaped}"'), encoding="utf-8")
    people = desk.people_file.read_text(encoding="utf-8").replace("Boris King", f"Boris{escaped}")
    desk.people_file.write_text(people, encoding="utf-8")
    desk.tell()
    message = last(desk, "boris@example.com")
    assert "Bcc" not in message.keys()  # noqa: SIM118  a message is no dict
    assert set(message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Expires", "MIME-Version", "Content-Type",
    }  # fmt: skip
    plain = texts(message)["text/plain"]
    assert "\nBcc" not in plain and "\x1b" not in plain and "\u202e" not in plain and "\x00" not in plain
    calendar = texts(message)["text/calendar"]
    assert not re.search(r"^(Bcc|evil)", calendar, re.MULTILINE)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.links += [value for key, value in attrs if key == "href" and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_is_whole_says_the_same_and_runs_nothing(desk: Desk) -> None:
    code = desk.plan("--with", "102", title='<script>alert("&")</script>')
    tags = _Tags()
    tags.feed(texts(only(desk.waiting_for("boris@example.com")))["text/html"])
    assert tags.open == []
    assert '<script>alert("&")</script>' in tags.text
    assert tags.links == [f"tel:+74955550100,,{code}*", f"sip:{code}@conf.example.com"]
    for line in texts(only(desk.waiting_for("boris@example.com")))["text/plain"].split("\n"):
        assert line.partition(": ")[2] in tags.text


def test_a_mail_is_as_mail_programs_and_servers_want_it(desk: Desk) -> None:
    desk.plan("--with", "102")
    message = only(desk.waiting_for("boris@example.com"))
    shape = [(part.get_content_type(), part.get_filename()) for part in message.walk()]
    assert shape == [
        ("multipart/mixed", None),
        ("multipart/alternative", None),
        ("text/plain", None),
        ("text/html", None),
        ("text/calendar", None),
        ("application/ics", "invite.ics"),
    ]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Expires"] == "Mon, 30 Nov 2026 13:30:00 +0000"
    for mail in desk.outbox.waiting():
        raw = mail.file.read_bytes()
        assert raw.isascii()
        lines = raw.split(b"\r\n")
        assert not any(b"\n" in line or b"\r" in line for line in lines)
        assert max(map(len, lines)) <= 998  # RFC 5322 §2.1.1


def test_the_conference_number_that_can_be_dialled_from_outside_is_dialled(desk: Desk) -> None:
    config = desk.folder / "confctl.toml"
    text = config.read_text(encoding="utf-8").replace('"500"', '"+7 495 555-02-00"')
    config.write_text(text, encoding="utf-8")
    code = desk.plan("--with", "102")
    plain = texts(only(desk.waiting_for("boris@example.com")))["text/plain"]
    assert "From outside" not in plain
    assert f"tel:+74955550200,,{code}*" in plain


def test_a_deputy_is_promised_what_the_settings_keep_and_no_more(desk: Desk) -> None:
    def promised() -> str:
        plain = texts(only(desk.waiting_for("boris@example.com")))["text/plain"]
        desk.deliver()
        return " ".join(plain.split())

    desk.plan("--with", "150", "--deputy", "102")
    assert "You are the deputy. At the start" in promised()
    config = desk.folder / "confctl.toml"
    config.write_text(
        config.read_text(encoding="utf-8") + "\n[conference]\nowner_absent_minutes = 10\n", encoding="utf-8"
    )
    desk.plan("--with", "150", "--deputy", "102", day="tomorrow")
    told = "You are the deputy: if the owner has not come 10 minutes after the start, you become an owner, too."
    assert told in promised()


def test_people_are_told_who_the_deputy_is(desk: Desk) -> None:
    code = desk.plan("--with", "150", "--deputy", "102")
    assert "You are the deputy" in desk.waiting_for("boris@example.com")[0].as_string()
    invitation = desk.waiting_for("anna@example.com")[0].get_body(("plain",))
    assert invitation is not None
    assert "Заместитель: Boris King" in invitation.get_content()
    assert "Вы заместитель" not in invitation.get_content()
    desk.deliver()
    desk.office.confctl("edit", code, "--no-deputy")
    (update,) = desk.waiting_for("anna@example.com")
    body = update.get_body(("plain",))
    assert body is not None
    assert "Заместитель: Boris King → —" in body.get_content()
