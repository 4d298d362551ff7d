"""``confctl prompts``: what callers hear, and own recordings in place of ours."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from confctl.commands import finding_results
from confctl.commands.options import Json
from confctl.words import Language, say

if TYPE_CHECKING:
    from confctl.session import Session

_app = typer.Typer(help="What callers hear, and own recordings in place of it.", rich_markup_mode=None)

Name = Annotated[
    str, typer.Argument(metavar="SOUND", help="As “confctl prompts list” has it: enter-code, tone, music.")
]
Spoken = Annotated[
    Language | None, typer.Option("--language", metavar="ru|en", help="Of the prompt; else the company's.")
]


def register(app: typer.Typer) -> None:
    app.add_typer(_app, name="prompts")


@_app.command(name="list")
def list_prompts(context: typer.Context, as_json: Json = False) -> None:
    """List the sounds that callers hear: what each says, how long it is, and whether it is your own.

    \b
    Examples:
      confctl prompts list
      confctl prompts list --json
    """
    from confctl.terminal import prompts_table

    session: Session = context.obj
    rows = prompts_table.rows(session.settings)
    if as_json:
        session.screen.json(prompts_table.as_json(rows))
    else:
        session.screen.table(prompts_table.table(rows, session.screen))


@_app.command()
def play(
    context: typer.Context,
    name: Name,
    language: Spoken = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there as wav, and play nothing.")
    ] = None,
) -> None:
    """Play a sound as callers hear it, on this machine.

    \b
    Examples:
      confctl prompts play enter-code
      confctl prompts play good-bye --language ru
      confctl prompts play music -o music.wav
    """
    from confctl import prompt_playing as playing

    session: Session = context.obj
    sound = playing.heard(session.settings, name, language)
    if output is None:
        playing.play(sound)
    else:
        playing.write(sound, output)
        session.screen.line(say("{file} is written.", file=output))


@_app.command()
def replace(
    context: typer.Context,
    name: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="wav, flac, mp3 or ogg; the sound is copied.")],
    language: Spoken = None,
    as_json: Json = False,
) -> None:
    """Put your own recording in the place of a sound of ours; a running mixer has it for calls from then on.

    It is decoded first and refused if it is damaged, silent or longer than 30 seconds; hold music is cut after ten
    minutes. It is brought to the loudness of ours.

    \b
    Examples:
      confctl prompts replace enter-code hello.mp3
      confctl prompts replace good-bye bye.wav --language ru
      confctl prompts replace music waiting.ogg
    """
    from confctl import replacing
    from confctl.dates import length

    session: Session = context.obj
    done = replacing.replace(session.settings, name, language, file)
    for warning in done.warnings:
        session.screen.complain(warning)
    if as_json:
        session.screen.json({"replaced": done.name, "file": str(done.file), "seconds": round(done.seconds, 2)})
        return
    session.screen.line(
        say("{name} is your own now: {file}, {length}.", name=done.name, file=done.file, length=length(done.seconds))
    )


@_app.command()
def reset(context: typer.Context, name: Name, language: Spoken = None, as_json: Json = False) -> None:
    """Take your own recording of a sound away: callers hear ours again.

    \b
    Examples:
      confctl prompts reset enter-code
      confctl prompts reset good-bye --language ru
    """
    from confctl import replacing

    session: Session = context.obj
    full, removed = replacing.reset(session.settings, name, language)
    if as_json:
        session.screen.json({"reset": full, "removed": [str(file) for file in removed]})
        return
    session.screen.line(say("{name} is ours again.", name=full))


@_app.command()
def check(context: typer.Context, as_json: Json = False) -> None:
    """Say which of your own recordings can't be used; exit status 1 if any can't.

    \b
    Examples:
      confctl prompts check
      confctl prompts check --json
    """
    from confctl import check_prompts

    session: Session = context.obj
    found = [*check_prompts.shipped(session.settings, ("ru", "en")), *check_prompts.own(session.settings)]
    finding_results.show(session, found, as_json=as_json)


@_app.command(hidden=True)
def prepare(context: typer.Context) -> None:
    """Make the mixer's copies; it starts this itself.

    \b
    Examples:
      confctl prompts prepare
    """
    from confctl.own_prompts import bring_up_to_date, found, prepared

    session: Session = context.obj
    unused = bring_up_to_date(session.settings, prepared(session.settings))
    used = len(found(session.settings)) - len(unused)
    told = [{"file": str(each.file), "problem": each.problem.in_language(session.language)} for each in unused]
    sys.stdout.write(json.dumps({"used": used, "unused": told}) + "\n")
