"""What the switchboard knows of one leg."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mixer.keys import Keys

if TYPE_CHECKING:
    import asyncio

    from mixer.bridge.ports import Port
    from mixer.bridge.protocol import Media
    from mixer.dialler import Errand
    from mixer.negotiation import Exchange
    from mixer.party import Party
    from sip.effects import Incoming


@dataclass(frozen=True, slots=True)
class MediaPath:
    """How a leg's sound gets here, once the first description is made."""

    port: Port
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Relief:
    """A call of ours that may come in the place of a line's, once it is answered."""

    call: str
    path: MediaPath
    trunk: str | None
    """Through which it goes."""


@dataclass(slots=True)
class Line:
    name: str
    number: int
    """In the bridge."""
    person: str | None
    """A number of the directory that it is known to belong to."""
    party: Party
    call: str = ""
    """The agent's name for it; empty until an INVITE is sent."""
    errand: Errand | None = None
    """What a call that we place is about."""
    trunk: str | None = None
    """The one that it goes through, or came through."""
    incoming: Incoming | None = None
    """What came, of a call that is not ours."""
    path: MediaPath | None = None
    source: str = ""
    """The host that the phone signals from."""
    media: Media | None = None
    """What the bridge was told of it; None: the bridge does not have it."""
    unconfirmed: Media | None = None
    """What it will be told once the phone has acknowledged our answer."""
    rang: bool = False
    began: float | None = None
    """When its call did; None: there is none."""
    talks_since: float | None = None
    """When that was answered."""
    remembered: bool = False
    """The next process is told of it, should this one die."""
    keys: Keys = field(default_factory=Keys)
    placing: asyncio.Task[None] | None = None
    patience: asyncio.TimerHandle | None = None

    def quiet(self) -> None:
        """Stop whatever is still being waited for."""
        for pending in (self.placing, self.patience):
            if pending is not None:
                pending.cancel()
        self.placing = self.patience = None
