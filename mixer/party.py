"""What a leg can tell, and whom it tells: the conference that it is in, or the reception that asks for its code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mixer.code_guard import Source


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody calls us.  ``number`` is whom they dialled, ``caller`` who they are as far as that is proven."""

    leg: str
    number: str
    caller: str | None
    """A registered phone's account, or a trusted trunk's caller ID."""
    label: str
    """What the phone says of itself, for the log alone."""
    source: Source


@dataclass(frozen=True, slots=True)
class Settled:
    """A call that we answered is acknowledged: its sound flows."""

    leg: str


@dataclass(frozen=True, slots=True)
class Rang:
    """A phone that we call rings."""

    leg: str


@dataclass(frozen=True, slots=True)
class Reached:
    """A phone that we call was answered: its sound flows."""

    leg: str


@dataclass(frozen=True, slots=True)
class NotReached:
    leg: str
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The leg hung up, or was lost.  Not said of legs that we hang up."""

    leg: str
    reason: str
    lost: bool = False
    """Nobody has hung up: the phone is heard no more."""


@dataclass(frozen=True, slots=True)
class Pressed:
    leg: str
    digit: str


@dataclass(frozen=True, slots=True)
class Finished:
    """What was played to the leg has come to its end."""

    leg: str
    token: int


@dataclass(frozen=True, slots=True)
class PlaysMusic:
    """What the leg says is music, and has been for a while; told again while it lasts.  ``playing`` False: no more."""

    leg: str
    playing: bool


LegEvent = Arrived | Settled | Rang | Reached | NotReached | Gone | Pressed | Finished | PlaysMusic


class Party(Protocol):
    """Whoever has a leg in hand takes what it tells."""

    def take(self, event: LegEvent) -> None: ...
