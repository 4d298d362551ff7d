"""The stored conferences: planned and running ones, past ones, and every code that was ever given out.

``CODE.toml`` in the book's folder is a current conference, ``past/YYYY/MM/CODE.toml`` an ended one (by the month of its
start), ``deleted/CODE.toml`` a deleted one, ``greetings/CODE.wav`` a greeting, ``codes`` has a line for each code given
out.
Each change is one rename, so whenever the machine stops, the book is as before it or as after it.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from confctl import conference_file
from confctl.conference_file import CODE, Entry, local_time
from confctl.files import (
    TEMPORARY,
    Stamp,
    append_line,
    give_to_owner_of,
    locked,
    locked_if_free,
    move,
    opener,
    stamp_of,
    write_whole,
)
from confctl.numbers import digits
from confctl.problems import BrokenFileError, Problem, RefusedError
from confctl.words import say
from mixer.model import Person, Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from confctl.directory import Directory


DECODING = ".lock"
"""In the greetings folder: a lock shared by those who decode one.  While it is free, what is unfinished is nobody's."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A conference before it has a code."""

    title: str
    owner: Person
    participants: tuple[Person, ...]
    start: float
    """Seconds since the epoch, as ``end``."""
    end: float
    zone: str
    greeting: Path | None = None
    """A decoded copy in the book's greetings folder (:mod:`confctl.greeting`); the book takes it over."""
    greeting_name: str | None = None
    """What the file was called."""


class Book:
    """Methods raise OSError where the disk fails them; nothing is then changed."""

    def __init__(self, folder: Path, directory: Directory) -> None:
        self._folder = folder
        self._directory = directory

    @property
    def greetings(self) -> Path:
        return self._folder / "greetings"

    def current(self) -> tuple[list[Plan], list[Problem]]:
        """Planned and running conferences by their start, and what is wrong with the files of others."""
        entries, problems = self.entries()
        return [entry.plan for entry in entries], problems

    def entries(self) -> tuple[list[Entry], list[Problem]]:
        """As :meth:`current`, with all that the book knows of each."""
        entries, problems = self._read(self._folder.glob(_FILES))
        return [entry for entry in entries if entry.ended is None], problems

    def past(self, year: int | None = None, month: int | None = None) -> tuple[list[Entry], list[Problem]]:
        """Ended conferences by their start, of a year or a month of it (in the conference's own zone)."""
        years = "[0-9]*" if year is None else f"{year:04}"
        months = "[0-9]*" if month is None else f"{month:02}"
        # First what a crash kept from being moved: whatever is moved between the two looks is found by the second.
        unmoved = [entry for entry in self._read(self._folder.glob(_FILES))[0] if entry.ended is not None]
        entries, problems = self._read((self._folder / "past").glob(f"{years}/{months}/{_FILES}"))
        found = {entry.plan.code: entry for entry in unmoved if _in_month(entry.plan, year, month)}
        found.update((entry.plan.code, entry) for entry in entries)
        return _by_start(found.values()), problems

    def get(self, code: str) -> Entry | None:
        """A current or past conference; :attr:`Entry.ended` tells which.  Raises BrokenFileError."""
        file = self._file(code)
        return self._entry(file) if file else None

    def is_taken(self, code: str) -> bool:
        """Whether the code was ever given out: to a current, past or deleted conference."""
        return code in self._codes()[0]

    def stamp(self) -> Stamp:
        """Differs from an earlier one if a current conference was added, changed, ended or deleted since."""
        return stamp_of(self._folder, ".toml")

    def add(self, draft: Draft, now: float, dialled: Iterable[str] = ()) -> Entry:
        """Gives the conference its codes, which no other has or ever had.

        A code can be called like a number, so it is nobody's number, and none of ``dialled``.
        """
        numbers = {digits(number) for person in self._directory.people for number in person.numbers}
        numbers.update(map(digits, dialled))
        with self._writing():
            codes, owner_codes = self._codes()
            code, owner_code = _new_code(6, codes | numbers), _new_code(8, owner_codes | numbers)
            append_line(self._folder / "codes", f"{code} {owner_code}")
            plan = Plan(
                code=code,
                owner_code=owner_code,
                title=draft.title,
                owner=draft.owner,
                participants=draft.participants,
                start=draft.start,
                end=draft.end,
                zone=draft.zone,
                greeting=self._take_greeting(draft.greeting, code) if draft.greeting else None,
            )
            entry = Entry(plan, now, draft.greeting_name)
            write_whole(self._current(code), conference_file.write(entry))
        return entry

    def delete(self, code: str, now: float) -> Plan:
        """Raises RefusedError unless the conference is there and has not begun."""
        with self._writing():
            plan = self.planned(code, now).plan
            move(self._current(code), self._folder / "deleted" / f"{code}.toml")
            (self.greetings / f"{code}.wav").unlink(missing_ok=True)
        return plan

    def end(self, code: str, at: float, reason: str) -> None:
        """Moves a conference to the past; nothing happens if it is there already.

        Raises BrokenFileError if somebody has broken its file in the meantime.
        """
        with self._writing():
            file = self._current(code)
            if not file.exists():
                return
            entry = self._entry(file)
            if entry.ended is None:
                write_whole(file, conference_file.with_end(file.read_text(encoding="utf-8-sig"), at, reason))
            self._file_away(entry.plan)

    def planned(self, code: str, now: float) -> Entry:
        """The conference if it can still be edited or deleted; raises RefusedError if not."""
        entry = self.get(code)
        if entry is None:
            raise no_such(code)
        if entry.ended is not None:
            raise RefusedError(say("Conference {code} is past: it can be neither changed nor deleted.", code=code))
        if entry.plan.start <= now:
            raise RefusedError(say("Conference {code} has begun: it can be neither changed nor deleted.", code=code))
        return entry

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer at a time, and what one that was killed left behind is cleared away."""
        with locked(self._folder / ".lock"):
            self._clear()
            yield

    def _clear(self) -> None:
        for leftover in self._folder.glob(f".*{TEMPORARY}"):
            leftover.unlink()
        with locked_if_free(self.greetings / DECODING) as nobody_decodes:
            if nobody_decodes:
                for leftover in self.greetings.glob(".*.*"):
                    leftover.unlink()
        entries, _ = self._read(self._folder.glob(_FILES))
        for entry in entries:
            if entry.ended is not None:
                self._file_away(entry.plan)

    def _file_away(self, plan: Plan) -> None:
        start = local_time(plan.start, plan.zone)
        month = self._folder / "past" / f"{start.year:04}" / f"{start.month:02}"
        move(self._current(plan.code), month / f"{plan.code}.toml")

    def _take_greeting(self, decoded: Path, code: str) -> Path:
        target = self.greetings / f"{code}.wav"
        with open(decoded, "rb", opener=opener) as stream:
            give_to_owner_of(self.greetings, stream.fileno())
            os.fsync(stream.fileno())
        move(decoded, target)
        return target

    def _codes(self) -> tuple[set[str], set[str]]:
        """Every code and every owner code that was ever given out, those of files written by hand included."""
        codes, owner_codes = set(), set()
        with suppress(FileNotFoundError):
            for line in (self._folder / "codes").read_text(encoding="utf-8", errors="replace").split("\n"):
                if match := _GIVEN_OUT.fullmatch(line):  # a line that a crash cut short gave nothing out
                    codes.add(match.group(1))
                    owner_codes.add(match.group(2))
        for pattern in (_FILES, f"deleted/{_FILES}", f"past/*/*/{_FILES}"):
            codes.update(file.stem for file in self._folder.glob(pattern))
        owner_codes.update(entry.plan.owner_code for entry in self._read(self._folder.glob(_FILES))[0])
        return codes, owner_codes

    def _current(self, code: str) -> Path:
        return self._folder / f"{code}.toml"

    def _file(self, code: str) -> Path | None:
        if not CODE.fullmatch(code):
            return None
        if self._current(code).exists():
            return self._current(code)
        return next((self._folder / "past").glob(f"*/*/{code}.toml"), None)

    def _entry(self, file: Path) -> Entry:
        return conference_file.read(file, self.greetings, self._directory.by_number)

    def _read(self, files: Iterable[Path]) -> tuple[list[Entry], list[Problem]]:
        entries: list[Entry] = []
        problems: list[Problem] = []
        for file in sorted(files):
            try:
                entries.append(self._entry(file))
            except FileNotFoundError:  # ended or deleted since the listing
                continue
            except BrokenFileError as broken:
                problems += broken.problems
            except OSError as error:
                problems.append(Problem(file, None, say("this can't be read: {error}", error=error.strerror)))
        return _by_start(entries), problems


def _by_start(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.plan.start, entry.plan.code))


def _in_month(plan: Plan, year: int | None, month: int | None) -> bool:
    start = local_time(plan.start, plan.zone)
    return year in (None, start.year) and month in (None, start.month)


def no_such(code: str) -> RefusedError:
    return RefusedError(say("There is no conference {code}; “confctl list” shows those there are.", code=code))


_FILES = "[0-9]*.toml"
_GIVEN_OUT = re.compile(r"([0-9]+) ([0-9]+)")


def _new_code(length: int, taken: set[str]) -> str:
    """Digits that nobody can guess, the first not 0.  Raises RefusedError when hardly any are left."""
    lowest, highest = 10 ** (length - 1), 10**length
    if len(taken) > (highest - lowest) // 2:
        raise RefusedError(say("There are no free codes left; start a new book in another folder."))
    while True:
        code = str(lowest + secrets.randbelow(highest - lowest))
        if code not in taken:
            return code
