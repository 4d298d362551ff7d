"""What each of the people would have had of a conference, and what would have gone wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mixer.bridge.protocol import TICK
from mixer.narration import worded
from mixer.phrases import Phrase
from mixer.rehearsal.hearing import ROOM
from mixer.rehearsal.repertoire import GREETING, MUSIC
from mixer.rehearsal.scene import Press, Way
from mixer.rules.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mixer.rehearsal.people import Actor
    from mixer.rehearsal.play import Played
    from mixer.rules.model import Person

_CALLED_WITHIN: Final = 5.0
"""Seconds from the start of the conference."""
_ENDED_WITHIN: Final = 2.0
"""Seconds from when nobody is in any more."""
_GIVEN_UP: Final = 40.0
"""The same, of who has vanished."""


@dataclass(frozen=True, slots=True)
class Fault:
    at: float | None
    """Seconds since the epoch; None: all the time."""
    what: Phrase
    """Of the person, or of the conference."""


@dataclass(frozen=True, slots=True)
class Verdict:
    person: Person
    greeting: float
    """Seconds of it that were heard, at the first time."""
    music: float
    """Seconds, in all calls; so is the next."""
    talk: float
    came: bool
    """Whether the person was ever in."""
    way: Way
    """What became of calls to who never came."""
    faults: tuple[Fault, ...]


def verdicts(played: Played) -> tuple[Verdict, ...]:
    """The owner first."""
    return tuple(_verdict(played, actor) for actor in played.actors)


def faults(played: Played) -> tuple[Fault, ...]:
    """Of the conference."""
    return tuple(_of_end(played))


def _verdict(played: Played, actor: Actor) -> Verdict:
    own = [each for each in played.judge.listeners if each.who == actor.who]
    greeted = [each.seconds[GREETING] for each in own if each.seconds[GREETING]]
    found = sorted(_faults(played, actor), key=lambda fault: fault.at or 0.0)
    return Verdict(
        person=actor.person,
        greeting=greeted[0] if greeted else 0.0,
        music=sum(each.seconds[MUSIC] for each in own),
        talk=sum(each.seconds[ROOM] for each in own),
        came=any(each.was_in for each in own),
        way=actor.part.way,
        faults=tuple(found),
    )


def _faults(played: Played, actor: Actor) -> Iterator[Fault]:
    yield from _of_first_call(played, actor)
    for wrong in played.judge.wrong:
        if wrong.who == actor.who:
            yield Fault(played.wall(wrong.tick * TICK), wrong.what)
    for moment in actor.turned_away:
        at = played.wall(moment.at)
        refused = [record for record in played.records if record.kind == Kind.REFUSED and record.at <= at]
        yield Fault(at, _REFUSED_FOR.of(why=worded(refused[-1].detail)) if refused else moment.what)
    wanted = [record.at for record in played.records if record.kind == Kind.END_WANTED]
    pressed = any(isinstance(deed, Press) for each in played.actors for deed in each.part.deeds)
    for moment_at in actor.hung_up_on:
        at = played.wall(moment_at)
        if not pressed and not (wanted and at >= wanted[0]):
            yield Fault(at, _HUNG_UP_ON)
    if actor.person.name in played.left_over:
        yield Fault(played.ended, _LEFT_OVER)


def _of_first_call(played: Played, actor: Actor) -> Iterator[Fault]:
    if actor.part.way_at(0) is Way.UNREACHABLE:
        return
    start = played.plan.start
    if not actor.rang:
        number = actor.person.number
        why = [
            record.detail for record in played.records if record.kind == Kind.NOT_REACHED and record.person == number
        ]
        yield Fault(start, _NEVER_CALLED_FOR.of(why=why[0]) if why else _NEVER_CALLED)
        return
    late = played.wall(actor.rang[0]) - start
    if late > _CALLED_WITHIN:
        yield Fault(start, _CALLED_LATE.of(seconds=f"{late:.0f}"))


def _of_end(played: Played) -> Iterator[Fault]:
    ended = [record.at for record in played.records if record.kind == Kind.ENDED]
    if played.ended is None or not ended:
        yield Fault(None, _NEVER_ENDS)
        return
    stays = [each for each in played.judge.listeners if each.was_in]
    wanted = any(record.kind == Kind.END_WANTED for record in played.records)
    for actor in () if wanted else played.actors:
        if any(played.wall(at) >= ended[0] for at in actor.hung_up_on):
            yield Fault(ended[0], _ENDS_EARLY.of(who=actor.person.name))
    last = max((played.wall(each.left * TICK) for each in stays), default=0.0)
    patience = _GIVEN_UP if any(each.vanished is not None for each in stays) else _ENDED_WITHIN
    if ended[0] > max(last, played.plan.end) + patience:
        yield Fault(max(last, played.plan.end), _ENDS_LATE.of(seconds=f"{ended[0] - max(last, played.plan.end):.0f}"))


_NEVER_CALLED: Final = Phrase("is never called")
_NEVER_CALLED_FOR: Final = Phrase("is never called: %(why)s")
_CALLED_LATE: Final = Phrase("is called only after %(seconds)s s")
_REFUSED_FOR: Final = Phrase("is not let in: %(why)s")
_HUNG_UP_ON: Final = Phrase("is hung up on")
_LEFT_OVER: Final = Phrase("is still in a call when all is over")
_NEVER_ENDS: Final = Phrase("the conference never ends")
_ENDS_EARLY: Final = Phrase("the conference ends while %(who)s is in")
_ENDS_LATE: Final = Phrase("the conference goes on for %(seconds)s s though nobody is in")
