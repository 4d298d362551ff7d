"""The program behind :mod:`tests.phones.pyvoip_phone`: one pyVoIP phone.

Told what to do as :mod:`tests.phones.child_phone` says.  A process of its own because pyVoIP prints, warns,
keeps threads that nobody can join, and is GPL.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

from tests.phones.sounds import RATE, Pcm, load, save

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyVoIP.VoIP import VoIPCall

AHEAD = 0.2
"""Seconds of speech that pyVoIP always has in store, so that its sender never runs dry."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One phone; the command line is this as JSON."""

    server: str
    port: int
    user: str
    password: str
    sip_port: int
    rtp_port: int
    rtp_ports: int
    answer_after: float | None
    """Seconds of ringing; None: only when told."""
    decline: bool


class Speech:
    """What is being said, taken as fast as time goes by."""

    def __init__(self) -> None:
        self._pcm: Pcm = np.empty(0, dtype=np.int16)
        self._at = 0
        self._loop = False
        self._lock = threading.Lock()

    def begin(self, pcm: Pcm, loop: bool) -> None:
        with self._lock:
            self._pcm, self._at, self._loop = pcm, 0, loop

    def take(self, count: int) -> Pcm:
        """At most ``count`` samples; fewer when nothing more is to be said."""
        with self._lock:
            if self._loop and self._pcm.size:
                piece = np.take(self._pcm, np.arange(self._at, self._at + count), mode="wrap")
            else:
                piece = self._pcm[self._at : self._at + count]
            self._at += piece.size
            return piece


class Line:
    """The phone's one line: its latest call, and what the user wants of it."""

    def __init__(self, settings: Settings, news: TextIO) -> None:
        # Here and not above: importing pyVoIP fails from Python 3.13 on, and the parent says so in better words.
        from pyVoIP.VoIP import VoIPPhone

        self._settings = settings
        self._news = news
        self._speech = Speech()
        self._answering = threading.Event()
        self._hanging_up = threading.Event()
        self._call: VoIPCall | None = None
        self._started = time.monotonic()
        self._phone = VoIPPhone(
            settings.server,
            settings.port,
            settings.user,
            settings.password,
            myIP="127.0.0.1",
            callCallback=self._ring,
            sipPort=settings.sip_port,
            rtpPortLow=settings.rtp_port,
            rtpPortHigh=settings.rtp_port + settings.rtp_ports - 1,
        )

    def tell(self, what: str, **more: str) -> None:
        self._news.write(json.dumps({"is": what, **more}) + "\n")
        self._news.flush()

    def register(self) -> None:
        from pyVoIP.VoIP.status import PhoneStatus

        self._phone.start()
        deadline = time.monotonic() + 30
        while self._phone.get_status() is not PhoneStatus.REGISTERED and time.monotonic() < deadline:
            time.sleep(0.02)
        registered = self._phone.get_status() is PhoneStatus.REGISTERED
        self._started = time.monotonic()
        self.tell("registered" if registered else "not registered")

    def obey(self, command: dict[str, str | bool]) -> None:
        match command["do"]:
            case "dial":
                threading.Thread(target=self._dial, args=(command["number"],), daemon=True).start()
            case "answer":
                self._answering.set()
            case "hang_up":
                self._hanging_up.set()
            case "say":
                self._speech.begin(load(Path(str(command["wav"]))), bool(command["loop"]))
            case "write_heard":
                path = Path(str(command["wav"]))
                save(path, self._heard())
                self.tell("written", wav=str(path))
            case unknown:
                raise ValueError(f"do what? {unknown}")

    def close(self) -> None:
        """Hang up and deregister.  pyVoIP can wait for ever for an answer: bounded from outside."""
        self._phone.stop()

    def _dial(self, number: str) -> None:
        # pyVoIP's receiving thread starts a second after registration; a call before that meets a non-blocking socket.
        time.sleep(max(0.0, self._started + 1.2 - time.monotonic()))
        self._begin()
        self.tell("dialling")
        call = self._call = self._phone.call(number)
        while call.state.value == "DIALING":
            time.sleep(0.01)
        self._talk(call)

    def _ring(self, call: VoIPCall) -> None:
        # pyVoIP forgets a call whose callback has returned, so the whole conversation happens in here.
        self._begin()
        self._call = call
        self.tell("ringing", caller=str(call.request.headers["From"]["number"]))
        rang_at, patience = time.monotonic(), self._settings.answer_after
        if self._settings.decline:
            self._hanging_up.set()
        while call.state.value == "RINGING":
            if self._hanging_up.is_set():
                call.deny()
                return self.tell("over")
            if self._answering.is_set() or (patience is not None and time.monotonic() - rang_at >= patience):
                call.answer()
            time.sleep(0.01)
        return self._talk(call)

    def _begin(self) -> None:
        self._answering.clear()
        self._hanging_up.clear()

    def _talk(self, call: VoIPCall) -> None:
        if call.state.value == "ANSWERED":
            self.tell("talking")
        began, said = time.monotonic(), 0
        while call.state.value == "ANSWERED":
            if self._hanging_up.is_set():
                call.hangup()
                break
            due = round((time.monotonic() - began + AHEAD) * RATE)
            piece = self._speech.take(due - said)
            said = due
            if piece.size:
                call.write_audio(_to_eight_bits(piece))
            time.sleep(0.02)
        self.tell("over")

    def _heard(self) -> Pcm:
        """All that came, from pyVoIP's own buffer, in which each packet lies at its timestamp.

        Its read_audio would have to be called at the very pace of the stream, and inserts silence where it is not.
        """
        if self._call is None or not self._call.RTPClients:
            return np.empty(0, dtype=np.int16)
        return _from_eight_bits(self._call.RTPClients[0].pmin.buffer.getvalue())


def _to_eight_bits(pcm: Pcm) -> bytes:
    rounded: NDArray[np.int32] = np.clip((pcm.astype(np.int32) + 128) >> 8, -128, 127)
    return (rounded + 128).astype(np.uint8).tobytes()


def _from_eight_bits(octets: bytes) -> Pcm:
    samples = np.frombuffer(octets, dtype=np.uint8)
    pcm = ((samples.astype(np.int32) - 128) << 8).astype(np.int16)
    # Where no packet came the buffer holds zeros, which would be the loudest sample there is.
    for start in range(0, samples.size, 160):
        if not samples[start : start + 160].any():
            pcm[start : start + 160] = 0
    return pcm


def main() -> None:
    news = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what pyVoIP prints goes where its warnings go: into the phone's log
    warnings.simplefilter("ignore")
    line = Line(Settings(**json.loads(sys.argv[1])), news)
    line.register()
    for command in sys.stdin:
        if json.loads(command)["do"] == "quit":
            break
        line.obey(json.loads(command))
    closing = threading.Thread(target=line.close, daemon=True)
    closing.start()
    closing.join(timeout=2)
    os._exit(0)  # pyVoIP's timers are no daemons and would keep the process for minutes


if __name__ == "__main__":
    main()
