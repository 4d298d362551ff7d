"""Files in the book's folder that the book passes over."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def strays(folder: Path) -> list[Path]:
    """By name; hidden files belong to whoever hid them."""
    return sorted(file for file in folder.glob("[!.]*") if file.is_file() and not _is_the_books(file))


def _is_the_books(file: Path) -> bool:
    """With a digit in front, what is wrong with a file is said where conferences are read."""
    return file.name == "codes" or file.match("[0-9]*.toml")
