"""People who dial in, so many a second: INVITE, 200, ACK, a short stay with sound, BYE, 200.

Most call the conference's code; each tenth calls the conference number and keys the code in.  They are part of the
phones' process (:mod:`tests.bench.load_phones`).
"""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sip.message import Request, respond
from sip.sdp import SessionDescription
from tests.bench.rtp_phones import HOST
from tests.bench.sip_texts import described

if TYPE_CHECKING:
    import socket

    from sip.message import Response
    from tests.bench.rtp_phones import RtpPhone

CALLER = "caller"
"""The user of their URIs."""
T1 = 0.5
PATIENCE = 8.0
"""Seconds until a call counts as failed: four retransmissions."""
_KEYING = 3.0
"""Seconds that a call with a code to key in lasts longer: the prompt is talked over."""


@dataclass(frozen=True, slots=True)
class Storm:
    port: int
    """The mixer's, for SIP."""
    code: str
    number: str
    """The conference number, for those who key the code in."""
    rate: float
    """Calls a second."""
    calls: int
    stay: float
    """Seconds from the answer to the BYE."""
    keys_every: int = 10
    """Of so many callers one keys the code in."""


@dataclass(frozen=True, slots=True)
class Dialled:
    """What became of the calls so far."""

    placed: int
    over: int
    """Answered, heard, and taken leave of in good order."""
    failed: dict[str, int]
    """How many, by why."""
    repeated: int
    """Requests that had to be sent again: not answered within half a second."""
    slowest: float
    """Seconds from an INVITE to its 200, at most."""

    @property
    def ended(self) -> int:
        return self.over + sum(self.failed.values())


@dataclass(slots=True)
class _Call:
    phone: RtpPhone
    keys: str
    began: float
    said: bytes
    """The request that waits for its answer, empty while none does."""
    repeat_at: float
    interval: float = T1
    leaves_at: float = float("inf")
    bye: bytes = b""


class Callers:
    """``phones`` are taken by turns: there have to be more than are on the line at once.  ``rtcp``: a port for all."""

    def __init__(self, sip: socket.socket, rtcp: int, phones: list[RtpPhone], storm: Storm) -> None:
        self._sip = sip
        self._host, self._port = sip.getsockname()
        self._rtcp = rtcp
        self._free = deque(phones)
        self._storm = storm
        self._server = (HOST, storm.port)
        self._began = time.monotonic()
        self._calls: dict[str, _Call] = {}
        self._leaving: deque[str] = deque()
        self._placed = self._over = self._repeated = 0
        self._slowest = 0.0
        self._failed: Counter[str] = Counter()
        self._look_at = 0.0

    @property
    def dialled(self) -> Dialled:
        return Dialled(self._placed, self._over, dict(self._failed), self._repeated, round(self._slowest, 4))

    def step(self) -> None:
        """What is due: to be called often."""
        now = time.monotonic()
        while self._placed < min(self._storm.calls, (now - self._began) * self._storm.rate):
            self._place(now)
        if now >= self._look_at:
            self._look_at = now + 0.05
            for name, call in tuple(self._calls.items()):
                self._look_after(name, call, now)

    def take(self, message: Request | Response, source: tuple[str, int]) -> None:
        """A message for one of these calls, or for none."""
        call = self._calls.get(message.call_id)
        if isinstance(message, Request):
            self._sip.sendto(bytes(respond(message, 200 if call else 481)), source)
            if call and message.method == "BYE":
                self._end(message.call_id, "hung up by the mixer")
        elif call is not None and message.status >= 200:
            self._answered(message.call_id, call, message)

    def _place(self, now: float) -> None:
        self._placed += 1
        if not self._free:
            self._failed["no phone was free"] += 1
            return
        phone, name = self._free.popleft(), os.urandom(8).hex()
        keys = f"{self._storm.code}#" if self._placed % self._storm.keys_every == 0 else ""
        dialled = self._storm.number if keys else self._storm.code
        invite = self._request("INVITE", f"sip:{dialled}@{HOST}", name, 1, "", described(phone.port, self._rtcp))
        self._calls[name] = _Call(phone, keys, now, invite, now + T1)
        self._sip.sendto(invite, self._server)

    def _answered(self, name: str, call: _Call, response: Response) -> None:
        if response.cseq.method == "BYE":
            self._end(name, "" if response.status == 200 else f"BYE: {response.status}")
            return
        tag = f";tag={response.to.tag}"
        if response.status != 200:
            ack = self._request(
                "ACK", f"sip:{HOST}", name, 1, tag, branch=_branch("INVITE", name)
            )  # its INVITE's: §17.1.1.3
            self._sip.sendto(ack, self._server)
            self._end(name, f"INVITE: {response.status} {response.reason}")
            return
        target = str(response.contacts[0].uri)
        self._sip.sendto(self._request("ACK", target, name, 1, tag), self._server)
        if call.said:  # the first 200, not one that was sent again
            now = time.monotonic()
            self._slowest = max(self._slowest, now - call.began)
            call.said, call.leaves_at = b"", now + self._storm.stay + (_KEYING if call.keys else 0)
            call.bye = self._request("BYE", target, name, 2, tag)
            description = SessionDescription.parse(response.body)
            call.phone.connect(str(description.address or HOST), description.media[0].port)
            call.phone.press(call.keys)

    def _look_after(self, name: str, call: _Call, now: float) -> None:
        if call.leaves_at <= now:
            call.leaves_at, call.said, call.interval, call.began = float("inf"), call.bye, T1, now
            call.repeat_at = now + T1
            self._sip.sendto(call.bye, self._server)
        elif call.said and now - call.began > PATIENCE:
            self._end(name, f"{call.said[:6].decode().split()[0]}: no answer")
        elif call.said and call.repeat_at <= now:
            self._repeated += 1
            call.interval *= 2
            call.repeat_at = now + call.interval
            self._sip.sendto(call.said, self._server)

    def _end(self, name: str, failure: str) -> None:
        call = self._calls.pop(name)
        heard = call.phone.hang_up()
        self._free.append(call.phone)
        if failure or not heard:
            self._failed[failure or "nothing was heard"] += 1
        else:
            self._over += 1

    def _request(
        self, method: str, target: str, name: str, number: int, tag: str, body: bytes = b"", branch: str = ""
    ) -> bytes:
        lines = [
            f"{method} {target} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._host}:{self._port};branch={branch or _branch(method, name)};rport",
            "Max-Forwards: 70",
            f"From: <sip:{CALLER}@elsewhere.example>;tag={name}",
            f"To: <sip:{HOST}>{tag}",
            f"Call-ID: {name}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:{CALLER}@{self._host}:{self._port}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join((*lines, "", "")).encode() + body


def _branch(method: str, name: str) -> str:
    return f"z9hG4bK{method}{name}"
