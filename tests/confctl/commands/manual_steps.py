"""What the sentences of the manual need again and again, at the command line."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

from confctl import settings
from confctl.book.live import LiveBook
from confctl.mail.outbox import Outbox
from confctl.people.directory import Directory
from tests.confctl.commands.past import ended
from tests.confctl.office import moment

if TYPE_CHECKING:
    from mixer.rules.model import Plan
    from tests.confctl.office import Office, Said

WHEN = ("--date", "2026-11-30", "--from", "15:30", "--to", "16:30")


def shown(office: Office, code: str) -> dict[str, object]:
    return office.confctl("show", code, "--json").json


def brief(office: Office, number: str) -> dict[str, str]:
    person = Directory.load(office.folder / "people.toml", trunk=False).by_number(number)
    assert person
    return {"name": person.name, "number": person.number}


def planned(office: Office, code: str) -> Plan:
    """As a running mixer sees it."""
    [plan] = [plan for plan in LiveBook(settings.load(office.folder / "confctl.toml")).plans() if plan.code == code]
    return plan


def configured(office: Office, before: str, after: str) -> None:
    file = office.folder / "confctl.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")


def with_greeting(office: Office, name: str) -> Said:
    return office.confctl("add", "Проекты", "--owner", "101", *WHEN, "--greeting", name)


def a_past_one(office: Office, *options: str) -> str:
    """Held from 15:30 to 16:30 on 30 November; it is noon of the next day now."""
    code = office.add(*options)
    ended(office, code, "2026-11-30 16:30", "planned-end")
    office.now = moment("2026-12-01 12:00")
    return code


def again(office: Office, code: str, *options: str) -> dict[str, object]:
    said = office.confctl("repeat", code, *options, "--json")
    assert said.status == 0, said.err
    return said.json


def delivered(office: Office) -> None:
    """Every mail that waits, as a server that is there would have."""
    outbox = Outbox(office.folder / "outbox")
    for mail in outbox.waiting():
        outbox.sent(mail)


def mails(office: Office, kind: str) -> dict[str, str]:
    """The text of each mail of a kind in the outbox, by the address that it goes to."""
    found = {}
    for file in (office.folder / "outbox").glob(f"*-{kind}.eml"):
        mail = message_from_bytes(file.read_bytes(), policy=default)
        body = mail.get_body(("plain",))
        assert body
        found[re.sub(r".*<|>", "", mail["To"])] = body.get_content()
    return found
