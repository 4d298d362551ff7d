"""The part of ``confctl check`` that concerns mail: whether the server would take it, and what was given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl.findings import Finding
from confctl.mail import showing
from confctl.words import count, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.settings import Settings

PATIENCE = 5.0
"""Seconds for each answer of the server."""


def findings(settings: Settings, now: float) -> Iterator[Finding]:
    yield _server(settings)
    given_up = [mail for mail, envelope in showing.look(settings).failed if envelope.expires > now]
    if given_up:
        found = count(
            len(given_up),
            "{n} was given up; “confctl mail list” says why, “confctl mail flush --failed” tries again",
            "{n} were given up; “confctl mail list” says why, “confctl mail flush --failed” tries again",
        )
        yield Finding(say("mail"), wrong=True, detail=found)


def _server(settings: Settings) -> Finding:
    """As far as one gets without sending anything."""
    mail = settings.mail
    if mail is None:
        found = say("no mail server is set up; mails wait in {folder}", folder=settings.paths.outbox)
        return Finding(say("mail"), wrong=False, detail=found)
    from confctl.mail.smtp import Connection, Patience, ServerFault  # TLS and SMTP: only where there is a server

    server = f"{mail.host}:{mail.port}"
    try:
        with Connection(mail, settings.sip.domain, Patience(PATIENCE, PATIENCE, PATIENCE)):
            return Finding(say("mail"), wrong=False, detail=say("{server} takes our mail", server=server))
    except ServerFault as fault:
        found = say("{key}: {problem}", key=server, problem=fault.reason)
        return Finding(say("mail"), wrong=True, detail=found)
