"""``confctl mail``: the outbox."""

import json
import os
import signal
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from confctl.commands.options import Json
from confctl.terminal.notified import set_aside
from confctl.words import count, say

if TYPE_CHECKING:
    from confctl.mail.sending import Haste, Report, Sender
    from confctl.session import Session

_app = typer.Typer(help="Mails that wait to be sent, and those that were given up.", rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    app.add_typer(_app, name="mail")


@_app.command(name="list")
def list_mails(context: typer.Context, as_json: Json = False) -> None:
    """List the mails that wait, since when, and what was wrong the last time; then those that were given up.

    \b
    Examples:
      confctl mail list
      confctl mail list --json
    """
    from confctl.mail import showing

    session: Session = context.obj
    looked = showing.look(session.settings)
    if as_json:
        session.screen.json(showing.as_json(looked, session.settings))
        return
    session.screen.line(showing.line(looked, session.settings))
    if looked.waiting or looked.failed:
        session.screen.table(showing.table(looked, session.settings, session.screen))


@_app.command()
def flush(
    context: typer.Context,
    failed: Annotated[bool, typer.Option("--failed", help="Those that were given up, too.")] = False,
    by_mixer: Annotated[bool, typer.Option("--by-mixer", hidden=True)] = False,
    as_json: Json = False,
) -> None:
    """Send now what waits, without regard to pauses; exit status 1 if something is in the way.

    What people have not been told yet of conferences, as a file was changed by hand, is told as well.

    \b
    Examples:
      confctl mail flush
      confctl mail flush --failed
      */10 * * * * confctl --config /etc/confctl/confctl.toml mail flush    (for cron, where no mixer runs)
    """
    from confctl.mail.sending import Haste

    session: Session = context.obj
    if by_mixer:
        _for_mixer(session)
        return
    with ExitStack() as until_sent:
        sender = _sender(session, Haste(regardless=True))
        until_sent.enter_context(sender.outbox.sending())
        if failed:
            sender.take_back_failed()
        report = sender.send()
    if as_json:
        session.screen.json({"sent": report.sent, "waiting": report.waiting, "given_up": len(report.given_up)})
    else:
        session.screen.line(count(report.sent, "{n} mail is sent.", "{n} mails are sent."))
        if report.unsettled:
            session.screen.line(say("A change made by hand less than a minute ago is told later."))
    _complain(session, report)
    if report.given_up or report.waiting:
        raise typer.Exit(1)


def _complain(session: "Session", report: "Report") -> None:
    for file in report.damaged:
        session.screen.complain(set_aside(file))
    for mail in report.given_up:
        session.screen.complain(
            say(
                "The mail to {to} “{subject}” is given up: {reason}.",
                to=mail.to,
                subject=mail.subject,
                reason=mail.reason,
            )
        )
    if not report.waiting:
        return
    waiting = count(report.waiting, "{n} mail waits", "{n} mails wait")
    if session.settings.mail is None:
        folder = session.settings.paths.outbox
        session.screen.complain(
            say("{mails} in {folder}: no mail server is set up; write a [mail] table.", mails=waiting, folder=folder)
        )
    elif report.fault:
        session.screen.complain(say("{mails}: {reason}.", mails=waiting, reason=report.fault))
    else:
        session.screen.complain(say("{mails}; “confctl mail list” says why.", mails=waiting))


def _for_mixer(session: "Session") -> None:
    """One round, in a process of its own that the mixer starts; what came of it is a line of JSON.

    SIGTERM lets the mail that is being sent be sent.
    """
    from confctl.mail.notices import RESTED
    from confctl.mail.sending import Haste

    told_to_stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told_to_stop.append(number))
    least = max(_NICENESS, os.getpriority(os.PRIO_PROCESS, 0))  # the mixer is preferred, and we would be with it
    os.setpriority(os.PRIO_PROCESS, 0, least)
    sender = _sender(session, Haste(rested=RESTED))
    sender.stopping = lambda: bool(told_to_stop)
    with sender.outbox.sending_if_free() as free:
        if not free:  # somebody flushes; what is left is for a later round
            soon = {"sent": 0, "next": session.clock() + _A_MOMENT, "stamp": sender.outbox.stamp()}
            sys.stdout.write(json.dumps(soon) + "\n")
            return
        report = sender.send()
    if report.given_up or report.fault or report.damaged:
        _complain(session, report)
    sys.stdout.write(json.dumps({"sent": report.sent, "next": report.next, "stamp": report.stamp}) + "\n")


_A_MOMENT = 10.0
_NICENESS = 10
"""Sound comes first."""


def _sender(session: "Session", haste: "Haste") -> "Sender":
    from confctl.mail.outbox import Outbox
    from confctl.mail.sending import Sender
    from confctl.storage.files import make_folder

    outbox = Outbox(session.settings.paths.outbox)
    make_folder(outbox.folder)
    return Sender(outbox, session.settings, session.directory, session.book, session.clock, haste)
