"""What ``confctl check CODE`` says of lines, ports and disk: whether they are enough at that hour, with the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from confctl.book.needs import Needs, pairs_of_ports, room_for_calls
from confctl.book.overlaps import most, overlap
from confctl.findings import Finding, fine, wrong
from confctl.words import say
from mixer.model import Recorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from confctl.settings import Settings
    from confctl.trunk_settings import Trunk
    from mixer.model import Plan

RECORDED_SECOND: Final = 2 * 16_000
"""Octets, before it is made small."""


def lines(settings: Settings, plan: Plan, others: Sequence[Plan], up: Sequence[Trunk]) -> Iterator[Finding]:
    """Through the trunks that are ``up``; nothing of a conference that needs none."""
    needs = Needs(settings)
    own, limits = needs.lines(plan), [trunk.max_calls for trunk in up]
    if not own or not settings.trunks:
        return
    what, needed = say("lines"), most(others, needs.lines, plan)
    if not up:
        yield wrong(what, say("{own} calls have to go out, and no trunk is in order", own=own))
    elif None in limits:
        yield fine(what, say("{own} calls go out; the trunks have no limit set", own=own))
    else:
        room = sum(limit for limit in limits if limit is not None)
        numbers = {"own": own, "needed": needed, "room": room}
        enough = say("{own} calls go out, {needed} with those of other conferences; the trunks take {room}", **numbers)
        few = say(
            "{own} calls go out, {needed} with those of other conferences, and the trunks take {room}: some will wait",
            **numbers,
        )
        yield Finding(what, needed > room, few if needed > room else enough)


def ports(settings: Settings, plan: Plan, others: Sequence[Plan]) -> Finding:
    needed, pairs = most(others, Needs(settings).calls, plan), pairs_of_ports(settings)
    what, numbers = say("media ports"), {"needed": needed, "pairs": pairs}
    if needed > room_for_calls(settings):
        return wrong(what, say("{needed} calls at once, and media.ports has {pairs} pairs: widen it", **numbers))
    if needed > pairs:
        return fine(
            what,
            say("{needed} calls at once; {pairs} pairs are enough unless most phones are behind one NAT", **numbers),
        )
    return fine(what, say("{needed} calls at once; {pairs} pairs", **numbers))


def recording(settings: Settings, plan: Plan, others: Sequence[Plan], free: int) -> Finding:
    """``free``: octets on the disk of the recordings.  Other conferences that are recorded then count in."""
    keep = settings.recording.keep_free
    needed = size(plan) + sum(size(other) for other in others if overlap(plan, other))
    there = max(0, free - keep * 1_000_000)
    told = say(
        "{needed} MB until the planned end; {folder} has room for {there} MB beside {keep} MB that stay free",
        needed=-(-needed // 1_000_000),
        there=there // 1_000_000,
        folder=settings.recording.folder,
        keep=keep,
    )
    return Finding(say("recordings"), needed > there, told)


def size(plan: Plan) -> int:
    """Octets that a recording takes until the planned end; 0 of a conference that isn't recorded."""
    tracks = {Recorded.NOT: 0, Recorded.MIXED: 1, Recorded.TRACKS: 1 + len(plan.people)}
    return int((plan.end - plan.start) * RECORDED_SECOND) * tracks[plan.record]
