"""The rules of the owner who does not come (:mod:`mixer.rules.absence`): until an owner was in for the first time.

Who has been in and leaves is waited for without end, as long as anybody waits: they know that they are expected.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mixer.rules.absence import Remedy
from mixer.rules.call_rules import Change, Note, call, call_at
from mixer.rules.conference import Conference, EndReason
from mixer.rules.order_rules import order_role
from mixer.rules.records import Kind, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mixer.rules.model import Person


def deadlines(conference: Conference) -> Iterator[float]:
    """When something is to be done about it; what waits for an event instead is left out."""
    if (again := next_owner_call(conference)) is not None:
        yield again
    if _is_waited_for(conference) and (until := _patience_ends(conference)) is not None and _can_remedy(conference):
        yield until


def wait_for_owner(conference: Conference, now: float) -> Change:
    """What is due now.  To be asked after each event: the deputy may just have come, or the owner given up."""
    if not _is_waited_for(conference):
        return conference, ()
    if conference.owner_in:
        return replace(conference, absence=replace(conference.absence, over=True)), ()
    called, calls = _call_owner_again(conference, now)
    until = _patience_ends(called)
    if until is None or now < until or not _can_remedy(called):
        return called, calls
    done, actions = _remedy(called, now)
    return done, (*calls, *actions)


def _is_waited_for(conference: Conference) -> bool:
    return conference.started is not None and not conference.closed and not conference.absence.over


# Calls


def next_owner_call(conference: Conference) -> float | None:
    """When the owner who does not come is called again; None: as everybody is."""
    return _next_call(conference) if _is_waited_for(conference) else None


def _next_call(conference: Conference) -> float | None:
    policy, absence = conference.policy.absence, conference.absence
    if policy.call_again_seconds is None or absence.calls >= policy.call_again_times or conference.started is None:
        return None
    if conference.owner in conference.orders.kicked:
        return None
    at = (conference.started if absence.called_at is None else absence.called_at) + policy.call_again_seconds
    return at if at < conference.end else None


def _call_owner_again(conference: Conference, now: float) -> Change:
    """At each number that doesn't ring already; if nothing comes of it, :mod:`mixer.rules.retry_rules` begin anew."""
    at, owner = _next_call(conference), conference.plan.person(conference.owner)
    if at is None or now < at or owner is None:
        return conference, ()
    record = Record(Kind.OWNER_AWAITED, now, None, owner.number, owner=True)
    ringing = {leg.address for leg in conference.legs.values() if leg.person == owner.number}
    pursuits = {number: each for number, each in conference.pursuits.items() if number != owner.number}
    awaited = replace(conference, absence=conference.absence.after([record]), pursuits=pursuits)
    idle = tuple((owner.number, each) for each in conference.policy.choices(owner) if each not in ringing)
    called, calls = call_at(awaited, idle, now)
    return called, (Note(record), *calls)


# What is done without the owner


def _patience_ends(conference: Conference) -> float | None:
    seconds = conference.policy.absence.seconds
    return None if seconds is None or conference.started is None else conference.started + seconds


def _can_remedy(conference: Conference) -> bool:
    """Not while an owner hears the greeting, or has a phone that rings: they may come any moment."""
    if conference.legs.any_owner():
        return False
    if conference.policy.absence.remedy is Remedy.CALL_OFF:
        return True
    deputy = _deputy(conference)
    if deputy is None:
        return False
    theirs = [leg for leg in conference.legs.values() if leg.person == deputy.number]
    if not theirs:
        return conference.absence.deputy != deputy.number and deputy.number not in conference.orders.kicked
    return any(not leg.called for leg in theirs)


def _deputy(conference: Conference) -> Person | None:
    deputy = None if conference.deputy is None else conference.plan.person(conference.deputy)
    return None if deputy is None or deputy.number == conference.owner else deputy


def _remedy(conference: Conference, now: float) -> Change:
    if conference.policy.absence.remedy is Remedy.CALL_OFF:
        record = Record(Kind.END_WANTED, now, detail=EndReason.CALLED_OFF)
        return replace(conference, orders=conference.orders.after([record])), (Note(record),)
    deputy = _deputy(conference)
    if deputy is None:
        return conference, ()
    if any(leg.person == deputy.number for leg in conference.legs.values()):
        return order_role(conference, Record(Kind.DEPUTY_STANDS_IN, now, None, deputy.number))
    record = Record(Kind.DEPUTY_AWAITED, now, None, deputy.number)
    pursuits = {number: each for number, each in conference.pursuits.items() if number != deputy.number}
    awaited = replace(conference, absence=conference.absence.after([record]), pursuits=pursuits)
    called, calls = call(awaited, (deputy.number,), now)
    return called, (Note(record), *calls)
