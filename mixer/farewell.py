"""Legs of a conference that has been ended: each is told so, and hung up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.prompt import Prompt
from mixer.party import Finished
from mixer.rules.call_rules import HangUpReason
from mixer.rules.conference import EndReason

if TYPE_CHECKING:
    from mixer.dial_in import Say
    from mixer.party import LegEvent
    from mixer.switchboard import Switchboard

_SAID: Final[dict[str, Prompt]] = {EndReason.ENDED_NOW: Prompt.ENDED, EndReason.CALLED_OFF: Prompt.CALLED_OFF}


class Farewell:
    """Has the leg from now on: the conference is gone while it still listens.  ``reason`` is an EndReason."""

    def __init__(self, leg: str, reason: str, switchboard: Switchboard, say: Say) -> None:
        self._leg = leg
        self._switchboard = switchboard
        switchboard.hand_over(leg, self)
        switchboard.join(leg, None)
        self._token = say(leg, (_SAID.get(reason, Prompt.GOOD_BYE),))

    def take(self, event: LegEvent) -> None:
        if event == Finished(self._leg, self._token):
            self._switchboard.hang_up(self._leg, HangUpReason.ENDED)
