"""What ``confctl check CODE`` says of the people: whether each could be called now, as far as that can be asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import SystemRandom
from typing import TYPE_CHECKING, Final, cast

from confctl.findings import Finding, unasked, wrong
from confctl.mixer_settings import mixer_settings
from confctl.words import Sentence, in_a_row, say
from mixer.control import ControlError, NotRunning, ask
from mixer.roll_call import RollCall
from mixer.rules.addresses import OutsideNumber, PhoneAccount, addresses
from sip.agent import Agent
from sip.effects import Inquired
from sip.io.addresses import LocalAddresses
from sip.io.endpoint import Endpoint
from sip.io.records import Records
from sip.io.resolver import Resolver
from sip.settings import AgentSettings, ListenAt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from confctl.settings import Settings
    from mixer.control import Json
    from mixer.rules.model import Person, Plan
    from sip.effects import Effect

PATIENCE = 45.0
"""Seconds for the running mixer: it asks many phones in turns."""


@dataclass(frozen=True, slots=True)
class Phone:
    """One address of a person, as :meth:`mixer.roll_call.RollCall.of` tells it."""

    person: str
    kind: str
    at: str
    registered: bool | None
    answers: bool | None
    detail: str


def phones(settings: Settings, plan: Plan) -> Iterator[Finding]:
    """Takes a few seconds where phones don't answer, and up to a minute where hundreds don't."""
    people = say("phones")
    try:
        answer = ask(settings.paths.socket, "check", timeout=PATIENCE, code=plan.code)
        told, knows = _read(answer["phones"]), True
    except NotRunning:
        told, knows = _asked_by_ourselves(settings, plan.people), False
        yield unasked(
            people, say("no mixer runs, so nobody knows which phones are registered; “confctl run” starts it")
        )
    except ControlError as error:
        told, knows = [], False
        yield wrong(people, say("{problem}; phones were not asked", problem=Sentence(error.reason, error.values)))
    for person in plan.people:
        its = [phone for phone in told if phone.person == person.number]
        yield _finding(settings, person, its, knows=knows)


def _read(value: Json) -> list[Phone]:
    """As our own mixer tells it."""
    return [
        Phone(
            str(each["person"]),
            str(each["kind"]),
            str(each["at"]),
            cast("bool | None", each["registered"]),
            cast("bool | None", each["answers"]),
            str(each["detail"]),
        )
        for each in cast("Sequence[Mapping[str, Json]]", value)
    ]


def _finding(settings: Settings, person: Person, its: list[Phone], *, knows: bool) -> Finding:
    """Wrong only if no call at all could get through; not asked, if only what was not asked may let one through."""
    told = [_of(phone, has_trunk=bool(settings.trunks), knows=knows) for phone in its]
    if not told:
        told = [(None, _UNASKED)]
    details = in_a_row([say("{state};", state=each) for _, each in told[:-1]] + [told[-1][1]])
    unknown = all(good is False or state is _UNASKED for good, state in told)
    hopeless = all(good is False for good, _ in told)
    who = say("{name} ({number})", name=person.name, number=person.number)
    return Finding(who, hopeless, details, unasked=not hopeless and unknown)


def _of(phone: Phone, *, has_trunk: bool, knows: bool) -> tuple[bool | None, Sentence]:
    """Whether a call would get through, None where nobody knows; and what is to be said of it."""
    match phone.kind, phone.registered, phone.answers:
        case "outside", _, _ if has_trunk:
            return None, say("{number} goes out through a trunk", number=phone.at)
        case "outside", _, _:
            return False, say("there is no trunk for {number}", number=phone.at)
        case "account", _, _ if not knows:
            return None, _UNASKED
        case "account", True, True:
            return True, say("registered, and answers ({detail})", detail=phone.detail)
        case "account", True, _:
            return False, say("registered, and does not answer OPTIONS ({detail})", detail=phone.detail)
        case "account", _, _:
            return False, say("no phone is registered")
        case _, _, True:
            return True, say("{uri} answers ({detail})", uri=phone.at, detail=phone.detail)
        case _:
            return False, say("{uri} does not answer ({detail})", uri=phone.at, detail=phone.detail)


_UNASKED: Final = say("not asked whether it is registered")


def _asked_by_ourselves(settings: Settings, people: Sequence[Person]) -> list[Phone]:
    """Those at a fixed URI, from a port of our own; of who registers nothing is known."""
    if any(person.sip is not None for person in people):
        return _read(asyncio.run(_ask(settings, people)))
    return [
        Phone(person.number, "account", at.user, None, None, "")
        if isinstance(at, PhoneAccount)
        else Phone(person.number, "outside", at.number, None, None, "")
        for person in people
        for at in addresses(person)
        if isinstance(at, PhoneAccount | OutsideNumber)
    ]


async def _ask(settings: Settings, people: Sequence[Person]) -> Json:
    told = mixer_settings(settings)
    anywhere = {"::" if ":" in at.host else "0.0.0.0" for at in told.listeners}  # noqa: S104  who writes there is dropped
    listen = [ListenAt("udp", host, 0) for host in sorted(anywhere)]
    agent = Agent(AgentSettings(told.domain, frozenset(), LocalAddresses(listen), "confctl"), _Nobody(), SystemRandom())
    waiting: list[RollCall] = []

    def heard(effect: Effect) -> None:
        if isinstance(effect, Inquired):
            waiting[0].told(effect)

    async with Endpoint(agent, listen, heard, told.tls) as endpoint:
        spoken = ((at.transport, 6 if ":" in at.host else 4) for at in told.listeners)
        lookup = Resolver(Records(endpoint.now), spoken, SystemRandom()).targets
        waiting.append(RollCall(told, agent, lookup, endpoint.flush, endpoint.now))
        return await waiting[0].of(people)


class _Nobody:
    """Has an account with who only asks."""

    def password(self, user: str) -> str | None:
        return None
