"""The outbox for people and scripts: what waits, since when and why, and what was given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from confctl import dates
from confctl.mail.outbox import Outbox
from confctl.terminal.table import Style, Table, Text, cell
from confctl.words import Sentence, count, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from confctl.mail.outbox import Envelope, Mail, Tries
    from confctl.settings import Settings
    from confctl.terminal.screen import Json, Screen


@dataclass(frozen=True, slots=True)
class Looked:
    """The outbox as it was a moment ago: nobody is held up by who only looks."""

    waiting: tuple[tuple[Mail, Envelope], ...]
    failed: tuple[tuple[Mail, Envelope], ...]
    server: Tries | None

    @property
    def error(self) -> Sentence | None:
        """What kept the first mail that was tried, or all of them, from being sent."""
        if self.server:
            return self.server.error
        return next((mail.tries.error for mail, _ in self.waiting if mail.tries), None)


def look(settings: Settings) -> Looked:
    """Raises OSError."""
    outbox = Outbox(settings.paths.outbox)
    return Looked(
        tuple(_with_envelopes(outbox, outbox.waiting())), tuple(_with_envelopes(outbox, outbox.failed())), outbox.server
    )


def as_json(looked: Looked, settings: Settings) -> dict[str, Json]:
    """``waiting`` and ``failed`` are lists of mails; ``error`` is what is wrong with the server, null if nothing is."""
    return {
        "server": f"{settings.mail.host}:{settings.mail.port}" if settings.mail else None,
        "error": str(looked.server.error) if looked.server else None,
        "next": _local(looked.server.next, settings) if looked.server else None,
        "waiting": [_mail(*each, settings) for each in looked.waiting],
        "failed": [_mail(*each, settings) for each in looked.failed],
    }


def counts_as_json(looked: Looked) -> dict[str, Json]:
    """For ``confctl status --json``."""
    return {
        "waiting": len(looked.waiting),
        "failed": len(looked.failed),
        "error": str(looked.error) if looked.error else None,
    }


def line(looked: Looked, settings: Settings) -> Sentence:
    """For ``confctl status``."""
    if not (looked.waiting or looked.failed):
        return say("Mail: nothing waits.") if settings.mail else say("Mail: no mail server is set up.")
    waiting = count(len(looked.waiting), "{n} mail waits", "{n} mails wait")
    failed = count(len(looked.failed), "{n} was given up", "{n} were given up")
    numbers = say("{waiting}, {failed}", waiting=waiting, failed=failed) if looked.failed else waiting
    if settings.mail is None:
        return say("Mail: {numbers}; no mail server is set up.", numbers=numbers)
    if looked.waiting and looked.error:
        return say("Mail: {numbers}; {error}.", numbers=numbers, error=looked.error)
    return say("Mail: {numbers}.", numbers=numbers)


def table(looked: Looked, settings: Settings, screen: Screen) -> Table:
    """Those that wait, and under a heading of their own those that were given up."""
    rows = [_row(*each, settings, screen) for each in looked.waiting]
    heading = [Text(say("Given up").in_language(screen.language), Style.BAD)] if looked.failed else []
    given_up = [_row(*each, settings, screen) for each in looked.failed]
    headings = (say("Since"), say("Code"), say("Addressee"), say("Subject"), say("Attempts"))
    return Table([*rows, *heading, *given_up], tuple(each.in_language(screen.language) for each in headings))


def _row(mail: Mail, envelope: Envelope, settings: Settings, screen: Screen) -> tuple[tuple[Text, ...], ...]:
    since = datetime.fromtimestamp(mail.at, ZoneInfo(settings.company.timezone))
    tries = cell("0")
    if mail.tries:
        tries = (Text(str(mail.tries.count)), Text(mail.tries.error.in_language(screen.language), Style.BAD))
    return cell(f"{since:%Y-%m-%d %H:%M}"), cell(mail.code), cell(envelope.to), cell(envelope.subject), tries


def _with_envelopes(outbox: Outbox, mails: Iterable[Mail]) -> Iterator[tuple[Mail, Envelope]]:
    for mail in mails:
        try:
            yield mail, outbox.envelope(mail)
        except FileNotFoundError:  # sent since it was listed
            continue


def _mail(mail: Mail, envelope: Envelope, settings: Settings) -> Json:
    return {
        "code": mail.code,
        "to": envelope.to,
        "subject": envelope.subject,
        "since": _local(mail.at, settings),
        "attempts": mail.tries.count if mail.tries else 0,
        "error": str(mail.tries.error) if mail.tries else None,
        "file": str(mail.file),
    }


def _local(instant: float, settings: Settings) -> str:
    return dates.for_scripts(instant, ZoneInfo(settings.company.timezone))
