"""What was never sent is told at once with what came after it; who is the sender is settled when mails are sent."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

import pytest

from confctl.mail.sending import tried_again
from confctl.words import say
from tests.confctl.mail.post_office import DROP

if TYPE_CHECKING:
    from email.message import EmailMessage

    from tests.confctl.mail.desk import Desk
    from tests.confctl.mail.post_office import PostOffice

BORIS = "boris@example.com"
NOTHING = {"invitations": 0, "updates": 0, "cancellations": 0}


def edit(desk: Desk, code: str, *words: str) -> object:
    """What its JSON says of mail."""
    said = desk.office.confctl("edit", code, *words, "--json")
    assert said.status == 0, said.err
    return said.json["mail"]


def only(messages: list[EmailMessage]) -> EmailMessage:
    (message,) = messages
    return message


def body(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def entry(message: EmailMessage) -> str:
    part = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
    return str(part.get_content()).replace("\r\n ", "")  # type: ignore[attr-defined]  # walk() promises less


def test_who_is_invited_and_moved_before_any_mail_is_invited_to_what_holds_now(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    edit(desk, code, "--title", "Monthly")
    assert edit(desk, code, "--to", "17:00") == {**NOTHING, "invitations": 2}
    message = only(desk.waiting_for(BORIS))
    assert message["Subject"] == "Invitation: Monthly, 30 November 2026, 15:30–17:00"
    assert "has changed" not in body(message)
    assert "SEQUENCE:2" in entry(message)


def test_who_was_never_told_of_a_conference_hears_nothing_of_its_end(desk: Desk) -> None:
    code = desk.plan("--with", "102", "103")
    assert edit(desk, code, "--without", "103") == {**NOTHING, "invitations": 2}
    assert not desk.waiting_for("carol@example.com")
    said = desk.office.confctl("delete", code, "--yes", "--json")
    assert said.json["mail"] == NOTHING
    assert not desk.waiting()


def test_an_update_compares_with_what_the_person_was_sent(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    desk.deliver()
    edit(desk, code, "--title", "Interim")
    assert edit(desk, code, "--title", "Final") == {**NOTHING, "updates": 2}
    assert "Title: Weekly → Final\n" in body(only(desk.waiting_for(BORIS)))
    assert edit(desk, code, "--title", "Weekly") == NOTHING
    assert not desk.waiting(), "what they know holds again"


def test_an_update_that_nobody_was_sent_leaves_the_cancellation_alone(desk: Desk) -> None:
    code = desk.plan("--with", "102", "103")
    desk.deliver()
    edit(desk, code, "--title", "Interim")
    edit(desk, code, "--without", "103")
    assert [str(each["Subject"]) for each in desk.waiting_for("carol@example.com")] == [
        "You are no longer invited: Weekly, 30 November 2026, 15:30–16:30"
    ]
    desk.office.confctl("delete", code, "--yes")
    message = only(desk.waiting_for(BORIS))
    assert message["Subject"] == "Cancelled: Weekly, 30 November 2026, 15:30–16:30"
    assert "SUMMARY:Weekly" in entry(message), "as they know it"


def test_a_cancellation_that_nobody_was_sent_is_taken_back(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    desk.deliver()
    edit(desk, code, "--without", "102")
    edit(desk, code, "--with", "102", "--to", "17:00")
    message = only(desk.waiting_for(BORIS))
    assert message["Subject"] == "Changed: Weekly, 30 November 2026, 15:30–17:00"


def test_what_a_server_may_have_is_not_taken_back(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    code = desk.plan("--with", "102")
    post.faults["text"] += [DROP] * 4
    desk.send()
    edit(desk, code, "--to", "17:00")
    subjects = [str(each["Subject"]).partition(":")[0] for each in desk.waiting_for(BORIS)]
    assert subjects == ["Invitation", "Changed"]
    desk.office.confctl("delete", code, "--yes")
    subjects = [str(each["Subject"]).partition(":")[0] for each in desk.waiting_for(BORIS)]
    assert subjects == ["Invitation", "Cancelled"], "the change was never tried"


@pytest.mark.parametrize("moment", ["connect", "mail"])
def test_what_a_server_surely_does_not_have_is(desk: Desk, post: PostOffice, moment: str) -> None:
    desk.use(post)
    code = desk.plan("--with", "102")
    post.faults[moment].append("421 closed for today")
    assert desk.send().fault is not None
    edit(desk, code, "--to", "17:00")
    assert only(desk.waiting_for(BORIS))["Subject"] == "Invitation: Weekly, 30 November 2026, 15:30–17:00"


def test_a_mail_in_the_middle_of_being_sent_is_left_alone(desk: Desk) -> None:
    """Also by who comes after a sender that was killed then."""
    code = desk.plan("--with", "102")
    for mail in desk.outbox.waiting():
        assert desk.outbox.begin(mail, tried_again(None, say("it was begun, and interrupted"), desk.office.now))
    desk.office.confctl("delete", code, "--yes")
    subjects = [str(each["Subject"]).partition(":")[0] for each in desk.waiting_for(BORIS)]
    assert subjects == ["Invitation", "Cancelled"]


def test_what_was_superseded_since_it_was_listed_is_not_sent(desk: Desk) -> None:
    code = desk.plan("--with", "102")
    listed = desk.outbox.waiting()
    kept = {mail.file: mail.file.read_bytes() for mail in listed}
    edit(desk, code, "--to", "17:00")
    interrupted = tried_again(None, say("it was begun, and interrupted"), desk.office.now)
    assert not any(desk.outbox.begin(mail, interrupted) for mail in listed)
    for file, content in kept.items():
        file.write_bytes(content)  # as if the command had been killed before it threw them away
    assert not any(desk.outbox.begin(mail, interrupted) for mail in listed)
    desk.tell()
    assert len(desk.outbox.waiting()) == 2


def test_mails_are_from_who_is_the_sender_when_they_are_sent(desk: Desk, post: PostOffice) -> None:
    desk.plan("--with", "102")
    before = only(desk.waiting_for(BORIS))
    assert "confctl@conf.example.com" in before["From"]
    desk.use(post)
    assert desk.send().sent == 2
    sent = next(mail.message for mail in post.taken if mail.to == BORIS)
    assert sent["From"].addresses[0].addr_spec == "conf@example.com"
    assert "ORGANIZER;CN=Conferences:mailto:conf@example.com" in entry(sent)
    assert (sent["Message-ID"], sent["Subject"]) == (before["Message-ID"], before["Subject"])
    assert entry(sent).partition("DTSTAMP")[2][:20] == entry(before).partition("DTSTAMP")[2][:20]


def test_a_file_that_is_broken_at_that_time_is_no_reason_to_send_from_nobody(desk: Desk, post: PostOffice) -> None:
    code = desk.plan("--with", "102")
    desk.book_file(code).write_text("[[", encoding="utf-8")
    desk.use(post)
    assert desk.send().sent == 2
    assert {mail.message["From"].addresses[0].addr_spec for mail in post.taken} == {"conf@example.com"}


def test_a_mail_that_was_tried_stays_as_it_was(desk: Desk, post: PostOffice) -> None:
    desk.use(post)
    desk.plan("--with", "102")
    post.faults[BORIS].append("450 greylisted")
    desk.send()
    config = desk.folder / "confctl.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("conf@example.com", "other@example.com"), "utf-8")
    desk.tell()
    (waiting,) = desk.outbox.waiting()
    message = message_from_bytes(waiting.file.read_bytes(), policy=default)
    assert message["From"].addresses[0].addr_spec == "conf@example.com"
