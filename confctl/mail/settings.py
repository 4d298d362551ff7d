"""``[mail]`` of ``confctl.toml``: the server that takes our mails, and how it is spoken to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast

from confctl.clean import clean
from confctl.settings_values import secret, wrong_port
from confctl.storage.toml_table import Table, matches
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from confctl.settings import Settings

Security = Literal["starttls", "tls", "none"]
"""STARTTLS (RFC 3207), required; TLS from the first byte (RFC 8314 §3.3); nothing."""

PASSWORD = "CONFCTL_MAIL_PASSWORD"  # noqa: S105  the name of a variable of the environment
"""Wins over what the file says."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Mail:
    host: str
    port: int
    sender: Mailbox
    security: Security = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    """Certificates that are trusted in the place of the system's."""
    admin: str | None = None
    """Who is told of what may go wrong at a start."""


def mail_of(table: Table, beside: Path, environ: Mapping[str, str]) -> Mail:
    """What is wrong is noted in the table's source; relative files are from the folder ``beside``."""
    server = table.text("server", "smtp.example.com:587", _wrong_server)
    match = _SERVER.fullmatch(server)
    host, port = (match.group(1).strip("[]"), int(match.group(2))) if match else ("", 0)
    chosen = table.choice("security", ("starttls", "tls", "none"))
    ca_file = table.optional_text("ca_file", "/etc/ssl/certs/company.pem")
    mail = Mail(
        host=host,
        port=port,
        sender=_sender(table.text("sender", "Conferences <conf@example.com>", _wrong_sender)),
        security=cast("Security", chosen) if chosen else _usual(host, port),
        username=table.optional_text("username", "conf@example.com", _not_ascii),
        password=_password(table, beside, environ),
        ca_file=beside / ca_file if ca_file else None,
        admin=table.optional_text("admin", "it@example.com", _wrong_admin),
    )
    _check_together(table, mail)
    table.finish()
    return mail


def sender_of(settings: Settings) -> Mailbox:
    """Who mails are from; without ``[mail]`` they can be looked at all the same, so they are from somebody."""
    company = clean(settings.company.name)
    if settings.mail is None:
        return Mailbox(company, f"confctl@{settings.sip.domain}")
    return Mailbox(clean(settings.mail.sender.name) or company, settings.mail.sender.address)


def _sender(text: str) -> Mailbox:
    match = _SENDER.fullmatch(text)
    if match is None:
        return Mailbox("", text)
    name, of_name, alone = match.groups()
    return Mailbox((name or "").strip(), of_name or alone)


def _usual(host: str, port: int) -> Security:
    """465 is TLS from the start (RFC 8314 §7.3); what never leaves the machine needs none."""
    if port == 465:
        return "tls"
    return "none" if _is_loopback(host) else "starttls"


def _password(table: Table, beside: Path, environ: Mapping[str, str]) -> str | None:
    written = secret(table, beside, "mail.password")
    password = environ.get(PASSWORD) or written
    if password and (problem := _not_ascii(password)):
        table.wrong("password", problem)
    return password


def _check_together(table: Table, mail: Mail) -> None:
    if mail.username and not mail.password:
        table.missing("password", 'password_file = "mail.password"')
    if not mail.username and ("password" in table or "password_file" in table):
        table.missing("username", 'username = "conf@example.com"')
    if mail.username and mail.security == "none" and not _is_loopback(mail.host):
        table.wrong("security", say("the password would go over the network in clear; write starttls or tls"))
    if mail.ca_file and not mail.ca_file.is_file():
        table.wrong("ca_file", say("{file} is no file", file=mail.ca_file))


def _is_loopback(host: str) -> bool:
    from ipaddress import ip_address

    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


_SERVER = re.compile(r"([0-9A-Za-z_.\-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")


def _wrong_server(text: str) -> Sentence | None:
    match = _SERVER.fullmatch(text)
    if match is None:
        return say(
            "“{value}” is no mail server; write its name and port, for example: smtp.example.com:587", value=text
        )
    return wrong_port(match.group(2))


def _not_ascii(text: str) -> Sentence | None:
    """smtplib sends nothing else, and most servers take nothing else."""
    if text.isascii() and text.isprintable():
        return None
    return say("the mail server's user name and password can have only ASCII characters")


_ADDRESS = r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~.\-]+@[0-9A-Za-z.\-]+"  # RFC 5322 §3.4.1, of dot-atoms
_SENDER = re.compile(rf"""([^<>"\x00-\x1f\x7f]*)<({_ADDRESS})>|({_ADDRESS})""")
"""A name and an address, or an address alone."""

_wrong_sender = matches(
    _SENDER.pattern,
    lambda text: say("“{value}” is no sender; write for example: Conferences <conf@example.com>", value=text),
)

_wrong_admin = matches(
    _ADDRESS, lambda text: say("“{value}” is no mail address; write for example: it@example.com", value=text)
)
