"""``confctl run``: the mixer in the foreground, one on each book."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import gc
import logging
import os
import resource
import signal
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from confctl import check_certificate, check_encryption
from confctl.book.live import LiveBook
from confctl.caretaker import Caretaker
from confctl.log import log_to_stderr
from confctl.mail.postman import Postman
from confctl.mixer_settings import mixer_settings
from confctl.problems import RefusedError, reason
from confctl.storage.files import give_to_owner_of, make_folder, opener
from confctl.systemd import ServiceManager
from confctl.words import count, say
from media.prompts import Prompts
from mixer.bridge.client import BridgeError
from mixer.confirming import Confirming
from mixer.journal import Journal
from mixer.service import Mixer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from confctl.log_settings import Level, Log
    from confctl.settings import Settings
    from confctl.terminal.screen import Screen
    from confctl.words import Sentence
    from mixer.settings import MixerSettings

_log = logging.getLogger(__name__)

_NICENESS = -5
IDLE_SECONDS = 1.0
"""How often ``--until-idle`` looks."""


class _AlreadyRunning(Exception):
    def __init__(self, pid: str) -> None:
        super().__init__(pid)
        self.pid = pid


@dataclass(frozen=True, slots=True)
class Options:
    """Of ``confctl run``."""

    until_idle: bool = False
    log_level: Level | None = None
    """Instead of what the settings say."""

    def log(self, settings: Settings) -> Log:
        return settings.log if self.log_level is None else replace(settings.log, level=self.log_level)


def run(settings: Settings, screen: Screen, options: Options) -> int:
    """The exit status.  Raises RefusedError when the mixer can't start."""
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
                return asyncio.run(_serve(settings, told, manager, options))
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


def _collect_seldom() -> None:
    """Calls leave no cycles behind; to look for them among all that was loaded, and thousands of calls, would hold up
    whoever calls for a tenth of a second each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 50)


async def _serve(settings: Settings, told: MixerSettings, manager: ServiceManager, options: Options) -> int:
    book = LiveBook(settings)
    mixer = Mixer(
        told,
        book=book,
        accounts=book,
        directory=book,
        language_of=book.language_of,
        journal=Journal(settings.paths.journal, Confirming()),
        prompts=Prompts(settings.company.language),
    )
    postman = Postman(settings, book.stamp)
    caretaker = Caretaker(settings)
    stopped = asyncio.Event()
    _on_signals(stopped)
    try:
        await mixer.start()
    except (OSError, BridgeError) as error:
        raise RefusedError(say("The mixer can't start: {error}", error=_why(error))) from None
    _collect_seldom()
    work = asyncio.create_task(mixer.run())
    postman.start()
    caretaker.start()
    manager.ready()
    attending = asyncio.create_task(manager.attend(lambda: mixer.silence, lambda: _status(mixer, settings)))
    others: list[asyncio.Task[bool] | asyncio.Task[None]] = [asyncio.create_task(stopped.wait())]
    if options.until_idle:
        others.append(asyncio.create_task(_until_idle(mixer, postman)))
    await asyncio.wait([work, *others], return_when=asyncio.FIRST_COMPLETED)
    failed = work.done()
    if failed:
        _log.critical(
            "The mixer ends by a mistake in it. Start it again: it calls back who was in.", exc_info=work.exception()
        )
    manager.stopping()
    for task in (work, attending, *others):
        task.cancel()
    await asyncio.gather(mixer.stop(), postman.stop(), caretaker.stop())
    return 1 if failed else 0


def _status(mixer: Mixer, settings: Settings) -> str:
    conferences, people = mixer.load
    running = count(conferences, "{n} conference runs", "{n} conferences run")
    inside = count(people, "{n} person in", "{n} people in")
    return say("{running}, {inside}", running=running, inside=inside).in_language(settings.company.language)


def _why(error: OSError | BridgeError) -> Sentence | str:
    if not isinstance(error, OSError) or error.filename is None:
        return str(error)
    if error.errno == errno.EADDRINUSE:
        problem = say("another program has this port; stop it or choose another one in sip.listen")
        return say("{key}: {problem}", key=error.filename, problem=problem)
    return say("{key}: {problem}", key=error.filename, problem=reason(error))


def _on_signals(stopped: asyncio.Event) -> None:
    """The first SIGTERM or SIGINT drains; a second one ends the process at once."""

    def told() -> None:
        if stopped.is_set():
            os._exit(0)
        _log.info("stopping")
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told)


async def _until_idle(mixer: Mixer, postman: Postman) -> None:
    while not (mixer.idle and postman.idle):  # noqa: ASYNC110  the wall clock decides too, and it tells nobody
        await asyncio.sleep(IDLE_SECONDS)
    _log.info("nothing runs and nothing is due soon")
