"""Wrong usage, in our sentences: Typer finds it, and speaks English alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from confctl.words import Sentence, say

if TYPE_CHECKING:
    from collections.abc import Callable

    import typer


def wrong_usage(error: typer.TyperException) -> Sentence:
    """What is wrong, and where the right usage can be read."""
    context: object = getattr(error, "ctx", None)  # what went wrong may have happened before there was a command
    command = getattr(context, "command_path", "confctl")
    return say("{error} See “{command} --help”.", error=_said(error.format_message()), command=command)


def _said(message: str) -> Sentence | str:
    for pattern, sentence in _MESSAGES:
        if match := pattern.fullmatch(message):
            return sentence(*match.groups())
    return message if message.endswith((".", "?")) else f"{message}."


def _no_command(word: str, nearest: str | None) -> Sentence:
    if nearest:
        return say("There is no command “{word}”; is “{nearest}” meant?", word=word, nearest=_plain(nearest))
    return say("There is no command “{word}”.", word=word)


def _no_option(option: str, nearest: str | None) -> Sentence:
    if nearest:
        return say("There is no option {option}; is {nearest} meant?", option=option, nearest=nearest)
    return say("There is no option {option}.", option=option)


def _plain(quoted: str) -> str:
    return quoted.replace("'", "")


_MESSAGES: Final[tuple[tuple[re.Pattern[str], Callable[..., Sentence]], ...]] = (
    (re.compile(r"No such command '(.*?)'\.(?: Did you mean (.*)\?)?", re.DOTALL), _no_command),
    (re.compile(r"No such option: (.*?)(?: \(Possible options: (.*)\))?", re.DOTALL), _no_option),
    (re.compile(r"Missing command\."), lambda: say("A command is missing.")),
    (
        re.compile(r"Missing argument '(.*?)'\.(?: Choose from:.*)?", re.DOTALL),
        lambda name: say("{name} is missing.", name=name),
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
