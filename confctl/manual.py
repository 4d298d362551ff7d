"""The manual pages, made of what ``--help`` says: ``make manual`` writes them to ``man/``, from where they are shipped.

One page for each command (``confctl-people-add.1``), one for the program, and one for its settings
(``confctl.toml.5``); in English, and under ``ru/`` in Russian.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final

from confctl import app, templates
from confctl.terminal import help as its_help
from confctl.terminal.help import KEEPS_LINES
from confctl.words import Language, Sentence, say, translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from confctl.terminal.help import Command

_FOLDERS: Final[dict[Language, str]] = {"en": "", "ru": "ru/"}


def pages() -> dict[str, str]:
    """The text of each page, by the name of its file."""
    commands = dict(_commands(["confctl"], app.root()))
    found = {}
    for language, folder in _FOLDERS.items():
        for path, command in commands.items():
            name = path.replace(" ", "-")
            others = [each.replace(" ", "-") for each in commands if _related(path, each)]
            found[f"{folder}man1/{name}.1"] = _page(path, command, others, language)
        found[f"{folder}man5/confctl.toml.5"] = _settings_page(language)
    return found


def _commands(path: list[str], command: Command) -> Iterator[tuple[str, Command]]:
    yield " ".join(path), command
    for name, below in its_help.shown(command).items():
        yield from _commands([*path, name], below)


def _related(path: str, other: str) -> bool:
    """What stands directly above it, beside it in a group of commands, or below it."""
    above = path.rpartition(" ")[0]
    siblings = above.count(" ") and other.rpartition(" ")[0] == above
    return other != path and bool(other == above or other.rpartition(" ")[0] == path or siblings)


def _page(path: str, command: Command, others: Sequence[str], language: Language) -> str:
    paragraphs = its_help.paragraphs(command)
    examples = [each for each in paragraphs if each.startswith(KEEPS_LINES)]
    told = [translated(each, language) for each in paragraphs if each not in examples]
    brief = its_help.first_line(command, language)
    below = [
        (f"confctl {name}" if path == "confctl" else f"{path} {name}", its_help.first_line(each, language))
        for name, each in its_help.shown(command).items()
    ]
    parts = [
        _head(path.replace(" ", "-"), 1),
        _section(say("NAME"), f"{_escaped(path.replace(' ', '-'))} \\- {_escaped(brief)}", language),
        _section(say("SYNOPSIS"), f".nf\n{_escaped(its_help.usage(path.split(), command, language))}\n.fi", language),
        _section(say("DESCRIPTION"), "\n.PP\n".join(_escaped(" ".join(each.split())) for each in told), language),
        _listed(say("COMMANDS"), below, language),
        _listed(say("ARGUMENTS"), its_help.argument_rows(command, language), language),
        _listed(say("OPTIONS"), its_help.option_rows(command, language), language),
        *(_examples(each, language) for each in examples),
        _section(say("EXIT STATUS"), _escaped(_STATUS.in_language(language)), language),
    ]
    if path == "confctl":
        parts += [_listed(say("ENVIRONMENT"), _in(_ENVIRONMENT, language), language)]
        parts += [_listed(say("FILES"), _in(_FILES, language), language)]
    references = [(f"{other}", 1) for other in others] + ([("confctl.toml", 5)] if path == "confctl" else [])
    named = ", ".join(f"\\fB{_escaped(name)}\\fR({section})" for name, section in references)
    return "".join([*parts, _section(say("SEE ALSO"), named, language) if named else ""])


def _settings_page(language: Language) -> str:
    text = templates.settings(language)
    return "".join(
        [
            _head("confctl.toml", 5),
            _section(
                say("NAME"),
                f"confctl.toml \\- {_escaped(say('the settings of confctl').in_language(language))}",
                language,
            ),
            _section(say("DESCRIPTION"), _escaped(_ABOUT_SETTINGS.in_language(language)), language),
            _section(say("EXAMPLE"), f".nf\n{_lines(text)}\n.fi", language),
            _section(
                say("SEE ALSO"), "\\fBconfctl\\fR(1), \\fBconfctl\\-init\\fR(1), \\fBconfctl\\-check\\fR(1)", language
            ),
        ]
    )


def _head(name: str, section: int) -> str:
    return f'{_ORIGIN}\n.TH "{_escaped(name.upper())}" {section}\n.nh\n.ad l\n'


def _section(title: Sentence, text: str, language: Language) -> str:
    return f".SH {_escaped(title.in_language(language))}\n{text}\n"


def _listed(title: Sentence, rows: Sequence[tuple[str, str]], language: Language) -> str:
    if not rows:
        return ""
    items = "\n".join(f".TP\n\\fB{_escaped(name)}\\fR\n{_escaped(meaning)}" for name, meaning in rows)
    return _section(title, items, language)


def _examples(paragraph: str, language: Language) -> str:
    """Their first line is the heading, here in the page's own way."""
    _, _, lines = translated(its_help.translatable(paragraph), language).partition("\n")
    return _section(say("EXAMPLES"), f".nf\n{_lines(textwrap.dedent(lines))}\n.fi", language)


def _lines(text: str) -> str:
    return "\n".join(_escaped(line) for line in text.rstrip("\n").split("\n"))


def _escaped(text: str) -> str:
    """As roff has it: no line is a request, and a minus can be copied to a shell."""
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe


def _in(rows: Sequence[tuple[str, Sentence]], language: Language) -> list[tuple[str, str]]:
    return [(name, meaning.in_language(language)) for name, meaning in rows]


_ORIGIN = r".\" Made of what confctl says of itself: make manual"
_STATUS = say("0: done. 1: refused or failed; a line on standard error says why. 2: the command was written wrongly.")
_ENVIRONMENT = (
    ("CONFCTL_CONFIG", say("The settings file, unless --config names one.")),
    ("CONFCTL_SOCKET", say("The running mixer's control socket, instead of the one in the settings.")),
    ("CONFCTL_MAIL_PASSWORD", say("The mail server's password, instead of one in the settings.")),
    ("CONFCTL_TRACEBACK", say("If it is set, a mistake in confctl is shown with where it is.")),
    ("NO_COLOR", say("If it is set, nothing is coloured.")),
    ("LC_ALL, LC_MESSAGES, LANG", say("The language of the output, unless --lang names one.")),
)
_FILES = (
    ("confctl.toml", say("The settings: here, in ~/.config/confctl, or in /etc/confctl.")),
    ("people.toml", say("Whom a conference can call.")),
    ("conferences/", say("A file for each planned or running conference; past ones are in past/.")),
    ("journal/", say("What happened in each conference, one JSON object a line.")),
    ("outbox/", say("Mails that wait.")),
    ("state/", say("What the running mixer keeps for the next one, and its control socket.")),
)
_ABOUT_SETTINGS = say(
    "TOML. What “confctl init” writes, below, works as it is and shows every setting; one that is left out has the"
    " value shown in its comment. “confctl check” says what is wrong in it, with the line."
)


def write(folder: Path) -> None:
    """Every page, and no others."""
    wanted = pages()
    for page in folder.rglob("*.[15]"):
        if str(page.relative_to(folder)) not in wanted:
            page.unlink()
    for name, text in wanted.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
