"""Debian's baresip 1.0 as a phone: a careful client with its own SIP, SDP and jitter buffer.

It reads its folder of configuration, is told what to do through its ctrl_tcp module (netstrings of JSON), speaks from
a sound file (aufile) and writes down all that it hears (sndfile).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import numpy as np

from tests.phones import ports
from tests.phones.phone import State
from tests.phones.program_phone import ProgramPhone
from tests.phones.sounds import RATE, Pcm, read_unfinished, silence
from tests.phones.waiting import STARTING, until

_MODULES = ("/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules", "/opt/homebrew/lib/baresip/modules")
_RTP_PORTS = 40
_SPEECH_SECONDS = 300
"""At the end of its file baresip hangs up, so no file is shorter than the longest call of a test."""

_CONFIG = """\
poll_method epoll
net_interface {host}
sip_listen {at}
audio_source aufile,{speech}
audio_player aubridge,{name}
snd_path {folder}
ausrc_srate {rate}
auplay_srate {rate}
ausrc_channels 1
auplay_channels 1
rtp_ports {rtp_port}-{last_rtp_port}
module_path {modules}
module {codec_module}.so
module srtp.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control_port}
"""

_CODECS = {
    "PCMU": ("g711", "PCMU/8000/1", 8000),
    "PCMA": ("g711", "PCMA/8000/1", 8000),
    "G722": ("g722", "G722/16000/1", 16000),
    "opus": ("opus", "opus/48000/2", 16000),
}
"""Its module, what baresip calls it, and the rate of what the phone says."""

_STATES = {
    "CALL_INCOMING": State.RINGING,
    "CALL_RINGING": State.DIALLING,
    "CALL_PROGRESS": State.DIALLING,
    "CALL_ESTABLISHED": State.TALKING,
    "CALL_CLOSED": State.OVER,
}


class BaresipPhone(ProgramPhone):
    def __init__(
        self,
        folder: Path,
        user: str,
        *,
        registrar: tuple[str, int] | None = None,
        password: str | None = None,
        codec: str = "PCMU",
        speech: Pcm | None = None,
        answers: bool = True,
        host: str = "127.0.0.1",
        transport: str = "udp",
        ca_file: Path | None = None,
        encryption: str = "",
    ) -> None:
        """Registers with ``password`` if there is a ``registrar``; else it is reached at :attr:`uri`.

        ``speech`` is said again and again in every call; silence when None.  With ``answers`` it picks up at once.  A
        phone with G722 or opus is an HD phone: what it says is to be at 16 kHz.  Over ``tls`` it believes who bears a
        certificate from ``ca_file``.  ``encryption`` is what baresip calls ``mediaenc``: ``srtp``, or ``srtp-mand``
        where nothing else will do.
        """
        super().__init__(f"baresip {user}", folder / f"baresip-{user}")
        self._encryption = encryption
        self._user, self._registrar, self._password = user, registrar, password
        self._answers = answers
        self._host = host
        self._transport, self._ca_file = transport, ca_file
        self._module, self._codec, self.rate = _CODECS[codec]
        self._speech = silence(1) if speech is None else speech
        # Two apart: it binds the port above its own too, for TLS.
        self.port, self._control_port, rtp_port = ports.take(2), ports.take(), ports.take(_RTP_PORTS)
        self._rtp_port = rtp_port
        self._events: list[str] = []
        self.digits = ""
        """The keys that the other side has pressed."""
        self._registrations = ""
        self._ending = ""

    @property
    def uri(self) -> str:
        return f"sip:{self._user}@{ports.address(self._host, self.port)}"

    def _start(self) -> subprocess.Popen[str]:
        program = shutil.which("baresip")
        modules = next((path for path in _MODULES if Path(path).is_dir()), None)
        if program is None or modules is None:
            raise RuntimeError("baresip is missing: sh tests/phones/install.sh says what to do")
        self._write_configuration(modules)
        return subprocess.Popen(
            [program, "-f", str(self._folder)],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HOME": str(self._folder)},
            text=True,
        )

    def _get_ready(self) -> None:
        self._connect()
        if self._registrar is not None:
            until(self._is_registered, STARTING, f"{self.name} is registered: {self._log.name}")

    @property
    def ending(self) -> str:
        """Why the latest call ended, in baresip's words: ``486 Busy Here``, ``Connection reset by user``, ..."""
        return self._ending

    def dial(self, number: str) -> None:
        """A number at the registrar, or any URI."""
        self._state = State.DIALLING
        self._command("dial", number)

    def answer(self) -> None:
        self._command("accept")

    def hang_up(self) -> None:
        self._command("hangup")

    def hold(self) -> None:
        self._command("hold")

    def resume(self) -> None:
        self._command("resume")

    def transfer(self, uri: str) -> None:
        """The other side is to go on with this phone."""
        self._command("transfer", uri)

    def press(self, keys: str) -> None:
        """As RFC 4733 events."""
        for key in keys:
            self._command("sndcode", key)

    def say(self, pcm: Pcm) -> None:
        """From now on, again and again, instead of what it says."""
        self._command("ausrc", f"aufile,{self._write_speech(pcm)}")

    def heard(self) -> Pcm:
        """Decoded by baresip.  Each re-INVITE that changes the codec, and each call, begins a new recording."""
        return self._heard(RATE)

    def heard_wide(self) -> Pcm:
        """The same at 16 kHz, as an HD phone has it."""
        return self._heard(2 * RATE)

    def _heard(self, rate: int) -> Pcm:
        recordings = sorted(self._folder.glob("dump-*-dec.wav"), key=lambda path: path.stat().st_mtime)
        return read_unfinished(recordings[-1], rate) if recordings else silence(0)

    def _write_speech(self, pcm: Pcm) -> Path:
        return self._write_said(np.resize(pcm, _SPEECH_SECONDS * self.rate))

    def _write_configuration(self, modules: str) -> None:
        config = _CONFIG.format(
            host=self._host,
            at=ports.address(self._host, self.port),
            speech=self._write_speech(self._speech),
            name=f"to-{self._user}",
            folder=self._folder,
            rtp_port=self._rtp_port,
            last_rtp_port=self._rtp_port + _RTP_PORTS - 1,
            modules=modules,
            rate=self.rate,
            codec_module=self._module,
            control_port=self._control_port,
        )
        if self._ca_file is not None:
            config += f"sip_cafile {self._ca_file}\n"
        at = self._registrar or (self._host, self.port)
        account = [
            f"<sip:{self._user}@{ports.address(*at)};transport={self._transport}>",
            f"audio_codecs={self._codec}",
            "answermode=manual",  # in its own automatic mode it does not say who calls
            f"regint={0 if self._registrar is None else 60}",
        ]
        if self._encryption:
            account.append(f"mediaenc={self._encryption}")
        if self._password is not None:
            account += [f"auth_user={self._user}", f"auth_pass={self._password}"]
        (self._folder / "config").write_text(config)
        (self._folder / "accounts").write_text(";".join(account) + "\n")
        (self._folder / "contacts").write_text("")

    def _connect(self) -> None:
        self._control = socket.socket(socket.AF_INET, socket.SOCK_STREAM)

        def connected() -> bool:
            if self._process.poll() is not None:
                raise AssertionError(f"{self.name} did not start, see {self._log.name}")
            return self._control.connect_ex(("127.0.0.1", self._control_port)) == 0

        until(connected, STARTING, f"{self.name} listens to commands: {self._log.name}")
        self._listen()

    def _is_registered(self) -> bool:
        """Its event may have come before anybody listened, so it is asked."""
        self._command("reginfo")
        return "REGISTER_OK" in self._events or "OK" in self._registrations

    def _command(self, command: str, params: str = "") -> None:
        text = json.dumps({"command": command, "params": params})
        self._control.sendall(f"{len(text)}:{text},".encode())

    def _read(self) -> None:
        with self._control.makefile("rb") as stream:
            while True:
                length = stream.read(1)
                while length[-1:].isdigit():
                    length += stream.read(1)
                if not length:
                    return
                message = json.loads(stream.read(int(length[:-1])))
                stream.read(1)
                if message.get("event"):
                    self._note(message)
                elif "User Agents" in str(message.get("data")):
                    self._registrations = message["data"]

    def _note(self, event: dict[str, str]) -> None:
        kind = event["type"]
        self._events.append(kind)
        if kind == "CALL_DTMF_START":
            self.digits += event["param"]
        if kind == "CALL_INCOMING":
            self._caller = event["peeruri"].removeprefix("sip:").partition("@")[0]
            if self._answers:
                self.answer()
        if kind == "CALL_CLOSED":
            self._ending = event.get("param", "")
        self._state = _STATES.get(kind, self._state)

    def _quit(self) -> None:
        self._process.terminate()  # hangs up and deregisters

    def _end(self) -> None:
        super()._end()
        self._control.close()
