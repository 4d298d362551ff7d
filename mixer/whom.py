"""Who is meant by what somebody types, among those of a conference that runs: a number, a whole name, or any part of
either that fits one of them.

A guest is called after their number where it is known, ``guest +74951234567``, else after the order in which they
called since the mixer runs, ``guest 17``, so that nobody else is called so meanwhile.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol

from mixer.phrases import Phrase
from mixer.rules.absence_rules import next_owner_call
from mixer.rules.model import Person
from mixer.rules.numbers import key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from mixer.rules.conference import Conference
    from mixer.rules.roster import Leg

MOST_NAMED = 10
"""Of those whom a text fits, in a refusal."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """Whom a text fits: nobody, one or several; where it is nobody, who may have been meant, the likeliest first."""

    people: tuple[Person, ...]
    nearest: tuple[Person, ...] = ()


class LookUp(Protocol):
    def __call__(self, texts: Sequence[str], among: Sequence[Person] | None = None) -> list[Fitting]:
        """Whom each text fits, of these people or of the directory."""


@dataclass(frozen=True, slots=True)
class Someone:
    """Whoever is on the line of a conference, or is being called, or will be (without legs)."""

    person: Person
    """Of the list; or made up, with the name of a guest."""
    legs: tuple[str, ...]
    listed: bool


class WhoError(Exception):
    """A text that fits nobody or several; one sentence."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(str(phrase))
        self.phrase = phrase


def on_the_line(conference: Conference, caller: Callable[[str], str | None]) -> tuple[Someone, ...]:
    """``caller``: the number of a leg's phone, where it is known; guests with the same number are one."""
    theirs: dict[str, list[Leg]] = {}
    for leg in conference.legs.values():
        number = caller(leg.name) or ""
        theirs.setdefault(leg.person or key(number) or number or leg.name, []).append(leg)
    return tuple(_someone(conference, legs, caller) for legs in theirs.values())


def awaited(conference: Conference) -> Iterator[Someone]:
    """Who is not on the line and will be called again, but for an owner who is called until they come."""
    there = {leg.person for leg in conference.legs.values()}
    for number in conference.pursuits:
        person = conference.plan.person(number)
        if person is None or number in there or not conference.calls_later(number):
            continue
        if number != conference.owner or next_owner_call(conference) is None:
            yield Someone(person, (), listed=True)


def _someone(conference: Conference, legs: list[Leg], caller: Callable[[str], str | None]) -> Someone:
    names = tuple(leg.name for leg in legs)
    person = conference.plan.person(legs[0].person or "")
    if person is not None:
        return Someone(person, names, listed=True)
    number = legs[0].person or caller(names[0])
    return Someone(Person(guest(names[0], number), (number,) if number else ()), names, listed=False)


def guest(leg: str, number: str | None) -> str:
    """What a guest is called in commands."""
    return f"guest {number or leg.rpartition('-')[2]}"


def among(texts: Sequence[str], conference: Conference, there: Sequence[Someone], look_up: LookUp) -> list[Someone]:
    """Each who is meant, once.  Raises WhoError, also of somebody who is on the list and not on the line."""
    found: dict[Person, Someone] = {}
    by_person = {each.person: each for each in there}
    for text, fitting in zip(texts, look_up(texts, tuple(by_person)), strict=True):
        if is_guest(text) and " " in text:
            person = _guest(text, by_person)
        else:
            person = one(text, fitting) if fitting.people else _absent(text, conference, there, look_up)
        found[person] = by_person[person]
    return list(found.values())


def _guest(text: str, there: Collection[Person]) -> Person:
    """By the whole name alone: ``guest 1`` who has left is not ``guest 17``.  Raises WhoError."""
    for person in there:
        if person.name.casefold() == text.casefold():
            return person
    raise WhoError(Phrase("%(who)s is not on the line", {"who": _told(text)}))


_GUEST: Final = re.compile("guest( .*[0-9])?", re.IGNORECASE)


def is_guest(text: str) -> bool:
    """Whether it is how guests are called, whether there is one or not."""
    return _GUEST.fullmatch(text) is not None


def on_the_list(text: str, conference: Conference, there: Sequence[Someone], look_up: LookUp) -> Person:
    """Whom of the list.  Raises WhoError, also of a guest."""
    fitting = look_up([text], conference.plan.people)[0]
    if not fitting.people:
        guests = [each.person for each in there if not each.listed]
        if is_guest(text) or look_up([text], guests)[0].people:
            raise WhoError(_NO_GUEST)
    return one(text, fitting)


_NO_GUEST: Final = Phrase("a guest can't be the owner or the deputy: only people of the conference's list can")


def one(text: str, fitting: Fitting) -> Person:
    """Raises WhoError unless it is one."""
    if len(fitting.people) == 1:
        return fitting.people[0]
    if fitting.people:
        raise WhoError(
            Phrase(
                "“%(who)s” fits several people: %(names)s; write more of the name, or a number",
                {"who": _told(text), "names": listed(fitting.people)},
            )
        )
    raise WhoError(_unknown(text, fitting.nearest))


def _unknown(text: str, nearest: Sequence[Person]) -> Phrase:
    if not nearest:
        return Phrase("nobody is found by “%(who)s”", {"who": _told(text)})
    values = {"who": _told(text), "names": listed(nearest)}
    return Phrase("nobody is found by “%(who)s”; perhaps one of these is meant: %(names)s", values)


def _absent(text: str, conference: Conference, there: Sequence[Someone], look_up: LookUp) -> Person:
    """Nobody on the line is meant; always raises WhoError."""
    fitting = look_up([text], conference.plan.people)[0]
    if len(fitting.people) == 1:
        raise WhoError(Phrase("%(who)s is not on the line", {"who": fitting.people[0].name}))
    if fitting.people:
        one(text, fitting)
    names = listed([each.person for each in there])
    if not there:
        raise WhoError(Phrase("nobody is on the line"))
    raise WhoError(
        Phrase("nobody on the line is found by “%(who)s”; there are: %(names)s", {"who": _told(text), "names": names})
    )


def listed(people: Iterable[Person]) -> Phrase:
    """``Anna Petrova (101), guest 17``; not more than ten."""
    names = [in_full(person) for person in islice(people, MOST_NAMED + 1)]
    named = [*names[:MOST_NAMED], "…"] if len(names) > MOST_NAMED else names
    places = {f"name{n}": name for n, name in enumerate(named)}
    return Phrase(", ".join(f"%({place})s" for place in places), places)


def in_full(person: Person) -> Phrase | str:
    """A guest's number is in the name."""
    number = person.numbers[0] if person.numbers else ""
    return _told(person.name) if not number or number in person.name else f"{person.name} ({number})"


def _told(name: str) -> Phrase | str:
    """A guest as whoever reads it would call them."""
    if not is_guest(name):
        return name
    _, _, number = name.partition(" ")
    return Phrase("guest %(number)s", {"number": number}) if number else Phrase("guest")
