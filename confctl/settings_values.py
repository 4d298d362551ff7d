"""Values that several tables of ``confctl.toml`` have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl.problems import reason
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from pathlib import Path

    from confctl.storage.toml_table import Table


def secret(table: Table, beside: Path, example: str) -> str | None:
    """``password``, or what is in the file that ``password_file`` names, from the folder ``beside``."""
    password = table.optional_text("password", "…")
    file = table.optional_text("password_file", example)
    if file is None:
        return password
    if password is not None:
        table.wrong("password_file", say("there is a password as well; keep one of the two"))
        return password
    try:
        return (beside / file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        table.wrong("password_file", say("{file} can't be read: {error}", file=beside / file, error=why))
        return None


def wrong_port(port: str) -> Sentence | None:
    """``port`` is one to five digits."""
    if 1 <= int(port) <= 65535:
        return None
    return say("{value} is no port; ports are from 1 to 65535", value=port)
