"""The control socket as the system sees it: where it is, who may connect, and who has."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import pwd
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from grp import getgrnam
from typing import TYPE_CHECKING, Final

from mixer.control import LONGEST_PATH

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)

QUEUE: Final = 1024
"""Who waits to be let in; the system may have a lower limit (net.core.somaxconn)."""
NAME_SECONDS: Final = 2.0
"""How long the name of a user is waited for; their number does as well."""
_CREDENTIALS: Final = struct.Struct("iII")
"""pid, uid, gid (``struct ucred``): users of containers have numbers above 2³¹."""


def bound(path: Path) -> socket.socket:
    """Listening there, for us alone from its first instant.  Raises OSError."""
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), str(path))
    _make_way(path)
    listening = socket.socket(socket.AF_UNIX)
    try:
        listening.setblocking(False)
        os.fchmod(listening.fileno(), 0o600)  # before it has a name, which gets no more than this (Linux)
        listening.bind(str(path))
        listening.listen(QUEUE)
    except BaseException:
        listening.close()
        raise
    return listening


def _make_way(path: Path) -> None:
    """Removes what a mixer left that was killed; raises FileExistsError for what is anything else."""
    if path.is_socket():
        with socket.socket(socket.AF_UNIX) as other, suppress(ConnectionRefusedError, FileNotFoundError):
            other.connect(str(path))
            raise OSError(errno.EBUSY, "another mixer listens there", str(path))
        path.unlink(missing_ok=True)
    elif path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def let_in_group(path: Path, group: str) -> None:
    """A mixer that only its own user can ask is better than none."""
    try:
        os.chown(path, -1, getgrnam(group).gr_gid)
        path.chmod(0o660)
    except KeyError:
        _log.error("there is no group “%s”: only this user can ask the mixer", group)
    except PermissionError:
        _log.error("this user is not in the group “%s” and can't give it the control socket", group)


class Users:
    """Their names, asked for in a thread, since they may come from a network."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._aside = ThreadPoolExecutor(1, "names of users")

    async def of(self, connection: socket.socket) -> str:
        """Who is on the other side (unix(7), SO_PEERCRED); their number where the name is not to be had in time."""
        _, uid, _ = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
        if uid not in self._names:
            asking = asyncio.get_running_loop().run_in_executor(self._aside, name_of, uid)
            try:
                self._names[uid] = await asyncio.wait_for(asking, NAME_SECONDS)
            except TimeoutError:
                return str(uid)
        return self._names[uid]

    def close(self) -> None:
        self._aside.shutdown(wait=False, cancel_futures=True)


def name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
