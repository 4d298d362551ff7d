"""Cells of CSV that no spreadsheet takes for a formula.

A name may have been typed by a stranger, and ``=HYPERLINK(…)`` in a cell is carried out by whoever opens the file.
Such a cell gets an apostrophe before it, as one types it into a spreadsheet oneself; one that had some gets another, so
that what was meant can be read again.  Telephone numbers are let alone: a plus and digits compute nothing.

>>> harmless("=1+1"), harmless("'=1"), harmless("+74955550101"), harmless("O'Neill")
("'=1+1", "''=1", '+74955550101', "O'Neill")
>>> as_meant("'=1+1"), as_meant("''=1")
('=1+1', "'=1")
"""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")
_NUMBERS = re.compile(r"\+?[0-9]+(; \+?[0-9]+)*", re.ASCII)


def harmless(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBERS.fullmatch(cell) else cell


def as_meant(cell: str) -> str:
    """What :func:`harmless` was given."""
    return cell[1:] if _ESCAPED.match(cell) else cell
