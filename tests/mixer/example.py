"""The settings of the mixers that tests make, whole or in part; what a test is about it replaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.settings import Listener, MixerSettings, RecordingSettings

if TYPE_CHECKING:
    from pathlib import Path


def settings(folder: Path) -> MixerSettings:
    """``folder``: for what is kept, and for recordings."""
    return MixerSettings(
        company="Example",
        number="+74955550100",
        conference_number="500",
        language="en",
        domain="conf.example",
        listeners=(Listener("udp", "10.0.0.1", 5060),),
        media_ports=(43400, 43499),
        state=folder,
        recording=RecordingSettings(folder / "recordings"),
    )
