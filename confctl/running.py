"""Whether a mixer runs on a book."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confctl.settings import Settings


def is_running(settings: Settings) -> bool:
    """Whether a mixer answers on the control socket, or somebody else's may."""
    import socket  # only where something should be running

    with socket.socket(socket.AF_UNIX) as control:
        try:
            control.connect(str(settings.paths.socket))
        except PermissionError:  # another user's, who alone can tell
            return True
        except OSError:
            return False
    return True
