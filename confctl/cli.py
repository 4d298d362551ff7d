"""The command line: what may stand before and after every command, and how each error becomes one line."""

from __future__ import annotations

import io
import os
import sys
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from confctl.problems import BrokenFileError, RefusedError, UsageError, in_the_way, reason
from confctl.session import Session
from confctl.words import Language, in_a_row, say

if TYPE_CHECKING:
    from collections.abc import Sequence

_GLOBAL = ("--config", "--lang")
_HURRIED = ("mute", "unmute", "kick", "lock", "unlock", "call", "owner", "deputy", "record", "extend")
"""What :func:`confctl.acts.read` understands."""


def main(arguments: list[str] | None = None) -> None:
    """Runs the program; always ends in SystemExit with 0, 1 (refused or failed) or 2 (usage)."""
    _reopen_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter is shown its number
    given = sys.argv[1:] if arguments is None else arguments
    shell = os.environ.get("CONFCTL_COMPLETE")
    if shell:
        _complete(shell, given)
        sys.exit(0)
    everywhere, words = _globals(given)
    session = Session(_config(everywhere), _language(everywhere))
    try:
        result = _run(everywhere, words, session)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  the one place where every error becomes a line
        sys.exit(_explain(error, words, session))
    sys.exit(result if isinstance(result, int) else 0)


def _reopen_closed() -> None:
    """Whoever starts us with a stream closed (``>&-``) neither says anything nor wants to hear: it leads nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115  as long as we run


def _complete(shell: str, given: Sequence[str]) -> None:
    """Tells a shell what may stand in place of the last word."""
    from confctl.terminal import shells

    line = shells.Line.read(given)
    everywhere, words = _globals(line.before)
    shells.answer(shell, line, everywhere, words, Session(_config(everywhere), _language(everywhere)))


def _run(everywhere: list[str], words: list[str], session: Session) -> object:
    # What is asked for most, or in a hurry, comes at once: Typer and pydantic take longer to load than that takes.
    if words in (["list"], ["list", "--json"]) and _are_right(everywhere):
        from confctl import overview

        overview.current(session, as_json=len(words) > 1)
        return 0
    if words[:1] and words[0] in _HURRIED and _are_right(everywhere):
        from confctl import acts

        if (order := acts.read([word for word in words if word != "--json"])) is not None:
            acts.carry_out(session, order, as_json="--json" in words)
            return 0
    from confctl import app

    return app.run(everywhere, words, session)


def _are_right(everywhere: list[str]) -> bool:
    """Whether Typer would find nothing wrong in them."""
    return len(everywhere) % 2 == 0 and ("--lang" not in everywhere or _language(everywhere) is not None)


def _globals(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """``confctl list --lang ru`` is ``confctl --lang ru list``: what is global may stand anywhere before a ``--``."""
    first: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in _GLOBAL:
            first += [word, *islice(words, 1)]
        elif word.startswith(tuple(f"{option}=" for option in _GLOBAL)):
            first += word.split("=", 1)
        else:
            rest.append(word)
    return first, rest


def _language(everywhere: list[str]) -> Language | None:
    """What ``--lang`` says: wrong usage and help are told in that language too."""
    option = dict(pairwise(everywhere)).get("--lang")
    return "ru" if option == "ru" else "en" if option == "en" else None


def _config(everywhere: list[str]) -> Path | None:
    option = dict(pairwise(everywhere)).get("--config")
    return Path(option) if option else None


def _explain(error: BaseException, words: Sequence[str], session: Session) -> int:
    """Says on one line what went wrong; the exit status."""
    import typer  # where there is an error there is time

    screen = session.screen
    match error:
        case BrokenFileError(problems=problems):
            screen.warn_of(problems)
        case UsageError():
            screen.complain(error.sentence)
            return 2
        case RefusedError():
            screen.complain(error.sentence)
        case typer.TyperException():
            from confctl.app import complaint

            screen.complain(complaint(error, words))
            return error.exit_code
        case KeyboardInterrupt() | typer.Abort():
            return 130
        case BrokenPipeError():
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone; the rest goes nowhere
        case FileExistsError(filename=file) if file:
            screen.complain(in_the_way(file))
        case OSError(filename=None, strerror=told) if told and session.done:
            unsaid = say("What it says of that can't be printed: {error}.", error=reason(error))
            screen.complain(in_a_row([session.done, unsaid]))
        case OSError(filename=file, strerror=told) if told:
            why = reason(error)
            screen.complain(say("{key}: {problem}", key=file, problem=why) if file else say("{error}", error=why))
        case _ if os.environ.get("CONFCTL_TRACEBACK"):
            raise error
        case _:
            screen.complain(
                say("This is a mistake in confctl (CONFCTL_TRACEBACK=1 shows where): {error}", error=repr(error))
            )
    return 1
