"""Sound that nobody asked for, as a process of its own: ``python -m tests.calls.flood HOST SECONDS PER_SECOND PORT``.

Full scale, in order, from a port of HOST; the last line it prints is how many packets went.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import time

_EVERY = 0.002


def main() -> None:
    host, seconds, rate, port = sys.argv[1], *map(int, sys.argv[2:])
    began, sent = time.monotonic(), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((host, 0))
        while (passed := time.monotonic() - began) < seconds:
            while sent < passed * rate:
                with contextlib.suppress(ConnectionError):
                    header = struct.pack("!BBHII", 0x80, 0, sent & 0xFFFF, sent * 160 & 0xFFFFFFFF, 0x1234)
                    sender.sendto(header + bytes([0x80, 0x00] * 80), ("127.0.0.1", port))
                sent += 1
            time.sleep(_EVERY)
    print(sent)


if __name__ == "__main__":
    main()
