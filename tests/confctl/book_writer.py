"""A process that writes into a book and, if told so, is killed at a certain step of it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from confctl.book import Book, Draft
from confctl.directory import Directory
from mixer.model import Person

if TYPE_CHECKING:
    from collections.abc import Callable

ANNA = Person("Анна", ("101",), password="x")
BORIS = Person("Борис", ("102",), password="x")


def draft(title: str, start: float = 2e9) -> Draft:
    return Draft(title, ANNA, (BORIS,), start, start + 3600, "Europe/Moscow")


def book(folder: Path) -> Book:
    return Book(folder, Directory([ANNA, BORIS]))


def die_at(step: int) -> None:
    """SIGKILL just before the ``step``-th call that changes the disk."""
    left = step

    def counted(name: str) -> Callable[..., object]:
        real: Callable[..., object] = getattr(os, name)

        def call(*arguments: object, **named: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **named)

        return call

    for name in ("fsync", "rename", "replace", "unlink", "fchmod"):
        setattr(os, name, counted(name))


def main() -> None:
    what, folder, argument = sys.argv[1:4]
    target = book(Path(folder))
    if what == "add-many":
        for number in range(int(argument)):
            sys.stdout.write(target.add(draft(f"{os.getpid()} {number}"), 0.0).plan.code + "\n")
        return
    if len(sys.argv) > 4:
        die_at(int(sys.argv[4]))
    if what == "add":
        target.add(draft(argument), 0.0)
    elif what == "end":
        target.end(argument, 2e9 + 60, "last-left")
    elif what == "delete":
        target.delete(argument, 0.0)
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main()
