"""``confctl run`` and ``confctl status``."""

from typing import TYPE_CHECKING, Annotated

import typer

from confctl.commands.options import Json, RunningCode

if TYPE_CHECKING:
    from confctl.session import Session


def register(app: typer.Typer) -> None:
    app.command()(run)
    app.command()(status)


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
    from confctl.run import Options
    from confctl.run import run as run_mixer

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

    raise typer.Exit(show_status(session.settings, session.screen, as_json=as_json))
