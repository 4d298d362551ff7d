"""What an invitation says of the keys in the conference: the reader's, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from confctl.mail.blocks import Row
from confctl.mail.keys import keys_in_a_call
from mixer.key_table import DEFAULT_KEYS, KeyAction, KeyTable
from tests.confctl.mail.test_letters import only, texts

if TYPE_CHECKING:
    from confctl.mail.blocks import Block
    from tests.confctl.mail.desk import Desk

KEYS = KeyTable("*", DEFAULT_KEYS)


def rows(blocks: list[Block]) -> list[str]:
    (table,) = [block for block in blocks if isinstance(block, tuple)]
    return [f"{row.label} {row.text}" for row in table if isinstance(row, Row)]


def test_a_participant_reads_of_five_keys_and_the_owner_of_six_more() -> None:
    theirs = rows([*keys_in_a_call(KEYS, "en", is_owner=False)])
    assert theirs == [
        "*1 mute yourself, or be heard again",
        "*3 how many are in",
        "*4, *6, *5 hear softer, hear louder, hear as before",
        "*7, *9, *8 be heard softer, be heard louder, be heard as before",
        "*0 leave",
    ]
    owners = rows([*keys_in_a_call(KEYS, "en", is_owner=True)])
    assert owners[:5] == theirs
    assert owners[5] == "*21 mute all others, or let them be heard"
    assert len(owners) == 11


def test_keys_that_are_off_are_not_told_of() -> None:
    some = KeyTable("#", {KeyAction.MUTE: "6", KeyAction.TALK_LOUDER: "8", KeyAction.LOCK: "5"})
    assert rows([*keys_in_a_call(some, "en", is_owner=False)]) == [
        "#6 mute yourself, or be heard again",
        "#8 be heard louder",
    ]
    for none in (KeyTable(), KeyTable("", DEFAULT_KEYS), KeyTable("*", {KeyAction.LOCK: "5"})):
        assert [*keys_in_a_call(none, "en", is_owner=False)] == []


@pytest.mark.parametrize(("address", "lock"), [("anna@example.com", True), ("boris@example.com", False)])
def test_they_stand_in_the_invitation(desk: Desk, address: str, lock: bool) -> None:
    desk.plan("--with", "102")
    said = texts(only(desk.waiting_for(address)))["text/plain"]
    assert "*1: " in said
    assert ("*22: " in said) is lock
