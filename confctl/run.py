"""``confctl run``: the mixer in the foreground, one on each book."""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import os
import resource
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from confctl import check_certificate, check_encryption
from confctl.log import log_to_stderr
from confctl.mixer_settings import mixer_settings
from confctl.problems import RefusedError
from confctl.serving import serve
from confctl.storage.files import give_to_owner_of, make_folder, opener
from confctl.systemd import ServiceManager
from confctl.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from confctl.serving import Options
    from confctl.settings import Settings
    from confctl.terminal.screen import Screen

_NICENESS = -5
_M_ARENA_MAX = -8  # malloc.h
_ARENAS = 2


class _AlreadyRunning(Exception):
    def __init__(self, pid: str) -> None:
        super().__init__(pid)
        self.pid = pid


def run(settings: Settings, screen: Screen, options: Options) -> int:
    """The exit status.  Raises RefusedError when the mixer can't start."""
    share_memory()
    told = mixer_settings(settings)
    if problem := check_encryption.missing(settings) or check_certificate.unusable(settings):
        raise RefusedError(problem)
    paths = settings.paths
    for folder in (paths.state, paths.conferences, paths.journal, paths.socket.parent):
        make_folder(folder)
    paths.state.chmod(0o700)
    try:
        with _alone(paths.state / "lock"):
            log_to_stderr(options.log(settings), settings.company.language, settings.company.timezone)
            _allow_many_files()
            _prefer_us()
            with closing(ServiceManager.of(os.environ)) as manager:
                return asyncio.run(serve(settings, told, manager, options))
    except _AlreadyRunning as other:
        screen.line(say("A mixer is already running on these conferences (process {pid}).", pid=other.pid))
        return 0


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """The lock dies with its process, however that ends; the number in the file is only for people."""
    new = not file.exists()
    with open(file, "a+", encoding="ascii", opener=opener) as lock:
        if new:
            give_to_owner_of(file.parent, lock.fileno())
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise _AlreadyRunning(lock.read().strip()) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def share_memory() -> None:
    """Among our threads, of which any reads a sound or a file now and then: left to itself glibc gives each a heap of
    its own, and what it needed once, no other thread can have.  Only threads that begin later are concerned.  Does
    nothing with other C libraries."""
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


def _allow_many_files() -> None:
    """Each pair of RTP ports takes four; shells and systemd begin at 1024, and let whoever asks have more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS says "unlimited" and doesn't mean it
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _prefer_us() -> None:
    """Where the system allows it: whoever calls has no patience with the backup that runs beside us.  The sound does
    not depend on it (:mod:`mixer.bridge.process`)."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)
