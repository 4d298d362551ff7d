"""``make catalogues``: writes down all that the program can say, and compiles what the translators made of it.

What is said no more leaves the catalogues; what is new stands in them untranslated, and a test says so.
"""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from confctl.terminal.help import Command

FOLDER: Final = Path(__file__).parent
ROOT: Final = FOLDER.parents[1]
TEMPLATE: Final = FOLDER / "confctl.pot"
LANGUAGES: Final = ("ru",)
"""English needs no catalogue of its own: the keys are English."""

_TEXTS: Final = ("say", "word", "Phrase", "ControlError", "NotPermitted", "SoundFileError")
"""Called with a text of the catalogue first."""
_COUNTS: Final = ("count", "plural")
"""Called with a number, the text for one and the text for others."""
_LOG: Final = ("debug", "info", "warning", "error", "critical", "exception")

_PLACES: Final = re.compile(r"\{[^}]*\}|%(?:\(\w+\))?[.\d]*[sdf]")
_WORDS: Final = re.compile(r"[^\W\d_]|[“”]")

Key = str | tuple[str, str]
"""A text; of a count, the text for one and the text for others."""


def said() -> dict[Key, str]:
    """Everything that the program says, with the file that says it first."""
    found: dict[Key, str] = {}
    for package in ("confctl", "mixer", "media", "sip"):
        for source in sorted((ROOT / package).rglob("*.py")):
            for key in _of_source(ast.parse(source.read_text(encoding="utf-8"))):
                found.setdefault(key, str(source.relative_to(ROOT)))
    for key in _of_help():
        found.setdefault(key, "confctl/commands")
    return found


def po(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "confctl.po"


def read(language: str) -> Catalog:
    with po(language).open("rb") as stream:
        return read_po(stream, locale=language, abort_invalid=True)


def translations(language: str) -> dict[Key, str | tuple[str, ...]]:
    """What has been translated so far."""
    if not po(language).exists():
        return {}
    return {
        key_of(message): message.string if isinstance(message.string, str) else _strings(message)
        for message in read(language)
        if message.id and all(_strings(message))
    }


def update() -> None:
    keys = said()
    for language in LANGUAGES:
        _write(language, keys, translations(language))
    _write_template(keys)


def merge(new: Mapping[str, str]) -> None:
    """Adds Russian translations, paragraph by paragraph; a count's is ``"one | other": "one | few | many"``."""
    keys, known = said(), translations("ru")
    for english, russian in new.items():
        if " | " in english and english not in keys:  # an example may have a pipe
            one, other = english.split(" | ")
            known[one, other] = tuple(russian.split(" | "))
            continue
        known[english] = russian
        parts, their = english.split("\n\n"), russian.split("\n\n")
        if len(parts) == len(their):
            known.update(zip(parts, their, strict=True))
    _write("ru", {**keys, **{key: "" for key in known if key not in keys}}, known)


def _write(language: str, keys: Mapping[Key, str], known: Mapping[Key, str | tuple[str, ...]]) -> None:
    catalogue = _catalogue(language)
    for key, source in sorted(keys.items(), key=_in_order):
        catalogue.add(key, known.get(key, ""), locations=[(source, 0)] if source else [])
    po(language).parent.mkdir(parents=True, exist_ok=True)
    _save(po(language), catalogue)
    with po(language).with_suffix(".mo").open("wb") as compiled:
        write_mo(compiled, catalogue)


def _in_order(pair: tuple[Key, str]) -> tuple[str, str]:
    key, source = pair
    return source, key if isinstance(key, str) else key[0]


def _write_template(keys: Mapping[Key, str]) -> None:
    catalogue = _catalogue(None)
    for key, source in sorted(keys.items(), key=_in_order):
        catalogue.add(key, locations=[(source, 0)])
    _save(TEMPLATE, catalogue)


def _catalogue(language: str | None) -> Catalog:
    """Without the dates and versions that would make each update a change."""
    then = datetime(2026, 1, 1, tzinfo=UTC)
    return Catalog(
        locale=language,
        project="confctl",
        version="",
        msgid_bugs_address="",
        last_translator="",
        language_team="",
        header_comment="# Of confctl; MIT licence, as the program.",
        creation_date=then,
        revision_date=then,
        fuzzy=False,
    )


def _save(file: Path, catalogue: Catalog) -> None:
    with file.open("wb") as stream:
        write_po(stream, catalogue, width=0, include_lineno=False)


def key_of(message: Message) -> Key:
    return message.id if isinstance(message.id, str) else (message.id[0], message.id[1])


def _strings(message: Message) -> tuple[str, ...]:
    """One of a text; of a count, as many as the language has forms."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def _of_source(tree: ast.AST) -> Iterator[Key]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        match [each.value if isinstance(each, ast.Constant) else None for each in node.args]:
            case [_, str(one), str(other), *_] if name in _COUNTS:
                yield one, other
            case [str(text), *_] if (name in _TEXTS or (name in _LOG and _is_log(node.func))) and _has_words(text):
                yield text


def _has_words(text: str) -> bool:
    """Whether there is anything to translate, besides places and punctuation that all languages share."""
    return _WORDS.search(_PLACES.sub("", text)) is not None


def _is_log(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and getattr(function.value, "id", "") == "_log"


def _of_help() -> Iterator[str]:
    from typer.core import TyperArgument, TyperOption

    from confctl.app import root
    from confctl.terminal.help import paragraphs, placeholder, subcommands, translatable

    commands: list[Command] = [root()]
    for command in commands:
        commands += subcommands(command).values()
        yield from map(translatable, paragraphs(command))
        for parameter in command.params:
            if isinstance(parameter, TyperArgument | TyperOption) and not parameter.hidden:
                yield from filter(None, (parameter.help, _translatable(placeholder(parameter))))


def _translatable(placeholder: str) -> str:
    """Of a choice, nothing: its words are what is typed; before some a code may stand."""
    return "" if "|" in placeholder and not placeholder.startswith("[CODE]") else placeholder


if __name__ == "__main__":
    update()
