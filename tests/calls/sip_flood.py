"""SIP that nobody asked for, as a process of its own.

    python -m tests.calls.sip_flood METHOD SECONDS PER_SECOND SOURCES PORT

Well-formed requests of strangers, each another, from so many hosts of 127.0.0.0/8 in turn; nothing is acknowledged.
The last line it prints is how many went, and how many answers and octets came back for how many that were sent.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import time

_EVERY = 0.002
_REQUEST = b"""%(method)s sip:%(number)06d@127.0.0.1 SIP/2.0\r
Via: SIP/2.0/UDP %(host)s:%(port)d;branch=z9hG4bK%(number)dx%(port)d;rport\r
Max-Forwards: 70\r
From: <sip:%(number)d@elsewhere.example>;tag=%(number)d\r
To: <sip:%(number)06d@127.0.0.1>\r
Call-ID: %(number)d@%(host)s\r
CSeq: 1 %(method)s\r
Contact: <sip:999@%(host)s:%(port)d>\r
Content-Type: application/sdp\r
Content-Length: 113\r
\r
v=0\r
o=- 1 1 IN IP4 127.0.0.1\r
s=-\r
c=IN IP4 127.0.0.1\r
t=0 0\r
m=audio 9 RTP/AVP 0 101\r
a=rtpmap:101 telephone-event/8000\r
"""


def main() -> None:
    method, (seconds, rate, sources, port) = sys.argv[1], map(int, sys.argv[2:])
    with contextlib.ExitStack() as stack:
        sockets = [
            stack.enter_context(_bound(f"127.{2 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}"))
            for number in range(sources)
        ]
        names = [sock.getsockname() for sock in sockets]
        began, sent, octets = time.monotonic(), 0, 0
        while (passed := time.monotonic() - began) < seconds:
            while sent < passed * rate:
                which = sent % sources
                fields = {b"number": 700_000 + sent, b"method": method.encode(), b"port": names[which][1]}
                data = _REQUEST % (fields | {b"host": names[which][0].encode()})
                with contextlib.suppress(ConnectionError, BlockingIOError):
                    sockets[which].sendto(data, ("127.0.0.1", port))
                sent, octets = sent + 1, octets + len(data)
            time.sleep(_EVERY)
        answers = [len(answer) for sock in sockets for answer in _waiting(sock)]
    print(sent, len(answers), sum(answers), octets)


def _bound(host: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.bind((host, 0))
    sock.setblocking(False)
    return sock


def _waiting(sock: socket.socket) -> list[bytes]:
    answers = []
    with contextlib.suppress(BlockingIOError, ConnectionError):
        while True:
            answers.append(sock.recv(65535))
    return answers


if __name__ == "__main__":
    main()
