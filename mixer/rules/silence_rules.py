"""The rules of silence, ordered by the owner, from the machine, or for oneself: when it is refused, and what it does.

Somebody may be unheard for hold music besides (:mod:`mixer.rules.hold_music_rules`); the bridge hears of both at once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mixer.phrases import Phrase
from mixer.rules.order_rules import NOT_ON_THE_LINE, is_own, name_of, record_of, reshape, silenced_anew
from mixer.rules.records import Kind, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mixer.rules.acts import Silence
    from mixer.rules.conference import Conference
    from mixer.rules.order_rules import Change
    from mixer.rules.roster import Leg

_SILENT: Final = {True: Phrase("%(who)s: muted already"), False: Phrase("%(who)s: not muted")}


def why_not_silence(conference: Conference, act: Silence, by: str) -> Phrase | None:
    if is_own(act, by):
        leg = conference.legs[by]
        if leg.quiet is not act.silent:
            return None
        if act.silent:
            return Phrase("you are muted already")
        return Phrase("the owner has muted you") if leg.silenced else Phrase("you are not muted")
    whose = _whose(conference, act.legs)
    if not whose:
        return NOT_ON_THE_LINE
    if any(True for _ in _to_silence(conference, whose, silent=act.silent)):
        return None
    who = name_of(conference, next(iter(whose))) if len(whose) == 1 else Phrase("all of these")
    legs = [leg for leg in conference.legs.values() if leg.whose in whose]
    if not act.silent and any(leg.quiet for leg in legs):
        return Phrase("%(who)s: muted by themselves, which nobody else can undo", {"who": who})
    return _SILENT[act.silent].of(who=who)


def why_not_silence_others(conference: Conference, *, silent: bool) -> Phrase | None:
    if conference.orders.others_silenced is not silent or _others(conference, silent=silent):
        return None
    return _SILENT[silent].of(who=Phrase("everybody but the owner"))


def silence_others(conference: Conference, by: str, now: float, *, silent: bool) -> Change:
    kind = Kind.OTHERS_SILENCED if silent else Kind.OTHERS_UNSILENCED
    return silenced_anew(conference, Record(kind, now, by=by))


def silence(conference: Conference, names: tuple[str, ...], by: str, now: float, *, silent: bool) -> Change:
    kind = Kind.SILENCED if silent else Kind.UNSILENCED
    if names == (by,):
        own = conference.legs[by]
        return reshape(conference, [(own, replace(own, quiet=silent))], [record_of(kind, own, by, now)])
    changed = _to_silence(conference, _whose(conference, names), silent=silent)
    return silenced_anew(conference, *(record_of(kind, leg, by, now) for leg in changed))


def _whose(conference: Conference, names: Iterable[str]) -> frozenset[str]:
    return frozenset(leg.whose for name in names if (leg := conference.legs.get(name)) is not None)


def _to_silence(conference: Conference, whose: frozenset[str], *, silent: bool) -> Iterator[Leg]:
    legs = (leg for leg in conference.legs.values() if leg.whose in whose)
    return (leg for leg in legs if conference.orders.silent(leg) is not silent)


def _others(conference: Conference, *, silent: bool) -> list[Leg]:
    """Who would be silenced, or heard again, with all but owners."""
    legs = conference.legs.values()
    return [leg for leg in legs if not leg.owner and not leg.called and leg.silenced is not silent]
