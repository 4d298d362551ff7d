"""Linphone's console program as a phone: a third SIP stack (belle-sip) and a third one of sound (mediastreamer).

It is told what to do on its standard input, tells on its standard output what becomes of calls, and uses sound files
instead of a sound card.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

import numpy as np

from tests.phones import ports
from tests.phones.phone import State
from tests.phones.program_phone import ProgramPhone
from tests.phones.sounds import Pcm, read_unfinished, silence
from tests.phones.waiting import STARTING, until

if TYPE_CHECKING:
    from pathlib import Path

_CODECS: Final = {
    "PCMU": ("PCMU", 8000, 1, 8000),
    "PCMA": ("PCMA", 8000, 1, 8000),
    "G722": ("G722", 8000, 1, 16000),
    "opus": ("opus", 48000, 2, 16000),
}
"""What linphone calls it, with its clock and channels, and the rate of what the phone says."""
_SPEECH_SECONDS = 60

_CONFIG = """\
[sip]
sip_port={udp}
sip_tcp_port={tcp}
sip_tls_port={tls}
use_ipv6={six}
bind_address={host}
media_encryption={encryption}
media_encryption_mandatory={mandatory}
root_ca={ca_file}
default_proxy=0
guess_hostname=0
[rtp]
audio_rtp_port={rtp_port}
[video]
enabled=0
[sound]
echocancellation=0
{codecs}
[proxy_0]
reg_proxy=<sip:{registrar};transport={transport}>
reg_route=<sip:{registrar};transport={transport};lr>
reg_identity="Linphone" <sip:{user}@{domain}>
reg_expires=120
reg_sendregister=1
[auth_info_0]
username={user}
passwd={password}
domain={domain}
"""

_NEWS: Final = (
    (re.compile(r"Receiving new incoming call from .*?<?sips?:([^@>;]+)"), State.RINGING),
    (re.compile(r"Call \d+ to .* in progress"), State.DIALLING),
    (re.compile(r"Call \d+ with .* connected"), State.TALKING),
    (re.compile(r"Call \d+ with .* (?:ended|error)"), State.OVER),
)


class LinphonePhone(ProgramPhone):
    def __init__(
        self,
        folder: Path,
        user: str,
        *,
        registrar: str,
        password: str,
        domain: str = "127.0.0.1",
        codec: str = "PCMU",
        host: str = "127.0.0.1",
        transport: str = "udp",
        encryption: str = "none",
        mandatory: bool = False,
        ca_file: Path | None = None,
        answers: bool = True,
    ) -> None:
        """Registers at ``registrar`` (``HOST:PORT``) for ``domain``; ``encryption`` is ``none`` or ``srtp``."""
        super().__init__(f"linphonec {user}", folder / f"linphone-{user}")
        (self._folder / ".local/share/linphone").mkdir(parents=True, exist_ok=True)
        self._user, self._registrar, self._answers = user, registrar, answers
        name, clock, channels, self.rate = _CODECS[codec]
        port = ports.take(2)
        six = ":" in host
        (self._folder / "rc").write_text(
            _CONFIG.format(
                udp=port if transport == "udp" else 0,
                tcp=port if transport == "tcp" else 0,
                tls=port if transport == "tls" else 0,
                six=int(six),
                host=host,
                encryption=encryption,
                mandatory=int(mandatory),
                ca_file=ca_file or "",
                rtp_port=ports.take(2),
                codecs=_only(name, clock, channels),
                registrar=registrar,
                transport=transport,
                user=user,
                domain=domain,
                password=password,
            )
        )
        self._ip = "ipv6 enable" if six else "ipv6 disable"
        self._registered = False
        self._recording: Path | None = None

    def _start(self) -> subprocess.Popen[str]:
        program = shutil.which("linphonec")
        if program is None:
            raise RuntimeError("linphonec is missing: sh tests/phones/install.sh says what to do")
        return subprocess.Popen(
            [program, "-c", str(self._folder / "rc"), "-d", "0"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self._folder,
            env={**os.environ, "HOME": str(self._folder)},
            text=True,
        )

    def _get_ready(self) -> None:
        self._listen()
        self._tell(self._ip)
        self._tell("soundcard use files")
        self.say(silence(1))
        self._record()
        until(self._is_registered, STARTING, f"{self.name} is registered: {self._log.name}")

    def dial(self, number: str) -> None:
        self._tell(f"call {number}")
        self.wait_for(State.DIALLING, State.TALKING, State.OVER)

    def answer(self) -> None:
        self._tell("answer")

    def hang_up(self) -> None:
        self._tell("terminate")

    def hold(self) -> None:
        self._tell("pause")

    def resume(self) -> None:
        self._tell("resume")

    def press(self, keys: str) -> None:
        """One after the other, as RFC 4733 events: a key a second, as linphonec reads its orders."""
        for key in keys:
            self._tell(key)

    def say(self, pcm: Pcm) -> None:
        """From now on, for a minute."""
        self._tell(f"play {self._write_said(np.resize(pcm, _SPEECH_SECONDS * self.rate))}")

    def heard(self) -> Pcm:
        """Up to four seconds late while the call lasts, all of it afterwards: it writes in pieces of 64 KB."""
        return silence(0) if self._recording is None else read_unfinished(self._recording)

    def heard_wide(self) -> Pcm:
        """At 16 kHz, as an HD phone has it."""
        return silence(0) if self._recording is None else read_unfinished(self._recording, 16_000)

    def _is_registered(self) -> bool:
        """It doesn't say so by itself."""
        self._tell("status register")
        return self._registered

    def _record(self) -> None:
        """The next call; told before that call is there, since linphonec hangs when it is told while it rings."""
        self._next_recording = self._folder / f"heard-{next(self._numbers)}.wav"
        self._tell(f"record {self._next_recording}")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._log.write(line)
            self._log.flush()
            self._registered = self._registered or "registered, " in line
            for pattern, state in _NEWS:
                if found := pattern.search(line):
                    self._note(state, found)

    def _note(self, state: State, found: re.Match[str]) -> None:
        if state in (State.RINGING, State.DIALLING):
            self._recording = self._next_recording
        elif state is State.OVER:
            self._record()
        self._state = state
        if state is State.RINGING:
            self._caller = found[1]
            if self._answers:
                self.answer()

    def _quit(self) -> None:
        self._tell("terminate all")
        self._tell("quit")


def _only(name: str, clock: int, channels: int) -> str:
    """The configuration of its codecs: this one alone."""
    sections = []
    for number, (other, rate, count, _) in enumerate(_CODECS.values()):
        enabled = int((other, rate, count) == (name, clock, channels))
        sections += [
            f"[audio_codec_{number}]",
            f"mime={other}",
            f"rate={rate}",
            f"channels={count}",
            f"enabled={enabled}",
        ]
    for number, (other, rate) in enumerate((("speex", 16000), ("speex", 8000), ("G729", 8000)), len(_CODECS)):
        sections += [f"[audio_codec_{number}]", f"mime={other}", f"rate={rate}", "channels=1", "enabled=0"]
    return "\n".join(sections)
