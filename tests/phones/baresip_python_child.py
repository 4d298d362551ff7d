"""The program behind :mod:`tests.phones.baresip_python_phone`: one phone of the library baresip-python.

Told what to do as :mod:`tests.phones.child_phone` says.  A process of its own, since a process can have one such phone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soxr
from baresip import Account, AudioNotActive, AudioRestarted, BaresipError, Config, Event
from baresip.runtime import Runtime
from baresip.ua import UserAgent

from tests.phones.ports import address
from tests.phones.sounds import Pcm, load, save

if TYPE_CHECKING:
    from typing import TextIO

    from baresip.call import Call
    from baresip.events import StackEvent

AHEAD = 0.1
"""Seconds of speech that the library always has in store."""
_LOUD = 48_000
"""The rate at which what was heard is kept, whatever the codec: Opus has no more."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One phone; the command line is this as JSON.  An empty ``registrar`` is none."""

    host: str
    sip_port: int
    rtp_port: int
    rtp_ports: int
    user: str
    password: str
    registrar: str
    transport: str
    codec: str
    encryption: str
    """``mediaenc`` of baresip: ``srtp``, ``srtp-mand``; empty for none."""
    ca_file: str
    certificate: str
    """With its key; for TLS."""
    rate: int
    answers: bool


class Line:
    """The phone's one line: its latest call, what it says and what it has heard."""

    def __init__(self, settings: Settings, news: TextIO) -> None:
        self._settings = settings
        self._news = news
        self._call: Call | None = None
        self._speech: dict[int, Pcm] = {}
        """By its rate: that of the codec."""
        self._loop = False
        self._at = 0
        self._heard: list[tuple[int, list[Pcm]]] = []
        """Streams with their rates: another codec begins another one."""
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, what: str, **more: str) -> None:
        self._news.write(json.dumps({"is": what, **more}) + "\n")
        self._news.flush()

    async def run(self) -> None:
        settings, runtime = self._settings, Runtime()
        await runtime.start(Config(net_interface=settings.host, extra_config_text=_configuration(settings)))
        try:
            self._agent = await UserAgent.create(runtime, _account(settings))
            self._agent.on_incoming(self._ring)
            self._agent.on(self._note)  # a call's own listeners come too late for what happens at once
            await self._register()
            await self._obey_all()
        finally:
            await runtime.close()

    async def _register(self) -> None:
        try:
            if self._settings.registrar:
                await self._agent.register(timeout=30)
        except BaresipError as error:
            print(error, file=sys.stderr)
            self.tell("not registered")
        else:
            self.tell("registered")

    async def _obey_all(self) -> None:
        stream = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), sys.stdin)
        pump = asyncio.create_task(self._pump())
        while line := await stream.readline():
            command = json.loads(line)
            if command["do"] == "quit":
                break
            try:
                await self._obey(command)
            except BaresipError as error:
                print(command, error, file=sys.stderr)
        pump.cancel()
        with contextlib.suppress(BaresipError):
            if self._call is not None:
                await self._call.hangup()

    async def _obey(self, command: dict[str, str | bool]) -> None:
        match command["do"]:
            case "dial":
                self.tell("dialling")
                self._take(await self._agent.dial(str(command["number"])))
            case "say":
                self._speech, self._at = {self._settings.rate: load(Path(str(command["wav"])), self._settings.rate)}, 0
                self._loop = bool(command["loop"])
            case "write_heard":
                path = Path(str(command["wav"]))
                save(path, self._all_heard(), _LOUD)
                self.tell("written", wav=str(path))
            case "answer" if self._call:
                await self._call.answer()
            case "hang_up" if self._call:
                await self._call.hangup()
            case "hold" if self._call:
                await self._call.hold()
            case "resume" if self._call:
                await self._call.resume()
            case "press" if self._call:
                await self._call.send_dtmf(str(command["keys"]), interdigit_ms=60)
            case "hand_over" if self._call:
                consulted = await self._agent.dial(str(command["number"]))
                await consulted.wait_established()
                await self._call.attended_transfer(consulted)
                self.tell("over")
            case what:
                print(f"{what}: unknown, or there is no call", file=sys.stderr)

    def _ring(self, call: Call) -> None:
        self._take(call)
        self.tell("ringing", caller=(call.peer or "").removeprefix("sip:").partition("@")[0])
        if self._settings.answers:
            task = asyncio.create_task(call.answer())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _take(self, call: Call) -> None:
        self._call, self._heard, self._at = call, [], 0

    def _note(self, event: StackEvent) -> None:
        if event.event is Event.CALL_ESTABLISHED:
            self.tell("talking")
        elif event.event is Event.CALL_CLOSED:
            print("closed:", event.text, file=sys.stderr)
            self._call = None
            self.tell("over")

    async def _pump(self) -> None:
        while True:
            await asyncio.sleep(0.02)
            if self._call is not None:
                # No sound yet, no more, or a re-INVITE has just begun another stream.
                with contextlib.suppress(AudioNotActive, AudioRestarted):
                    self._hear_and_say(self._call)

    def _hear_and_say(self, call: Call) -> None:
        info = call.audio.info()
        if info.rx_ready and info.rx_sample_rate:
            pcm = np.frombuffer(call.audio.read(1 << 20), dtype=np.int16)
            mono = pcm.reshape(-1, info.rx_channels).mean(axis=1).astype(np.int16)
            if not self._heard or self._heard[-1][0] != info.rx_sample_rate:
                self._heard.append((info.rx_sample_rate, []))
            self._heard[-1][1].append(mono)
        if info.tx_ready and self._speech:
            due = round(AHEAD * info.tx_sample_rate) - info.tx_buffered // (2 * info.tx_channels)
            if due > 0:
                call.audio.write(np.repeat(self._said(due, info.tx_sample_rate), info.tx_channels).tobytes())

    def _said(self, count: int, rate: int) -> Pcm:
        """The next samples of the speech; silence after its end."""
        own = self._settings.rate
        if rate not in self._speech:
            self._speech[rate] = soxr.resample(self._speech[own], own, rate)
        speech = self._speech[rate]
        at, self._at = self._at, self._at + count
        if self._loop:
            return np.take(speech, np.arange(at, at + count), mode="wrap")
        return np.pad(speech[at : at + count], (0, max(0, min(count, at + count - speech.size))))

    def _all_heard(self) -> Pcm:
        streams = [soxr.resample(np.concatenate(pieces), rate, _LOUD) for rate, pieces in self._heard]
        return np.concatenate(streams) if streams else np.empty(0, dtype=np.int16)


def _configuration(settings: Settings) -> str:
    lines = [
        f"sip_listen {address(settings.host, settings.sip_port)}",
        f"rtp_ports {settings.rtp_port}-{settings.rtp_port + settings.rtp_ports - 1}",
    ]
    if settings.ca_file:
        lines += [f"sip_cafile {settings.ca_file}", "sip_verify_server yes"]
    if settings.certificate:
        lines.append(f"sip_certificate {settings.certificate}")
    return "\n".join(lines)


def _account(settings: Settings) -> Account:
    return Account(
        user=settings.user,
        domain=settings.registrar or address(settings.host, settings.sip_port),
        password=settings.password,
        reg_interval=60 if settings.registrar else 0,
        transport=settings.transport,
        audio_codecs=(settings.codec,),
        extra_params=(f"mediaenc={settings.encryption}",) if settings.encryption else (),
    )


def main() -> None:
    news = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the library prints goes into the phone's log
    asyncio.run(Line(Settings(**json.loads(sys.argv[1])), news).run())


if __name__ == "__main__":
    main()
