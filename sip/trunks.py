"""What an agent does for its trunks by itself: registrations and probes, each under a name of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sip.probing import Probe
from sip.registration import Registration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sip.deeds import Deed
    from sip.effects import Peer
    from sip.message import Request, Response
    from sip.origin import Origin
    from sip.settings import TrunkSettings


class Upkeep(Protocol):
    """Each input returns what is to be done, in order."""

    peers: tuple[Peer, ...]

    def start(self, now: float) -> list[Deed]: ...

    def resolved(self, peers: tuple[Peer, ...], now: float) -> list[Deed]: ...

    def stop(self, now: float) -> list[Deed]: ...

    def receive(self, request: Request, response: Response, now: float) -> list[Deed]: ...

    def unanswered(self, request: Request, status: int, now: float) -> list[Deed]: ...

    def tick(self, now: float) -> list[Deed]: ...

    def deadline(self) -> float | None: ...


class Trunks:
    """A call is named by hexadecimal digits; these are ``trunk NAME`` and ``probe NAME``."""

    def __init__(self, trunks: tuple[TrunkSettings, ...], origin: Origin) -> None:
        self._parts: dict[str, Upkeep] = {}
        for trunk in trunks:
            if trunk.register:
                self._parts[f"trunk {trunk.name}"] = Registration(trunk, origin)
            if trunk.options_seconds is not None:
                self._parts[f"probe {trunk.name}"] = Probe(trunk, trunk.options_seconds, origin)

    def get(self, owner: str) -> Upkeep | None:
        return self._parts.get(owner)

    def items(self) -> Iterator[tuple[str, Upkeep]]:
        yield from self._parts.items()

    def of(self, trunk: str) -> Iterator[tuple[str, Upkeep]]:
        for owner in (f"trunk {trunk}", f"probe {trunk}"):
            if owner in self._parts:
                yield owner, self._parts[owner]

    def peers(self) -> Iterator[Peer]:
        for part in self._parts.values():
            yield from part.peers
