"""How a person gets into a conference by themselves: what to dial, and links that dial it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mixer.rules.numbers import digits

if TYPE_CHECKING:
    from confctl.settings import Settings
    from mixer.rules.model import Plan


@dataclass(frozen=True, slots=True)
class Joining:
    number: str
    """The conference number."""
    outside: str | None
    """What those dial who can't reach it, as they are not on the company's phones."""
    code: str
    """To key in: the owner's for the owner, everybody's for everybody else."""
    domain: str

    @property
    def one_tap(self) -> str:
        """What a mobile phone recognises in any text: the number, two pauses, the code and the star."""
        return f"{self.outside or self.number},,{self.code}*"

    @property
    def tel(self) -> str:
        """The pauses and the star are no part of RFC 3966's global numbers, but are what phones take."""
        return f"tel:{self.one_tap}"

    @property
    def sip(self) -> str:
        return f"sip:{self.code}@{self.domain}"


def joining(settings: Settings, plan: Plan, *, owner: bool) -> Joining:
    company = settings.company
    is_internal = len(digits(company.conference_number)) < _SHORTEST_PUBLIC
    outside = company.number if is_internal and len(digits(company.number)) >= _SHORTEST_PUBLIC else None
    return Joining(company.conference_number, outside, plan.owner_code if owner else plan.code, settings.sip.domain)


_SHORTEST_PUBLIC = 7
"""Digits of a number that can be dialled from another network."""
