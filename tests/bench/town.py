"""Phones for a mixer that runs long: cheap, on one SIP port, each as its mood is; they register, press keys, leave.

Nobody listens to what they receive: the kernel drops what their sockets can't hold.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from sip.digest import Challenge, authorize
from sip.errors import RemoteError
from sip.message import Request, Response, respond
from sip.parser import parse
from sip.sdp import SessionDescription
from tests.bench.callers import Callers
from tests.bench.rtp_phones import HOST, RtpPhone
from tests.bench.sip_texts import described
from tests.bench.speech import noise, silent
from tests.calls.company import password

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.bench.callers import Storm

FRAME = 0.02
_T1 = 0.5
_AT_ONCE = 64
_BEHIND = 1.0  # seconds: what was to be said longer ago is not said any more
_KEY_PAUSE = 0.3
_LEAVING = 5.0


class Mood(Enum):
    ANSWERS = auto()
    RINGS = auto()
    """And nobody comes."""
    BUSY = auto()


@dataclass(slots=True)
class _Call:
    invite: Request
    source: tuple[str, int]
    phone: RtpPhone
    again_at: float = float("inf")
    answer: bytes = b""


@dataclass(slots=True)
class _Phone:
    rtp: RtpPhone
    mood: Mood = Mood.ANSWERS
    calls: dict[str, _Call] = field(default_factory=dict)
    """By Call-ID."""
    cseq: int = 0
    expires: int = 0
    """What it asked for last."""


class Town:
    """The phones of ``numbers``; they are at ``sip:NUMBER@127.0.0.1:PORT`` without having registered."""

    def __init__(self, numbers: Iterable[str], server: tuple[str, int]) -> None:
        self._server = server
        self._sip, self._rtcp = _bound(), _bound()
        self.port: int = self._sip.getsockname()[1]
        self._phones = {number: _Phone(RtpPhone(noise(int(number)))) for number in numbers}
        self._dialling = [RtpPhone(silent()) for _ in range(8)]
        self._callers: list[tuple[socket.socket, Callers]] = []
        self.registered = 0
        """Answers of 200 to a REGISTER."""
        self.taken = 0
        """Calls answered."""

    async def live(self) -> None:
        """For ever."""
        due = time.monotonic()
        while True:
            for message, source in _heard(self._sip):
                if isinstance(message, Request):
                    self._asked(message, source)
                else:
                    self._told(message)
            self._repeat()
            for each in self._phones.values():
                if each.calls:
                    each.rtp.speak()
            for phone in self._dialling:
                phone.speak()
            for strange, callers in tuple(self._callers):
                for message, source in _heard(strange):
                    callers.take(message, source)
                callers.step()
            due = max(due + FRAME, time.monotonic() - _BEHIND)
            await asyncio.sleep(due - time.monotonic())

    def has(self, mood: Mood, *numbers: str) -> None:
        for number in numbers:
            self._phones[number].mood = mood

    async def press(self, number: str, keys: str) -> None:
        """As a person does, one after the other."""
        for key in keys:
            self._phones[number].rtp.press(key)
            await asyncio.sleep(_KEY_PAUSE)

    def leave(self, number: str) -> bool:
        """Whether it was in a call, which it hangs up."""
        phone = self._phones[number]
        for call_id, call in tuple(phone.calls.items()):
            self._send(self._within("BYE", number, call), call.source)
            del phone.calls[call_id]
        return not phone.calls

    def register(self, number: str, expires: int) -> None:
        self._phones[number].expires = expires
        self._send(self._registration(number, ()), self._server)

    async def dial(self, storm: Storm, patience: float, host: str = HOST) -> dict[str, int]:
        """From another address, if one is given; what failed, by why."""
        with _bound(host) as strange:
            callers = Callers(strange, self._rtcp.getsockname()[1], self._dialling, storm)
            self._callers.append((strange, callers))
            until = time.monotonic() + patience
            while callers.dialled.ended < storm.calls and time.monotonic() < until:  # noqa: ASYNC110  nobody tells
                await asyncio.sleep(0.5)
            self._callers.remove((strange, callers))
        return callers.dialled.failed

    def _asked(self, request: Request, source: tuple[str, int]) -> None:
        number = request.uri.user or ""
        phone = self._phones.get(number)
        if phone is None:
            self._send(bytes(respond(request, 404)), source)
            return
        call = phone.calls.get(request.call_id)
        match request.method:
            case "ACK" if call is not None:
                call.again_at = float("inf")
            case "ACK":
                pass
            case "INVITE" if call is None:
                self._ring(number, phone, request, source)
            case "INVITE":
                pass
            case "BYE" | "CANCEL":
                self._over(phone, request, source)
            case _:
                self._send(bytes(respond(request, 200)), source)

    def _ring(self, number: str, phone: _Phone, invite: Request, source: tuple[str, int]) -> None:
        tag = f"phone-{number}"
        if phone.mood is Mood.BUSY or phone.calls:
            self._send(bytes(respond(invite, 486, to_tag=tag)), source)
            return
        contact = ("Contact", f"<sip:{number}@{HOST}:{self.port}>")
        self._send(bytes(respond(invite, 180, to_tag=tag, headers=(contact,))), source)
        phone.calls[invite.call_id] = call = _Call(invite, source, phone.rtp)
        if phone.mood is Mood.ANSWERS:
            body = described(phone.rtp.port, self._rtcp.getsockname()[1])
            kind = ("Content-Type", "application/sdp")
            call.answer = bytes(respond(invite, 200, to_tag=tag, headers=(contact, kind), body=body))
            call.again_at = time.monotonic() + _T1
            self._send(call.answer, source)
            offer = SessionDescription.parse(invite.body)
            phone.rtp.connect(str(offer.address or HOST), offer.media[0].port)
            self.taken += 1

    def _over(self, phone: _Phone, request: Request, source: tuple[str, int]) -> None:
        call = phone.calls.pop(request.call_id, None)
        self._send(bytes(respond(request, 200 if call else 481)), source)
        if call is not None and request.method == "CANCEL":
            tag = f"phone-{request.uri.user}"
            self._send(bytes(respond(call.invite, 487, to_tag=tag)), source)
        phone.rtp.hang_up()

    def _told(self, response: Response) -> None:
        if response.cseq.method != "REGISTER":
            return
        if response.status == 200:
            self.registered += 1
        elif response.status == 401:
            challenges = [Challenge.parse(text) for text in response.headers.get_all("WWW-Authenticate")]
            self._send(self._registration(response.to.uri.user or "", challenges), self._server)

    def _repeat(self) -> None:
        now = time.monotonic()
        for phone in self._phones.values():
            for call in phone.calls.values():
                if call.again_at <= now:  # an answer without an ACK (RFC 3261 §13.3.1.4)
                    call.again_at = now + _T1
                    self._send(call.answer, call.source)

    def _registration(self, number: str, challenges: Sequence[Challenge]) -> bytes:
        phone = self._phones[number]
        phone.cseq += 1
        uri = f"sip:{HOST}"
        found = authorize(challenges, "REGISTER", uri, number, password(number), b"", "c0ffee", 1)
        return _request(
            "REGISTER",
            uri,
            f"SIP/2.0/UDP {HOST}:{self.port};branch=z9hG4bK{os.urandom(8).hex()};rport",
            f"<sip:{number}@{HOST}>;tag={os.urandom(4).hex()}",
            f"<sip:{number}@{HOST}>",
            f"town-{number}",
            f"{phone.cseq} REGISTER",
            f"Contact: <sip:{number}@{HOST}:{self.port}>",
            f"Expires: {phone.expires}",
            *([f"Authorization: {found}"] if found else []),
        )

    def _within(self, method: str, number: str, call: _Call) -> bytes:
        invite = call.invite
        return _request(
            method,
            str(invite.contacts[0].uri),
            f"SIP/2.0/UDP {HOST}:{self.port};branch=z9hG4bK{os.urandom(8).hex()};rport",
            f"{invite.headers.get('To')};tag=phone-{number}",
            str(invite.headers.get("From")),
            invite.call_id,
            f"{1_000} {method}",
        )

    def _send(self, data: bytes, to: tuple[str, int]) -> None:
        with suppress(BlockingIOError, ConnectionError):
            self._sip.sendto(data, to)


def _request(method: str, uri: str, via: str, ours: str, theirs: str, call: str, cseq: str, *more: str) -> bytes:
    lines = [f"{method} {uri} SIP/2.0", f"Via: {via}", "Max-Forwards: 70", f"From: {ours}", f"To: {theirs}"]
    lines += [f"Call-ID: {call}", f"CSeq: {cseq}", *more, "Content-Length: 0", "", ""]
    return "\r\n".join(lines).encode()


def _heard(by: socket.socket) -> Iterator[tuple[Request | Response, tuple[str, int]]]:
    for _ in range(_AT_ONCE):
        try:
            data, source = by.recvfrom(65536)
        except (BlockingIOError, ConnectionError):
            return
        with suppress(RemoteError):
            yield parse(data), source


def _bound(host: str = HOST) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setblocking(False)
    bound.bind((host, 0))
    return bound
