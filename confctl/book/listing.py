"""The two lists: what runs and is planned, what is past, and in which state each conference is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from mixer.rules.records import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from confctl.book.book import Book
    from confctl.book.conference_file import Entry
    from confctl.problems import Problem
    from mixer.journal import Journal


class State(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    OVERDUE = "overdue"
    """It should run for some time, and no mixer has started it."""
    INTERRUPTED = "interrupted"
    """It was started, and no mixer carries it on now; the next one will."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Current:
    entry: Entry
    state: State


def current(
    book: Book, journal: Journal, now: float, mixer_runs: Callable[[], bool]
) -> tuple[list[Current], list[Problem]]:
    """Running and planned conferences by their start.

    ``mixer_runs`` is asked once at most, and only if something should be running.
    """
    entries, problems = book.entries()
    asked_once = cache(mixer_runs)
    listed = [Current(entry, state(entry, journal, now, asked_once)) for entry in entries]
    return [each for each in listed if each.state is not State.ENDED], problems


def state(entry: Entry, journal: Journal, now: float, mixer_runs: Callable[[], bool]) -> State:
    """Of any conference that the book has."""
    if entry.ended is not None:
        return State.ENDED
    due = max(entry.plan.start, entry.created)
    if now < due:
        return State.PLANNED
    kinds = {record.kind for record in journal.one_by_one(entry.plan.code, _TELLING)}
    if Kind.ENDED in kinds:
        return State.ENDED  # the mixer is about to move it to the past
    if Kind.STARTED in kinds:
        return State.RUNNING if mixer_runs() else State.INTERRUPTED
    return State.OVERDUE if now > due + _GRACE else State.PLANNED


def counts(listed: Iterable[Current]) -> dict[State, int]:
    """How many are in each state that a current conference can be in."""
    states = [each.state for each in listed]
    return {each: states.count(each) for each in (State.RUNNING, State.PLANNED, State.OVERDUE, State.INTERRUPTED)}


_TELLING = frozenset({Kind.STARTED, Kind.ENDED})
_GRACE = 10.0
"""Seconds that a mixer has to notice a conference."""
