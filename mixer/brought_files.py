"""Files that come along with requests on the control socket: each is there as long as its request is answered."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mixer.control import LARGEST_FILE, LONGEST_LINE, ControlError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FILE_SECONDS = 20.0
"""How long a file may take to come: from this machine it takes a fraction of one."""
FILING_SECONDS = 30.0
"""How long one waits who would bring a file along while another does."""


class FileRefused(ControlError):
    """What follows on this connection is the file, and no requests."""


class BroughtFiles:
    """One at a time: they take room on the disk."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def take(self, octets: float, reader: asyncio.StreamReader) -> AsyncIterator[Path]:
        """The next so many of a client, in a file that is there until this is left.

        Raises FileRefused; TimeoutError if they don't come in time, ConnectionAbortedError if the client goes before.
        """
        if not 0 <= octets <= LARGEST_FILE:
            raise FileRefused("a file has {octets} octets at most", octets=LARGEST_FILE)
        try:
            await asyncio.wait_for(self._turn.acquire(), FILING_SECONDS)
        except TimeoutError:
            raise FileRefused("others bring files along; try it again") from None
        try:
            with await asyncio.to_thread(_new_file) as file:
                async with asyncio.timeout(FILE_SECONDS):
                    await _receive(reader, file, round(octets))
                yield Path(file.name)
        finally:
            self._turn.release()


async def _receive(reader: asyncio.StreamReader, file: IO[bytes], octets: int) -> None:
    while octets:
        piece = await reader.read(min(octets, LONGEST_LINE))
        if not piece:
            raise ConnectionAbortedError
        await asyncio.to_thread(_write, file, piece)
        octets -= len(piece)


def _new_file() -> tempfile._TemporaryFileWrapper[bytes]:
    try:
        return tempfile.NamedTemporaryFile(prefix="confctl-", buffering=0)
    except OSError as error:
        raise FileRefused("there is no room for the file: {error}", error=error.strerror) from None


def _write(file: IO[bytes], piece: bytes) -> None:
    try:
        file.write(piece)
    except OSError as error:
        raise FileRefused("there is no room for the file: {error}", error=error.strerror) from None
