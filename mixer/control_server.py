"""The mixer's side of the control socket: who is let in, and how much of the mixer's time they get.

Whoever may ask can't harm a call by it: so many clients are served at once and the others wait outside, unanswered
answers are not kept, and all clients together get a share of the time.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import pwd
import socket
import struct
import tempfile
from collections.abc import AsyncGenerator, Awaitable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from grp import getgrnam
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mixer.control import LARGEST_FILE, LONGEST_LINE, LONGEST_PATH, ControlError, decode, encode, refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Set

    from mixer.control import Answers, Json, Request, Streams

_log = logging.getLogger(__name__)

MOST_CLIENTS = 32
"""Served at once; others wait in the system's queue, where they cost us nothing."""
MOST_STREAMS = 16
"""So that those who follow something leave room for those who ask."""
QUEUE = 1024
"""Who waits to be let in; the system may have a lower limit (net.core.somaxconn)."""
IDLE_SECONDS = 10.0
"""How long a client may be silent before it is parted from: it keeps others waiting."""
UNREAD_SECONDS = 5.0
"""How long one is waited for that does not read."""
FILE_SECONDS = 20.0
"""How long a file may take to come: from this machine it takes a fraction of one."""
FILING_SECONDS = 30.0
"""How long one waits who would bring a file along while another does."""
ANSWER_SECONDS = 60.0
"""How long an answer may take that has to wait for something, as for a sound file to be decoded."""
NAME_SECONDS = 2.0
"""How long the name of a user is waited for; their number does as well."""
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
        self._filing = asyncio.Lock()
        self._followers = 0
        self._room = asyncio.Semaphore(MOST_CLIENTS)
        self._turn = asyncio.Lock()
        self._next_at = 0.0
        """When the loop has time for another answer."""
        self._users: dict[int, str] = {}
        self._aside = ThreadPoolExecutor(1, "names of users")
        self._clients: set[asyncio.Task[None]] = set()
        self._listening: socket.socket | None = None
        self._letting_in: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises OSError."""
        self._listening = _bound(self._path)
        if self._group is not None:
            _let_in_group(self._path, self._group)
        self._letting_in = asyncio.create_task(self._let_in(self._listening))

    async def close(self) -> None:
        if self._listening is None or self._letting_in is None:
            return
        everybody = (self._letting_in, *self._clients)
        for task in everybody:
            task.cancel()
        await asyncio.gather(*everybody, return_exceptions=True)
        self._aside.shutdown(wait=False, cancel_futures=True)
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
            await self._converse(reader, writer, await self._user(connection))
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
                    answer = await self._answer_with_file(request, reader)
                else:
                    answer = await self._answer(request)
            except _TooLarge as error:
                await _send(writer, encode(refusal(error)))
                return  # what follows is a file, and no requests
            except ControlError as error:
                answer = encode(refusal(error))
            await _send(writer, answer)

    async def _answer_with_file(self, request: Request, reader: asyncio.StreamReader) -> bytes:
        """One at a time: they take room on the disk."""
        octets = request.number("octets")
        if not 0 <= octets <= LARGEST_FILE:
            raise _TooLarge("a file has {octets} octets at most", octets=LARGEST_FILE)
        try:
            await asyncio.wait_for(self._filing.acquire(), FILING_SECONDS)
        except TimeoutError:
            raise _TooLarge("others bring files along; try it again") from None
        try:
            with await asyncio.to_thread(_new_file) as file:
                async with asyncio.timeout(FILE_SECONDS):
                    await _receive(reader, file, round(octets))
                return await self._answer(replace(request, file=Path(file.name)))
        finally:
            self._filing.release()

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

    async def _user(self, connection: socket.socket) -> str:
        """The name of who is on the other side (unix(7), SO_PEERCRED): asked for aside, it may come from a network."""
        _, uid, _ = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
        if uid not in self._users:
            asking = asyncio.get_running_loop().run_in_executor(self._aside, _name, uid)
            try:
                self._users[uid] = await asyncio.wait_for(asking, NAME_SECONDS)
            except TimeoutError:
                return str(uid)
        return self._users[uid]


class _TooLarge(ControlError):
    """What is brought along."""


async def _receive(reader: asyncio.StreamReader, file: IO[bytes], octets: int) -> None:
    while octets:
        piece = await reader.read(min(octets, LONGEST_LINE))
        if not piece:
            raise ConnectionAbortedError
        await asyncio.to_thread(_write, file, piece)
        octets -= len(piece)


def _new_file() -> tempfile._TemporaryFileWrapper[bytes]:
    """Raises ControlError."""
    try:
        return tempfile.NamedTemporaryFile(prefix="confctl-", buffering=0)
    except OSError as error:
        raise _TooLarge("there is no room for the file: {error}", error=error.strerror) from None


def _write(file: IO[bytes], piece: bytes) -> None:
    """Raises ControlError."""
    try:
        file.write(piece)
    except OSError as error:
        raise _TooLarge("there is no room for the file: {error}", error=error.strerror) from None


_CREDENTIALS = struct.Struct("3i")
"""pid, uid, gid."""


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


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


def _bound(path: Path) -> socket.socket:
    """Listening there, for us alone from its first instant."""
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), str(path))
    _make_way(path)
    listening = socket.socket(socket.AF_UNIX)
    try:
        listening.setblocking(False)
        os.fchmod(listening.fileno(), 0o600)  # before it has a name, which gets no more than this (Linux)
        listening.bind(str(path))
        listening.listen(QUEUE)
    except BaseException:
        listening.close()
        raise
    return listening


def _let_in_group(path: Path, group: str) -> None:
    """A mixer that only its own user can ask is better than none."""
    try:
        os.chown(path, -1, getgrnam(group).gr_gid)
        path.chmod(0o660)
    except KeyError:
        _log.error("there is no group “%s”: only this user can ask the mixer", group)
    except PermissionError:
        _log.error("this user is not in the group “%s” and can't give it the control socket", group)


def _make_way(path: Path) -> None:
    """Removes what a mixer left that was killed; raises FileExistsError for what is anything else."""
    if path.is_socket():
        with socket.socket(socket.AF_UNIX) as other, suppress(ConnectionRefusedError, FileNotFoundError):
            other.connect(str(path))
            raise OSError(errno.EBUSY, "another mixer listens there", str(path))
        path.unlink(missing_ok=True)
    elif path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
