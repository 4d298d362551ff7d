"""``confctl run``, ``status``, ``events`` and ``watch``."""

from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from confctl.book.book import no_such
from confctl.commands.options import ASKS_THE_MIXER, AnyCode, Json, RunningCode

if TYPE_CHECKING:
    from confctl.session import Session

_A_DAY = 86400.0


def register(app: typer.Typer) -> None:
    app.command()(run)
    for command in (status, events, watch):
        app.command(epilog=ASKS_THE_MIXER)(command)


def run(
    context: typer.Context,
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="End when nothing runs and nothing is due soon.")
    ] = False,
    log_level: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL", help="The least that is logged, instead of log.level: debug, info, warning or error."
        ),
    ] = None,
) -> None:
    """Run the mixer in the foreground: call people at the hour, until SIGTERM or SIGINT.

    Started a second time on the same book, it says that one is running and exits 0.

    \b
    Examples:
      confctl run
      confctl run --log-level debug
      * * * * * confctl --config /etc/confctl/confctl.toml run --until-idle   (a line for cron)
    """
    from confctl.log_settings import level_of
    from confctl.run import run as run_mixer
    from confctl.serving import Options

    session: Session = context.obj
    options = Options(until_idle, None if log_level is None else level_of(log_level))
    raise typer.Exit(run_mixer(session.settings, session.screen, options))


def status(context: typer.Context, code: RunningCode = None, as_json: Json = False) -> None:
    """Say what the running mixer is doing now, or who is where in a conference that runs.

    \b
    Examples:
      confctl status
      confctl status 123456
      confctl status --json
    """
    session: Session = context.obj
    if code is not None:
        from confctl.live.conference import status as show_conference

        raise typer.Exit(show_conference(session, code, as_json=as_json))
    from confctl.status import status as show_status

    raise typer.Exit(show_status(session, as_json=as_json))


def events(
    context: typer.Context,
    code: AnyCode = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as things happen, until Ctrl-C.")] = False,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="From then on: 15:30, 2026-11-30 15:30, yesterday, 2h ago as 2h. Without it, all of one conference, "
            "the last 24 hours of all.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell what has happened, a line each: in one conference, or in all.

    With --follow it goes on while things happen, through restarts of the mixer; with a code, until that conference is
    over. With --json each line is a JSON object.

    \b
    Examples:
      confctl events 123456
      confctl events --follow
      confctl events 123456 --follow --json
      confctl events --since 2h
    """
    from confctl.live.events import events as tell_events

    session: Session = context.obj
    raise typer.Exit(tell_events(session, code, since=_since(session, code, since), on=follow, as_json=as_json))


def _since(session: "Session", code: str | None, text: str | None) -> float:
    """Raises RefusedError for a conference that never was, UsageError for what is no time."""
    from confctl.live.moments import parse_moment

    if code is not None and session.book.get(code) is None and not session.journal.read(code):
        raise no_such(code)
    if text is not None:
        return parse_moment(text, session.now, ZoneInfo(session.settings.company.timezone))
    return 0.0 if code is not None else session.now - _A_DAY


def watch(context: typer.Context, code: RunningCode = None) -> None:
    """Watch a conference that runs, on the full screen: who speaks, how it sounds, what happens.

    Keys mute, remove, lock and record; ? shows them. Without a code, the conference that runs.

    \b
    Examples:
      confctl watch
      confctl watch 123456
    """
    from confctl.watch.watch import watch as watch_conference

    session: Session = context.obj
    raise typer.Exit(watch_conference(session, code))
