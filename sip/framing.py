"""Messages out of a stream (RFC 3261 §18.3), and the keep-alives between them (RFC 5626 §4.4.1).

framer.receive(octets)
while (frame := framer.next()) is not None:
    …
"""

from __future__ import annotations

import re
from typing import Final

from sip.errors import RemoteError
from sip.parser import EMPTY_LINE, body_length, fragment

MAX_HEAD: Final = 16_384
"""Octets of start line and header fields: a peer that never comes to an end takes no more of our memory."""
PING: Final = b"\r\n\r\n"
"""A frame that is no message: to be answered with :data:`PONG`."""
PONG: Final = b"\r\n"

_LINE_BREAK = re.compile(rb"\r?\n")


class Framer:
    """However the stream was cut into pieces, its frames are the same."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        """Octets that hold no end of a head."""
        self._whole: int | None = None
        """Octets of the message that the buffer begins with, once its head is there."""
        self._breaks = 0
        """Line breaks since the last message or ping."""

    @property
    def midway(self) -> bool:
        """Whether a message has begun that has not ended."""
        return bool(self._buffer)

    def receive(self, octets: bytes) -> None:
        self._buffer += octets

    def next(self) -> bytes | None:
        """A whole message, or :data:`PING`; None until more has come.

        RemoteError where nobody can tell any more where the next message begins: send its answer, if it has one to
        send, and close the connection.
        """
        if self._whole is None:
            if self._skip_breaks():
                return PING
            self._whole = self._measure()
        if self._whole is None or len(self._buffer) < self._whole:
            return None
        message = bytes(self._buffer[: self._whole])
        del self._buffer[: self._whole]
        self._whole, self._searched = None, 0
        return message

    def _skip_breaks(self) -> bool:
        """Line breaks before a message mean nothing (§7.5); two are a ping.  A single one answers a ping of ours."""
        while found := _LINE_BREAK.match(self._buffer):
            del self._buffer[: found.end()]
            self._breaks += 1
            if self._breaks == 2:
                self._breaks = 0
                return True
        if self._buffer and self._buffer != b"\r":
            self._breaks = 0
        return False

    def _measure(self) -> int | None:
        end = EMPTY_LINE.search(self._buffer, max(0, self._searched - len(PING)))
        if end is not None and end.start() <= MAX_HEAD:
            return end.end() + body_length(bytes(self._buffer[: end.start()]))
        if len(self._buffer) > MAX_HEAD + len(PING):
            head = bytes(self._buffer[:MAX_HEAD])
            raise RemoteError(513, "Message too large", fragment(head))
        self._searched = len(self._buffer)
        return None
