"""The files that were recorded of a conference, as its journal names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mixer.records import Record


def recordings(records: Iterable[Record], folder: Path) -> list[Path]:
    """Those that are there still: first what is finished, then what is being recorded or waits to be made small."""
    stems = [record.detail for record in records if record.kind == Kind.RECORDING_STARTED and record.detail]
    places = (folder, folder / "unfinished")
    return [file for place in places for stem in stems for file in sorted(place.glob(f"{stem}.*"))]
