"""What the processes of a recording need to know of the disk: how much room there is, and what having none means."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

FULL: Final = "full"
"""What they call a disk that has no room for them."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def unfinished(folder: Path) -> Path:
    """Where what is being recorded lies, of a folder of finished recordings."""
    return folder / "unfinished"


def free(folder: Path) -> int:
    """Octets.  Raises OSError."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def leave(octets: int, folder: Path) -> None:
    """Raises OSError where the others have less than that, as if the disk were full; and where it fails."""
    if free(folder) < octets:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def reason(error: OSError) -> str:
    """``full``, or what the system says."""
    return FULL if error.errno in _NO_ROOM else error.strerror or str(error)
