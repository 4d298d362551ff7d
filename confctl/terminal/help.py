"""``--help``: what a command does, how it is written, and examples, in the reader's language."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from typer.core import TyperArgument, TyperGroup, TyperOption

from confctl.words import Language, say, translated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer.core import TyperCommand

    Command = TyperCommand | TyperGroup

INDENT: Final = "  "
NARROWEST, WIDEST = 40, 100
"""Columns: longer lines are hard to read, however wide the terminal is."""
_HEADING: Final = 30
"""Columns for options and commands; what is longer has a line of its own."""
KEEPS_LINES: Final = "\b\n"


def text(path: Sequence[str], command: Command, language: Language, columns: int) -> str:
    """The help of the command that is called by the words of ``path``."""
    width = max(NARROWEST, min(columns, WIDEST))
    sections = [_filled(each, language, width) for each in paragraphs(command)]
    sections.append(f"{say('Usage:').in_language(language)}\n{INDENT}{usage(path, command, language)}")
    for title, rows in (
        (say("Commands:"), [(name, first_line(each, language)) for name, each in shown(command).items()]),
        (say("Arguments:"), argument_rows(command, language)),
        (say("Options:"), option_rows(command, language)),
    ):
        if rows:
            sections.append("\n".join([title.in_language(language), *_listed(rows, width)]))
    return "\n\n".join(sections) + "\n"


def paragraphs(command: Command) -> list[str]:
    """What is said of a command, in English; a paragraph that begins with ``\\b`` keeps its lines.

    What several commands have in common is their epilogue; it stands before the examples.
    """
    own = (command.help or "").strip().split("\n\n")
    if not command.epilog:
        return own
    examples = [each for each in own if each.startswith(KEEPS_LINES)]
    return [*(each for each in own if each not in examples), command.epilog, *examples]


def translatable(paragraph: str) -> str:
    """A paragraph as the catalogue has it: examples with their lines as they are."""
    return paragraph.removeprefix(KEEPS_LINES)


def placeholder(parameter: TyperArgument | TyperOption) -> str:
    """What stands for the value in the help, in English and without the dots of several; empty for a flag."""
    if isinstance(parameter, TyperOption) and parameter.is_flag:
        return ""
    return (parameter.metavar or (parameter.name or "").upper()).removesuffix("...")


def subcommands(command: Command) -> dict[str, Command]:
    """By name; empty for a command that has none."""
    return dict(getattr(command, "commands", {}))


def shown(command: Command) -> dict[str, Command]:
    """The subcommands that are meant for people."""
    return {name: each for name, each in subcommands(command).items() if not each.hidden}


def _filled(paragraph: str, language: Language, width: int) -> str:
    ours = translated(translatable(paragraph), language)
    return ours if paragraph.startswith(KEEPS_LINES) else textwrap.fill(" ".join(ours.split()), width)


def usage(path: Sequence[str], command: Command, language: Language) -> str:
    """How the command is written, in one line."""
    words = [*path, say("[OPTIONS]").in_language(language)]
    if subcommands(command):
        return " ".join([*words, say("COMMAND").in_language(language), "..."])
    for argument in _arguments(command):
        name = translated(placeholder(argument), language)
        if (argument.metavar or "").startswith("["):  # says itself what may be left out, and how often
            words.append(name + ("..." if (argument.metavar or "").endswith("...") else ""))
        else:
            words.append((name if argument.required else f"[{name}]") + ("..." if argument.nargs == -1 else ""))
    return " ".join(words)


def argument_rows(command: Command, language: Language) -> list[tuple[str, str]]:
    """Each argument with what it is."""
    return [
        (translated(placeholder(each), language), translated(each.help, language))
        for each in _arguments(command)
        if each.help
    ]


def option_rows(command: Command, language: Language) -> list[tuple[str, str]]:
    """Each option as it is written, with what it does."""
    options = [each for each in command.params if isinstance(each, TyperOption) and not each.hidden]
    return [
        *(_option(each, language) for each in options),
        ("-h, --help", say("Show this and exit.").in_language(language)),
    ]


def _arguments(command: Command) -> list[TyperArgument]:
    return [each for each in command.params if isinstance(each, TyperArgument)]


def _option(option: TyperOption, language: Language) -> tuple[str, str]:
    names, value = ", ".join(option.opts), translated(placeholder(option), language)
    several = "..." if (option.metavar or "").endswith("...") else ""
    return f"{names} {value}{several}".rstrip(), translated(option.help or "", language)


def first_line(command: Command, language: Language) -> str:
    """What it does, in a few words."""
    return " ".join(translated(paragraphs(command)[0], language).split()).removesuffix(".")


def _listed(rows: Sequence[tuple[str, str]], width: int) -> list[str]:
    """Names in a column, their meanings beside them; a name that is too long stands above its meaning."""
    column = min(max(len(name) for name, _ in rows), _HEADING, width // 2) + 2
    lines: list[str] = []
    for name, meaning in rows:
        filled = textwrap.wrap(meaning, width - len(INDENT) - column) or [""]
        if len(name) + 2 > column:
            lines.append(f"{INDENT}{name}")
        else:
            lines.append(f"{INDENT}{name:{column}}{filled.pop(0)}")
        lines += [f"{INDENT}{'':{column}}{each}" for each in filled]
    return [line.rstrip() for line in lines]
