"""The rules of calls that come to nothing: the person's next phone, another call later, or nothing more.

Stopped as soon as the person comes in, by whichever phone.  Calls that still have to come keep no conference going.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mixer.rules.call_policy import AGAIN, Failure, Pursuit, Ring, failure_of, is_for_all
from mixer.rules.call_rules import Actions, Change, HangUp, HangUpReason, Note, call, call_at, note, taken_back, without
from mixer.rules.records import Kind, Record
from mixer.rules.roster import Leg, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mixer.rules.conference import Conference


@dataclass(frozen=True, slots=True)
class PhoneRegistered:
    """A phone has come that was not there before."""

    number: str
    """Of the person whose it is."""


PRESS_SECONDS: Final = 30.0
"""For who has answered to press 1: most mailboxes have said their greeting then, and record us."""
LOST_GRACE: Final = 120.0
"""Seconds for those who were lost to come back, when nobody else is in: a network that fails ends no conference."""
NOT_PRESSED: Final = 408
"""What it comes to when who answers doesn't press 1."""


def deadlines(conference: Conference) -> Iterator[float]:
    """When somebody is to be called again, or has had their time to press 1."""
    yield from (pursuit.at for pursuit in conference.pursuits.values() if pursuit.at is not None)
    if conference.legs.count(Stage.ASKED):
        yield from (leg.since + PRESS_SECONDS for leg in conference.legs.at(Stage.ASKED))


def call_those_due(conference: Conference, now: float) -> Change:
    """What is due of both."""
    gone, actions = _give_up_the_silent(conference, now)
    due = tuple(person for person, pursuit in gone.pursuits.items() if pursuit.at is not None and pursuit.at <= now)
    if not due:
        return gone, actions
    if now >= conference.end:
        return replace(gone, pursuits=_less(gone, *due)), actions
    begun = {person: replace(gone.pursuits[person], failure=Failure.REFUSED, at=None) for person in due}
    there = {leg.person for leg in gone.legs.values()}
    idle = tuple(person for person in due if person not in there)  # the owner may have had them called
    called, calls = call(replace(gone, pursuits={**gone.pursuits, **begun}), idle, now)
    return called, (*actions, *calls)


def find(conference: Conference, number: str, now: float) -> Change:
    """A phone of somebody has registered: who could not be called for want of one need not wait for the next call."""
    pursuit = conference.pursuits.get(number)
    if pursuit is None or pursuit.at is None or pursuit.failure is not Failure.UNAVAILABLE:
        return conference, ()
    due = replace(conference, pursuits={**conference.pursuits, number: replace(pursuit, at=now)})
    return call_those_due(due, now)


def _give_up_the_silent(conference: Conference, now: float) -> Change:
    actions: Actions = ()
    if conference.legs.count(Stage.ASKED):
        for leg in conference.legs.at(Stage.ASKED):
            if leg.since + PRESS_SECONDS <= now:
                conference, done = fail(conference, leg.name, NOT_PRESSED, "1 was not pressed", now)
                actions += (HangUp(leg.name, HangUpReason.NOT_PRESSED), *done)
    return conference, actions


def fail(conference: Conference, name: str, status: int, reason: str, now: float) -> Change:
    """A call of ours is not answered, or by no person."""
    leg = conference.legs.get(name)
    if leg is None or not leg.called:
        return conference, ()
    noted = note(Kind.NOT_REACHED, leg, now, f"{status} {reason}".rstrip())
    gone = without(conference, leg)
    if leg.person is None:
        return gone, (noted,)
    after, actions = _go_on(gone, leg, leg.person, failure_of(status), everywhere=is_for_all(status), now=now)
    return after, (noted, *actions)


def lose(conference: Conference, name: str, reason: str, now: float, *, lost: bool) -> Change:
    """A leg is gone.  ``lost``: nobody has hung up, it is heard no more."""
    leg = conference.legs.get(name)
    if leg is None:
        return conference, ()
    if leg.stage is Stage.RINGING:
        return fail(conference, name, 480, reason, now)
    if leg.stage is Stage.ASKED:  # a mailbox would have gone on, or be silent
        return fail(conference, name, NOT_PRESSED if lost else 603, reason, now)
    gone = without(conference, leg)
    noted = note(Kind.LEFT, leg, now, reason)
    if not lost:
        departed = gone.departed if leg.person is None else gone.departed | {leg.person}
        return replace(gone, pursuits=_less(gone, leg.person), departed=departed), (noted,)
    if not gone.present:
        gone = replace(gone, grace_until=now + LOST_GRACE)
    if leg.person is None or _is_on_the_line(gone, leg.person):
        return gone, (noted,)
    after, actions = _call_later(gone, leg, leg.person, Failure.LOST, now)
    return after, (noted, *actions)


def _go_on(conference: Conference, leg: Leg, number: str, failure: Failure, *, everywhere: bool, now: float) -> Change:
    """After a call to one address: to the next, or, when all have failed, later."""
    person = conference.plan.person(number)
    pursuit = conference.pursuits.get(number, Pursuit())
    worth = failure if everywhere else min(failure, pursuit.failure)
    known = replace(conference, pursuits={**conference.pursuits, number: replace(pursuit, failure=worth)})
    if person is None:
        return known, ()
    if conference.ring_of(person) is Ring.ALL:
        if everywhere and leg.stage is Stage.RINGING:  # who doesn't press 1 may be a mailbox
            return _decline(known, leg, number, worth, now)
        if _is_on_the_line(conference, number):
            return known, ()
    elif not everywhere and now < conference.end:
        left = [address for address in conference.policy.choices(person) if address > leg.address]
        if left:
            return call_at(known, ((number, left[0]),), now)
    return _call_later(known, leg, number, worth, now)


def _decline(conference: Conference, leg: Leg, number: str, failure: Failure, now: float) -> Change:
    """At one phone for all of them: the others need not ring on."""
    others = tuple(each for each in conference.legs.at(Stage.RINGING, Stage.ASKED) if each.person == number)
    stopped = taken_back(others, HangUpReason.DECLINED_ELSEWHERE, now)
    after, actions = _call_later(without(conference, *others), leg, number, failure, now)
    return after, (*stopped, *actions)


def _call_later(conference: Conference, leg: Leg, number: str, failure: Failure, now: float) -> Change:
    """The round is over."""
    pursuit = conference.pursuits.get(number, Pursuit())
    seconds, times = AGAIN.get(failure, (0.0, 0))
    at = now + seconds
    if not conference.policy.again or pursuit.tries.count(failure) >= times or at >= conference.end:
        return replace(conference, pursuits=_less(conference, number)), ()
    later = Pursuit(failure, (*pursuit.tries, failure), at)
    record = Record(Kind.CALLED_LATER, now, None, number, leg.owner, f"{failure.name.lower()} {seconds:.0f}")
    return replace(conference, pursuits={**conference.pursuits, number: later}), (Note(record),)


def _is_on_the_line(conference: Conference, number: str) -> bool:
    return any(leg.person == number for leg in conference.legs.values())


def _less(conference: Conference, *numbers: str | None) -> dict[str, Pursuit]:
    return {number: pursuit for number, pursuit in conference.pursuits.items() if number not in numbers}
