"""The control socket: how commands ask a running mixer.

A Unix stream socket in the state folder, for its owner alone.  JSON, one object a line; one request, one answer, any
number of them on one connection:

>>> decode(b'{"do": "status"}')
Request(do='status')

An answer holds ``"ok": true`` and what was asked for, or ``"ok": false`` and ``"error"``, one line for a person.  Each
answer carries ``"protocol": 1``; a later, incompatible protocol counts up.

>>> encode({"ok": True, "status": {}})
b'{"protocol": 1, "ok": true, "status": {}}\\n'
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROTOCOL = 1
LONGEST_LINE = 65536
"""Octets."""

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None


@dataclass(frozen=True, slots=True)
class Request:
    do: str


class ControlError(Exception):
    """The other side of the socket does not answer, or said no; one line for a person, with places to fill."""

    def __init__(self, reason: str, /, **values: object) -> None:
        super().__init__(reason.format_map(values))
        self.reason = reason
        self.values = values


class NotRunning(ControlError):
    """There is no mixer on this socket."""


def decode(line: bytes) -> Request:
    """Raises ControlError for what is no request."""
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        raise ControlError("a request is one JSON object a line") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("do"), str):
        raise ControlError("a request names what to do: {example}", example='{"do": "status"}')
    return Request(raw["do"])


def encode(answer: Mapping[str, Json]) -> bytes:
    return json.dumps({"protocol": PROTOCOL, **answer}).encode() + b"\n"


class ControlServer:
    """Answers requests with what ``answer`` returns for them; a ControlError that it raises becomes the refusal."""

    def __init__(self, path: Path, answer: Callable[[Request], Mapping[str, Json]]) -> None:
        self._path = path
        self._answer = answer
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Takes the path over: whoever holds the state folder's lock is the only mixer here."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=LONGEST_LINE)
        self._path.chmod(0o600)

    async def close(self) -> None:
        if self._server:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(encode(self._reply(line)))
                await writer.drain()
        except ValueError:
            writer.write(encode({"ok": False, "error": f"a request is at most {LONGEST_LINE} octets long"}))
        except ConnectionError:
            pass  # gone
        finally:
            writer.close()

    def _reply(self, line: bytes) -> Mapping[str, Json]:
        try:
            return {"ok": True, **self._answer(decode(line))}
        except ControlError as error:
            return {"ok": False, "error": str(error)}


def ask(path: Path, do: str, timeout: float = 5.0) -> dict[str, Json]:
    """One request from a command, without asyncio; raises NotRunning, or ControlError for no answer or a refusal."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(str(path))
            connection.sendall(json.dumps({"do": do}).encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer = json.loads(lines.readline())
    except (FileNotFoundError, ConnectionRefusedError):
        raise NotRunning("the mixer is not running") from None
    except (OSError, ValueError) as error:
        raise ControlError("the mixer does not answer on {path}: {error}", path=path, error=error) from None
    if not answer.get("ok"):
        raise ControlError("the mixer refuses: {error}", error=answer.get("error"))
    return dict(answer)
