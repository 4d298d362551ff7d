"""``[keys]`` of ``confctl.toml``: what the keys of a telephone do in a conference."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from confctl.storage.toml_table import Table, matches
from confctl.words import Sentence, say
from mixer.key_table import DEFAULT_KEYS, MENU_KEY, KeyAction, KeyTable

if TYPE_CHECKING:
    from collections.abc import Mapping


def keys_of(table: Table) -> KeyTable:
    """What is left out has its default; "" switches it off."""
    menu = table.text_or("menu", MENU_KEY, _wrong_key)
    keys = {action: table.text_or(action, default, _wrong_keys) for action, default in DEFAULT_KEYS.items()}
    table.finish()
    used = {action: pressed for action, pressed in keys.items() if pressed}
    for action, problem in {**_clashes(table, used), **_hidden(menu, used)}.items():
        table.wrong(action, problem)
    return KeyTable(menu, used)


def _hidden(menu: str, keys: Mapping[KeyAction, str]) -> dict[KeyAction, Sentence]:
    return {
        action: say("“{value}” begins with the key that leaves the menu", value=pressed)
        for action, pressed in keys.items()
        if menu and pressed[0] == menu
    }


def _clashes(table: Table, keys: Mapping[KeyAction, str]) -> dict[KeyAction, Sentence]:
    """Who presses the shorter of two never comes to the longer.  Told at the one that was written."""
    found: dict[KeyAction, Sentence] = {}
    for one, other in combinations(keys, 2):
        if keys[one].startswith(keys[other]) or keys[other].startswith(keys[one]):
            at, beside = (one, other) if one in table and other not in table else (other, one)
            clash = say(
                "“{value}” can't be told from {other} = “{taken}”", value=keys[at], other=beside, taken=keys[beside]
            )
            found.setdefault(at, clash)
    return found


_wrong_key = matches(r"[0-9*#]", lambda text: say("“{value}” is not one of the keys 0 to 9, * and #", value=text))
_wrong_keys = matches(
    r"[0-9*#]{1,3}", lambda text: say("“{value}” is not one to three of the keys 0 to 9, * and #", value=text)
)
