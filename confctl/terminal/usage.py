"""Wrong usage, in our sentences: Typer finds it, and speaks English alone."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from confctl.words import Sentence, say

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import typer


def wrong_usage(
    error: typer.TyperException, path: Sequence[str], commands: Collection[str], options: Collection[str]
) -> Sentence:
    """What is wrong, what may be meant, and where the right usage can be read.

    ``path``: the words that call the command, ``confctl`` first; ``commands`` and ``options``: what it knows.
    """
    said = _said(error.format_message(), commands, options)
    return say("{error} See “{command} --help”.", error=said, command=" ".join(path))


def _said(message: str, commands: Collection[str], options: Collection[str]) -> Sentence | str:
    if match := _NO_COMMAND.match(message):
        return _no_command(match[1], _meant(match[1], _COMMANDS_TRIED, commands))
    if match := _NO_OPTION.match(message):
        return _no_option(match[1], _meant(match[1], _OPTIONS_TRIED, options))
    for pattern, sentence in _MESSAGES:
        if match := pattern.fullmatch(message):
            return sentence(*match.groups())
    return message if message.endswith((".", "?")) else f"{message}."


def _meant(word: str, tried: dict[str, str], known: Collection[str]) -> str | None:
    """What does here what ``word`` does elsewhere; else what is nearest to it, one that is near indeed."""
    elsewhere = [each for each in tried.get(word, "").split() if each in known]
    return next(iter([*elsewhere, *get_close_matches(word, known, 1, _NEAR)]), None)


_NEAR: Final = 0.7
"""Of 1: ``--titel`` is near ``--title``, ``--title`` is not near ``--date``."""

_COMMANDS_TRIED: Final = {
    "cancel": "delete remove",
    "change": "edit",
    "create": "add",
    "del": "delete remove",
    "delete": "remove",
    "info": "show status",
    "ls": "list",
    "modify": "edit",
    "new": "add",
    "remove": "delete",
    "rm": "delete remove",
    "schedule": "add",
    "search": "find people",
    "send": "flush",
    "serve": "run",
    "set": "edit",
    "start": "run",
    "update": "edit",
    "view": "show",
}
"""What other programs call it, and what it may be called here, the likeliest first."""

_OPTIONS_TRIED: Final = {
    "--begin": "--from",
    "--day": "--date",
    "--end": "--to",
    "--invite": "--with",
    "--mail": "--email",
    "--participant": "--with",
    "--participants": "--with",
    "--people": "--with",
    "--remove": "--without",
    "--start": "--from",
    "--time": "--from",
    "--timezone": "--zone",
    "--tz": "--zone --timezone",
    "--until": "--to",
    "--zone": "--timezone",
}


def _no_command(word: str, meant: str | None) -> Sentence:
    if meant:
        return say("There is no command “{word}”; is “{nearest}” meant?", word=word, nearest=meant)
    return say("There is no command “{word}”.", word=word)


def _no_option(option: str, meant: str | None) -> Sentence:
    if meant:
        return say("There is no option {option}; is {nearest} meant?", option=option, nearest=meant)
    return say("There is no option {option}.", option=option)


def _plain(quoted: str) -> str:
    return quoted.replace("'", "")


_NO_COMMAND: Final = re.compile(r"No such command '(.*?)'\.", re.DOTALL)
_NO_OPTION: Final = re.compile(r"No such option: (\S+)")
_MESSAGES: Final[tuple[tuple[re.Pattern[str], Callable[..., Sentence]], ...]] = (
    (re.compile(r"Missing command\."), lambda: say("A command is missing.")),
    (
        re.compile(r"Missing argument '(.*?)'\.(?: Choose from:.*)?", re.DOTALL),
        lambda name: say("{name} is missing.", name=Sentence(name, {})),  # as the help calls it
    ),
    (re.compile(r"Missing option '(.*)'\."), lambda name: say("{name} is missing.", name=_plain(name))),
    (re.compile(r"Option '(.*)' requires an argument\."), lambda name: say("{name} needs a value.", name=name)),
    (re.compile(r"Option '(.*)' does not take a value\."), lambda name: say("{name} takes no value.", name=name)),
    (
        re.compile(r"Got unexpected extra argument\(s\) \((.*)\)", re.DOTALL),
        lambda words: say("“{words}” is more than this command takes.", words=words),
    ),
    (
        re.compile(r"Invalid value for '(.*?)': Value error, '(.*)' is not one of (.*)", re.DOTALL),
        lambda name, value, words: say(
            "{name}: “{value}” is none of: {choices}.", name=name, value=value, choices=_plain(words).rstrip(".")
        ),
    ),
    (
        re.compile(r"Invalid value for '(.*?)': Input should be a valid integer.*", re.DOTALL),
        lambda name: say("{name} needs a whole number.", name=name),
    ),
    (
        re.compile(r"Invalid value for '(.*?)': Input should be greater than or equal to (.*?)\.?"),
        lambda name, least: say("{name} is at least {least}.", name=name, least=least),
    ),
    (
        re.compile(r"Invalid value for '(.*?)': Input should be less than or equal to (.*?)\.?"),
        lambda name, most: say("{name} is at most {most}.", name=name, most=most),
    ),
)
"""Each as Typer 0.29 words it; one that it words otherwise some day is shown as it is."""
