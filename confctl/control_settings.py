"""``[control]`` of ``confctl.toml``: where commands reach the running mixer, and who may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from confctl.storage.toml_table import Table, matches
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_PATH: Final = 107
"""Octets of a socket's path (``sun_path`` of unix(7), and the zero after it)."""


@dataclass(frozen=True, slots=True)
class Control:
    socket: Path | None
    """None: beside the mixer's state, for its user alone."""
    group: str | None
    """Whose members may ask and tell the mixer, beside the user that it runs as, and root."""


def control_of(table: Table, beside: Path) -> Control:
    text = table.optional_text("socket", _EXAMPLE, _wrong_socket)
    group = table.optional_text("group", "confctl", _wrong_group)
    if group is not None and "socket" not in table:
        table.wrong(
            "group",
            say(
                "it can't come to the socket in the mixer's own folder; add: {example}",
                example=f'socket = "{_EXAMPLE}"',
            ),
        )
    table.finish()
    return Control(None if text is None else beside / text, group)


_EXAMPLE: Final = "/run/confctl/confctl.sock"

_wrong_group = matches(
    r"[^\s:,]+", lambda text: say("“{value}” is no name of a group; write for example: confctl", value=text)
)


def _wrong_socket(text: str) -> Sentence | None:
    if len(text.encode()) <= LONGEST_PATH:
        return None
    return say(
        "a socket's path has no more than {count} octets; write for example: {example}",
        count=LONGEST_PATH,
        example=_EXAMPLE,
    )
