"""The recording of one conference, as the conference handles it: roll, pause, roll again, cut."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mixer.bridge.channel import pair
from mixer.bridge.protocol import StartTape, StopTape
from mixer.recording import disk
from mixer.recording.disk import FULL, unfinished
from mixer.recording.recorder import OVER
from mixer.recording.reel import in_file_name, numbered
from mixer.rules.model import Recorded
from mixer.rules.recording_rules import CutReason

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from mixer.recording.studio import Studio
    from mixer.rules.model import Plan

_log = logging.getLogger(__name__)

_SETTLED = 5.0  # seconds of life after which a recorder's death is no failure to start
_MISSING_TOLD = 50  # ticks, a second: what is told of sound that never came


@dataclass(slots=True)
class _Part:
    """Of one recorder."""

    folder: Path
    """Where finished recordings were to be when it began."""
    stem: str
    sound: socket.socket
    """The end that the bridge writes to; a copy stays here for the next bridge, should this one die."""
    began: float
    told: list[bytes] = field(default_factory=list)
    """Lines for the recorder while it starts."""
    names: asyncio.StreamWriter | None = None

    def tell(self, leg: int, name: str) -> None:
        """Whose a track is."""
        line = json.dumps({"leg": leg, "name": name}).encode() + b"\n"
        if self.names is None:
            self.told.append(line)
        else:
            self.names.write(line)


class Tape:
    """``on_lost`` is called when the recorder ends by itself: with why, and whether it is worth starting another."""

    def __init__(
        self,
        studio: Studio,
        plan: Plan,
        room: int,
        clock: Callable[[], float],
        on_lost: Callable[[str, bool], None],
    ) -> None:
        self._studio = studio
        self._plan = plan
        self._room = room
        self._clock = clock
        self._on_lost = on_lost
        self._part: _Part | None = None
        self._take = 0
        self._tracks: dict[str, tuple[int, str]] = {}
        """Of each leg: its number in the bridge, and the name of its track."""

    def roll(self, how: Recorded) -> str | None:
        """Begins a recording, and gives what its files' names begin with; None: it goes on after a pause.

        Raises OSError where there can't be one.
        """
        begun = self._begin() if self._part is None else None
        part = self._part = begun or self._part
        assert part is not None
        self._take += 1
        command = StartTape(self._room, self._take, tracks=how is Recorded.TRACKS)
        self._studio.send(command, part.sound.fileno())
        return begun.stem if begun else None

    def pause(self) -> None:
        if self._part is not None:
            self._studio.send(StopTape(self._room))

    def cut(self) -> bool:
        """Ends the recording; whether there was one."""
        part, self._part = self._part, None
        if part is None:
            return False
        self._studio.send(StopTape(self._room))
        part.sound.close()  # and the bridge closes its copy: then the recorder knows
        return True

    def enters(self, leg: str, in_bridge: int, name: str) -> None:
        """The leg comes to the talk, or comes back; a person on two phones at once has two tracks."""
        if leg in self._tracks:
            return
        taken = {track for _, track in self._tracks.values()}
        track = next(each for each in numbered(in_file_name(name) or "guest") if each not in taken)
        self._tracks[leg] = in_bridge, track
        if self._part is not None:
            self._part.tell(in_bridge, track)

    def leaves(self, leg: str) -> None:
        self._tracks.pop(leg, None)

    def _begin(self) -> _Part:
        self._studio.make_folders()
        bridges, recorders = pair()
        part = _Part(
            self._studio.settings.folder, self._studio.stem(self._plan, self._clock()), bridges, time.monotonic()
        )
        for in_bridge, track in self._tracks.values():
            part.tell(in_bridge, track)
        self._studio.watch(asyncio.create_task(self._record(part, recorders)))
        return part

    async def _record(self, part: _Part, recorders: socket.socket) -> None:
        """From the start of the recorder to its end."""
        said, status = b"", 0
        try:
            with recorders:
                process = await self._start(part, recorders)
            said, status = await _ended(process, part)
        except OSError as error:
            said = json.dumps({"why": disk.reason(error), "missing": 0}).encode()
        self._account_for(part, said, status)

    async def _start(self, part: _Part, recorders: socket.socket) -> asyncio.subprocess.Process:
        descriptor, keep_free = recorders.fileno(), self._studio.settings.keep_free
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mixer.recording.recorder"),
            *(str(descriptor), str(unfinished(part.folder)), part.stem, str(keep_free)),
            pass_fds=[descriptor],
            process_group=0,  # a terminal's Ctrl-C is for the mixer, and we end with it
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )

    def _account_for(self, part: _Part, said: bytes, status: int) -> None:
        """What became of it, for the log; and for the conference, if it was to go on."""
        try:
            outcome = json.loads(said)
            why, missing = str(outcome["why"]), int(outcome["missing"])
        except ValueError:  # it was killed, or a mistake of ours
            why, missing = CutReason.FAILED, 0
            _log.warning("“%s”: the recorder is gone (status %d)", self._plan.title, status)
        if missing >= _MISSING_TOLD:
            _log.warning("“%s”: %.1f s of the recording are missing", self._plan.title, missing / 50)
        if why == FULL:
            self._studio.complain_of_full_disk(self._plan.title, part.folder)
        elif why not in (OVER, CutReason.FAILED):
            _log.warning("“%s”: the recording ends: %s", self._plan.title, why)
        if self._part is part:
            self.cut()
            settled = time.monotonic() - part.began > _SETTLED
            self._on_lost(CutReason.FULL if why == FULL else why, why == CutReason.FAILED and settled)


async def _ended(process: asyncio.subprocess.Process, part: _Part) -> tuple[bytes, int]:
    """What a recorder said at its end, and its status."""
    assert process.stdin is not None
    assert process.stdout is not None
    part.names = process.stdin
    part.names.writelines((*part.told, b"\n"))
    try:
        said = await process.stdout.read()
        return said, await process.wait()
    finally:
        if process.returncode is None:  # the mixer waits no longer
            process.kill()
            await process.wait()
        part.names.close()
