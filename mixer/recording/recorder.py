"""The recorder's process: ``python -m mixer.recording.recorder SOUND FOLDER STEM KEEP_FREE``, one for each recording.

``SOUND`` is the descriptor of the socket that the bridge writes to (:mod:`mixer.recording.frames`); standard input has
a line of JSON for each leg that a track belongs to: ``{"leg": 17, "name": "Anna Petrova"}``; an empty one follows those
of whoever is there at the beginning.  A name is told before the bridge has the leg, so it is read before its sound.

It ends when nobody has the other end of the socket any more, so it closes its files well whoever is killed; or when the
disk has less than ``KEEP_FREE`` octets left, or fails.  Then it says why in JSON: ``{"why": "full", "missing": 0}``.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from mixer.recording import disk
from mixer.recording.frames import LONGEST, parse
from mixer.recording.reel import Reel

SAVE_SECONDS = 1.0
OVER = "over"


@dataclass(frozen=True, slots=True)
class Outcome:
    why: str
    """``over``, ``full``, or what the system says of the disk."""
    missing: int
    """Ticks that the bridge could not get rid of, or had none of."""


class Recorder:
    def __init__(self, sound: socket.socket, names: int, reel: Reel, folder: Path, keep_free: int) -> None:
        """``names`` is the descriptor of standard input."""
        self._sound = sound
        self._names = names
        self._line = b""
        self._reel = reel
        self._folder = folder
        self._keep_free = keep_free
        self._all_named = False
        self._over = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(sound, selectors.EVENT_READ)
        self._selector.register(names, selectors.EVENT_READ)

    def run(self) -> Outcome:
        """Until there is nothing more to record, or no room for it.  The files are closed then."""
        why = OVER
        try:
            self._record()
        except OSError as error:
            why = disk.reason(error)
        return Outcome(self._closed(why), self._reel.missing)

    def _record(self) -> None:
        disk.leave(self._keep_free, self._folder)
        while not self._all_named:
            self._read_names()
        due = time.monotonic() + SAVE_SECONDS
        while not self._over:
            ready = {key.fd for key, _ in self._selector.select(max(0.0, due - time.monotonic()))}
            if self._names in ready:
                self._read_names()
            if self._sound.fileno() in ready:
                self._read_sound()
            if time.monotonic() >= due:
                due = time.monotonic() + SAVE_SECONDS
                self._reel.save()
                disk.leave(self._keep_free, self._folder)

    def _read_sound(self) -> None:
        datagram = self._sound.recv(LONGEST)
        if datagram:
            self._reel.add(parse(datagram))
        else:
            self._over = True

    def _read_names(self) -> None:
        octets = os.read(self._names, 1 << 16)
        if not octets:
            self._selector.unregister(self._names)
            self._all_named = True
        *lines, self._line = (self._line + octets).split(b"\n")
        for line in lines:
            if line:
                told = json.loads(line)
                self._reel.name(told["leg"], told["name"])
            else:
                self._all_named = True

    def _closed(self, why: str) -> str:
        """The reason, which may be one that only the closing tells."""
        for step in (self._reel.save, self._reel.close):
            try:
                step()
            except OSError as error:
                why = disk.reason(error) if why == OVER else why
        return why


def main() -> None:
    """The main process decides when we end: signals of the process group are meant for it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sound, folder, stem, keep_free = sys.argv[1:]
    try:
        reel = Reel(Path(folder), stem)
    except OSError as error:
        outcome = Outcome(disk.reason(error), 0)
    else:
        end = socket.socket(fileno=int(sound))
        outcome = Recorder(end, sys.stdin.fileno(), reel, Path(folder), int(keep_free)).run()
    with contextlib.suppress(BrokenPipeError):  # it may be the main process that was killed
        os.write(sys.stdout.fileno(), json.dumps(asdict(outcome)).encode())


if __name__ == "__main__":
    main()
