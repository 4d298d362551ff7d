"""The command line: what is global to all commands, and how each error becomes one line."""

import io
import os
import sys
from itertools import islice, pairwise
from pathlib import Path
from typing import Annotated

import typer

from confctl.commands import conferences, mixer, people, setup
from confctl.problems import BrokenFileError, RefusedError, UsageError
from confctl.screen import Screen
from confctl.session import Session
from confctl.words import Language, Sentence, say

app = typer.Typer(
    name="confctl",
    help="Scheduled telephone conferences: calls everybody at the hour, mixes, ends by rule.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
setup.register(app)
people.register(app)
conferences.register(app)
mixer.register(app)


@app.callback(invoke_without_command=True)
def confctl(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="The settings file.", metavar="FILE")] = None,
    lang: Annotated[Language | None, typer.Option(help="The language of the output.")] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Scheduled telephone conferences: calls everybody at the hour, mixes, ends by rule.

    \b
    confctl init
    confctl people add "Anna Petrova" 101 --account
    confctl add "Weekly meeting" --owner anna --date tomorrow --from 15:30 --to 16:30 --with 102 103
    confctl run
    """
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"confctl {installed('confctl')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(2)
    session: Session = context.obj
    session.config, session.lang = config, lang


def main(arguments: list[str] | None = None) -> None:
    """Runs the program; always ends in SystemExit with 0, 1 (refused or failed) or 2 (usage)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter is shown its number
    session = Session()
    words = _globals_first(sys.argv[1:] if arguments is None else arguments)
    session.lang = _language(words)
    try:
        result = app(words, prog_name="confctl", standalone_mode=False, obj=session)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  the one place where every error becomes a line
        sys.exit(_explain(error, session.screen))
    sys.exit(result if isinstance(result, int) else 0)


def _globals_first(arguments: list[str]) -> list[str]:
    """``confctl list --lang ru`` is ``confctl --lang ru list``: what is global may stand anywhere before a ``--``."""
    first: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in ("--config", "--lang"):
            first += [word, *islice(words, 1)]
        elif word.startswith(("--config=", "--lang=")):
            first += word.split("=", 1)
        else:
            rest.append(word)
    return first + rest


def _language(words: list[str]) -> Language | None:
    """What ``--lang`` says, before there is a command: wrong usage is told in that language too."""
    option = dict(pairwise(words)).get("--lang")
    return "ru" if option == "ru" else "en" if option == "en" else None


def _explain(error: BaseException, screen: Screen) -> int:
    """Says on one line what went wrong; the exit status."""
    match error:
        case BrokenFileError(problems=problems):
            screen.warn_of(problems)
        case UsageError():
            screen.complain(error.sentence)
            return 2
        case RefusedError():
            screen.complain(error.sentence)
        case typer.TyperException():
            screen.complain(_usage(error))
            return error.exit_code
        case KeyboardInterrupt() | typer.Abort():
            return 130
        case BrokenPipeError():
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone; the rest goes nowhere
        case OSError(filename=file, strerror=reason) if reason:
            screen.complain(say("{key}: {problem}", key=file, problem=reason) if file else say("{error}", error=reason))
        case _ if os.environ.get("CONFCTL_TRACEBACK"):
            raise error
        case _:
            screen.complain(
                say("This is a mistake in confctl, CONFCTL_TRACEBACK=1 shows where: {error}", error=repr(error))
            )
    return 1


def _usage(error: typer.TyperException) -> Sentence:
    context: object = getattr(error, "ctx", None)  # what went wrong may have happened before there was a command
    command = getattr(context, "command_path", "confctl")
    message = error.format_message()
    if not message.endswith((".", "?")):
        message += "."
    return say("{error} See “{command} --help”.", error=message, command=command)
