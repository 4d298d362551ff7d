"""The keys of a conference's legs: keeps each leg's :class:`mixer.menu.Pad`, and does what its keys ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from mixer import menu
from mixer.menu import Do, Hush, Pad, Tell, Turn
from mixer.rules.hold_music_rules import KEY as BACK_FROM_HOLD

if TYPE_CHECKING:
    from collections.abc import Callable

    from mixer.earpieces import Earpieces
    from mixer.key_table import KeyTable
    from mixer.rules.acts import Act
    from mixer.rules.conference import Conference
    from mixer.switchboard import Switchboard


MOST_AT_ONCE: Final = 30
KEYS_A_SECOND: Final = 10.0
"""Nobody presses more; a phone that sends a thousand would have an act, and a line of the journal, for every few."""


@dataclass(slots=True)
class _Allowance:
    """How many keys a leg may press just now."""

    at: float
    left: float = MOST_AT_ONCE

    def takes(self, now: float) -> bool:
        """Whether one more is within it; it is counted."""
        self.left = min(MOST_AT_ONCE, self.left + KEYS_A_SECOND * max(0.0, now - self.at))
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Keypads:
    """``act`` does an act by a leg."""

    def __init__(
        self, table: KeyTable, switchboard: Switchboard, earpieces: Earpieces, act: Callable[[Act, str], None]
    ) -> None:
        self._table = table
        self._switchboard = switchboard
        self._earpieces = earpieces
        self._act = act
        self._pads: dict[str, Pad] = {}
        self._allowances: dict[str, _Allowance] = {}

    def press(self, name: str, key: str, conference: Conference, now: float) -> None:
        """A key of a leg; one that hold music has muted comes back by it (:mod:`mixer.rules.hold_music_rules`)."""
        leg = conference.legs.get(name)
        if leg is None or (leg.muted and key == BACK_FROM_HOLD) or not self._earpieces.listens(name):
            return
        if not self._allowances.setdefault(name, _Allowance(now)).takes(now):
            return
        pad, deeds = menu.press(self._pads.get(name, Pad()), key, leg, conference, self._table, now)
        if pad != Pad() or name in self._pads:
            self._pads[name] = pad
        for deed in deeds:
            self._do(name, deed)

    def _do(self, name: str, deed: menu.Deed) -> None:
        match deed:
            case Tell(prompts):
                self._earpieces.tell(name, prompts)
            case Hush():
                self._earpieces.hush(name)
            case Turn(listening, talking):
                self._switchboard.turn(name, listening, talking)
            case Do(act):
                self._act(act, name)
            case _:
                assert_never(deed)

    def told(self, name: str, now: float) -> None:
        """What the leg was told has come to its end."""
        if (pad := self._pads.get(name)) is not None:
            self._pads[name] = menu.told(pad, now)

    def close(self, name: str) -> None:
        """The leg hears something else from now on."""
        if (pad := self._pads.get(name)) is not None:
            self._pads[name] = menu.close(pad)

    def forget(self, name: str) -> None:
        self._pads.pop(name, None)
        self._allowances.pop(name, None)
