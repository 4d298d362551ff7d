"""The mixer's side of the control socket: how many are let in, and how much of the mixer's time they get.

Whoever may ask can't harm a call by it: so many clients are served at once and the others wait outside, unanswered
answers are not kept, and all clients together get a share of the time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mixer.brought_files import BroughtFiles, FileRefused
from mixer.control import LONGEST_LINE, ControlError, decode, encode, refusal
from mixer.control_socket import Users, bound, let_in_group

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Mapping, Set
    from pathlib import Path

    from mixer.control import Answers, Json, Request, Streams

_log = logging.getLogger(__name__)

MOST_CLIENTS = 32
"""Served at once; others wait in the system's queue, where they cost us nothing."""
MOST_STREAMS = 16
"""So that those who follow something leave room for those who ask."""
IDLE_SECONDS = 10.0
"""How long a client may be silent before it is parted from: it keeps others waiting."""
UNREAD_SECONDS = 5.0
"""How long one is waited for that does not read."""
ANSWER_SECONDS = 60.0
"""How long an answer may take that has to wait for something, as for a sound file to be decoded."""
PAUSE = 4
"""How many times as long as answering took there is no answering afterwards: the loop is there for calls."""
FULL_SECONDS = 1.0
"""How long nobody is let in after there was no descriptor left."""


class ControlServer:
    """Answers requests with what ``answers`` and ``streams`` have for them, on the socket ``path``."""

    def __init__(
        self,
        path: Path,
        answers: Answers,
        streams: Streams,
        group: str | None = None,
        takes_files: Set[str] = frozenset(),
    ) -> None:
        """``group``: whose members may connect, beside this process's user.  ``takes_files``: the requests that may
        bring one along."""
        self._path = path
        self._group = group
        self._answers = answers
        self._streams = streams
        self._takes_files = takes_files
        self._files = BroughtFiles()
        self._followers = 0
        self._room = asyncio.Semaphore(MOST_CLIENTS)
        self._turn = asyncio.Lock()
        self._next_at = 0.0
        """When the loop has time for another answer."""
        self._users = Users()
        self._clients: set[asyncio.Task[None]] = set()
        self._listening: socket.socket | None = None
        self._letting_in: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises OSError."""
        self._listening = bound(self._path)
        if self._group is not None:
            let_in_group(self._path, self._group)
        self._letting_in = asyncio.create_task(self._let_in(self._listening))

    async def close(self) -> None:
        if self._listening is None or self._letting_in is None:
            return
        everybody = (self._letting_in, *self._clients)
        for task in everybody:
            task.cancel()
        await asyncio.gather(*everybody, return_exceptions=True)
        self._users.close()
        self._listening.close()
        self._path.unlink(missing_ok=True)

    async def _let_in(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._room.acquire()
            try:
                connection, _ = await loop.sock_accept(listening)
            except OSError:
                self._room.release()
                await asyncio.sleep(FULL_SECONDS)
                continue
            client = asyncio.create_task(self._serve(connection))
            self._clients.add(client)
            client.add_done_callback(partial(self._part, connection))

    def _part(self, connection: socket.socket, client: asyncio.Task[None]) -> None:
        connection.close()  # else done by nobody, where it was let in and then there was no time to begin
        self._clients.discard(client)
        self._room.release()
        if not client.cancelled() and (mistake := client.exception()):
            _log.error("a mistake in answering on the control socket; calls go on", exc_info=mistake)

    async def _serve(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_unix_connection(sock=connection, limit=LONGEST_LINE)
        try:
            await self._converse(reader, writer, await self._users.of(connection))
            writer.close()
            await asyncio.wait_for(writer.wait_closed(), UNREAD_SECONDS)
        except (ConnectionError, TimeoutError):
            pass  # gone, or as good as
        finally:
            writer.transport.abort()  # of who does not read, nothing is kept

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, by: str) -> None:
        while line := await _next_line(reader, writer):
            try:
                request = decode(line, by)
                if request.do in self._streams:
                    await self._stream(request, reader, writer)
                    return
                if request.do in self._takes_files and "octets" in request.args:
                    async with self._files.take(request.number("octets"), reader) as file:
                        answer = await self._answer(replace(request, file=file))
                else:
                    answer = await self._answer(request)
            except FileRefused as error:
                await _send(writer, encode(refusal(error)))
                return
            except ControlError as error:
                answer = encode(refusal(error))
            await _send(writer, answer)

    async def _answer(self, request: Request) -> bytes:
        """In turn; what has to wait for something waits outside."""
        answer = self._answers.get(request.do)
        if answer is None:
            known = ", ".join(sorted({*self._answers, *self._streams}))
            raise ControlError("this mixer can't “{do}”; it knows: {known}", do=request.do, known=known)
        loop = asyncio.get_running_loop()
        async with self._turn:
            await asyncio.sleep(self._next_at - loop.time())
            began = loop.time()
            try:
                found = answer(request)
                if not isinstance(found, Awaitable):
                    return encode({"ok": True, **found})
            finally:
                self._next_at = loop.time() + PAUSE * (loop.time() - began)
        return encode({"ok": True, **await _in_time(found)})

    async def _stream(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until it ends, or its client goes."""
        if self._followers >= MOST_STREAMS:
            raise ControlError(
                "so many follow what this mixer does that there is no room for you: {count}", count=MOST_STREAMS
            )
        self._followers += 1
        pouring = asyncio.create_task(_pour(self._streams[request.do](request), request.do, writer))
        leaving = asyncio.create_task(_gone(reader))
        try:
            await asyncio.wait((pouring, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._followers -= 1
            pouring.cancel()
            leaving.cancel()
            poured, _ = await asyncio.gather(pouring, leaving, return_exceptions=True)
        if isinstance(poured, Exception):
            raise poured


async def _next_line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Empty at the end; raises TimeoutError."""
    try:
        return await asyncio.wait_for(reader.readline(), IDLE_SECONDS)
    except ValueError:
        too_long = ControlError("a request is at most {octets} octets long", octets=LONGEST_LINE)
        await _send(writer, encode(refusal(too_long)))
        return b""


async def _send(writer: asyncio.StreamWriter, line: bytes) -> None:
    writer.write(line)
    await asyncio.wait_for(writer.drain(), UNREAD_SECONDS)


async def _in_time(answer: Awaitable[Mapping[str, Json]]) -> Mapping[str, Json]:
    try:
        return await asyncio.wait_for(answer, ANSWER_SECONDS)
    except TimeoutError:
        raise ControlError("that took longer than {seconds} s", seconds=round(ANSWER_SECONDS)) from None


async def _pour(items: AsyncIterator[Mapping[str, Json]], name: str, writer: asyncio.StreamWriter) -> None:
    try:
        await _send(writer, encode({"ok": True, "follows": name}))
        async for item in items:
            await _send(writer, encode({"ok": True, **item}))
            await asyncio.sleep(0)  # a source that has much to say leaves others their time
    except ControlError as error:
        await _send(writer, encode(refusal(error)))
    finally:
        if isinstance(items, AsyncGenerator):
            await items.aclose()


async def _gone(reader: asyncio.StreamReader) -> None:
    """When the client has closed; what it says until then is not listened to."""
    with suppress(ConnectionError):
        while await reader.read(LONGEST_LINE):
            pass
