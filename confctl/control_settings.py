"""``[control]`` of ``confctl.toml``: where commands reach the running mixer, and who may."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from confctl.storage.toml_table import Table, matches
from confctl.words import Sentence, say

USUAL_SOCKET: Final = Path("/run/confctl/confctl.sock")
"""Where it is found also by who can't read the settings."""


@dataclass(frozen=True, slots=True)
class Control:
    socket: Path | None
    """None: beside the mixer's state, for its user alone."""
    group: str | None
    """Whose members may ask and tell the mixer, beside the user that it runs as, and root."""
    call: tuple[str, ...]
    """How numbers begin that are nobody's of the directory and can be called into a conference all the same."""


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
    call = table.texts("call", '["+44", "0800"]', _wrong_prefix) or ()
    table.finish()
    return Control(None if text is None else beside / text, group, call)


_EXAMPLE: Final = str(USUAL_SOCKET)

_wrong_group = matches(
    r"[^\s:,]+", lambda text: say("“{value}” is no name of a group; write for example: confctl", value=text)
)

_wrong_prefix = matches(
    r"\+?[0-9]+", lambda text: say("“{value}” begins no number; write digits, as +44 or 0800", value=text)
)


def _wrong_socket(text: str) -> Sentence | None:
    from mixer.control import LONGEST_PATH  # only where one is set

    if len(text.encode()) <= LONGEST_PATH:
        return None
    return say(
        "a socket's path has no more than {count} octets; write for example: {example}",
        count=LONGEST_PATH,
        example=_EXAMPLE,
    )
