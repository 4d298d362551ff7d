"""``confctl play``: a sound file, or one of our prompts, to those who are in a running conference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from confctl import acts
from confctl.live.asking import refusals_told
from confctl.problems import RefusedError, UsageError, reason
from confctl.words import Sentence, count, say
from mixer.control import LARGEST_FILE, ask, bring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confctl.session import Session
    from confctl.terminal.screen import Json as Printed
    from mixer.control import Json

PATIENCE: Final = 60.0
"""Seconds: a long file takes a while to be decoded."""


def play(session: Session, words: Sequence[str], to: Sequence[str], *, stop: bool, as_json: bool) -> None:
    """Raises RefusedError, and UsageError."""
    if stop and to:
        raise UsageError(say("--stop is for all who hear it."))
    *code, what = words if words and not stop else [*words, ""]
    if not what and not stop:
        raise UsageError(say("Say what: a sound file or a prompt. See “confctl play --help”."))
    args = {**acts.code_of("play", code), **({"to": acts.named(session, to)} if to else {})}
    if stop:
        args["stop"] = True
    told = _told(session, what, args)
    if as_json:
        fields = {name: told[name] for name in ("code", "title", "heard")}
        session.screen.json(cast("Printed", {"done": "stop" if stop else "play", **fields}))
    else:
        session.screen.line(_said(told, stop=stop))


def _told(session: Session, what: str, args: dict[str, Json]) -> dict[str, Json]:
    with refusals_told():
        if what and _is_file(what):
            return _bring(session, Path(what), args)
        if what:
            args["prompt"] = what
        return ask(session.socket, "play", timeout=PATIENCE, **args)


def _is_file(what: str) -> bool:
    """Prompts have neither dots nor slashes in their names."""
    return "." in what or "/" in what


def _bring(session: Session, file: Path, args: dict[str, Json]) -> dict[str, Json]:
    if not file.is_file():
        raise RefusedError(say("There is no file {file}.", file=file))
    if (size := file.stat().st_size) > LARGEST_FILE:
        raise RefusedError(
            say(
                "{file} is {size} MB; what is played has {most} MB at most.",
                file=file,
                size=size // 1_000_000,
                most=LARGEST_FILE // 1_000_000,
            )
        )
    try:
        opened = file.open("rb")
    except OSError as error:
        raise RefusedError(say("{key}: {problem}", key=file, problem=reason(error))) from None
    with opened:
        return bring(session.socket, "play", opened, timeout=PATIENCE, **args)


def _said(told: dict[str, Json], *, stop: bool) -> Sentence:
    heard = cast("int", told["heard"])
    if stop:
        return say("Nothing is played in “{title}” any more.", title=told["title"])
    return count(
        heard,
        "Being played in “{title}” to {n} person.",
        "Being played in “{title}” to {n} people.",
        title=told["title"],
    )
