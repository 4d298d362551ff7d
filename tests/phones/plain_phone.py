"""A phone of sockets and little else, for where the other phones can't be put: behind a translator, on IPv6.

It knows as much SIP as a call needs, speaks and hears by an RtpPen, and like many a phone it believes that the address
of its own network card is the one where everybody reaches it.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
import threading
from typing import TYPE_CHECKING, Self

from tests.phones import ports
from tests.phones.phone import Phone, State
from tests.phones.rtp_pen import RtpPen, SystemAddress, system_address
from tests.phones.waiting import until

if TYPE_CHECKING:
    from types import TracebackType

    from tests.phones.sounds import Pcm

_PART = re.compile(r'(realm|nonce|qop)="?([^",]+)"?')


class Message:
    """What was received."""

    def __init__(self, data: bytes) -> None:
        head, _, self.body = data.decode().partition("\r\n\r\n")
        self.first, *self.lines = head.split("\r\n")

    def all(self, name: str) -> list[str]:
        """The lines of a header, whole."""
        return [line for line in self.lines if line.lower().startswith(f"{name.lower()}:")]

    def value(self, name: str) -> str:
        return self.all(name)[0].partition(":")[2].strip() if self.all(name) else ""

    @property
    def status(self) -> int:
        """0 of a request."""
        return int(self.first.split(" ")[1]) if self.first.startswith("SIP/2.0 ") else 0

    @property
    def media(self) -> tuple[str, int]:
        """Where its SDP wants sound."""
        host, port = re.search(r"^c=IN IP[46] (\S+)", self.body, re.M), re.search(r"^m=audio (\d+)", self.body, re.M)
        assert host is not None and port is not None, self.body
        return host[1], int(port[1])


class PlainPhone(Phone):
    """One call at a time; it answers as soon as it rings.  Its sockets are of the network in which it was made."""

    def __init__(
        self, number: str, server: tuple[str, int], host: str, *, password: str = "", domain: str = "127.0.0.1"
    ) -> None:
        """``host``: its own address, which it states in everything that it says; ``fe80::7%eth0`` without the zone."""
        self.name = f"plain phone {number}"
        self.host, _, self._zone = host.partition("%")
        self.number, self.port = number, ports.take(2)
        self.pen = RtpPen(host=host)
        self.messages: list[Message] = []
        """All that came."""
        self._server, self._password, self._domain = server, password, domain
        self._at = system_address(*server)
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(self._family, socket.SOCK_DGRAM)
        self._socket.bind(system_address(host, self.port))
        self._socket.settimeout(0.1)
        self._state = State.IDLE
        self._dialog = ("", "", "", "")  # Call-ID, our From or To, theirs, their Contact
        self._cseq = 0
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, name=self.name, daemon=True)

    @property
    def uri(self) -> str:
        return f"sip:{self.number}@{_bracketed(self.host)}:{self.port}"

    def __enter__(self) -> Self:
        self.pen.__enter__()
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._state is State.TALKING:
            self.hang_up()
        self._closing.set()
        self._reader.join(timeout=2)
        self._socket.close()
        self.pen.__exit__(kind, error, trace)

    @property
    def state(self) -> State:
        return self._state

    @property
    def caller(self) -> str | None:
        invite = next((message for message in self.messages if message.first.startswith("INVITE ")), None)
        return None if invite is None else invite.value("From").partition("sip:")[2].partition("@")[0]

    @property
    def media(self) -> tuple[str, int]:
        """Where the other side of the latest call wants sound."""
        return [message for message in self.messages if message.body.startswith("v=0")][-1].media

    def register(self) -> None:
        at = f"sip:{self._domain}"
        who = f"<sip:{self.number}@{self._domain}>"
        call, tag = os.urandom(8).hex(), os.urandom(4).hex()
        answer = self._ask("REGISTER", at, call, f"{who};tag={tag}", who)
        if answer.status == 401:
            answer = self._ask("REGISTER", at, call, f"{who};tag={tag}", who, self._credentials(answer, at))
        assert answer.status == 200, answer.first

    def dial(self, number: str) -> None:
        """A number at the server; returns when the call is answered, or has failed."""
        self._state = State.DIALLING
        uri = f"sip:{number}@{_bracketed(self._server[0])}:{self._server[1]}"
        ours = f"<sip:{self.number}@elsewhere.example>;tag={os.urandom(4).hex()}"  # nobody of the mixer's own
        answer = self._ask("INVITE", uri, os.urandom(8).hex(), ours, f"<{uri}>", body=self._sdp())
        if answer.status >= 300:
            self._state = State.OVER
            return
        self._dialog = (answer.value("Call-ID"), ours, answer.value("To"), _uri(answer.value("Contact")))
        self._send("ACK", self._dialog[3], self._dialog[0], ours, self._dialog[2], self._cseq)
        self._speak_to(*answer.media)
        self._state = State.TALKING

    def offer(self, host: str | None = None, port: int | None = None, direction: str = "sendrecv") -> int:
        """A re-INVITE with another address; the status of its answer."""
        call, ours, theirs, contact = self._dialog
        answer = self._ask("INVITE", contact, call, ours, theirs, body=self._sdp(host, port, direction))
        self._send("ACK", contact, call, ours, theirs, self._cseq)
        return answer.status

    def answer(self) -> None:
        """It has, already."""

    def hang_up(self) -> None:
        call, ours, theirs, contact = self._dialog
        self._state = State.OVER
        self._ask("BYE", contact, call, ours, theirs)

    def say(self, pcm: Pcm) -> None:
        self.pen.say(pcm)

    def heard(self) -> Pcm:
        return self.pen.heard()

    def _speak_to(self, host: str, port: int) -> None:
        self.pen.send_to(f"{host}%{self._zone}" if self._zone else host, port)

    # What it sends

    def _ask(
        self, method: str, uri: str, call: str, ours: str, theirs: str, extra: str = "", body: str = ""
    ) -> Message:
        """A request, said again each half second, and its final answer."""
        self._cseq += 1
        cseq, branch = f"{self._cseq} {method}", os.urandom(8).hex()

        def answers() -> list[Message]:
            return [
                m for m in self.messages if m.status >= 200 and (m.value("CSeq"), m.value("Call-ID")) == (cseq, call)
            ]

        for _ in range(10):
            self._send(method, uri, call, ours, theirs, self._cseq, extra, body, branch)
            try:
                until(lambda: bool(answers()), 1, f"{self.name} has an answer to {method}")
                break
            except AssertionError:
                continue
        assert answers(), f"{self.name} has no answer to {method}"
        final = answers()[-1]
        if method == "INVITE" and final.status >= 300:
            self._send("ACK", uri, call, ours, final.value("To"), self._cseq, branch=branch)
        return final

    def _send(
        self,
        method: str,
        uri: str,
        call: str,
        ours: str,
        theirs: str,
        cseq: int,
        extra: str = "",
        body: str = "",
        branch: str | None = None,
    ) -> None:
        own = f"{_bracketed(self.host)}:{self.port}"
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {own};branch=z9hG4bK{branch or os.urandom(8).hex()};rport",
            "Max-Forwards: 70",
            f"From: {ours}",
            f"To: {theirs}",
            f"Call-ID: {call}",
            f"CSeq: {cseq} {method}",
            f"Contact: <{self.uri}>",
            *([extra] if extra else []),
            *(["Content-Type: application/sdp"] if body else []),
        ]
        self._put(lines, body, self._at)

    def _put(self, lines: list[str], body: str, to: SystemAddress) -> None:
        text = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])
        self._socket.sendto(text.encode(), to)

    def _sdp(self, host: str | None = None, port: int | None = None, direction: str = "sendrecv") -> str:
        where = f"IN IP{6 if self._family == socket.AF_INET6 else 4} {host or self.host}"
        lines = ["v=0", f"o=- 1 {self._cseq + 1} {where}", "s=-", f"c={where}", "t=0 0"]
        lines += [f"m=audio {port or self.pen.port} RTP/AVP 0", f"a={direction}"]
        return "".join(f"{line}\r\n" for line in lines)

    def _credentials(self, challenge: Message, uri: str) -> str:
        """RFC 7616 §3.4, MD5 with qop=auth."""
        parts = dict(_PART.findall(challenge.value("WWW-Authenticate")))
        secret = _md5(f"{self.number}:{parts['realm']}:{self._password}")
        response = _md5(f"{secret}:{parts['nonce']}:00000001:c0ffee:auth:{_md5(f'REGISTER:{uri}')}")
        return (
            f'Authorization: Digest username="{self.number}", realm="{parts["realm"]}", nonce="{parts["nonce"]}",'
            f' uri="{uri}", response="{response}", algorithm=MD5, cnonce="c0ffee", qop=auth, nc=00000001'
        )

    # What it receives

    def _read(self) -> None:
        while not self._closing.is_set():
            try:
                data, source = self._socket.recvfrom(65_535)
            except (TimeoutError, ConnectionError):
                continue
            if not data.strip():
                continue
            message = Message(data)
            self.messages.append(message)
            if not message.status:
                self._obey(message, source)

    def _obey(self, request: Message, source: SystemAddress) -> None:
        match request.first.partition(" ")[0]:
            case "INVITE":
                self._take_call(request, source)
            case "ACK":
                self._state = State.TALKING
            case "BYE" | "CANCEL":
                self._state = State.OVER
                self._reply(request, source, "200 OK")
            case _:
                self._reply(request, source, "200 OK")

    def _take_call(self, invite: Message, source: SystemAddress) -> None:
        call, theirs = invite.value("Call-ID"), invite.value("From")
        if self._dialog[0] != call:
            self._dialog = (
                call,
                f"{invite.value('To')};tag={os.urandom(4).hex()}",
                theirs,
                _uri(invite.value("Contact")),
            )
            self._state = State.RINGING
            self._reply(invite, source, "180 Ringing")
        self._speak_to(*invite.media)
        self._reply(invite, source, "200 OK", self._sdp())

    def _reply(self, request: Message, to: SystemAddress, status: str, body: str = "") -> None:
        known = self._dialog[0] == request.value("Call-ID")
        lines = [f"SIP/2.0 {status}", *request.all("Via"), *request.all("Record-Route"), *request.all("From")]
        lines += [f"To: {self._dialog[1]}" if known and ";tag=" not in request.value("To") else request.all("To")[0]]
        lines += [*request.all("Call-ID"), *request.all("CSeq"), f"Contact: <{self.uri}>"]
        self._put([*lines, *(["Content-Type: application/sdp"] if body else [])], body, to)


def _bracketed(host: str) -> str:
    bare, _, _ = host.partition("%")
    return f"[{bare}]" if ":" in bare else bare


def _uri(contact: str) -> str:
    return contact.partition("<")[2].partition(">")[0]


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
