"""A process that writes into a book and, if told so, is killed at a certain step of it."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from confctl.book.book import Book
from confctl.book.conference_file import Draft
from confctl.book.greeting import DECODING, Greeting
from confctl.people.directory import Directory
from confctl.storage.files import locked
from mixer.rules.model import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANNA = Person("Анна", ("101",), password="x")
BORIS = Person("Борис", ("102",), password="x")


def draft(title: str, start: float = 2e9) -> Draft:
    return Draft(title, ANNA, (BORIS,), start, start + 3600, "Europe/Moscow")


@contextmanager
def a_copy(greetings: Path, sound: bytes) -> Iterator[Greeting]:
    """As one that is decoded."""
    with locked(greetings / DECODING, shared=True):
        copy = greetings / f".{os.getpid()}.wav"
        copy.write_bytes(sound)
        yield Greeting(copy, "hello.wav")


def change_all(target: Book, code: str) -> None:
    """Everything is another: the owner too, and the greeting is a new copy in place of the old one."""
    with a_copy(target.greetings, b"new") as greeting:
        new = Draft("changed", BORIS, (ANNA,), 2e9 + 86400, 2e9 + 90000, "Asia/Tokyo", greeting)
        target.change(code, 0.0, lambda _: new)


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

    for name in ("fsync", "rename", "replace", "unlink", "fchmod", "truncate"):
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
    elif what == "change":
        change_all(target, argument)
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main()
