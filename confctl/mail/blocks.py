"""The parts of a letter, as plain text and as simple HTML.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confctl.words import Language


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    target: str
    """A URI of printable ASCII."""


Block = str | tuple[Row, ...] | tuple[Link, ...]
"""A paragraph, a table, or links, each in a line of its own.  All texts are clean and have one line."""


def plain(blocks: Sequence[Block]) -> str:
    return "\n\n".join(block if isinstance(block, str) else "\n".join(map(_line, block)) for block in blocks) + "\n"


def html(blocks: Sequence[Block], language: Language) -> str:
    """No pictures, nothing fetched: what every mail program shows alike."""
    body = "\n".join(map(_html, blocks))
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head><meta charset="utf-8"></head>\n'
        f'<body style="font-family: sans-serif; line-height: 1.4">\n{body}\n</body>\n</html>\n'
    )


def _line(part: Row | Link) -> str:
    return f"{part.label}: {part.text if isinstance(part, Row) else part.target}"


def _html(block: Block) -> str:
    if isinstance(block, str):
        return f"<p>{escape(block)}</p>"
    rows = "\n".join(_tr(part) for part in block if isinstance(part, Row))
    if rows:
        return f'<table cellspacing="0" style="margin: 1em 0">\n{rows}\n</table>'
    return "<p>" + "<br>\n".join(_anchor(part) for part in block if isinstance(part, Link)) + "</p>"


def _tr(row: Row) -> str:
    label = f'<td style="padding: 2px 16px 2px 0; color: #666; vertical-align: top">{escape(row.label)}</td>'
    return f"<tr>{label}<td>{escape(row.text)}</td></tr>"


def _anchor(link: Link) -> str:
    return f'{escape(link.label)}: <a href="{escape(link.target)}">{escape(link.target)}</a>'
