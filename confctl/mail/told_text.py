"""What people were told, and what waits, as JSON has it."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from confctl.mail.told import Kind, Told, Unsent, Waits
from mixer.rules.model import Person, Plan, Recorded


class StoredPerson(TypedDict):
    name: str
    numbers: list[str]
    email: str | None
    language: str | None
    timezone: str | None


class StoredPlan(TypedDict):
    code: str
    owner_code: str
    title: str
    start: float
    end: float
    zone: str
    people: list[StoredPerson]
    """The owner first."""
    record: NotRequired[str]
    """Not in what earlier versions wrote."""
    deputy: NotRequired[str | None]


class StoredUnsent(TypedDict):
    file: str
    kind: str
    to: StoredPerson
    knew: int | None
    """Which of ``earlier``: many know the same."""


class StoredTold(StoredPlan):
    uid: str
    sequence: int
    at: float
    cancelled: bool
    reported: NotRequired[bool]
    """Not in what earlier versions wrote."""
    sender: str
    unsent: list[StoredUnsent]
    earlier: list[StoredPlan]
    superseded: list[str]


def stored(told: Told) -> StoredTold:
    earlier = list(dict.fromkeys(each.knew for each in told.waits.unsent if each.knew))
    which = {plan: index for index, plan in enumerate(earlier)}
    return {
        **_stored_plan(told.plan),
        "uid": told.uid,
        "sequence": told.sequence,
        "at": told.at,
        "cancelled": told.cancelled,
        "reported": told.reported,
        "sender": told.waits.sender,
        "unsent": [
            {
                "file": each.file,
                "kind": str(each.kind),
                "to": _stored_person(each.to),
                "knew": which[each.knew] if each.knew else None,
            }
            for each in told.waits.unsent
        ],
        "earlier": [_stored_plan(plan) for plan in earlier],
        "superseded": list(told.waits.superseded),
    }


def parsed(stored: StoredTold) -> Told:
    """Raises LookupError, TypeError or ValueError if it is none of ours."""
    earlier = [_plan(plan) for plan in stored["earlier"]]
    unsent = tuple(
        Unsent(
            each["file"],
            Kind(each["kind"]),
            _person(each["to"]),
            None if each["knew"] is None else earlier[each["knew"]],
        )
        for each in stored["unsent"]
    )
    waits = Waits(stored["sender"], unsent, tuple(stored["superseded"]))
    return Told(
        _plan(stored),
        stored["uid"],
        stored["sequence"],
        stored["at"],
        stored["cancelled"],
        stored.get("reported", False),
        waits,
    )


def _stored_plan(plan: Plan) -> StoredPlan:
    return {
        "code": plan.code,
        "owner_code": plan.owner_code,
        "title": plan.title,
        "start": plan.start,
        "end": plan.end,
        "zone": plan.zone,
        "people": [_stored_person(person) for person in plan.people],
        "record": str(plan.record),
        "deputy": plan.deputy,
    }


def _plan(stored: StoredPlan) -> Plan:
    owner, *others = (_person(each) for each in stored["people"])
    return Plan(
        code=stored["code"],
        owner_code=stored["owner_code"],
        title=stored["title"],
        owner=owner,
        participants=tuple(others),
        start=stored["start"],
        end=stored["end"],
        zone=stored["zone"],
        record=Recorded(stored.get("record", Recorded.NOT)),
        deputy=stored.get("deputy"),
    )


def _stored_person(person: Person) -> StoredPerson:
    return {
        "name": person.name,
        "numbers": list(person.numbers),
        "email": person.email,
        "language": person.language,
        "timezone": person.timezone,
    }


def _person(stored: StoredPerson) -> Person:
    return Person(
        stored["name"],
        tuple(stored["numbers"]),
        email=stored["email"],
        language=stored["language"],
        timezone=stored["timezone"],
    )
