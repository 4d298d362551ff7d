"""The main process's side of all recordings: names, folders, processes, what is done with them afterwards.

What is being recorded lies in ``unfinished/``; one process after another makes it small from there
(:mod:`mixer.recording.convert`).
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from mixer.recording.disk import FULL, unfinished
from mixer.recording.reel import in_file_name, numbered
from mixer.recording.tape import Tape

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mixer.bridge.protocol import Command
    from mixer.rules.model import Plan
    from mixer.settings import RecordingSettings

_log = logging.getLogger(__name__)

_PARTING_SECONDS = 4.0
_AGAIN_SECONDS = 30.0
_CONVERTER = (sys.executable, "-m", "mixer.recording.convert")


class Send(Protocol):
    """:meth:`mixer.bridge.client.BridgeClient.send`."""

    def __call__(self, command: Command, /, *descriptors: int) -> None: ...


class Studio:
    """``send`` gives the bridge a command and its descriptors."""

    def __init__(self, settings: RecordingSettings, send: Send) -> None:
        self.settings = settings
        self.send = send
        self._former: list[Path] = []
        """Other folders, in which something may still be recorded, or waits to be made small."""
        self._names: set[str] = set()
        self._recorders: set[asyncio.Task[None]] = set()
        self._converting: asyncio.Task[None] | None = None
        self._full = False
        """The disk is, and that has been said."""
        self._left: set[str] = set()
        """What the converter could not do."""
        self._more = False
        """Something has finished since the converter last looked."""
        self._resting = False
        """There is nothing to do for the converter until it looks again."""

    @property
    def unfinished(self) -> Path:
        """What is being recorded from now on is here."""
        return unfinished(self.settings.folder)

    def change(self, settings: RecordingSettings) -> None:
        """From the next recording on: one that runs, or pauses, goes on where it is, and stays there."""
        if settings.folder != self.settings.folder:
            known = [*self._former, self.settings.folder]
            self._former = [folder for folder in dict.fromkeys(known) if folder != settings.folder]
        self.settings = settings

    @property
    def busy(self) -> bool:
        """Whether something is being recorded, or made small."""
        converting = self._converting is not None and not self._converting.done() and not self._resting
        return converting or bool(self._recorders)

    def tape(self, plan: Plan, room: int, clock: Callable[[], float], on_lost: Callable[[str, bool], None]) -> Tape:
        """For a conference; nothing is recorded yet."""
        return Tape(self, plan, room, clock, on_lost)

    def stem(self, plan: Plan, now: float) -> str:
        """What the names of a recording's files begin with: no other recording's ever did.

        ``2026-11-30_15-30_Weekly_meeting``; without the code, since the log has it while the code still opens doors.
        """
        moment = datetime.fromtimestamp(now, ZoneInfo(plan.zone))
        wanted = f"{moment:%Y-%m-%d_%H-%M}_{in_file_name(plan.title) or 'conference'}"
        stem = next(name for name in numbered(wanted) if name not in self._names and not self._is_taken(name))
        self._names.add(stem)
        return stem

    def make_folders(self) -> None:
        """Nobody but the mixer's user may look into them.  Raises OSError."""
        for folder in (self.settings.folder, self.unfinished):
            if not folder.is_dir():
                folder.mkdir(mode=0o700, parents=True)

    def watch(self, recorder: asyncio.Task[None]) -> None:
        """A recording runs: :meth:`close` waits for its end, and then it can be converted."""
        self._recorders.add(recorder)
        recorder.add_done_callback(self._ended)

    def complain_of_full_disk(self, title: str, folder: Path) -> None:
        """A recording has ended by it."""
        self._full = True
        _log.warning("“%s”: the disk is too full for the recording, which ends; make room in %s", title, folder)

    def convert(self) -> None:
        """Make small what has finished; also what a crash left behind."""
        self._more = True
        if self._converting is None or self._converting.done():
            self._converting = asyncio.create_task(self._convert())

    async def close(self) -> None:
        """All tapes are cut: the recorders have a moment to close their files.  A conversion begins anew next time."""
        if self._recorders:
            await asyncio.wait(self._recorders, timeout=_PARTING_SECONDS)
        tasks = [*self._recorders, *([self._converting] if self._converting else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _is_taken(self, stem: str) -> bool:
        folders = (self.settings.folder, *self._former)
        return any(next(folder.glob(f"{stem}.*"), None) for each in folders for folder in (each, unfinished(each)))

    def _ended(self, recorder: asyncio.Task[None]) -> None:
        self._recorders.discard(recorder)
        if not recorder.cancelled():
            self.convert()

    async def _convert(self) -> None:
        while self._more:
            self._more = False
            try:
                full = [await self._look_through(folder) for folder in self._folders()]
                self._full = any(full) if full else self._full
                if full:
                    await self._rest()
            except OSError as error:
                _log.warning("no recording can be made small now: %s", error)

    async def _rest(self) -> None:
        if self._waits():
            self._resting = True
            await asyncio.sleep(_AGAIN_SECONDS)
            self._resting, self._more = False, True

    def _folders(self) -> list[Path]:
        """In which there may be something to make small; a former one is left alone once it is empty."""
        self._former = [folder for folder in self._former if self._recorders or any(unfinished(folder).glob("*.wav"))]
        return [folder for folder in (self.settings.folder, *self._former) if unfinished(folder).is_dir()]

    async def _look_through(self, folder: Path) -> bool:
        """Whether the disk is too full for it."""
        # Half of what a recording leaves free: what ended for want of room can still be made small, which makes room.
        leave_free = self.settings.keep_free // 2
        arguments = (str(unfinished(folder)), str(folder), self.settings.format, str(leave_free))
        process = await asyncio.create_subprocess_exec(
            *(*_CONVERTER, *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            process_group=0,  # a terminal's Ctrl-C is for the mixer, which ends us
        )
        try:
            said, _ = await process.communicate()
            return self._tell(folder, said.decode().splitlines())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    def _waits(self) -> bool:
        """Whether it is worth another look: there may be room by then, or a former mixer's recorder may let go."""
        if self._full:
            return True
        wavs = (file for folder in self._folders() for file in unfinished(folder).glob("*.wav"))
        files = (file for file in wavs if str(file) not in self._left)
        return any(file.name.partition(".")[0] not in self._names for file in files)

    def _tell(self, folder: Path, lines: list[str]) -> bool:
        """What the converter left as it was; once each, though it tries again with every recording that ends.  Whether
        that was for want of room."""
        full = False
        for line in lines:
            left = json.loads(line)
            if left["why"] == FULL:
                full = True
                if not self._full:
                    _log.warning("the disk is too full to make recordings small; make room in %s", folder)
            elif str(file := unfinished(folder) / left["file"]) not in self._left:
                _log.warning("%s stays as it is: %s", file, left["why"])
                self._left.add(str(file))
        return full
