"""What somebody who watches a conference knows of it, and has chosen; what the mixer tells and what keys do to that.

Time is an argument: seconds on a steady clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from confctl.live.told import Head, Person
from confctl.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from confctl.words import Sentence
    from mixer.control import Json

SILENT: Final = -127.0
NOISE: Final = -50.0
"""dBov from which what is always heard of somebody is a nuisance."""
_RISE: Final = 2.0
"""dB a second by which a floor rises: between two words it falls again, a fan goes on."""
_QUIET: Final = -70.0
"""dBov of whoever is not heard at all."""
NOTE_SECONDS: Final = 6.0
_MOST_EVENTS: Final = 200

_YES: Final = ("y", "д")
_CYRILLIC: Final = dict(zip("йьлдкыр", "qmklrsh", strict=True))
"""The same keys, where the keyboard is left in Russian."""


class Order(Enum):
    LISTED = "listed"
    SPOKEN = "spoken"
    """Who spoke last comes first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the mixer is to be asked for: an act of :mod:`mixer.acting`."""

    do: str
    who: str | None = None
    on: bool | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Answered by y or n before something is done."""

    sentence: Sentence
    then: Wanted


@dataclass(slots=True)
class Scene:
    code: str
    head: Head | None = None
    """None: nothing has been told yet."""
    people: list[Person] = field(default_factory=list)
    levels: dict[str, float] = field(default_factory=dict)
    """dBov by leg, of those who are heard now."""
    floors: dict[str, float] = field(default_factory=dict)
    """dBov below which each leg has not fallen of late."""
    spoke: dict[str, float] = field(default_factory=dict)
    """When each leg spoke last."""
    events: deque[str] = field(default_factory=lambda: deque(maxlen=_MOST_EVENTS))
    order: Order = Order.LISTED
    cursor: int = 0
    """Of the rows as they are ordered now."""
    note: tuple[Sentence, float] | None = None
    """Something to be read, and until when."""
    question: Question | None = None
    help: bool = False
    away: bool = False
    """No mixer tells anything now."""
    over: bool = False
    left: bool = False
    """Whoever watches wants to go."""
    page: int = 10
    """Rows that the picture had room for."""
    _levels_at: float = 0.0
    _chosen: str | None = None

    # What the mixer tells

    def take(self, told: Mapping[str, Json], now: float) -> None:
        """A line of the stream ``watch``: :meth:`mixer.spectators.Spectators.watch`."""
        self.away = False
        if told.get("over") is True:
            self.over = True
        if isinstance(head := told.get("head"), dict):
            self.head = Head.of(head)
        self._take_people(told)
        if isinstance(levels := told.get("levels"), dict):
            self._take_levels(
                {leg: float(level) for leg, level in levels.items() if isinstance(level, int | float)}, now
            )

    def _take_people(self, told: Mapping[str, Json]) -> None:
        if isinstance(rows := told.get("rows"), int):
            del self.people[rows:]
        changed = told.get("people")
        for person in changed if isinstance(changed, list) else ():
            row = person.get("row") if isinstance(person, dict) else None
            if not isinstance(person, dict) or not isinstance(row, int) or not 0 <= row <= len(self.people):
                continue
            self.people[row : row + 1] = [Person.of(person)]
        self._find_chosen()

    def _take_levels(self, levels: dict[str, float], now: float) -> None:
        risen = _RISE * min(2.0, now - self._levels_at)
        self._levels_at, self.levels = now, levels
        legs = {each.leg for each in self.people if each.leg is not None}
        self.floors = {leg: min(levels.get(leg, _QUIET), self.floors.get(leg, _QUIET) + risen) for leg in legs}
        for each in self.people:
            if each.speaking and each.leg is not None:
                self.spoke[each.leg] = now
        self._find_chosen()

    # What follows

    def rows(self) -> list[Person]:
        """In the order that was chosen."""
        if self.order is Order.LISTED:
            return self.people
        return sorted(self.people, key=lambda each: -self.spoke.get(each.leg or "", 0.0))

    @property
    def speakers(self) -> list[Person]:
        return [each for each in self.people if each.speaking]

    def noisiest(self) -> tuple[Person, float] | None:
        """Of whom something is always heard, and dBov of that."""
        heard = [(self.floors.get(each.leg or "", SILENT), each) for each in self.people if each.there]
        floor, person = max(heard, key=lambda each: each[0], default=(SILENT, None))
        return (person, floor) if person is not None and floor > NOISE else None

    def worst(self) -> Person | None:
        """Whose sound is the poorest."""
        return min(
            (each for each in self.people if each.mos is not None), key=lambda each: each.mos or 0.0, default=None
        )

    def noted(self, now: float) -> Sentence | None:
        return self.note[0] if self.note is not None and now < self.note[1] else None

    def say(self, sentence: Sentence, now: float) -> None:
        """One line, for a while."""
        self.note = sentence, now + NOTE_SECONDS

    # What keys do

    def press(self, key: str, now: float) -> Wanted | None:
        """What the mixer is to be asked for by that."""
        if self.question is not None:
            return self._answer(self.question, key)
        key = _CYRILLIC.get(key, key)
        if self.help:
            self.help = False
            return None
        if key in _MOVES:
            self._move(key)
            return None
        match key:
            case "q" | "esc":
                self.left = True
            case "?" | "h":
                self.help = True
            case "s":
                self._reorder()
            case "m" | "k":
                return self._at_one(key, now)
            case "l" | "r":
                return self._at_all(key)
            case _:
                pass
        return None

    def _reorder(self) -> None:
        """Whoever wants to see who spoke last looks at the top."""
        if self.order is Order.LISTED:
            self.order, self.cursor, self._chosen = Order.SPOKEN, 0, None
        else:
            self.order = Order.LISTED

    def _answer(self, question: Question, key: str) -> Wanted | None:
        """By the letter, not by the place of the key: a Russian no is where the English yes is."""
        self.question = None
        return question.then if key in _YES else None

    def _at_one(self, key: str, now: float) -> Wanted | None:
        rows = self.rows()
        if not rows:
            return None
        chosen = rows[min(self.cursor, len(rows) - 1)]
        if chosen.leg is None:
            self.say(say("{name} is not on the line.", name=_called(chosen)), now)
            return None
        if key == "m":
            return Wanted("unmute" if chosen.silenced else "mute", _called(chosen))
        sentence = say("Remove {name}? (y/n)", name=chosen.name or _called(chosen))
        self.question = Question(sentence, Wanted("kick", _called(chosen)))
        return None

    def _at_all(self, key: str) -> Wanted | None:
        if self.head is None:
            return None
        if key == "l":
            return Wanted("unlock" if self.head.locked else "lock")
        return Wanted("record", on=self.head.recording == "off")

    def _move(self, key: str) -> None:
        rows = self.rows()
        self.cursor = max(0, min(len(rows) - 1, _moved(key, self.cursor, self.page, len(rows))))
        self._chosen = _key(rows[self.cursor]) if rows else None

    def _find_chosen(self) -> None:
        """The cursor stays with whom it is at, wherever they are now."""
        rows = self.rows()
        self.cursor = max(0, min(self.cursor, len(rows) - 1))
        if self._chosen is None:
            return
        if self.cursor < len(rows) and _key(rows[self.cursor]) == self._chosen:
            return
        places = [place for place, each in enumerate(rows) if _key(each) == self._chosen]
        self.cursor = places[0] if places else self.cursor


_MOVES: Final = frozenset({"up", "down", "page-up", "page-down", "home", "end"})


def _moved(key: str, at: int, page: int, count: int) -> int:
    match key:
        case "up" | "down":
            return at + (1 if key == "down" else -1)
        case "page-up" | "page-down":
            return at + (page if key == "page-down" else -page)
        case _:
            return 0 if key == "home" else count - 1


def _key(person: Person) -> str:
    return person.number or person.leg or person.name or ""


def _called(person: Person) -> str:
    """As commands know them: by the number, a guest as :func:`mixer.whom.guest` has it."""
    if person.name is None:
        return f"guest {person.number or (person.leg or '').rpartition('-')[2]}"
    return person.number or person.name
