"""``[prompts]`` and ``[music]`` of ``confctl.toml``: where the company's own recordings are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from confctl.storage.toml_table import Table


@dataclass(frozen=True, slots=True)
class OwnSounds:
    folder: Path
    """``LANGUAGE/NAME.wav`` of prompts; tones and hold music without a language."""
    music: Path | None = None
    """Hold music that is elsewhere."""


def own_sounds_of(prompts: Table, music: Table, beside: Path, data: Path) -> OwnSounds:
    folder, file = prompts.optional_text("folder", "prompts"), music.optional_text("file", "music.mp3")
    prompts.finish()
    music.finish()
    return OwnSounds(beside / folder if folder else data / "prompts", beside / file if file else None)
