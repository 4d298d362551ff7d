"""The commands, put together, and what is global to all of them."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TextIO

import typer
from typer.core import TyperGroup

from confctl.commands import (
    acts,
    completion,
    lists,
    mail,
    mixer,
    outlook,
    people,
    planning,
    prompts,
    rehearse,
    report,
    retention,
    setup,
    sip,
)
from confctl.session import Session
from confctl.terminal import help as its_help
from confctl.terminal.usage import wrong_usage
from confctl.words import Language, Sentence

app = typer.Typer(
    name="confctl",
    add_completion=False,  # of Typer; ours quotes names and evaluates nothing (confctl/terminal/shells.py)
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
setup.register(app)
people.register(app)
planning.register(app)
lists.register(app)
report.register(app)
outlook.register(app)
rehearse.register(app)
mixer.register(app)
acts.register(app)
mail.register(app)
prompts.register(app)
retention.register(app)
sip.register(app)
completion.register(app)


@app.callback(invoke_without_command=True)
def confctl(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            readable=False,  # whether it is, is said where it is read
            help="The settings file; else CONFCTL_CONFIG names it, or it is the first that is there of confctl.toml, "
            "~/.config/confctl/confctl.toml and /etc/confctl/confctl.toml.",
        ),
    ] = None,
    lang: Annotated[Language | None, typer.Option(help="The language of the output.", metavar="ru|en")] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Scheduled telephone conferences: calls everybody at the hour, mixes, ends by rule.

    \b
    Examples:
      confctl init
      confctl people add "Dmitri Orlov" 104 --account
      confctl add "Weekly meeting" --owner anna --date tomorrow --from 15:30 --to 16:30 --with 102 104
      confctl run
    """
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"confctl {installed('confctl')}")
        raise typer.Exit
    session: Session = context.obj
    session.config, session.lang = config, lang


def run(everywhere: Sequence[str], words: Sequence[str], session: Session) -> object:
    """What the command that the words name returns; ``everywhere``: the options that are global to all commands.

    Raises what the command raises, and what Typer finds wrong in the words.
    """
    command = root()
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    if _asks_for_help(words):
        path, found, whole = named(words, command)
        if whole:
            _print_help(path, found, session, sys.stdout)
            return 0
    elif not words and len(everywhere) % 2 == 0:  # one without its value is for Typer to refuse
        _print_help(["confctl"], command, session, sys.stderr)
        return 2
    return command.main([*everywhere, *words], prog_name="confctl", standalone_mode=False, obj=session)


def root() -> TyperGroup:
    command = typer.main.get_command(app)
    assert isinstance(command, TyperGroup)
    return command


def _print_help(path: Sequence[str], command: "its_help.Command", session: Session, stream: TextIO) -> None:
    stream.write(its_help.text(path, command, session.language, shutil.get_terminal_size().columns))


def _asks_for_help(words: Sequence[str]) -> bool:
    ours = words[: words.index("--")] if "--" in words else words
    return "--help" in ours or "-h" in ours


def named(words: Sequence[str], command: "its_help.Command") -> "tuple[list[str], its_help.Command, bool]":
    """The command that the words lead to, after its name; False if they go on to one that there is not."""
    path = ["confctl"]
    for word in words:
        below = its_help.subcommands(command)
        if not below:
            break
        if not word.startswith("-"):
            if word not in below:
                return path, command, False
            path.append(word)
            command = below[word]
    return path, command, True


def complaint(error: typer.TyperException, words: Sequence[str]) -> Sentence:
    """What is wrong in the words, in ours."""
    context: object = getattr(error, "ctx", None)  # what is wrong may be found before there is a command
    of_all = getattr(context, "command_path", None) == "confctl"  # as the value of --lang
    path, command, _ = named([] if of_all else words, root())
    options = [name for each in command.params for name in each.opts if name.startswith("--")]
    return wrong_usage(error, path, its_help.subcommands(command), options)
