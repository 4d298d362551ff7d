"""sipp as a phone: the signalling comes from a scenario that may be as odd as one likes, the sound from an RtpPen.

sipp writes all its messages into a file; what the phone's state is, where the other side wants its sound and who calls
is read from there.  sipp cannot be told anything, so its scenarios wait for a NOTIFY inside the call, which comes from
here and never from the product: it means "go on", that is answer, or hang up.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import shutil
import socket
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.phones import ports
from tests.phones.phone import Phone, State
from tests.phones.rtp_pen import RtpPen
from tests.phones.waiting import PATIENCE, STARTING, until

if TYPE_CHECKING:
    from types import TracebackType

    from tests.phones.sounds import Pcm

SCENARIOS = Path(__file__).parent / "scenarios"
_RINGING = frozenset({"answer", "refuse"})
"""The scenarios that ring until they are told to go on; the others do what they do by themselves."""
_INSERTION = re.compile(r"^ *<\?insert ([a-z-]+)\?>", re.MULTILINE)
_MESSAGE = re.compile(r"^-{10,}.*\n\w+ message (sent|received) (?:\(?\d+ bytes\)?|\[\d+\] bytes) ?:\n\n", re.MULTILINE)
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Message:
    """A SIP message that sipp sent or received, as far as a phone needs it."""

    sent: bool
    text: str

    @property
    def first_line(self) -> str:
        return self.text.partition("\n")[0].strip()

    @property
    def method(self) -> str:
        """Of the request, or of the request that this response is for."""
        if self.status is None:
            return self.first_line.partition(" ")[0]
        return self.header("CSeq").split()[-1]

    @property
    def status(self) -> int | None:
        """None for a request."""
        return int(self.first_line.split()[1]) if self.first_line.startswith("SIP/2.0 ") else None

    def header(self, name: str) -> str:
        """The first such header's value; empty when there is none."""
        found = re.search(rf"^{name} *: *(.*)$", self.text, re.MULTILINE | re.IGNORECASE)
        return found[1].strip() if found else ""

    @property
    def media(self) -> tuple[str, int] | None:
        """Where its SDP wants audio."""
        host, port = (
            re.search(r"^c=IN IP4 ([0-9.]+)", self.text, re.M),
            re.search(r"^m=audio ([0-9]+)", self.text, re.M),
        )
        return (host[1], int(port[1])) if host and port else None


def read_scenario(folder: Path, name: str) -> str:
    """A scenario, each ``<?insert NAME?>`` replaced by what is in ``pieces/NAME.xml`` beside it."""

    def piece(found: re.Match[str]) -> str:
        return read_scenario(folder, f"pieces/{found[1]}").rstrip("\n")

    return _INSERTION.sub(piece, (folder / f"{name}.xml").read_text())


def state_after(messages: list[Message]) -> State:
    """Of one call, from its messages alone."""
    state = State.IDLE
    for message in messages:
        match message.method, message.status:
            case "INVITE", _ if state is State.TALKING:
                pass  # a re-INVITE changes the call at most
            case "INVITE", None if state is State.IDLE or message.sent:
                state = State.DIALLING if message.sent else State.RINGING
            case "INVITE", int(status) if status >= 300 and status not in (401, 407):
                state = State.OVER
            case "INVITE", int(status) if 200 <= status < 300 and not message.sent and state is State.DIALLING:
                state = State.TALKING
            case "ACK", None if not message.sent and state is State.RINGING:
                state = State.TALKING
            case (("BYE" | "CANCEL"), None):
                state = State.OVER
            case _:
                pass
    return state


class SippPhone(Phone):
    """One call: a phone that dials (:meth:`dial`), or waits to be called at :attr:`uri` with a scenario."""

    def __init__(
        self,
        folder: Path,
        number: str,
        server: tuple[str, int],
        *,
        scenario: str = "answer",
        status: str = "486 Busy Here",
        password: str | None = None,
        payload_type: int = 0,
        events: int = 101,
        from_host: str = "127.0.0.1",
        answers: bool = True,
        scenarios: Path = SCENARIOS,
        host: str = "127.0.0.1",
        transport: str = "udp",
    ) -> None:
        """``scenario`` is a file of ``scenarios`` for the call that comes in; None of it happens before :meth:`listen`.

        ``status`` is what the refusing scenarios say.  With ``answers`` it picks up (or refuses) as soon as it rings.
        ``events`` is the payload type under which it sends keys.  At ``host`` it speaks SIP; its sound stays on IPv4.
        """
        self.name = f"sipp {number}"
        self._folder = (folder / f"sipp-{number}").absolute()
        self._folder.mkdir(parents=True, exist_ok=True)
        self.number, self._server, self._scenario = number, server, scenario
        self._status, self._password, self._from_host = status, password, from_host
        self._answers = answers and scenario in _RINGING
        self._scenarios = scenarios
        self._host, self._transport = host, transport
        self._played = scenario
        self.port = ports.take()
        self.pen = RtpPen(payload_type=payload_type, event_payload_type=events)
        self._process: subprocess.Popen[bytes] | None = None
        self._runs = 0
        self._whistles = itertools.count(1)
        self._closing = threading.Event()

    @property
    def uri(self) -> str:
        return f"sip:{self.number}@127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        if shutil.which("sipp") is None:
            raise RuntimeError("sipp is missing: sh tests/phones/install.sh says what to do")
        self.pen.__enter__()
        self._watcher = threading.Thread(target=self._watch, name=self.name, daemon=True)
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._part()
        self._closing.set()
        self._watcher.join(timeout=2)
        self._stop()
        self.pen.__exit__(kind, error, trace)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def messages(self) -> list[Message]:
        """All of the latest call, in order."""
        if self._process is None:
            return []
        try:
            text = self._trace.read_text(errors="replace")
        except FileNotFoundError:  # a run that has only begun; perhaps since somebody else's look
            return []
        pieces = _MESSAGE.split(text)[1:]
        return [
            Message(direction == "sent", body)
            for direction, body in zip(pieces[::2], pieces[1::2], strict=True)
            if not body.startswith("NOTIFY")
        ]

    @property
    def state(self) -> State:
        return state_after(self.messages)

    @property
    def caller(self) -> str | None:
        invite = next((m for m in self.messages if m.method == "INVITE" and m.status is None and not m.sent), None)
        found = re.search(r"sips?:([^@>;]+)@", invite.header("From")) if invite else None
        return found[1] if found else None

    @property
    def refused_with(self) -> int | None:
        """The status with which the other side ended the call before it began."""
        finals = [m.status for m in self.messages if m.method == "INVITE" and not m.sent and (m.status or 0) >= 300]
        return finals[-1] if self.state is State.OVER and finals else None

    def register(self) -> None:
        """At the server, with the password, for five minutes; then the scenario waits for calls at the same port."""
        self._run("register", "-m", "1")
        assert self._process is not None
        if self._process.wait(timeout=STARTING) != 0:
            raise AssertionError(f"{self.name} could not register, see {self._folder}")
        self.listen()

    def listen(self, **words: str) -> None:
        """Wait for one call, with the scenario that the phone was made for; ``words`` fill its places."""
        self._run(self._scenario, "-m", "1", *_keys(words))

    def dial(self, number: str, scenario: str = "dial", **words: str) -> None:
        """A number at the server, or a whole SIP URI; ``scenario`` is one of those that dial."""
        uri = number if number.startswith("sip:") else f"sip:{number}@{self._server[0]}"
        self._run(scenario, "-m", "1", *_keys({"dialled": uri, **words}))
        self.wait_for(State.DIALLING, State.TALKING, State.OVER)

    def play(self, scenario: str, **words: str) -> None:
        """One that is no call."""
        self._run(scenario, "-m", "1", *_keys(words))

    def answer(self) -> None:
        self._go_on()

    def hang_up(self) -> None:
        self._go_on()

    def press_by_info(self, digits: str) -> None:
        """Keys as INFO requests, each after the answer to the one before (scenario ``dial_and_obey``)."""
        for digit in digits:
            self._obey(f"key {digit}", "INFO")

    def offer(self, direction: str, formats: str = "0 101", host: str = "127.0.0.1") -> int:
        """A re-INVITE, and the status of its answer (scenario ``dial_and_obey``); ``host`` is where it wants sound."""
        return self._obey(f"offer {direction} {host} {formats}", "INVITE")

    def say(self, pcm: Pcm) -> None:
        self.pen.say(pcm)

    def press(self, keys: str) -> None:
        self.pen.press(keys)

    def heard(self) -> Pcm:
        return self.pen.heard()

    def finish(self, seconds: float = PATIENCE) -> None:
        """Wait until the scenario is at its end; it went as written, or this fails with sipp's own words."""
        assert self._process is not None
        until(lambda: self._process is not None and self._process.poll() is not None, seconds, f"{self.name} is done")
        if self._process.returncode != 0:
            errors = self._folder / f"errors-{self._runs}"
            said = errors.read_text(errors="replace")[:2000] if errors.exists() else "(no words)"
            raise AssertionError(f"{self.name}: the scenario {self._played} went otherwise: {said}")

    @property
    def _trace(self) -> Path:
        return self._folder / f"messages-{self._runs}"

    def _run(self, scenario: str, *more: str) -> None:
        self._stop()
        self._runs += 1
        self._played = scenario
        # A copy: sipp takes no keyword for a status code.
        copy = self._folder / f"{scenario}-{self._runs}.xml"
        copy.write_text(
            read_scenario(self._scenarios, scenario).replace("SIP/2.0 486 Busy Here", f"SIP/2.0 {self._status}")
        )
        keys = {
            "own_number": self.number,
            "from_host": self._from_host,
            "our_rtp_port": str(self.pen.port),
            "codecs": f"{self.pen.payload_type} {self.pen.event_payload_type}",
            "events": str(self.pen.event_payload_type),
        }
        self._process = subprocess.Popen(
            [
                "sipp",
                ports.address(*self._server),
                *("-sf", str(copy), "-i", self._host, "-mi", self._host, "-p", str(self.port)),
                *("-t", f"{self._transport[0]}1"),
                *("-mp", str(ports.take(4)), "-nostdin", "-nd"),
                *("-au", self.number, "-ap", self._password or ""),
                *("-trace_msg", "-message_file", str(self._trace)),
                *("-trace_err", "-error_file", str(self._folder / f"errors-{self._runs}")),
                *more,
                *_keys(keys),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
        )
        until(self._is_up, STARTING, f"{self.name} listens at {self.port}, see {self._folder}")

    def _is_up(self) -> bool:
        """Its port is bound, or it is already done."""
        assert self._process is not None
        return self._process.poll() is not None or ports.is_bound(self.port)

    def _obey(self, order: str, method: str) -> int:
        def answers() -> list[int]:
            statuses = (m.status for m in self.messages if not m.sent and m.method == method)
            return [status for status in statuses if status is not None and status >= 200]

        before = len(answers())
        self._go_on(order)
        until(lambda: len(answers()) > before, PATIENCE, f"{self.name} has an answer to: {order}")
        return answers()[-1]

    def _go_on(self, order: str = "on") -> None:
        number = next(self._whistles)  # sipp takes equal messages for retransmissions
        notify = (
            "NOTIFY sip:go-on SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-go-on-{number}",
            "From: <sip:test@127.0.0.1>;tag=1",
            "To: <sip:test@127.0.0.1>",
            f"Call-ID: {self.messages[-1].header('Call-ID')}",
            f"CSeq: {number} NOTIFY",
            f"Subject: {order}",
            "Content-Length: 0",
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as whistle:
            whistle.sendto("\r\n".join((*notify, "", "")).encode(), ("127.0.0.1", self.port))

    def _watch(self) -> None:
        """Turn the sound to where the other side's SDP wants it, and pick up when it rings."""
        seen, picked_up = 0, False
        while not self._closing.wait(0.02):
            messages = self.messages
            if len(messages) < seen:  # another run
                seen, picked_up = 0, False
            for message in messages[seen:]:
                if not message.sent and message.media is not None:
                    self.pen.send_to(*message.media)
            seen = len(messages)
            if self._answers and not picked_up and any(m.sent and m.status == 180 for m in messages):
                self._go_on()
                picked_up = True

    def _part(self) -> None:
        """Hang up, as people do: the other side need not wait for a phone that is gone."""
        if self._process is not None and self._process.poll() is None and self.state is State.TALKING:
            self._go_on()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1)

    def _stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(timeout=3)


def _keys(words: dict[str, str]) -> list[str]:
    return [part for name, value in words.items() for part in ("-key", name, value)]
