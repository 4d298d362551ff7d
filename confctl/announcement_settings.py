"""``[announcements]`` of ``confctl.toml``: what is told to the people in a conference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.rules.announcements import Announcements

if TYPE_CHECKING:
    from confctl.storage.toml_table import Table

TONES = 20
MOST_TONES = 200
"""More would hear of nothing but others' coming and going."""


def announcements_of(table: Table) -> Announcements:
    """All of them unless it says otherwise."""
    announcements = Announcements(
        tones=table.integer("tones", TONES, 0, MOST_TONES),
        first=table.flag("first", True),
        owner_left=table.flag("owner_left", True),
        owner_back=table.flag("owner_back", True),
        ten_minutes=table.flag("ten_minutes", True),
        two_minutes=table.flag("two_minutes", True),
        recording=table.flag("recording", True),
        recording_stopped=table.flag("recording_stopped", True),
        muted=table.flag("muted", True),
        new_owner=table.flag("new_owner", True),
    )
    table.finish()
    return announcements
