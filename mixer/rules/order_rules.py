"""What acts have in common: an order is noted, holds from now on, and changes some of the legs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mixer.phrases import Phrase
from mixer.rules.acts import Kick, Silence
from mixer.rules.call_rules import Actions, Note
from mixer.rules.conference import Conference
from mixer.rules.hold_music_rules import mutes
from mixer.rules.records import Kind, Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mixer.rules.acts import Act
    from mixer.rules.roster import Leg

Change = tuple[Conference, Actions]

NOT_ON_THE_LINE: Final = Phrase("nobody of these is on the line any more")


def is_own(act: Act, by: str) -> bool:
    """Whether it concerns the leg alone of whoever asks for it."""
    return isinstance(act, Silence | Kick) and act.legs == (by,) and not (isinstance(act, Kick) and act.awaited)


def order(conference: Conference, *records: Record) -> Change:
    return replace(conference, orders=conference.orders.after(records)), tuple(map(Note, records))


def silenced_anew(conference: Conference, *records: Record) -> Change:
    """With each leg silenced as it is ordered from now on, or heard again."""
    orders = conference.orders.after(records)
    there = (leg for leg in conference.legs.values() if not leg.called)
    changed = [(leg, replace(leg, silenced=silent)) for leg in there if (silent := orders.silent(leg)) != leg.silenced]
    return reshape(conference, changed, records)


def reshape(conference: Conference, changed: list[tuple[Leg, Leg]], records: Iterable[Record]) -> Change:
    """With these legs as they are now, in the place of what they were."""
    ordered, notes = order(conference, *records)
    legs = conference.legs.with_(*(after for _, after in changed))
    return replace(ordered, legs=legs), (*notes, *(each for pair in changed for each in mutes(*pair)))


def order_role(conference: Conference, record: Record) -> Change:
    """Handed over, or taken by the deputy beside the owner: only the latter leaves other owners what they are."""
    orders, handed_over = conference.orders.after([record]), record.kind == Kind.HANDED_OVER
    legs = [leg for leg in conference.legs.values() if leg.person == record.person or (handed_over and leg.owner)]
    roles = [(leg, replace(leg, owner=leg.person == record.person)) for leg in legs]
    changed = [(was, leg if leg.called else replace(leg, silenced=orders.silent(leg))) for was, leg in roles]
    return reshape(conference, changed, [record])


def name_of(conference: Conference, whose: str) -> object:
    person = conference.plan.person(whose)
    return person.name if person else Phrase("a guest")


def record_of(kind: Kind, leg: Leg, by: str, now: float) -> Record:
    return Record(kind, now, leg.name, leg.person, leg.owner, by=by)
