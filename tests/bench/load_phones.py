"""Whole phones of a load: they answer the mixer's calls on one SIP port, and talk.  A process of its own:

    python -m tests.bench.load_phones ROOMS... [--callers PHONES]      # 1x200 5x20: a room of 200, five of 20

Its SIP port comes on standard output.  The phone of NUMBER, from :data:`FIRST_NUMBER` on, is at
``sip:NUMBER@127.0.0.1:PORT``; the numbers go through the rooms.  Of each room the first says impulses, the last listens
for them, and a tenth of all speaks: noise and a tone by turns.  Then come the phones that only dial in, when told to.

Lines on standard input, each answered by a line of JSON:

    heard SINCE UNTIL FIRST LAST      :class:`tests.bench.heard.Heard` by the phones FIRST to LAST - 1, counted from 0,
                                      in a stretch of time, nanoseconds of the monotonic clock
    dial {...}                        begins a :class:`tests.bench.callers.Storm`; answered with what it says of itself
    dialled                           :class:`tests.bench.callers.Dialled` so far
    talk UNTIL                        nothing but sound until that moment, in C, which leaves more of the machine to the
                                      mixer: no SIP, no impulses; not answered

The end of the input ends the process.
"""

from __future__ import annotations

import argparse
import gc
import json
import select
import socket
import sys
import time
from dataclasses import asdict
from itertools import accumulate

from sip.errors import RemoteError
from sip.message import Request, respond
from sip.parser import parse
from sip.sdp import SessionDescription
from tests.bench.callers import CALLER, Callers, Dialled, Storm
from tests.bench.quick_phones import QuickPhones, talk
from tests.bench.rtp_phones import HOST, RtpPhone, stand_apart
from tests.bench.sip_texts import described
from tests.bench.speech import clicking, noise, silent

FIRST_NUMBER = 1001
_SIP_AT_ONCE = 4  # datagrams a millisecond: more would hold up the sound of those who talk already
_BUFFER = 4 << 20
_T1 = 0.5


class SipPhones:
    """They ring and are answered at once, which is harder than people are."""

    def __init__(self, phones: list[RtpPhone], dialling: list[RtpPhone]) -> None:
        self._phones = phones
        self._dialling = dialling
        self._callers: Callers | None = None
        self._sip = _bound()
        self._rtcp = _bound()  # whatever comes there: it only has to be open, as on a phone
        self.port: int = self._sip.getsockname()[1]
        self._unacknowledged: dict[str, tuple[float, bytes, tuple[str, int]]] = {}

    @property
    def dialled(self) -> Dialled:
        assert self._callers is not None, "nobody was told to dial"
        return self._callers.dialled

    def dial(self, storm: Storm) -> None:
        self._callers = Callers(self._sip, self._rtcp.getsockname()[1], self._dialling, storm)

    def step(self) -> None:
        for _ in range(_SIP_AT_ONCE):
            try:
                data, source = self._sip.recvfrom(65536)
            except BlockingIOError:
                break
            try:
                message = parse(data)
            except RemoteError:  # somebody else's on this machine, who takes our port for theirs
                continue
            if isinstance(message, Request) and message.uri.user != CALLER:
                self._take(message, source)
            elif self._callers is not None:
                self._callers.take(message, source)
        if self._callers is not None:
            self._callers.step()
        now = time.monotonic()  # an answer without an ACK is sent again (RFC 3261 §13.3.1.4)
        for call, (due, answer, source) in tuple(self._unacknowledged.items()):
            if due <= now:
                self._unacknowledged[call] = (now + _T1, answer, source)
                self._sip.sendto(answer, source)

    def _take(self, request: Request, source: tuple[str, int]) -> None:
        match request.method:
            case "ACK":
                self._unacknowledged.pop(request.call_id, None)
            case "INVITE":
                self._answer(request, source)
            case _:
                self._sip.sendto(bytes(respond(request, 200)), source)

    def _answer(self, invite: Request, source: tuple[str, int]) -> None:
        number = int(invite.uri.user or "")
        phone = self._phones[number - FIRST_NUMBER]
        contact = ("Contact", f"<sip:{number}@{HOST}:{self.port}>")
        tag = f"phone-{number}"
        kind = ("Content-Type", "application/sdp")
        body = described(phone.port, self._rtcp.getsockname()[1])
        answer = bytes(respond(invite, 200, to_tag=tag, headers=(contact, kind), body=body))
        self._unacknowledged[invite.call_id] = (time.monotonic() + _T1, answer, source)
        self._sip.sendto(bytes(respond(invite, 180, to_tag=tag, headers=(contact,))), source)
        self._sip.sendto(answer, source)
        offer = SessionDescription.parse(invite.body)
        phone.connect(str(offer.address or HOST), offer.media[0].port)


def room(number: int, size: int) -> list[RtpPhone]:
    """The first clicks, the last listens; of those between so many speak that they are a tenth of all phones."""
    quiet = silent()
    talkers = (number + 1) * size // 10 - number * size // 10
    phones = [RtpPhone(clicking(), clicks=True)]
    for place in range(1, size - 1):
        talks = place % 10 == 1 and place // 10 < talkers
        phones.append(RtpPhone(noise(number) if talks else quiet))
    return [*phones, RtpPhone(quiet, listens=True)]


def _bound() -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    bound.setblocking(False)
    bound.bind((HOST, 0))
    return bound


def main(rooms: list[tuple[int, int]], callers: int, *, quick: bool) -> None:
    sizes = [size for count, size in rooms for _ in range(count)]
    called = [phone for number, size in enumerate(sizes) for phone in room(number, size)]
    pairs = [(end - size, end - 1) for size, end in zip(sizes, accumulate(sizes), strict=True)]
    dialling = [RtpPhone(silent()) for _ in range(callers)]
    sound = QuickPhones([*called, *dialling], pairs)
    sip = SipPhones(called, dialling)
    if quick:
        talk()
    print(sip.port, flush=True)
    stand_apart()
    gc.freeze()
    gc.disable()

    def asked() -> bool:
        sip.step()
        return bool(select.select([sys.stdin], [], [], 0)[0])

    while True:
        sound.run(asked)
        word, _, rest = sys.stdin.readline().strip().partition(" ")
        match word:
            case "heard":
                since, until, first, last = map(int, rest.split())
                print(json.dumps(asdict(sound.heard(since, until, slice(first, last)))), flush=True)
            case "dial":
                sip.dial(Storm(**json.loads(rest)))
                print(json.dumps(asdict(sip.dialled)), flush=True)
            case "talk":
                until = int(rest)
                sound.run_until(until, (until - time.monotonic_ns()) / 1e9)
            case "dialled":
                print(json.dumps(asdict(sip.dialled)), flush=True)
            case _:
                return


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("rooms", nargs="+")
    parser.add_argument("--callers", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="they will be told to talk: compile it now")
    chosen = parser.parse_args()
    main(
        [(int(count), int(size)) for count, size in (each.split("x") for each in chosen.rooms)],
        chosen.callers,
        quick=chosen.quick,
    )
