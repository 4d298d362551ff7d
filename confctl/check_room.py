"""What ``confctl check CODE`` says of lines, ports and disk: whether they are enough at that hour, with the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from confctl.book.needs import Needs, pairs_of_ports, room_for_calls
from confctl.book.overlaps import most, overlap
from confctl.findings import Finding, fine, wrong
from confctl.words import count, say
from mixer.rules.model import Recorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from confctl.settings import Settings
    from confctl.trunk_settings import Trunk
    from mixer.rules.model import Plan

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
        yield wrong(
            what,
            count(
                own,
                "{n} call has to go out, and no trunk is in order",
                "{n} calls have to go out, and no trunk is in order",
            ),
        )
    elif None in limits:
        yield fine(
            what,
            count(own, "{n} call goes out; the trunks have no limit", "{n} calls go out; the trunks have no limit"),
        )
    else:
        room = sum(limit for limit in limits if limit is not None)
        told = say(
            "calls that go out: {own}, with other conferences {needed}; the trunks take {room}",
            own=own,
            needed=needed,
            room=room,
        )
        yield wrong(what, say("{numbers}, so some will wait", numbers=told)) if needed > room else fine(what, told)


def ports(settings: Settings, plan: Plan, others: Sequence[Plan]) -> Finding:
    needed, pairs = most(others, Needs(settings).calls, plan), pairs_of_ports(settings)
    what, told = say("media ports"), say("calls at once: {needed}; pairs of ports: {pairs}", needed=needed, pairs=pairs)
    if needed > room_for_calls(settings):
        return wrong(what, say("{numbers}; widen media.ports", numbers=told))
    if needed > pairs:
        return fine(what, say("{numbers}, which is enough unless most phones are behind one NAT", numbers=told))
    return fine(what, told)


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
