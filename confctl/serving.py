"""What runs in the mixer's process, put together: the mixer, what it has others do, and the signals.

SIGTERM and SIGINT end it in order, SIGHUP has it read its settings anew.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from confctl.book.live import LiveBook
from confctl.caretaker import Caretaker
from confctl.log import log_to_stderr
from confctl.mail.postman import Postman
from confctl.mixer_settings import mixer_settings
from confctl.own_prompts import prepared
from confctl.preflight import Preflight
from confctl.problems import RefusedError, reason
from confctl.prompt_keeper import PromptKeeper
from confctl.reloading import Reloading
from confctl.terminal_gone import TerminalGone
from confctl.words import count, say
from media.prompts import Prompts
from mixer.bridge.client import BridgeError
from mixer.confirming import Confirming
from mixer.journal import Journal
from mixer.service import Mixer

if TYPE_CHECKING:
    from confctl.errand import Errand
    from confctl.log_settings import Level, Log
    from confctl.metrics_server import MetricsServer
    from confctl.metrics_settings import Metrics
    from confctl.settings import Settings
    from confctl.systemd import ServiceManager
    from confctl.words import Sentence
    from mixer.settings import MixerSettings

_log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
"""How often ``--until-idle`` looks."""


@dataclass(frozen=True, slots=True)
class Options:
    """Of ``confctl run``."""

    until_idle: bool = False
    log_level: Level | None = None
    """Instead of what the settings say."""

    def log(self, settings: Settings) -> Log:
        return settings.log if self.log_level is None else replace(settings.log, level=self.log_level)


async def serve(settings: Settings, told: MixerSettings, manager: ServiceManager, options: Options) -> int:
    """The exit status.  Raises RefusedError when the mixer can't start."""
    return await Serving(settings, told, manager, options).run()  # made where there is a loop


class Serving:
    """``settings`` are those that are in force; ``told`` is what the mixer is told of them."""

    def __init__(self, settings: Settings, told: MixerSettings, manager: ServiceManager, options: Options) -> None:
        self._settings = settings
        self._manager = manager
        self._options = options
        self._book = LiveBook(settings)
        prompts = Prompts(settings.company.language, own=prepared(settings))
        self._mixer = Mixer(
            told,
            book=self._book,
            accounts=self._book,
            directory=self._book,
            language_of=self._book.language_of,
            journal=Journal(settings.paths.journal, Confirming()),
            prompts=prompts,
        )
        self._postman = Postman(settings, self._book.stamp)
        self._preflight = Preflight(settings, self._book.known)
        self._errands: tuple[Errand, ...] = (
            self._postman,
            self._preflight,
            PromptKeeper(settings, prompts),
            Caretaker(settings),
        )
        self._metrics = _metrics(settings.metrics, self._mixer)
        self._reloading = Reloading(settings, manager, self._change)
        self._stopped = asyncio.Event()

    async def run(self) -> int:
        """As :func:`serve`."""
        self._on_signals()
        try:
            await self._mixer.start()
        except (OSError, BridgeError) as error:
            raise RefusedError(say("The mixer can't start: {error}", error=_why(error))) from None
        _collect_seldom()
        work = asyncio.create_task(self._mixer.run())
        for errand in self._errands:
            errand.start()
        if self._metrics is not None:
            await self._metrics.start()
        self._manager.ready()
        over = asyncio.create_task(self._over())
        beside = [
            over,
            asyncio.create_task(self._manager.attend(lambda: self._mixer.silence, self._status)),
            asyncio.create_task(self._reloading.run()),
        ]
        await asyncio.wait([work, over], return_when=asyncio.FIRST_COMPLETED)
        failed = work.done()
        if failed:
            _log.critical(
                "The mixer ends by a mistake in it. Start it again: it calls back who was in.",
                exc_info=work.exception(),
            )
        self._manager.stopping()
        for task in (work, *beside):
            task.cancel()
        if self._metrics is not None:
            await self._metrics.close()
        await asyncio.gather(self._mixer.stop(), *(errand.stop() for errand in self._errands))
        return 1 if failed else 0

    async def _over(self) -> None:
        """Until it is to end."""
        until_idle = self._options.until_idle
        while not self._stopped.is_set():
            if until_idle and self._mixer.idle and self._postman.idle and self._preflight.idle:
                _log.info("nothing runs and nothing is due soon")
                return
            with suppress(TimeoutError):  # the wall clock decides what is due, and it tells nobody
                await asyncio.wait_for(self._stopped.wait(), IDLE_SECONDS if until_idle else None)

    def _on_signals(self) -> None:
        """The first SIGTERM or SIGINT drains; a second one ends the process at once.  SIGHUP tells of new settings, or
        that the terminal is gone that we were started in."""

        def stop() -> None:
            if self._stopped.is_set():
                os._exit(0)
            _log.info("stopping")
            self._stopped.set()

        terminal = TerminalGone()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: stop() if terminal.is_gone() else self._reloading.ask())

    def _change(self, settings: Settings) -> None:
        """From now on; what can't change while we run is in them as it was."""
        self._settings = self._book.settings = settings
        for errand in self._errands:
            errand.settings = settings
        log_to_stderr(self._options.log(settings), settings.company.language, settings.company.timezone)
        self._mixer.change(mixer_settings(settings))

    def _status(self) -> str:
        conferences, people = self._mixer.load
        running = count(conferences, "{n} conference runs", "{n} conferences run")
        inside = count(people, "{n} person in", "{n} people in")
        return say("{running}, {inside}", running=running, inside=inside).in_language(self._settings.company.language)


def _metrics(at: Metrics, mixer: Mixer) -> MetricsServer | None:
    if at.host is None:
        return None
    from confctl.metrics import exposition  # loads what nobody needs who does not ask for it
    from confctl.metrics_server import MetricsServer

    return MetricsServer(at, exposition(lambda: mixer.figures))


def _collect_seldom() -> None:
    """Calls leave no cycles behind; to look for them among all that was loaded, and thousands of calls, would hold up
    whoever calls for a tenth of a second each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 50)


def _why(error: OSError | BridgeError) -> Sentence | str:
    if not isinstance(error, OSError) or error.filename is None:
        return str(error)
    if error.errno == errno.EADDRINUSE:
        problem = say("another program has this port; stop it or choose another one in sip.listen")
        return say("{key}: {problem}", key=error.filename, problem=problem)
    return say("{key}: {problem}", key=error.filename, problem=reason(error))
