"""``GET /metrics``: a small HTTP server in the mixer's loop, which no slow or hostile scraper can hold up."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from confctl.metrics_settings import Metrics

_log = logging.getLogger(__name__)

PATIENCE: Final = 5.0
"""Seconds for a whole exchange."""
MOST_AT_ONCE: Final = 64
"""Of more, who has been there for the longest has to go: no number of slow ones keeps a quick one waiting."""
LARGEST_REQUEST: Final = 8192
FRESH: Final = 1.0
"""Seconds for which a text is given again, however often it is asked for."""
_HOST: Final = re.compile(rb"\r\nhost[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)
_HOST_AND_PORT: Final = re.compile(r"(?:\[([^\]]*)\]|([^:]*))(?::[0-9]*)?")
"""``uri-host [ ":" port ]`` (RFC 9110 §7.2)."""
_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class MetricsServer:
    """``text`` makes what is answered; it is called at each question, but not more often than once in :data:`FRESH`."""

    def __init__(self, at: Metrics, text: Callable[[], bytes]) -> None:
        self._at = at
        self._text = text
        self._made: bytes = b""
        self._made_at = float("-inf")
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        """The oldest first."""
        self.port = 0
        """Where it listens."""

    async def start(self) -> None:
        """A port that can't be had costs the figures, and no call."""
        try:
            self._server = await asyncio.start_server(self._meet, self._at.host, self._at.port, limit=LARGEST_REQUEST)
        except OSError as error:
            _log.error("no metrics at %s: %s", self._at, os.strerror(error.errno or 0))
            return
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # whoever awaits is in one
        if len(self._open) >= MOST_AT_ONCE:
            oldest = next(iter(self._open))
            self._open.pop(oldest).transport.abort()  # which ends whatever it waits for
        self._open[task] = writer
        try:
            with suppress(TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                async with asyncio.timeout(PATIENCE):
                    await self._answer(reader, writer)
        finally:
            self._open.pop(task, None)
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = request.partition(b"\r\n")[0].partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if path != b"/metrics":
            writer.write(_response("404 Not Found", b"Ask for /metrics.\n"))
        elif method not in (b"GET", b"HEAD"):
            writer.write(_response("405 Method Not Allowed", b"", "Allow: GET, HEAD\r\n"))
        elif self._at.is_loopback and not all(map(_is_ours, _HOST.findall(request))):
            writer.write(_response("403 Forbidden", b"Ask by an IP address or as localhost.\n"))
        else:
            writer.write(_response("200 OK", self._fresh(), head=method == b"HEAD"))
        writer.write_eof()
        await writer.drain()
        while await reader.read(LARGEST_REQUEST):  # until they have all of it, and close
            pass

    def _fresh(self) -> bytes:
        if time.monotonic() - self._made_at >= FRESH:
            self._made, self._made_at = self._text(), time.monotonic()
        return self._made


def _is_ours(host: bytes) -> bool:
    """Whether a page in a browser can't have asked: one whose name was made to point here is named in ``Host``.

    Asked only where nobody but this machine is let in; scrapers on others have names for us that we don't know.
    """
    match = _HOST_AND_PORT.fullmatch(host.strip().decode("latin-1"))
    if match is None:
        return False
    name = match[1] or match[2] or ""
    if name.lower() in ("", "localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _response(status: str, body: bytes, more: str = "", *, head: bool = False) -> bytes:
    fields = f"Content-Type: {_TYPE}\r\nContent-Length: {len(body)}\r\n{more}Connection: close\r\n"
    return f"HTTP/1.1 {status}\r\n{fields}\r\n".encode() + (b"" if head else body)
