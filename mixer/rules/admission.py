"""Who may come in with which code, and as whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, assert_never

if TYPE_CHECKING:
    from mixer.rules.conference import Conference

Policy = Literal["code", "listed"]
"""``code``: whoever has the code; ``listed``: only the owner and the participants (``[conference] admit``)."""


@dataclass(frozen=True, slots=True)
class Admitted:
    person: str | None
    """The person's first number; None is a guest."""
    owner: bool


@dataclass(frozen=True, slots=True)
class TooEarly:
    """The conference has not started yet."""


@dataclass(frozen=True, slots=True)
class NoSuch:
    """No conference has this code: it was never given out, or died with its conference."""


@dataclass(frozen=True, slots=True)
class NotListed:
    """The code is right, and only those who are listed are let in."""


@dataclass(frozen=True, slots=True)
class Locked:
    """The code is right, and nobody is let in any more (:meth:`mixer.rules.conference.Conference.lets_in`)."""


Admission = Admitted | TooEarly | NoSuch | NotListed | Locked


def admit(conference: Conference | None, code: str, caller: str | None, policy: Policy, now: float) -> Admission:
    """What becomes of a caller who gave ``code``.

    ``conference`` is the one that has this code or owner code, None if none has.  ``caller`` is a number that is proven
    or trusted (a registered phone's account, a trusted trunk's caller ID), None for anybody else.
    """
    if conference is None or code not in (conference.plan.code, conference.plan.owner_code):
        return NoSuch()
    match _clock(conference, now):
        case "early":
            return TooEarly()
        case "over":
            return NoSuch()
        case "open":
            verdict = _identify(conference, code, caller, policy)
            if isinstance(verdict, Admitted) and not conference.lets_in(
                verdict.person, owner=verdict.owner, caller=caller
            ):
                return Locked()
            return verdict
        case when:
            assert_never(when)


def _clock(conference: Conference, now: float) -> Literal["early", "open", "over"]:
    if conference.ended is not None:
        return "over"
    if conference.started is not None:
        return "open"
    if now < conference.plan.start:
        return "early"
    return "open" if now < conference.end else "over"


def _identify(conference: Conference, code: str, caller: str | None, policy: Policy) -> Admission:
    """With the owner's code the planned owner comes in as an owner, whoever is the owner now."""
    plan = conference.plan
    if code == plan.owner_code:
        return Admitted(plan.owner.number, owner=True)
    person = None if caller is None else plan.whose(caller)
    if person is not None:
        return Admitted(person.number, owner=conference.is_owner(person.number))
    return NotListed() if policy == "listed" else Admitted(None, owner=False)
