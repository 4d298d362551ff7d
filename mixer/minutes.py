"""The minutes of each conference: who spoke when, how each leg sounded, who had it on hold; for its journal.

Written every minute and when a leg is gone, so a crash loses a minute of talk at most.  Time is an argument.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mixer.rules.records import Kind, Record
from mixer.rules.roster import Roster
from mixer.sound_records import MOST_SPEAKERS, SLOT, SLOTS, Sound, Spoken, written

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mixer.rules.conference import Conference
    from mixer.rules.roster import Leg
    from mixer.sound_records import Measured

EVERY: Final = SLOT * SLOTS
"""Seconds from one record of who spoke to the next."""
TURNS: Final = 5
"""Of how many minutes each leg's sound is noted in one, at most: to rate 2000 of them at once would take 20 ms."""
EACH_MINUTE: Final = 40
"""Legs of all conferences together, whose sound is noted every minute; where there are more, they take turns.  So a
journal has no more of ten people than of 200."""
LOOK_SECONDS: Final = 1.0


@dataclass(slots=True)
class _Book:
    """Of one conference."""

    legs: Roster = field(default_factory=Roster)
    """As they were at the last look."""
    talk: dict[str, dict[int, float]] = field(default_factory=dict)
    """Seconds by leg and by the slot that they are in."""
    until: float = 0.0
    """When the minute is over."""
    held: set[str] = field(default_factory=set)


class Minutes:
    """``sound_of`` is what is known of a leg, also shortly after it is gone; ``on_hold`` whether its phone holds it.
    ``note`` writes what people are told as well, ``keep`` what is for the journal alone."""

    def __init__(
        self,
        sound_of: Callable[[str], Measured | None],
        on_hold: Callable[[str], bool],
        note: Callable[[str, Record], None],
        keep: Callable[[str, Record], None],
    ) -> None:
        self._sound_of = sound_of
        self._on_hold = on_hold
        self._note = note
        self._keep = keep
        self._books: dict[str, _Book] = {}
        self._speaking: dict[str, float] = {}
        """Since when, as far as it isn't in a book yet."""
        self._spoke: list[tuple[str, float, float]] = []
        """From when to when, since the last look."""
        self._looked = 0.0
        self._turns = 1

    def hear(self, leg: str, speaking: bool, now: float) -> None:
        """A leg begins to speak, or ends."""
        if speaking:
            self._speaking.setdefault(leg, now)
        elif (since := self._speaking.pop(leg, None)) is not None:
            self._spoke.append((leg, since, now))

    def tick(self, running: Sequence[Conference], now: float) -> None:
        """To be called every second, and not much rarer; looks as often as that at most, and at whatever is over."""
        over = any(each.ended is not None and each.plan.code in self._books for each in running)
        if 0 <= now - self._looked < LOOK_SECONDS and not over:
            return
        self._looked = now
        self._turns = min(TURNS, max(1, math.ceil(sum(len(each.legs) for each in running) / EACH_MINUTE)))
        self._settle(now)
        for conference in running:
            code = conference.plan.code
            if conference.started is not None and (conference.ended is None or code in self._books):
                self._look(conference, self._books.setdefault(code, _Book(until=_end_of(now))), now)
        self._spoke.clear()

    def close(self, running: Sequence[Conference], now: float) -> None:
        """The mixer stops: what is known is written."""
        self._looked = now - LOOK_SECONDS
        self.tick(running, now)
        for code, book in self._books.items():
            self._write_talk(code, book, now)
            self._write_sound(code, tuple(leg for leg in book.legs.values() if not leg.called), now)
        self._books.clear()

    def _settle(self, now: float) -> None:
        """Whoever speaks now has spoken until now.  A clock that was set back counts for nothing."""
        self._spoke += ((leg, since, now) for leg, since in self._speaking.items())
        self._speaking = dict.fromkeys(self._speaking, now)

    def _look(self, conference: Conference, book: _Book, now: float) -> None:
        code = conference.plan.code
        for leg, since, until in self._spoke if conference.owner_in else ():  # else nobody hears it
            if leg in conference.legs or leg in book.legs:
                _add(book.talk.setdefault(leg, {}), since, until)
        self._look_at_holds(conference, book, now)
        if conference.legs is not book.legs:
            gone = tuple(leg for name, leg in book.legs.items() if name not in conference.legs and not leg.called)
            book.legs = conference.legs
            self._write_sound(code, gone, now)
        if conference.ended is not None:
            self._write_talk(code, book, now)
            del self._books[code]
        elif not book.until - EVERY <= now < book.until:
            book.until = _end_of(now)
            self._write_talk(code, book, now, but=int(now // EVERY))
            turn = int(now // EVERY) % self._turns
            there = (leg for index, leg in enumerate(book.legs.values()) if index % self._turns == turn)
            self._write_sound(code, tuple(leg for leg in there if not leg.called), now)

    def _look_at_holds(self, conference: Conference, book: _Book, now: float) -> None:
        held = {name for name, leg in conference.legs.items() if not leg.called and self._on_hold(name)}
        if held == book.held:
            return
        for name in held ^ book.held:
            if (leg := conference.legs.get(name)) is not None:  # who is gone holds nothing
                kind = Kind.HELD if name in held else Kind.TAKEN_UP
                self._note(conference.plan.code, Record(kind, now, name, leg.person, leg.owner))
        book.held = held

    def _write_talk(self, code: str, book: _Book, now: float, but: int | None = None) -> None:
        """In records of a minute each; ``but`` the one that goes on, by its number since the epoch."""
        minutes = {slot // SLOTS for talk in book.talk.values() for slot in talk}
        for minute in sorted(each for each in minutes if each != but):
            tenths = {leg: _taken(talk, minute * SLOTS) for leg, talk in book.talk.items()}
            most = sorted((leg for leg in tenths if tenths[leg]), key=lambda leg: -sum(tenths[leg]))
            if most:
                spoken = Spoken(minute * EVERY, {leg: tenths[leg] for leg in most[:MOST_SPEAKERS]})
                self._keep(code, Record(Kind.SPOKE, now, detail=str(spoken)))
        book.talk = {leg: talk for leg, talk in book.talk.items() if talk}

    def _write_sound(self, code: str, legs: tuple[Leg, ...], now: float) -> None:
        found = ((leg.name, self._sound_of(leg.name)) for leg in legs)
        sounds = {name: Sound.of(sound) for name, sound in found if sound is not None and sound.codec}
        if sounds:
            self._keep(code, Record(Kind.QUALITY, now, detail=written(sounds)))


def _end_of(now: float) -> float:
    """Of the minute."""
    return (now // EVERY + 1) * EVERY


def _add(talk: dict[int, float], since: float, until: float) -> None:
    """To each slot its part; no more than the last minutes, whatever a clock has done."""
    since = max(since, until - EVERY)
    while since < until:
        slot = int(since // SLOT)
        end = min(until, float((slot + 1) * SLOT))
        talk[slot] = talk.get(slot, 0.0) + end - since
        since = end


def _taken(talk: dict[int, float], first: int) -> tuple[int, ...]:
    """The tenths of seconds of a minute's slots, which are taken out."""
    tenths = [min(10 * SLOT, round(10 * talk.pop(slot, 0.0))) for slot in range(first, first + SLOTS)]
    while tenths and not tenths[-1]:
        tenths.pop()
    return tuple(tenths)
