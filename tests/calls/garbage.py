"""What the Internet sends to an open port, as a process of its own: it must not slow down the phones of the test.

    python -m tests.calls.garbage SEED SECONDS SIP_PORT MEDIA_PORT…

Every second 500 datagrams go to the SIP port, random octets and maimed SIP in turn, and 500 random ones to each media
port; half of those begin like RTP.
"""

from __future__ import annotations

import contextlib
import random
import socket
import sys
import time
from pathlib import Path

HOST = "127.0.0.1"
_EVERY = 0.01
_EACH = 5

_SPLICES = (b"\r\n", b"\r\n\r\n", b";", b",", b'"', b"<", b"\0", b"\xff", b" ", b":", b"=", b"1_0", b"-1", b"9" * 30)
_STRANGE = tuple(file.read_bytes() for file in sorted((Path(__file__).parents[1] / "sip" / "rfc4475").glob("*.sip")))
_ORDINARY = b"""%(method)s sip:500@127.0.0.1 SIP/2.0\r
Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK%(number)d\r
Max-Forwards: 70\r
From: <sip:999@elsewhere.example>;tag=%(number)d\r
To: <sip:500@127.0.0.1>\r
Call-ID: %(number)d\r
CSeq: 1 %(method)s\r
Contact: <sip:999@127.0.0.1:9>\r
Content-Type: application/sdp\r
Content-Length: 112\r
\r
v=0\r
o=- 1 1 IN IP4 127.0.0.1\r
s=-\r
c=IN IP4 127.0.0.1\r
t=0 0\r
m=audio 9 RTP/AVP 0 101\r
a=rtpmap:101 telephone-event/8000\r
"""
_METHODS = (b"REGISTER", b"OPTIONS", b"INVITE", b"ACK", b"BYE", b"CANCEL", b"INFO", b"UPDATE", b"MESSAGE")


def maimed(source: random.Random) -> bytes:
    ordinary = _ORDINARY % {b"method": source.choice(_METHODS), b"number": source.getrandbits(32)}
    message = source.choice((ordinary, source.choice(_STRANGE)))
    for _ in range(source.randint(1, 6)):
        at = source.randrange(len(message) + 1)
        end = at + source.randint(0, 40)
        message = source.choice(
            (
                message[:at] + source.randbytes(1) + message[at + 1 :],
                message[:at] + message[end:],
                message[:at] + source.choice(_SPLICES) + message[at:],
                message[:end] + message[at:end] * source.randint(1, 5) + message[end:],
                message[:at] or b"\r\n",
            )
        )
    return message[:65_000]


def random_octets(source: random.Random) -> bytes:
    return source.randbytes(source.choice((0, 1, 4, 11, 12, 13, 172, 640, 1400)))


def like_rtp(source: random.Random) -> bytes:
    return bytes((source.choice((0x80, 0x90, 0xBF)), source.randrange(256))) + random_octets(source)


def main() -> None:
    seed, seconds, sip_port, *media_ports = (int(argument) for argument in sys.argv[1:])
    source = random.Random(seed)
    end = time.monotonic() + seconds
    due = time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        while due < end:
            for _ in range(_EACH):
                with contextlib.suppress(ConnectionError):  # something sent before met a closed port
                    sender.sendto(source.choice((random_octets, maimed))(source), (HOST, sip_port))
                    for port in media_ports:
                        sender.sendto(source.choice((random_octets, like_rtp))(source), (HOST, port))
            due += _EVERY
            time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main()
