"""Everywhere a person can be called, by the directory's entry alone; the way there now is :mod:`mixer.addressing`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mixer.rules.model import Person


@dataclass(frozen=True, slots=True)
class PhoneAccount:
    """A phone that registers here."""

    user: str

    def __str__(self) -> str:
        return self.user


@dataclass(frozen=True, slots=True)
class FixedUri:
    """A phone that doesn't register, or another exchange: called as the directory has it."""

    uri: str

    def __str__(self) -> str:
        return self.uri


@dataclass(frozen=True, slots=True)
class OutsideNumber:
    """Called through a trunk."""

    number: str

    def __str__(self) -> str:
        return self.number


Address = PhoneAccount | FixedUri | OutsideNumber


def addresses(person: Person) -> tuple[Address, ...]:
    """Everywhere a person can be called, by the directory's entry alone, in the order of preference.

    The first number of who has a phone or a URI is what others call them here; further ones lead outside.
    """
    own: list[Address] = []
    if person.password is not None:
        own.append(PhoneAccount(person.number))
    if person.sip is not None:
        own.append(FixedUri(person.sip))
    outside = person.numbers[1:] if own else person.numbers
    return (*own, *(OutsideNumber(number) for number in outside))
