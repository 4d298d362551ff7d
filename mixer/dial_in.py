"""Callers who are in no conference yet: they key in a code, or hear why they can't come in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, assert_never

from mixer import code_entry
from mixer.code_entry import Answer, CodeEntry
from mixer.party import Arrived, Finished, Gone, LegEvent, NotReached, PlaysMusic, Pressed, Rang, Reached, Settled

if TYPE_CHECKING:
    from media.prompt import Prompt
    from mixer.code_guard import Source
    from mixer.switchboard import Switchboard


class Say(Protocol):
    """Plays prompts to a leg, in its language, over and over if it is to; beside its room, which is so many dB louder
    than else, or instead of it.  The token of :class:`Finished`."""

    def __call__(
        self, leg: str, prompts: tuple[str, ...], /, *, loop: bool = False, room: float | None = None
    ) -> int: ...


@dataclass(frozen=True, slots=True)
class Caller:
    leg: str
    number: str | None
    """Proven or trusted."""
    source: Source


LookUp = Callable[[Caller, str], Answer]
"""What becomes of a caller with a code; on ``OK`` the conference has taken the leg over."""
Key = Callable[[Caller, str, bool], Answer | float]
"""The same of a code that was keyed in, or the seconds for which it is to be held first; then it is asked once more,
with True."""


class CodeCall:
    """A call to the conference number: the dialogue of :mod:`mixer.code_entry` with one caller."""

    def __init__(
        self,
        caller: Caller,
        switchboard: Switchboard,
        say: Say,
        key: Key,
        clock: Callable[[], float],
    ) -> None:
        self.caller = caller
        self.entry = CodeEntry()
        self._switchboard = switchboard
        self._say = say
        self._key = key
        self._clock = clock
        self._saying: int | None = None

    def take(self, event: LegEvent) -> None:
        match event:
            case Settled():
                self._feed(code_entry.Begun())
            case Pressed(_, digit):
                self._feed(code_entry.Digit(digit))
            case Finished(_, token):
                if token == self._saying:
                    self._feed(code_entry.PromptEnded())
            case Arrived() | Rang() | Reached() | NotReached() | Gone() | PlaysMusic():
                pass
            case _:
                assert_never(event)

    def tick(self) -> None:
        self._feed(code_entry.Tick())

    def _feed(self, event: code_entry.Event) -> None:
        self.entry, actions = code_entry.step(self.entry, event, self._clock())
        for action in actions:
            self._perform(action)

    def _perform(self, action: code_entry.Action) -> None:
        leg = self.caller.leg
        match action:
            case code_entry.Say(prompts):
                self._saying = self._say(leg, prompts)
            case code_entry.StopSaying():
                self._saying = None
                self._switchboard.stop_playing(leg)
            case code_entry.LookUp(code, held):
                answer = self._key(self.caller, code, held)
                self._feed(code_entry.Verdict(answer) if isinstance(answer, Answer) else code_entry.Hold(code, answer))
            case code_entry.HangUp(reason):
                self._switchboard.hang_up(leg, str(reason))
            case _:
                assert_never(action)


class Entrance:
    """A direct call to a code, from our answer to its acknowledgement: the conference may have ended meanwhile."""

    def __init__(self, caller: Caller, code: str, switchboard: Switchboard, look_up: LookUp) -> None:
        self._caller = caller
        self._code = code
        self._switchboard = switchboard
        self._look_up = look_up

    def take(self, event: LegEvent) -> None:
        if isinstance(event, Settled) and self._look_up(self._caller, self._code) is not Answer.OK:
            self._switchboard.hang_up(self._caller.leg, "over")


class Announcement:
    """Says one thing to a caller, and hangs up."""

    def __init__(self, leg: str, prompt: Prompt, reason: str, switchboard: Switchboard, say: Say) -> None:
        self._leg = leg
        self._prompt = prompt
        self._reason = reason
        self._switchboard = switchboard
        self._say = say

    def take(self, event: LegEvent) -> None:
        match event:
            case Settled():
                self._say(self._leg, (self._prompt,))
            case Finished():
                self._switchboard.hang_up(self._leg, self._reason)
            case _:
                pass
