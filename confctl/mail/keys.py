"""What a mail says of the keys that can be pressed in the conference: those that are on, and the reader's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from confctl.mail.blocks import Block, Row
from confctl.words import Language, Sentence, say
from mixer.key_table import KeyAction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mixer.key_table import KeyTable


def keys_in_a_call(table: KeyTable, language: Language, *, is_owner: bool) -> Iterator[Block]:
    """Nothing where no key does anything."""
    keys = table.actions(owner=is_owner)
    if not keys:
        return
    yield say(
        "During the conference, press {menu} to hear what the keys do. Or press at once:", menu=table.menu
    ).in_language(language)
    yield tuple(
        Row(", ".join(f"{table.menu}{keys[action]}" for action in actions), _in_a_row(actions, language))
        for actions in _together(keys)
    )


def _together(keys: Mapping[KeyAction, str]) -> Iterator[tuple[KeyAction, ...]]:
    """The actions that stand in one row."""
    for row in _ROWS:
        actions = tuple(action for action in row if action in keys)
        if actions:
            yield actions


def _in_a_row(actions: tuple[KeyAction, ...], language: Language) -> str:
    return ", ".join(_MEANINGS[action].in_language(language) for action in actions)


_ROWS: Final = (
    (KeyAction.MUTE,),
    (KeyAction.COUNT,),
    (KeyAction.LISTEN_SOFTER, KeyAction.LISTEN_LOUDER, KeyAction.LISTEN_RESET),
    (KeyAction.TALK_SOFTER, KeyAction.TALK_LOUDER, KeyAction.TALK_RESET),
    (KeyAction.LEAVE,),
    (KeyAction.MUTE_OTHERS,),
    (KeyAction.LOCK,),
    (KeyAction.KICK_LAST,),
    (KeyAction.CALL_AGAIN,),
    (KeyAction.RECORD,),
    (KeyAction.EXTEND,),
)
_MEANINGS: Final[Mapping[KeyAction, Sentence]] = {
    KeyAction.MUTE: say("mute yourself, or be heard again"),
    KeyAction.COUNT: say("how many are in"),
    KeyAction.LISTEN_SOFTER: say("hear softer"),
    KeyAction.LISTEN_LOUDER: say("hear louder"),
    KeyAction.LISTEN_RESET: say("hear as before"),
    KeyAction.TALK_SOFTER: say("be heard softer"),
    KeyAction.TALK_LOUDER: say("be heard louder"),
    KeyAction.TALK_RESET: say("be heard as before"),
    KeyAction.LEAVE: say("leave"),
    KeyAction.MUTE_OTHERS: say("mute all others, or let them be heard"),
    KeyAction.LOCK: say("let nobody else dial in, or let them in again"),
    KeyAction.KICK_LAST: say("remove who came last"),
    KeyAction.CALL_AGAIN: say("call those who are missing"),
    KeyAction.RECORD: say("record, or stop recording"),
    KeyAction.EXTEND: say("extend the conference by 15 minutes"),
}
