"""Another phone in the place of one: the leg keeps its port, its room, its track and its muting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.line import Relief
from mixer.phrases import Number, Phrase
from sip.errors import RemoteError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mixer.dialler import Dialler
    from mixer.line import MediaPath
    from mixer.lines import Lines
    from mixer.media_paths import MediaPaths
    from mixer.rules.model import Person
    from mixer.trunks import Trunks
    from sip import effects
    from sip.agent import Agent


class Replacement:
    """``flush`` sends what a command left in the agent.  KeyError for a leg that is gone; losing it twice is none."""

    def __init__(
        self,
        lines: Lines,
        dialler: Dialler,
        agent: Agent,
        paths: MediaPaths,
        trunks: Trunks,
        flush: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._lines = lines
        self._dialler = dialler
        self._agent = agent
        self._paths = paths
        self._trunks = trunks
        self._flush = flush
        self._clock = clock

    def take_over(self, leg: str, event: effects.Incoming) -> bool:
        """A call that has come in carries the leg from now on: the same port, room, track and muting, another phone.

        False: that can't be had; the call is refused, and the leg's goes on.
        """
        line, now = self._lines[leg], self._clock()
        former = line.source
        try:
            if line.path is None:
                raise RemoteError(481, "Call/Transaction Does Not Exist")
            path = self._paths.anew(line.path, event.source, event.trunk)
            line.source = event.source.host
            sdp = self._paths.renew(line, path, event.offer)
        except RemoteError as error:
            line.source = former
            self._agent.reject(event.call, error.status, now, error.reason)
            self._flush()
            return False
        self._agent.accept(event.call, sdp, now)
        caller = event.account or event.asserted
        who = Phrase("a caller") if caller is None else Number(caller)
        self._lines.log.named(line, event.call_id, who, event.source.host)
        self._trunks.enter(event.trunk)
        self.carry_on(leg, Relief(event.call, path, event.trunk))
        return True

    async def dial_instead(self, leg: str, person: Person, headers: tuple[tuple[str, str], ...]) -> Relief:
        """:meth:`mixer.dialler.Dialler.dial_instead`; its answer is for :meth:`accept_instead`."""
        return await self._dialler.dial_instead(self._lines[leg], person, headers)

    def accept_instead(self, leg: str, path: MediaPath, event: effects.Answered) -> None:
        """The leg's sound goes to the phone that has answered.  RemoteError: it can't, and stays where it is."""
        line = self._lines[leg]
        former, line.source = line.source, event.peer.host
        try:
            self._paths.accept(line, path, event.sdp)
        except RemoteError:
            line.source = former
            raise

    def part(self, leg: str) -> None:
        """The phone has hung up while another is being called in its place: the leg waits for that one."""
        line = self._lines[leg]
        self._lines.disconnect(line, "transferred")
        self._paths.pause(line)

    def lose(self, leg: str, reason: str) -> None:
        """Nobody has come in the place of the phone that has hung up."""
        if line := self._lines.find(leg):
            self._lines.lose(line, reason)

    def carry_on(self, leg: str, relief: Relief) -> None:
        """It carries the leg from now on; the call that has carried it is hung up."""
        line = self._lines[leg]
        self._agent.hang_up(line.call, self._clock(), "replaced")
        self._lines.carry(line, relief)
        self._flush()

    def dismiss(self, relief: Relief, reason: str | None = None) -> None:
        """It is not wanted, or has come to nothing."""
        self._agent.hang_up(relief.call, self._clock(), reason)
        self._trunks.leave(relief.trunk)
