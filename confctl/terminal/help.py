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
_KEEPS_LINES: Final = "\b\n"


def text(path: Sequence[str], command: Command, language: Language, columns: int) -> str:
    """The help of the command that is called by the words of ``path``."""
    width = max(NARROWEST, min(columns, WIDEST))
    arguments = [each for each in command.params if isinstance(each, TyperArgument)]
    options = [each for each in command.params if isinstance(each, TyperOption) and not each.hidden]
    sections = [_filled(each, language, width) for each in paragraphs(command)]
    sections.append(f"{say('Usage:').in_language(language)}\n{INDENT}{_usage(path, command, arguments)}")
    for title, rows in (
        (say("Commands:"), [(name, _first_line(each, language)) for name, each in _shown(command).items()]),
        (say("Arguments:"), [(_name(each), translated(each.help or "", language)) for each in arguments if each.help]),
        (say("Options:"), [*(_option(each, language) for each in options), _help_itself(language)]),
    ):
        if rows:
            sections.append("\n".join([title.in_language(language), *_listed(rows, width)]))
    return "\n\n".join(sections) + "\n"


def paragraphs(command: Command) -> list[str]:
    """What is said of a command, in English; a paragraph that begins with ``\\b`` keeps its lines."""
    return (command.help or "").strip().split("\n\n")


def translatable(paragraph: str) -> str:
    """The part of a paragraph that the catalogue has; of examples, it is the title."""
    return paragraph.split("\n")[1] if paragraph.startswith(_KEEPS_LINES) else paragraph


def subcommands(command: Command) -> dict[str, Command]:
    """By name; empty for a command that has none."""
    return dict(getattr(command, "commands", {}))


def _shown(command: Command) -> dict[str, Command]:
    return {name: each for name, each in subcommands(command).items() if not each.hidden}


def _filled(paragraph: str, language: Language, width: int) -> str:
    english = translatable(paragraph)
    if paragraph.startswith(_KEEPS_LINES):
        return paragraph.removeprefix(_KEEPS_LINES).replace(english, translated(english, language), 1)
    return textwrap.fill(" ".join(translated(english, language).split()), width)


def _usage(path: Sequence[str], command: Command, arguments: Sequence[TyperArgument]) -> str:
    if subcommands(command):
        return " ".join([*path, "[OPTIONS]", "COMMAND", "..."])
    named = [_name(each) if each.required else f"[{_name(each)}]" for each in arguments]
    several = ["..." if each.nargs == -1 else "" for each in arguments]
    return " ".join([*path, "[OPTIONS]", *map("".join, zip(named, several, strict=True))])


def _name(parameter: TyperArgument) -> str:
    return parameter.metavar or (parameter.name or "").upper()


def _option(option: TyperOption, language: Language) -> tuple[str, str]:
    value = "" if option.is_flag or not option.metavar else f" {option.metavar}"
    meaning = translated(option.help or "", language)
    if option.required:
        meaning += " " + say("[required]").in_language(language)
    return ", ".join(option.opts) + value, meaning


def _help_itself(language: Language) -> tuple[str, str]:
    return "-h, --help", say("Show this and exit.").in_language(language)


def _first_line(command: Command, language: Language) -> str:
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
