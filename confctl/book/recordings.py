"""The files that were recorded of a conference, as its journal names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def recordings(names: Iterable[str], folder: Path) -> list[Path]:
    """``names`` are how their names begin, as the journal says (:attr:`mixer.rules.records.Kind.RECORDING_STARTED`).

    Those that are there still: first what is finished, then what is being recorded or waits to be made small.

    As far as we may look: the folder is open to the mixer's user alone.
    """
    stems = list(filter(None, names))
    if not stems:
        return []
    places = [_files(place) for place in (folder, folder / "unfinished")]
    return [file for files in places for stem in stems for file in files if file.name.startswith(f"{stem}.")]


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
