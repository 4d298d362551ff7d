"""All lines of a switchboard: what others ask of them, which call carries each, and how it ends."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from mixer.line import Line
from mixer.party import Gone, NotReached

if TYPE_CHECKING:
    from collections.abc import Callable

    from mixer.call_log import CallLog
    from mixer.fork import Fork
    from mixer.keepsakes import Keepsakes
    from mixer.line import Relief
    from mixer.media_paths import MediaPaths
    from mixer.party import Party
    from mixer.trunks import Trunks
    from sip.agent import Agent

ARRIVED: Final = "in-"
"""What the names of legs that called us begin with."""


class Lines:
    """``flush`` sends what a command left in the agent."""

    def __init__(
        self,
        agent: Agent,
        paths: MediaPaths,
        trunks: Trunks,
        keepsakes: Keepsakes,
        log: CallLog,
        flush: Callable[[], None],
    ) -> None:
        self._agent = agent
        self._paths = paths
        self._trunks = trunks
        self._keepsakes = keepsakes
        self.log = log
        self._flush = flush
        self._numbers = itertools.count(1)
        self._by_name: dict[str, Line] = {}
        self._by_call: dict[str, Line] = {}
        self._by_number: dict[int, Line] = {}
        self.gone: Callable[[int], None] = lambda _: None
        """Is told what the bridge called a leg that is no more."""
        self._forks: dict[str, Fork] = {}
        """Legs that ring at several phones; each of those has a line of its own."""

    # What is asked of them

    @property
    def legs(self) -> tuple[str, ...]:
        return tuple(self._by_name)

    def party(self, leg: str) -> Party | None:
        line = self._by_name.get(leg)
        return line.party if line else None

    def caller(self, leg: str) -> str | None:
        """Whom a leg belongs to, as far as that is known."""
        line = self._by_name.get(leg)
        return line.person if line else None

    def number(self, leg: str) -> int | None:
        """What the bridge calls the leg."""
        line = self._by_name.get(leg)
        return line.number if line else None

    def sounding(self, number: int) -> tuple[str, str] | None:
        """The name and the codec of the leg that the bridge calls so; None where it has no sound."""
        line = self._by_number.get(number)
        return None if line is None or line.media is None else (line.name, line.media.codec.name)

    def leg_of(self, call: str) -> str | None:
        """The agent's name for a call, as ours."""
        line = self._by_call.get(call)
        return line.name if line else None

    def call_of(self, leg: str) -> str:
        """Empty where there is none, yet or any more."""
        line = self._by_name.get(leg)
        return line.call if line else ""

    def source(self, leg: str) -> str:
        """The host that the phone signals from."""
        line = self._by_name.get(leg)
        return line.source if line else ""

    def rings(self, leg: str) -> bool:
        """Whether the phone that we call has said that it rings."""
        if fork := self._forks.get(leg):
            return fork.rings
        line = self._by_name.get(leg)
        return line is not None and line.rang

    def dialled(self, leg: str) -> bool:
        """Whether we called them."""
        return not leg.startswith(ARRIVED)

    def on_hold(self, leg: str) -> bool:
        """Whether the phone has said that it doesn't listen."""
        line = self._by_name.get(leg)
        return line is not None and line.media is not None and not line.media.sending

    def encrypted(self, leg: str) -> bool:
        """Whether its sound is, both ways."""
        line = self._by_name.get(leg)
        return line is not None and line.media is not None and line.media.encryption is not None

    # What carries them

    def __getitem__(self, leg: str) -> Line:
        """KeyError for one that is gone."""
        return self._by_name[leg]

    def find(self, leg: str) -> Line | None:
        return self._by_name.get(leg)

    def _add(self, name: str, person: str | None, party: Party) -> Line:
        line = Line(name, next(self._numbers), person, party)
        self._by_name[name] = self._by_number[line.number] = line
        return line

    def rename(self, branch: str, leg: str, party: Party) -> None:
        """By a fork: this phone has answered first."""
        line = self._by_name.pop(branch)
        line.name, line.party = leg, party
        self._by_name[leg] = line
        self._forks.pop(leg, None)

    def called(self, line: Line) -> None:
        """By the dialler: its INVITE is out."""
        self._by_call[line.call] = line
        self.log.begun(line)

    def abandoned(self, line: Line, status: int, reason: str) -> None:
        """By the dialler: its call came to nothing, and another one follows."""
        self.log.ended(line, reason, status)
        self._by_call.pop(line.call, None)
        self._trunks.leave(line.trunk)
        self._paths.close(line)
        line.call, line.trunk, line.path = "", None, None
        if line.patience is not None:  # the next call may have to wait for a trunk, and rings nowhere meanwhile
            line.patience.cancel()
            line.patience = None

    def remember(self, line: Line) -> None:
        """Should this process die, the next one can end the call."""
        if dialog := self._agent.dialog(line.call):
            self._keepsakes.call_answered(line.call, dialog)
            line.remembered = True

    def carry(self, line: Line, relief: Relief) -> None:
        """Another call carries it from now on, in the place of the one that has."""
        self.disconnect(line, "replaced")
        line.call, line.path, line.trunk = relief.call, relief.path, relief.trunk
        self.log.begun(line)
        self.log.answered(line)
        self._by_call[line.call] = line
        self.remember(line)

    def disconnect(self, line: Line, why: str) -> None:
        """Its call is over; the line, with its sound, is there still."""
        self.log.ended(line, why)
        self._by_call.pop(line.call, None)
        if line.remembered:
            self._keepsakes.call_ended(line.call)
        self._trunks.leave(line.trunk)
        line.call, line.trunk, line.remembered = "", None, False

    # How they end

    def failed(self, line: Line, status: int, reason: str) -> None:
        self.forget(line, reason, status)
        line.party.take(NotReached(line.name, status, reason))

    def lose(self, line: Line, reason: str, *, lost: bool = False, status: int | None = None) -> None:
        """They are gone.  ``status``: of SIP, where we have refused their call."""
        self.forget(line, reason, status)
        line.party.take(Gone(line.name, reason if status is None else f"{status} {reason}", lost))
        self._flush()

    def forget(self, line: Line, why: str, status: int | None = None) -> None:
        """``status``: of SIP, where its call came to nothing."""
        self.log.ended(line, why, status)
        line.quiet()
        self._by_name.pop(line.name, None)
        self._by_call.pop(line.call, None)
        self._by_number.pop(line.number, None)
        self.gone(line.number)
        self._paths.close(line)
        self._trunks.leave(line.trunk)
        line.trunk = None
        if line.remembered:
            self._keepsakes.call_ended(line.call)
