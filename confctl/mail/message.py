"""A mail as it goes over the wire (RFC 5322, MIME): plain text, HTML, and the calendar entry, inline and attached.

Everything is 7-bit, so that any server takes it as it is; only an address that is not ASCII needs more (RFC 6532).
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import format_datetime
from typing import TYPE_CHECKING

from confctl.clean import clean
from confctl.mail import calendar
from confctl.mail.blocks import html, plain
from confctl.mail.headers import SEVEN_BIT
from confctl.mail.joining import joining
from confctl.mail.letters import entry_text, language_of, letter
from confctl.mail.settings import Mailbox, sender_of
from confctl.mail.told import Kind

if TYPE_CHECKING:
    from confctl.mail.changes import Notice
    from confctl.mail.letters import Letter
    from confctl.mail.told import Aside, Told
    from confctl.settings import Settings
    from confctl.words import Language
    from mixer.rules.model import Person, Plan

_UTF8 = SMTPUTF8.clone(cte_type="7bit")


class Writer:
    """Writes the mails of one announcement; what is the same for many readers is made once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sender = sender_of(settings)
        self._requests: dict[tuple[Told, Language, bool], str] = {}
        self._called_off: dict[tuple[Told, Plan], str] = {}

    def mail(self, notice: Notice) -> str:
        """The whole message, with CRLF."""
        language = language_of(notice.to, self._settings)
        said, entry = letter(notice, self._settings), self._entry(notice, language)
        method = "CANCEL" if notice.kind is Kind.CANCELLATION else "REQUEST"
        to = Mailbox(notice.to.name, notice.to.email or "")
        message = written(said, self._sender, to, language, notice.told.at, notice.about.end, message_id(notice))
        message.add_alternative(entry, subtype="calendar", params={"method": method})
        name = "cancel.ics" if notice.kind is Kind.CANCELLATION else "invite.ics"
        message.add_attachment(entry.encode(), maintype="application", subtype="ics", filename=name)
        return message.as_bytes().decode("utf-8")

    def _entry(self, notice: Notice, language: Language) -> str:
        told = notice.told
        if notice.kind is not Kind.CANCELLATION:
            key = (told, language, notice.is_owner)
            if key not in self._requests:
                text = entry_text(told.plan, self._settings, language, is_owner=notice.is_owner)
                how = joining(self._settings, told.plan, owner=notice.is_owner)
                self._requests[key] = calendar.request(told, self._sender, how, text)
            return self._requests[key]
        if not told.cancelled:
            return calendar.cancellation(told, notice.about, self._sender, (notice.to,))
        known = (told, notice.about)
        if known not in self._called_off:
            self._called_off[known] = calendar.cancellation(told, notice.about, self._sender, told.plan.people)
        return self._called_off[known]


def written(
    said: Letter, sender: Mailbox, to: Mailbox, language: Language, at: float, expires: float | None, name: str
) -> EmailMessage:
    """A mail of ours, as plain text and HTML.  It is of the moment ``at`` and of no use after ``expires``, if it says
    so; ``name`` is its Message-ID."""
    address = _address(to.name, to.address)
    message = EmailMessage(policy=SEVEN_BIT if address.addr_spec.isascii() else _UTF8)
    message["From"] = _address(sender.name, sender.address)
    message["To"] = address
    message["Subject"] = said.subject
    message["Date"] = datetime.fromtimestamp(int(at), UTC)
    message["Message-ID"] = name
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: no "I am on holiday" in return
    if expires is not None:
        message["Expires"] = format_datetime(datetime.fromtimestamp(int(expires), UTC))  # RFC 4021 §2.1.50
    message.set_content(plain(said.blocks))
    message.add_alternative(html(said.blocks, language), subtype="html")
    return message


def message_id(notice: Notice) -> str:
    """The same whenever this is told to this person, so that a mail sent twice can be told from two mails.

    It tells nothing: it stands in the logs of every server on the way, where a code has no business.
    """
    return digest_id(notice.told, notice.kind, notice.to)


def digest_id(told: Told, kind: Kind | Aside, to: Person) -> str:
    """As :func:`message_id`."""
    facts = (told.uid, told.sequence, kind, to.email)
    digest = hashlib.sha256("\n".join(map(str, facts)).encode()).hexdigest()
    return f"<{digest[:32]}@{told.uid.rpartition('@')[2]}>"


def _address(name: str, address: str) -> Address:
    """A domain that is not ASCII is written as the DNS has it, so that only a mailbox that is not needs SMTPUTF8."""
    user, _, domain = address.rpartition("@")
    with suppress(UnicodeError):  # no name that the DNS could have: the server will say so
        known = domain.encode("idna").decode("ascii")
        domain = known if _NAME.fullmatch(known) else domain  # idna makes “(1)”, a comment, of “⑴”
    return Address(clean(name), user, domain)


_NAME = re.compile(r"[0-9A-Za-z_\-]+(\.[0-9A-Za-z_\-]+)*")
