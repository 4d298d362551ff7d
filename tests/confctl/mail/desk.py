"""An office whose people have mail addresses, and what waits in its outbox."""

from __future__ import annotations

import email
from email.message import EmailMessage
from email.policy import default
from typing import TYPE_CHECKING

from confctl.mail.notices import Queued, bring_up_to_date
from confctl.mail.outbox import Outbox
from confctl.mail.sending import Haste, Report, Sender
from confctl.mail.smtp import Patience
from confctl.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from tests.confctl.mail.post_office import PostOffice
    from tests.confctl.office import Office

PEOPLE = """\
[[person]]
name = "Анна Петрова"
numbers = ["101", "+7 495 123-45-67"]
email = "anna@example.com"
language = "ru"
password = "a"

[[person]]
name = "Boris King"
numbers = ["102"]
email = "boris@example.com"
password = "b"

[[person]]
name = "Carol Smith"
numbers = ["103"]
email = "carol@example.com"
timezone = "America/New_York"
password = "c"

[[person]]
name = "Meeting room"
numbers = ["150"]
password = "m"
"""

IMPATIENT = Patience(connecting=0.3, replying=0.3, taking=0.3)


class Desk:
    def __init__(self, office: Office) -> None:
        self.office = office
        self.folder = office.folder
        self.outbox = Outbox(office.folder / "outbox")
        self.people_file.write_text(PEOPLE, encoding="utf-8")

    @property
    def people_file(self) -> Path:
        return self.folder / "people.toml"

    def book_file(self, code: str) -> Path:
        return self.folder / "conferences" / f"{code}.toml"

    @property
    def session(self) -> Session:
        """As a command has it: everything is read anew."""
        return Session(self.folder / "confctl.toml")

    def use(self, post: PostOffice, *more: str) -> None:
        """Sets the mail server up."""
        settings = (self.folder / "confctl.toml").read_text(encoding="utf-8").partition("\n[mail]")[0]
        mail = [f'server = "127.0.0.1:{post.port}"', 'sender = "Conferences <conf@example.com>"', *more]
        (self.folder / "confctl.toml").write_text("\n".join([settings, "[mail]", *mail, ""]), encoding="utf-8")

    def tell(self, rested: float = 0.0) -> Queued:
        session = self.session
        return bring_up_to_date(session.settings, session.directory, session.book, self.office.now, rested=rested)

    def send(self, *, regardless: bool = False, patience: Patience = IMPATIENT) -> Report:
        session = self.session
        haste = Haste(regardless=regardless, patience=patience)
        sender = Sender(self.outbox, session.settings, session.directory, session.book, session.clock, haste)
        with self.outbox.sending():
            return sender.send()

    def deliver(self) -> list[EmailMessage]:
        """What waited; it waits no more, as if a server had taken it."""
        messages = self.waiting()
        for mail in self.outbox.waiting():
            self.outbox.sent(mail)
        return messages

    def waiting(self) -> list[EmailMessage]:
        return [parsed(mail.file.read_bytes()) for mail in self.outbox.waiting()]

    def waiting_for(self, address: str) -> list[EmailMessage]:
        return [message for message in self.waiting() if message["To"].addresses[0].addr_spec == address]

    def plan(self, *others: str, title: str = "Weekly", day: str = "today") -> str:
        """Anna's conference at 15:30; its code."""
        return self.office.add(*others, title=title, day=day)


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message
