"""What acts have ordered and still holds, as the journal tells it: the same after a crash as before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from mixer.rules.model import Recorded
from mixer.rules.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mixer.rules.records import Record
    from mixer.rules.roster import Leg


_DIGITS: Final = 6
"""Of an extension in seconds; what has more was written by nobody of ours."""


@dataclass(frozen=True, slots=True)
class Orders:
    """``Orders()`` is a conference in which nothing was ordered."""

    locked: bool = False
    others_silenced: bool = False
    silences: Mapping[str, Record] = field(default_factory=dict, hash=False)
    """What was ordered last of single people, or of guests' legs (:attr:`mixer.rules.roster.Leg.whose`)."""
    owner: str | None = None
    """Who is the owner now, by their first number; None: as planned."""
    stand_in: str | None = None
    """Who is an owner beside that one, who has not come in time; by their first number."""
    deputy: str | None = None
    """By the first number; empty: nobody; None: as planned."""
    kicked: frozenset[str] = frozenset()
    """Who was kicked, by their first numbers, and nobody has wanted them called since, nor given them a role."""
    recorded: Recorded | None = None
    """None: as planned."""
    extended_by: float = 0.0
    """Seconds."""
    over: str | None = None
    """An :class:`mixer.rules.conference.EndReason`: it ends, whoever is in."""

    def silent(self, leg: Leg) -> bool:
        record = self.silences.get(leg.whose)
        return self.others_silenced and not leg.owner if record is None else record.kind == Kind.SILENCED

    def after(self, records: Iterable[Record]) -> Orders:
        """What holds after these besides; records of other things change nothing.  Never raises."""
        orders, silences = self, dict(self.silences)
        for record in records:
            match record.kind:
                case Kind.SILENCED | Kind.UNSILENCED if record.by != record.leg:
                    silences[record.person or record.leg or ""] = replace(record, user="")  # is of no consequence
                case Kind.OTHERS_SILENCED | Kind.OTHERS_UNSILENCED:
                    silences = {whose: each for whose, each in silences.items() if each.owner}
                    orders = replace(orders, others_silenced=record.kind == Kind.OTHERS_SILENCED)
                case Kind.HANDED_OVER if record.person is not None:
                    silences.pop(record.person, None)
                    silences |= {whose: replace(each, owner=False) for whose, each in silences.items() if each.owner}
                    orders = replace(_wanted(orders, record.person), owner=record.person, stand_in=None)
                case Kind.DEPUTY_STANDS_IN if record.person is not None:
                    silences.pop(record.person, None)
                    orders = replace(orders, stand_in=record.person)
                case _:
                    orders = _after(orders, record)
        return replace(orders, silences=silences)


def _wanted(orders: Orders, person: str | None) -> Orders:
    return replace(orders, kicked=orders.kicked - {person}) if person in orders.kicked else orders


def _after(orders: Orders, record: Record) -> Orders:
    match record.kind:
        case Kind.LOCKED | Kind.UNLOCKED:
            return replace(orders, locked=record.kind == Kind.LOCKED)
        case Kind.DEPUTY_NAMED:
            return replace(_wanted(orders, record.person), deputy=record.person or "")
        case Kind.KICKED if record.person is not None:
            return replace(orders, kicked=orders.kicked | {record.person})
        case Kind.CALL_WANTED:
            return _wanted(orders, record.person)
        case Kind.RECORDING_WANTED if record.detail in set(Recorded):
            return replace(orders, recorded=Recorded(record.detail))
        case Kind.EXTENDED if record.detail.isdecimal() and len(record.detail) <= _DIGITS:
            return replace(orders, extended_by=orders.extended_by + int(record.detail))
        case Kind.END_WANTED:
            return replace(orders, over=record.detail)
        case _:
            return orders
