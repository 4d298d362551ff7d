"""What each key in a call does: the menu's actions, and the keys that the settings give them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class KeyAction(StrEnum):
    """Also the names of the settings; in the order in which the menu is told."""

    MUTE = "mute"
    """Oneself; again: to be heard again."""
    COUNT = "count"
    """How many are in."""
    MUTE_OTHERS = "mute_others"
    LOCK = "lock"
    KICK_LAST = "kick_last"
    CALL_AGAIN = "call_again"
    RECORD = "record"
    EXTEND = "extend"
    LISTEN_LOUDER = "listen_louder"
    LISTEN_SOFTER = "listen_softer"
    LISTEN_RESET = "listen_reset"
    TALK_LOUDER = "talk_louder"
    TALK_SOFTER = "talk_softer"
    TALK_RESET = "talk_reset"
    LEAVE = "leave"


OWNERS: Final = frozenset(
    {
        KeyAction.MUTE_OTHERS,
        KeyAction.LOCK,
        KeyAction.KICK_LAST,
        KeyAction.CALL_AGAIN,
        KeyAction.RECORD,
        KeyAction.EXTEND,
    }
)
"""What the owner alone may do."""

MENU_KEY: Final = "*"
DEFAULT_KEYS: Final[Mapping[KeyAction, str]] = {
    KeyAction.MUTE: "1",
    KeyAction.COUNT: "3",
    KeyAction.LISTEN_SOFTER: "4",
    KeyAction.LISTEN_RESET: "5",
    KeyAction.LISTEN_LOUDER: "6",
    KeyAction.TALK_SOFTER: "7",
    KeyAction.TALK_RESET: "8",
    KeyAction.TALK_LOUDER: "9",
    KeyAction.LEAVE: "0",
    KeyAction.MUTE_OTHERS: "21",
    KeyAction.LOCK: "22",
    KeyAction.KICK_LAST: "23",
    KeyAction.CALL_AGAIN: "24",
    KeyAction.RECORD: "25",
    KeyAction.EXTEND: "26",
}
"""Louder and softer lie on both sides of a row, and the owner's keys begin with 2."""


@dataclass(frozen=True, slots=True)
class KeyTable:
    """``KeyTable()`` is one in which no key does anything."""

    menu: str = ""
    """The key that opens the menu, and leaves it; empty: there is none."""
    keys: Mapping[KeyAction, str] = field(default_factory=dict)
    """One to three keys each; none is the beginning of another, and none begins with the menu's."""

    def actions(self, *, owner: bool) -> dict[KeyAction, str]:
        """What an owner, or somebody else, can do by which keys, in the order of the menu."""
        allowed = (action for action in KeyAction if action in self.keys and (owner or action not in OWNERS))
        return {action: self.keys[action] for action in allowed} if self.menu else {}
