"""What a command says of the mail that follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl.session import listed
from confctl.words import Sentence, count, say

if TYPE_CHECKING:
    from pathlib import Path

    from confctl.mail.notices import Queued
    from confctl.session import Session
    from confctl.terminal.screen import Json


def tell(session: Session) -> None:
    """Tells everybody concerned, and says so in a line."""
    queued = session.tell()
    mails = _counted(queued, session) if queued else ""
    if mails:
        session.screen.line(_fate(mails, session))
    if queued and queued.withdrawn:
        unsent = count(queued.withdrawn, "{n} unsent mail is withdrawn", "{n} unsent mails are withdrawn")
        session.screen.line(say("Mail: {numbers}.", numbers=unsent))
    _warn(session, queued)


def tell_as_json(session: Session, done: dict[str, Json]) -> None:
    """Tells everybody concerned, and prints what was done with ``mail``: how many, null if the disk failed them."""
    queued = session.tell()
    mail: Json = None
    if queued:
        mail = {"invitations": queued.invitations, "updates": queued.updates, "cancellations": queued.cancellations}
    session.screen.json({**done, "mail": mail})
    _warn(session, queued)


def _warn(session: Session, queued: Queued | None) -> None:
    """Names whom no mail reaches; where nobody has an address, people are told in other ways anyway."""
    for file in queued.damaged if queued else ():
        session.screen.complain(set_aside(file))
    if queued and queued.unreachable and any(person.email for person in session.directory.people):
        people = listed(queued.unreachable)
        session.screen.complain(say("No mail address is known of, so tell them yourself: {people}.", people=people))


def set_aside(file: Path) -> Sentence:
    """Of what people were told of a conference, and could not be read any more."""
    return say(
        "What people were told could not be read; it is kept as {file}. What is planned now counts as told:"
        " if that has just changed, tell them yourself.",
        file=file,
    )


def _counted(queued: Queued, session: Session) -> str:
    parts = (
        count(queued.invitations, "{n} invitation", "{n} invitations"),
        count(queued.updates, "{n} update", "{n} updates"),
        count(queued.cancellations, "{n} cancellation", "{n} cancellations"),
    )
    return ", ".join(part.in_language(session.language) for part in parts if part.values["n"])


def _fate(mails: str, session: Session) -> Sentence:

    settings = session.settings
    if settings.mail is None:
        return say("Mail: {mails} in {folder}; no mail server is set up.", mails=mails, folder=settings.paths.outbox)
    if session.mixer_runs():
        return say("Mail: {mails}; the running mixer sends them.", mails=mails)
    return say("Mail: {mails} in the outbox; “confctl mail flush” sends them, or the mixer once it runs.", mails=mails)
