"""The stored conferences: planned and running ones, past ones, and every code that was ever given out.

``CODE.toml`` in the book's folder is a current conference, ``past/YYYY/MM/CODE.toml`` an ended one (by the month of its
start), ``deleted/CODE.toml`` a deleted one, ``greetings/CODE.wav`` a greeting (``CODE-….wav`` one that replaced it),
``codes`` has a line for each code given out, with the owner code that came with it.
Each change is one rename, so whenever the machine stops, the book is as before it or as after it.

What only writers need is imported where they need it: a list must come at once.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from confctl.book import conference_file
from confctl.book.conference_file import CODE, Draft, Entry, local_time
from confctl.book.greeting import DECODING
from confctl.problems import BrokenFileError, Problem, RefusedError, reason
from confctl.storage.files import (
    Stamp,
    append_line,
    give_to_owner_of,
    locked,
    locked_if_free,
    move,
    opener,
    stamp_of,
    unfinished_name,
    write_whole,
)
from confctl.words import say
from mixer.rules.model import Plan
from mixer.rules.numbers import digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from confctl.people.directory import Directory


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
        unmoved = self._unmoved()
        entries, problems = self._read((self._folder / "past").glob(f"{years}/{months}/{_FILES}"))
        found = {entry.plan.code: entry for entry in unmoved if _in_month(entry.plan, year, month)}
        found.update((entry.plan.code, entry) for entry in entries)
        return _by_start(found.values()), problems

    def latest_past(self, limit: int) -> tuple[list[Entry], int, list[Problem]]:
        """The last ``limit`` ended conferences by their start, and how many earlier ones there are.

        Only the months that these are in are read, so the problems are those of their files.
        """
        found = {entry.plan.code: entry for entry in self._unmoved()}
        problems: list[Problem] = []
        earlier = 0
        for month in sorted((self._folder / "past").glob("[0-9]*/[0-9]*"), reverse=True):
            files = list(month.glob(_FILES))
            if len(found) >= limit:
                earlier += len(files)
                continue
            entries, wrong = self._read(files)
            found.update((entry.plan.code, entry) for entry in entries)
            problems += wrong
        latest = _by_start(found.values())
        return latest[-limit:], earlier + max(0, len(latest) - limit), problems

    def is_current(self, code: str) -> bool:
        """Whether it has a file among the planned and the running, be it broken."""
        return self._current(code).exists()

    def _unmoved(self) -> list[Entry]:
        """Ended conferences that a crash kept from being moved.

        Look here before the past: whatever is moved between the two looks is found by the second.
        """
        return [entry for entry in self._read(self._folder.glob(_FILES))[0] if entry.ended is not None]

    def get(self, code: str) -> Entry | None:
        """A current or past conference; :attr:`Entry.ended` tells which.  Raises BrokenFileError."""
        for file in self._places(code):
            with suppress(FileNotFoundError):
                return self._entry(file)
        return None

    def stamp(self) -> Stamp:
        """Differs from an earlier one if a current conference was added, changed, ended or deleted since."""
        return stamp_of(self._folder, ".toml")

    def add(self, draft: Draft, now: float, dialled: Iterable[str] = ()) -> Entry:
        """Gives the conference its codes, which no other has or ever had.

        A code can be called like a number, so it is nobody's number, and none of ``dialled``.
        """
        from confctl.book.conference_text import write

        with self._writing():
            code, owner_code = self._new_code(dialled), self._new_owner_code(dialled)
            append_line(self._folder / "codes", f"{code} {owner_code}")
            self._intend(code)
            entry = _entry(self._took_over(draft, f"{code}.wav"), code, owner_code, now)
            write_whole(self._current(code), write(entry))
        return entry

    def change(
        self, code: str, now: float, changed: Callable[[Entry], Draft], dialled: Iterable[str] = ()
    ) -> tuple[Entry, Entry]:
        """The conference before and after: ``changed`` makes of what it is now what it is to be.

        Nobody else writes meanwhile, so ``changed`` must not wait for a person; whatever it raises changes nothing.
        What is the same afterwards stays as it was written.  Another owner gets another owner code: the former one
        knows the old one.  Raises RefusedError as :meth:`planned` does.
        """
        from confctl.book.conference_text import with_changes

        with self._writing():
            before = self.planned(code, now)
            draft = changed(before)
            if draft == before.draft():
                return before, before
            self._intend(code)
            owner_code = before.plan.owner_code
            if draft.owner.number != before.plan.owner.number:
                owner_code = self._new_owner_code(dialled)
                append_line(self._folder / "codes", f"{code} {owner_code}")
            if draft.greeting != before.greeting:
                draft = self._took_over(draft, _another_copy(code))
            wanted = _entry(draft, code, owner_code, before.created)
            file = self._current(code)
            text = with_changes(_text(file), before, wanted)
            after = self._parsed(file, text)
            write_whole(file, text)
            self._forget_greetings(code, after)
        return before, after

    def delete(self, code: str, now: float) -> Plan:
        """Raises RefusedError unless the conference is there and has not begun."""
        with self._writing():
            plan = self.planned(code, now).plan
            self._intend(code)
            move(self._current(code), self._folder / "deleted" / f"{code}.toml")
            self._forget_greetings(code, None)
        return plan

    def end(self, code: str, at: float, reason: str) -> None:
        """Moves a conference to the past; nothing happens if it is there already.

        Raises BrokenFileError if somebody has broken its file in the meantime.
        """
        from confctl.book.conference_text import with_end

        with self._writing():
            file = self._current(code)
            if not file.exists():
                return
            self._intend(code)
            entry = self._entry(file)
            if entry.ended is None:
                write_whole(file, with_end(_text(file), at, reason))
            self._file_away(entry.plan)

    def forget(self, code: str) -> None:
        """A past or a deleted conference, and its greetings; its code stays given out."""
        with self._writing():
            if self._current(code).exists():
                return
            self._forget_greetings(code, None)
            for file in (*self._places(code), self._folder / "deleted" / f"{code}.toml"):
                file.unlink(missing_ok=True)

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
        """One writer at a time, and what one that was killed left behind is cleared away.

        The lock's file has the code of the conference that a writer is at, until it is done with it.
        """
        lock = self._folder / ".lock"
        with locked(lock):
            unfinished = lock.read_text(encoding="ascii", errors="replace")
            if CODE.fullmatch(unfinished):
                self._clear(unfinished)
            self._clear_copies()
            yield
            os.truncate(lock, 0)

    def _intend(self, code: str) -> None:
        """Whatever happens from here on, the next writer looks after this conference's files."""
        with open(self._folder / ".lock", "r+", encoding="ascii", opener=opener) as lock:
            lock.truncate()
            lock.write(code)
            lock.flush()
            os.fsync(lock.fileno())

    def _clear(self, code: str) -> None:
        """What a killed writer left of a conference.  A file that is broken by now is its owner's to mend."""
        unfinished_name(self._current(code)).unlink(missing_ok=True)
        with suppress(BrokenFileError):
            entry = self.get(code)
            if entry and entry.ended is not None and self._current(code).exists():
                self._file_away(entry.plan)
            self._forget_greetings(code, entry)

    def _clear_copies(self) -> None:
        """Copies of greetings that no conference took over; unless one is being made."""
        with locked_if_free(self.greetings / DECODING) as nobody_decodes:
            if nobody_decodes:
                for leftover in self.greetings.glob(".*.*"):
                    leftover.unlink()

    def _forget_greetings(self, code: str, entry: Entry | None) -> None:
        """All but the one that the conference has."""
        kept = entry and entry.plan.greeting
        for copy in (self.greetings / f"{code}.wav", *self.greetings.glob(f"{code}-*.wav")):
            if copy != kept:
                copy.unlink(missing_ok=True)

    def _file_away(self, plan: Plan) -> None:
        start = local_time(plan.start, plan.zone)
        month = self._folder / "past" / f"{start.year:04}" / f"{start.month:02}"
        move(self._current(plan.code), month / f"{plan.code}.toml")

    def _took_over(self, draft: Draft, name: str) -> Draft:
        """The draft with its greeting, if any, under a name that is the conference's."""
        if draft.greeting is None:
            return draft
        if not draft.greeting.copy.name.startswith("."):
            raise ValueError(
                f"{draft.greeting.copy} is another conference's: take a copy of it (confctl.book.greeting.again)"
            )
        target = self.greetings / name
        with open(draft.greeting.copy, "rb", opener=opener) as stream:
            give_to_owner_of(self.greetings, stream.fileno())
            os.fsync(stream.fileno())
        move(draft.greeting.copy, target)
        return replace(draft, greeting=replace(draft.greeting, copy=target))

    def _new_code(self, dialled: Iterable[str]) -> str:
        taken = self._given_out()[0] | self._numbers(dialled)
        return _drawn(6, len(taken), lambda code: code in taken or self._has_file(code))

    def _new_owner_code(self, dialled: Iterable[str]) -> str:
        """A file written by hand has an owner code that was never given out: none of its digits are taken."""
        taken = self._given_out()[1] | self._numbers(dialled)
        for file in self._folder.glob(_FILES):
            with suppress(FileNotFoundError):  # ended since the listing, so it was given out, or nobody's any more
                taken.update(re.findall("[0-9]+", file.read_text(encoding="utf-8", errors="replace")))
        return _drawn(8, len(taken), taken.__contains__)

    def _numbers(self, dialled: Iterable[str]) -> set[str]:
        numbers = {digits(number) for person in self._directory.people for number in person.numbers}
        return numbers.union(map(digits, dialled))

    def _given_out(self) -> tuple[set[str], set[str]]:
        """The codes and the owner codes of the ledger."""
        codes, owner_codes = set(), set()
        with suppress(FileNotFoundError):
            for line in (self._folder / "codes").read_text(encoding="utf-8", errors="replace").split("\n"):
                if match := _GIVEN_OUT.fullmatch(line):  # a line that a crash cut short gave nothing out
                    codes.add(match.group(1))
                    owner_codes.add(match.group(2))
        return codes, owner_codes

    def _has_file(self, code: str) -> bool:
        """Files that somebody put there by hand are not in the ledger."""
        return any(file.exists() for file in (*self._places(code), self._folder / "deleted" / f"{code}.toml"))

    def _current(self, code: str) -> Path:
        return self._folder / f"{code}.toml"

    def _places(self, code: str) -> Iterator[Path]:
        """Where a conference can be, in the order of its life: one that moves meanwhile is found at the next place."""
        if CODE.fullmatch(code):
            yield self._current(code)
            yield from (self._folder / "past").glob(f"*/*/{code}.toml")

    def _entry(self, file: Path) -> Entry:
        return conference_file.read(file, self.greetings, self._directory.by_number)

    def _parsed(self, file: Path, text: str) -> Entry:
        return conference_file.parse(file, text, self.greetings, self._directory.by_number)

    def _read(self, files: Iterable[Path]) -> tuple[list[Entry], list[Problem]]:
        entries: list[Entry] = []
        problems: list[Problem] = []
        for file in sorted(files, key=os.fspath):
            try:
                entries.append(self._entry(file))
            except FileNotFoundError:  # ended or deleted since the listing
                continue
            except BrokenFileError as broken:
                problems += broken.problems
            except OSError as error:
                problems.append(Problem(file, None, say("this can't be read: {error}", error=reason(error))))
        return _by_start(entries), problems


def _text(file: Path) -> str:
    """With the line ends that it has."""
    return file.read_bytes().decode("utf-8-sig")


def _by_start(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.plan.start, entry.plan.code))


def _in_month(plan: Plan, year: int | None, month: int | None) -> bool:
    start = local_time(plan.start, plan.zone)
    return year in (None, start.year) and month in (None, start.month)


def no_such(code: str) -> RefusedError:
    return RefusedError(say("There is no conference {code}; “confctl list” shows those there are.", code=code))


_FILES = "[0-9]*.toml"
_GIVEN_OUT = re.compile(r"([0-9]+) ([0-9]+)")


def _entry(draft: Draft, code: str, owner_code: str, created: float) -> Entry:
    greeting = draft.greeting
    plan = Plan(
        code=code,
        owner_code=owner_code,
        title=draft.title,
        owner=draft.owner,
        participants=draft.participants,
        start=draft.start,
        end=draft.end,
        zone=draft.zone,
        greeting=greeting.copy if greeting else None,
        record=draft.record,
        deputy=draft.deputy,
    )
    return Entry(plan, created, greeting.name if greeting else None)


def _another_copy(code: str) -> str:
    """A name that no greeting of the conference ever had: whoever still knows an old one must not hear the new."""
    import secrets  # slow to load, and only who plans needs it

    return f"{code}-{secrets.token_hex(4)}.wav"


def _drawn(length: int, taken: int, is_taken: Callable[[str], bool]) -> str:
    """Digits that nobody can guess, the first not 0.  Raises RefusedError when hardly any are left."""
    import secrets

    lowest, highest = 10 ** (length - 1), 10**length
    if taken > (highest - lowest) // 2:
        raise RefusedError(say("There are no free codes left; start anew in another folder (paths.data)."))
    while True:
        code = str(lowest + secrets.randbelow(highest - lowest))
        if not is_taken(code):
            return code
