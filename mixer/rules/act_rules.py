"""The rules of acts (:mod:`mixer.rules.acts`): when each is refused, and what it does.

What would change nothing is refused too, so that whoever asks for it learns how things are.  A participant may silence
their own leg, and leave; everything else is the owner's, or is done from the machine.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, assert_never

from mixer.phrases import Phrase
from mixer.rules.acts import (
    Act,
    Acted,
    CallAgain,
    CallIn,
    EndNow,
    Extend,
    HandOver,
    Kick,
    Lock,
    NameDeputy,
    Silence,
    SilenceOthers,
    WantRecording,
)
from mixer.rules.addresses import OutsideNumber, addresses
from mixer.rules.call_rules import Actions, HangUp, HangUpReason, Note, call, taken_back
from mixer.rules.conference import Conference, EndReason
from mixer.rules.model import Recorded
from mixer.rules.order_rules import NOT_ON_THE_LINE, Change, is_own, name_of, order, order_role, record_of
from mixer.rules.recording_rules import want
from mixer.rules.records import ACTS, Kind, Record
from mixer.rules.silence_rules import silence, silence_others, why_not_silence, why_not_silence_others

if TYPE_CHECKING:
    from mixer.rules.model import Person

LONGEST_EXTENSION: Final = 24 * 3600.0
"""Seconds, in all: whoever mistypes the minutes keeps no lines for days."""


# When an act is refused


def why_not(conference: Conference, act: Act, by: str, now: float) -> Phrase | None:
    """Why it can't be done, in one sentence; None: it can."""
    if conference.ended is not None:
        return Phrase("it is over")
    if conference.stopped:
        return Phrase("the mixer stops; the conference goes on when it runs again")
    if conference.started is None:
        return Phrase("it has not begun yet")
    return _why_not_by(conference, act, by) or _why_not(conference, act, by, now)


def _why_not_by(conference: Conference, act: Act, by: str) -> Phrase | None:
    if not by:
        return None
    leg = conference.legs.get(by)
    if leg is None or leg.called:
        return Phrase("whoever asks for it is not in any more")
    return None if leg.owner or is_own(act, by) else Phrase("only the owner may do that")


def _why_not(conference: Conference, act: Act, by: str, now: float) -> Phrase | None:
    match act:
        case Silence():
            return why_not_silence(conference, act, by)
        case SilenceOthers(silent):
            return why_not_silence_others(conference, silent=silent)
        case Kick(legs, awaited):
            there = any(leg in conference.legs for leg in legs)
            return None if there or any(map(conference.calls_later, awaited)) else NOT_ON_THE_LINE
        case Lock(locked):
            if conference.orders.locked is locked:
                return Phrase("it is locked already") if locked else Phrase("it is not locked")
        case CallIn(person):
            return _why_not_call_in(conference, _as_listed(conference, person))
        case CallAgain(numbers):
            return _why_not_again(conference, numbers)
        case HandOver(to):
            number = _person(conference, to)
            if number is None:
                return _NOT_ON_THE_LIST
            if number == conference.owner:
                return Phrase("%(who)s is the owner already", {"who": name_of(conference, number)})
        case NameDeputy(number):
            return _why_not_deputy(conference, number)
        case WantRecording(how):
            if conference.recorded is how:
                return Phrase("it is not recorded") if how is Recorded.NOT else Phrase("it is recorded already")
        case Extend(seconds):
            return _why_not_extend(conference, seconds, now)
        case EndNow():
            pass
        case _:
            assert_never(act)
    return None


_NOT_ON_THE_LIST: Final = Phrase("nobody with this number is on the conference's list; call them in first")


def _why_not_call_in(conference: Conference, person: Person) -> Phrase | None:
    if (why := _why_not_call(conference, person.number, person.name)) is not None:
        return why
    if conference.policy.trunk or not all(isinstance(each, OutsideNumber) for each in addresses(person)):
        return None
    return Phrase("there is no trunk to call %(number)s through", {"number": person.number})


def _as_listed(conference: Conference, person: Person) -> Person:
    return conference.plan.person(person.number) or person


def _why_not_call(conference: Conference, number: str, name: object) -> Phrase | None:
    legs = [leg for leg in conference.legs.values() if leg.person == number]
    if any(not leg.called for leg in legs):
        return Phrase("%(who)s is in already", {"who": name})
    return Phrase("%(who)s is being called already", {"who": name}) if legs else None


def _why_not_again(conference: Conference, numbers: tuple[str, ...]) -> Phrase | None:
    if not numbers:
        return None if _missing(conference) else Phrase("everybody who has not left is in, or is being called")
    people = [_person(conference, number) for number in numbers]
    if None in people:
        return _NOT_ON_THE_LIST
    there = {leg.person for leg in conference.legs.values()}
    if any(each not in there for each in people):
        return None
    return _why_not_call(conference, people[0] or "", name_of(conference, people[0] or ""))


def _why_not_deputy(conference: Conference, number: str | None) -> Phrase | None:
    if number is None:
        return None if conference.deputy else Phrase("there is no deputy")
    deputy = _person(conference, number)
    if deputy is None:
        return _NOT_ON_THE_LIST
    who = {"who": name_of(conference, deputy)}
    if deputy == conference.owner:
        return Phrase("%(who)s is the owner already", who)
    return Phrase("%(who)s is the deputy already", who) if deputy == conference.deputy else None


def _why_not_extend(conference: Conference, seconds: float, now: float) -> Phrase | None:
    if not seconds >= 1:  # what is no number is not, either
        return Phrase("its end can only be put off")
    if conference.orders.extended_by + _put_off(conference, seconds, now) > LONGEST_EXTENSION:
        return Phrase("its end can be put off by %(hours)s hours at most", {"hours": round(LONGEST_EXTENSION / 3600)})
    return None


def extends_from(conference: Conference, now: float) -> float:
    """What an extension counts from: the planned end, or now where that has passed and people talk on."""
    return max(conference.end, now)


def _put_off(conference: Conference, seconds: float, now: float) -> float:
    """By how many seconds the planned end comes later."""
    return extends_from(conference, now) - conference.end + seconds


# What it does


def act(conference: Conference, event: Acted, now: float) -> Change:
    """Nothing that :func:`why_not` refuses.  Never raises."""
    if why_not(conference, event.act, event.by, now) is not None:
        return conference, ()
    after, actions = _act(conference, event.act, event.by, now)
    return after, _signed(actions, event.user) if event.user else actions


def _signed(actions: Actions, user: str) -> Actions:
    """What was done from the machine, by whom there; what comes of it is nobody's doing."""
    signed = (*ACTS, Kind.ADDED)
    return tuple(
        Note(replace(each.record, user=user)) if isinstance(each, Note) and each.record.kind in signed else each
        for each in actions
    )


def _act(conference: Conference, act: Act, by: str, now: float) -> Change:
    match act:
        case Silence(legs, silent):
            return silence(conference, legs, by, now, silent=silent)
        case SilenceOthers(silent):
            return silence_others(conference, by, now, silent=silent)
        case Kick():
            return _kick(conference, act, by, now)
        case Lock(locked):
            known = replace(conference, cut_off=())
            return order(known, Record(Kind.LOCKED if locked else Kind.UNLOCKED, now, by=by))
        case CallIn(person):
            return _call_in(conference, person, by, now)
        case CallAgain(numbers):
            return _call_again(conference, numbers, by, now)
        case HandOver(to):
            return order_role(conference, Record(Kind.HANDED_OVER, now, None, _person(conference, to), by=by))
        case NameDeputy(number):
            deputy = None if number is None else _person(conference, number)
            return order(conference, Record(Kind.DEPUTY_NAMED, now, None, deputy, by=by))
        case WantRecording(how):
            noted = Record(Kind.RECORDING_WANTED, now, detail=how, by=by)
            return order(want(conference, how), noted)
        case EndNow():
            return order(conference, Record(Kind.END_WANTED, now, detail=EndReason.ENDED_NOW, by=by))
        case Extend(seconds):
            return order(
                conference, Record(Kind.EXTENDED, now, detail=f"{_put_off(conference, seconds, now):.0f}", by=by)
            )
        case _:
            assert_never(act)


# Who is in


def _kick(conference: Conference, kick: Kick, by: str, now: float) -> Change:
    named = [leg for name in kick.legs if (leg := conference.legs.get(name)) is not None]
    there = tuple(dict.fromkeys(leg for leg in named if not leg.called))
    awaited = tuple(filter(conference.calls_later, dict.fromkeys(kick.awaited)))
    people = frozenset(leg.person for leg in named if leg.person is not None).union(awaited)
    calls = tuple(leg for leg in conference.legs.values() if leg.called and leg.person in people)
    own = is_own(kick, by)
    why = HangUpReason.LEAVING if own else HangUpReason.KICKED
    kicked = () if own else tuple(record_of(Kind.KICKED, leg, by, now) for leg in named)
    spared = tuple(Record(Kind.KICKED, now, None, each, conference.is_owner(each), by=by) for each in awaited)
    left = (Note(Record(Kind.LEFT, now, leg.name, leg.person, leg.owner, why)) for leg in there)
    ordered, notes = order(conference, *kicked, *spared)
    rest = replace(
        ordered,
        legs=conference.legs.without(*there, *calls),
        pursuits={number: each for number, each in conference.pursuits.items() if number not in people},
        departed=conference.departed | people,
        cut_off=tuple(who for who in conference.cut_off if who not in people),
    )
    return rest, (*notes, *left, *taken_back(calls, why, now), *(HangUp(leg.name, why) for leg in there))


def _call_in(conference: Conference, person: Person, by: str, now: float) -> Change:
    """Whoever is not on the list is, from now on: known by name, and by their number when they call us."""
    listed = _as_listed(conference, person)
    if conference.plan.person(listed.number) is not None:
        return _call(conference, [listed], by, now)
    added = Note(Record(Kind.ADDED, now, None, listed.number, detail=listed.name, by=by))
    called, calls = _call(replace(conference, plan=conference.plan.with_people(listed)), [listed], by, now)
    return called, (added, *calls)


def _call_again(conference: Conference, numbers: tuple[str, ...], by: str, now: float) -> Change:
    there = {leg.person for leg in conference.legs.values()}
    wanted = [conference.plan.person(number) for number in numbers] if numbers else _missing(conference)
    people = {person.number: person for person in wanted if person is not None and person.number not in there}
    return _call(conference, list(people.values()), by, now)


def _call(conference: Conference, people: list[Person], by: str, now: float) -> Change:
    """However often they were called in vain."""
    numbers = {person.number: person for person in people}
    ordered, wanted = order(conference, *(Record(Kind.CALL_WANTED, now, None, each.number, by=by) for each in people))
    pursuits = {number: each for number, each in conference.pursuits.items() if number not in numbers}
    called, calls = call(replace(ordered, pursuits=pursuits), tuple(numbers), now)
    return called, (*wanted, *calls)


def _missing(conference: Conference) -> list[Person | None]:
    there = {leg.person for leg in conference.legs.values()} | conference.departed
    return [person for person in conference.plan.people if person.number not in there]


# Roles


def _person(conference: Conference, number_or_leg: str) -> str | None:
    """The first number of somebody of the list."""
    leg = conference.legs.get(number_or_leg)
    person = conference.plan.person((leg.person or "") if leg else number_or_leg)
    return person.number if person else None
