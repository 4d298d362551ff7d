"""The control socket, over a real one."""

from __future__ import annotations

import asyncio
import doctest
import json
import stat
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import mixer.control
from mixer.control import LONGEST_LINE, ControlError, NotRunning, Request, ask, follow
from mixer.control_server import ControlServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from mixer.control import Json


@pytest.fixture
def path() -> Iterator[Path]:
    """Short: the system takes no longer names than 107 octets for a socket."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "confctl.sock"


def reply(_: Request) -> Mapping[str, Json]:
    return {"status": {"title": "Планёрка", "trunk": "stray \udcff octet"}}


@asynccontextmanager
async def serving(path: Path) -> AsyncIterator[ControlServer]:
    server = ControlServer(path, {"status": reply}, {})
    await server.start()
    try:
        yield server
    finally:
        await server.close()


async def exchange(path: Path, *lines: bytes) -> list[dict[str, Json]]:
    """What is answered to these lines on one connection until it is closed."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(b"".join(lines))
    writer.write_eof()
    answers = [json.loads(line) async for line in reader]
    writer.close()
    return answers


def test_the_examples_in_its_documentation_are_true() -> None:
    assert doctest.testmod(mixer.control) == (0, 8)


async def test_a_request_is_answered_on_one_line_of_ascii(path: Path) -> None:
    async with serving(path):
        answer = await asyncio.to_thread(ask, path, "status")
    assert answer == {
        "protocol": 2,
        "ok": True,
        "status": {"title": "Планёрка", "trunk": "stray \udcff octet"},
    }


async def test_one_connection_may_ask_many_times(path: Path) -> None:
    async with serving(path):
        answers = await exchange(path, *[b'{"do": "status"}\n'] * 50)
    assert [answer["ok"] for answer in answers] == [True] * 50


@pytest.mark.parametrize(
    "line",
    [b"hello\n", b"\n", b"[]\n", b'{"do": 7}\n', b"\xff\xfe\n", b"[" * 10_000 + b"\n", b'{"do": "fly"}\n', b"{"],
)
async def test_what_is_no_request_is_refused_and_the_next_is_answered(path: Path, line: bytes) -> None:
    async with serving(path):
        refused, *_ = await exchange(path, line)
        assert refused["ok"] is False
        assert "\n" not in str(refused["error"])
        assert (await exchange(path, b'{"do": "status"}\n'))[0]["ok"] is True


async def test_a_line_without_an_end_is_refused_and_the_connection_closed(path: Path) -> None:
    async with serving(path):
        (refused,) = await exchange(path, b"x" * (LONGEST_LINE + 1) + b"\n")
        assert refused["error"] == f"a request is at most {LONGEST_LINE} octets long"


async def test_who_goes_away_without_reading_disturbs_nobody(path: Path) -> None:
    async with serving(path):
        for _ in range(20):
            _, writer = await asyncio.open_unix_connection(path)
            writer.write(b'{"do": "status"}\n' * 100)
            writer.close()
        assert (await exchange(path, b'{"do": "status"}\n'))[0]["ok"] is True


def mode(path: Path) -> int | None:
    return path.stat().st_mode if path.exists() else None


@pytest.mark.parametrize("left_behind", [True, False])
async def test_the_socket_is_for_its_owner_alone_and_goes_with_its_server(path: Path, left_behind: bool) -> None:
    if left_behind:  # by a mixer that was killed
        async with serving(path) as server:
            server._path = path.with_suffix(".other")
    async with serving(path):
        assert mode(path) == stat.S_IFSOCK | 0o600
    assert mode(path) is None


async def test_without_a_mixer_that_is_what_one_is_told(path: Path) -> None:
    with pytest.raises(NotRunning):
        ask(path, "status")
    async with serving(path) as server:
        assert server._listening is not None
        server._listening.close()
        with pytest.raises(NotRunning):
            await asyncio.to_thread(ask, path, "status")


async def test_a_refusal_is_the_error_of_who_asked(path: Path) -> None:
    async with serving(path):
        with pytest.raises(ControlError, match="this mixer can't “fly”"):
            await asyncio.to_thread(ask, path, "fly")


@pytest.mark.parametrize("answer", [b"", b"nonsense\n", b"\xff\n"])
async def test_an_answer_that_is_none_is_one_line_too(path: Path, answer: bytes) -> None:
    async def mistaken(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    server = await asyncio.start_unix_server(mistaken, path)
    with pytest.raises(ControlError, match=r"^the mixer does not answer on .*$"):
        await asyncio.to_thread(ask, path, "status")
    server.close()


async def counting(_: Request) -> AsyncIterator[Mapping[str, Json]]:
    for number in range(3):
        yield {"number": number}


async def test_a_stream_is_followed_to_its_end(path: Path) -> None:
    server = ControlServer(path, {}, {"count": counting})
    await server.start()
    followed = await asyncio.to_thread(lambda: [item["number"] for item in follow(path, "count")])
    await server.close()
    assert followed == [0, 1, 2]
