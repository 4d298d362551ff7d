"""What phones ask for inside a conference: another phone in the place of one, and whom the owner calls (RFC 4579)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mixer.call_rules import Actions, Change, HangUp, HangUpReason, Note, call, note, taken_back
from mixer.records import Kind, Record
from mixer.roster import Stage

if TYPE_CHECKING:
    from mixer.conference import Conference
    from mixer.model import Person, Plan


@dataclass(frozen=True, slots=True)
class Transferred:
    """The leg goes on with another phone; who it belongs to, and all else of it, stays."""

    leg: str
    to: str
    """Whose phone, for the journal; empty where nobody knows."""


@dataclass(frozen=True, slots=True)
class PersonWanted:
    """The owner wants somebody called, from the list or from the directory."""

    leg: str
    """The owner's."""
    person: Person


@dataclass(frozen=True, slots=True)
class Dropped:
    """The owner wants a leg out."""

    leg: str


def transfer(conference: Conference, event: Transferred, now: float) -> Change:
    leg = conference.legs.get(event.leg)
    return (conference, ()) if leg is None else (conference, (note(Kind.TRANSFERRED, leg, now, event.to),))


def invite(conference: Conference, event: PersonWanted, now: float) -> Change:
    """Whoever is not on the list is, from now on: known by name, and by their number when they call us.

    Nobody is called who is in, or whose phone rings already.
    """
    number = event.person.number
    if conference.started is None or any(leg.person == number for leg in conference.legs.values()):
        return conference, ()
    if conference.plan.person(number) is not None:
        return call(conference, (number,), now)
    called, calls = call(replace(conference, plan=with_people(conference.plan, event.person)), (number,), now)
    return called, (Note(Record(Kind.ADDED, now, None, number, detail=event.person.name)), *calls)


def with_people(plan: Plan, *people: Person) -> Plan:
    """With these on its list, too."""
    return replace(plan, participants=(*plan.participants, *people))


def drop(conference: Conference, event: Dropped, now: float) -> Change:
    leg = conference.legs.get(event.leg)
    if leg is None:
        return conference, ()
    if leg.called:  # at all of their phones
        calls = tuple(each for each in conference.legs.at(Stage.RINGING, Stage.ASKED) if each.person == leg.person)
        rest = replace(conference, legs=conference.legs.without(*calls))
        return rest, taken_back(calls, HangUpReason.DROPPED, now)
    rest = replace(conference, legs=conference.legs.without(leg))
    done: Actions = (note(Kind.LEFT, leg, now, HangUpReason.DROPPED), HangUp(leg.name, HangUpReason.DROPPED))
    return rest, done
