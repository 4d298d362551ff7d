"""Whole phones of a load: they answer the mixer's calls on one SIP port, and talk.  A process of its own:

    python -m tests.bench.load_phones ROOMS SIZE

Its SIP port comes on standard output.  The phone of NUMBER, from :data:`FIRST_NUMBER` on, is at
``sip:NUMBER@127.0.0.1:PORT``; the first SIZE numbers are one room, and so on.  Of each room the first says impulses,
the last listens for them, and each tenth speaks: noise and a tone by turns.

A line ``SINCE UNTIL`` on standard input, nanoseconds of the monotonic clock, asks for the figures of that stretch:
:class:`tests.bench.heard.Heard` as one JSON object.  The end of the input ends the process.
"""

from __future__ import annotations

import gc
import json
import select
import socket
import sys
import time
from dataclasses import asdict

from sip.message import Request, respond
from sip.parser import parse
from sip.sdp import SessionDescription
from tests.bench.rtp_phones import HOST, RtpPhone, RtpPhones, stand_apart
from tests.bench.speech import clicking, humming, noise, silent

FIRST_NUMBER = 1001
_SIP_AT_ONCE = 4  # datagrams a millisecond: more would hold up the sound of those who talk already
_BUFFER = 4 << 20
_T1 = 0.5
_SDP = """\
v=0
o=- {number} 1 IN IP4 {host}
s=-
c=IN IP4 {host}
t=0 0
m=audio {port} RTP/AVP 0 101
a=rtcp:{rtcp}
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
"""


class SipPhones:
    """They ring and are answered at once, which is harder than people are."""

    def __init__(self, phones: list[RtpPhone]) -> None:
        self._phones = phones
        self._sip = _bound()
        self._rtcp = _bound()  # whatever comes there: it only has to be open, as on a phone
        self.port: int = self._sip.getsockname()[1]
        self._unacknowledged: dict[str, tuple[float, bytes, tuple[str, int]]] = {}

    def step(self) -> None:
        for _ in range(_SIP_AT_ONCE):
            try:
                data, source = self._sip.recvfrom(65536)
            except BlockingIOError:
                break
            message = parse(data)
            if isinstance(message, Request):
                self._take(message, source)
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
        sdp = _SDP.format(number=number, host=HOST, port=phone.port, rtcp=self._rtcp.getsockname()[1])
        kind = ("Content-Type", "application/sdp")
        body = sdp.replace("\n", "\r\n").encode()
        answer = bytes(respond(invite, 200, to_tag=tag, headers=(contact, kind), body=body))
        self._unacknowledged[invite.call_id] = (time.monotonic() + _T1, answer, source)
        self._sip.sendto(bytes(respond(invite, 180, to_tag=tag, headers=(contact,))), source)
        self._sip.sendto(answer, source)
        offer = SessionDescription.parse(invite.body)
        phone.connect(str(offer.address or HOST), offer.media[0].port)


def room(size: int, seed: int) -> list[RtpPhone]:
    """The first clicks, the last listens, every tenth from the second on speaks."""
    quiet = silent()
    phones = [RtpPhone(clicking(), clicks=True)]
    for place in range(1, size - 1):
        talks = place % 10 == 1
        speech = quiet if not talks else humming() if place % 20 == 11 else noise(seed)
        phones.append(RtpPhone(speech))
    return [*phones, RtpPhone(quiet, listens=True)]


def _bound() -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    bound.setblocking(False)
    bound.bind((HOST, 0))
    return bound


def main(rooms: int, size: int) -> None:
    phones = [phone for number in range(rooms) for phone in room(size, number)]
    sound = RtpPhones(phones, [(first, first + size - 1) for first in range(0, len(phones), size)])
    sip = SipPhones(phones)
    print(sip.port, flush=True)
    stand_apart()
    gc.freeze()
    gc.disable()

    def asked() -> bool:
        sip.step()
        return bool(select.select([sys.stdin], [], [], 0)[0])

    while True:
        sound.run(asked)
        line = sys.stdin.readline()
        if not line:
            return
        since, until = map(int, line.split())
        print(json.dumps(asdict(sound.heard(since, until))), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
