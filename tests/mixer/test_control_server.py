"""The control socket among clients that mean harm or know no better: nobody else is kept from being answered."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
import stat
import struct
import tempfile
import time
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer import brought_files, control_server, control_socket
from mixer.control import ControlError, ask, bring, decode, follow
from mixer.control_server import MOST_CLIENTS, MOST_STREAMS, PAUSE, ControlServer
from mixer.control_socket import Users

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from mixer.control import Answers, Json, Request, Streams

STATUS = b'{"do": "status"}\n'


@pytest.fixture
def path() -> Iterator[Path]:
    """Short: the system takes no longer names than 107 octets for a socket."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "confctl.sock"


def status(_: Request) -> Mapping[str, Json]:
    return {"status": {}}


def echo(request: Request) -> Mapping[str, Json]:
    return {"args": request.args}


@asynccontextmanager
async def serving(path: Path, answers: Answers | None = None, streams: Streams | None = None) -> AsyncIterator[None]:
    server = ControlServer(path, answers or {"status": status, "echo": echo}, streams or {})
    await server.start()
    try:
        yield
    finally:
        await server.close()


async def answers_to(path: Path, sent: bytes) -> list[dict[str, Json]]:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(sent)
    writer.write_eof()
    answers = [json.loads(line) async for line in reader]
    writer.close()
    return answers


async def asked(path: Path, do: str = "status", **args: Json) -> dict[str, Json]:
    return await asyncio.to_thread(lambda: ask(path, do, **args))


@given(lines=st.lists(st.binary(min_size=1, max_size=60).filter(lambda line: b"\n" not in line), max_size=5))
@settings(max_examples=40, deadline=None)
def test_whatever_octets_come_each_line_has_one_answer(lines: list[bytes]) -> None:
    async def each_has_one(path: Path) -> None:
        async with serving(path):
            answers = await answers_to(path, b"".join(line + b"\n" for line in lines))
            assert [answer["ok"] for answer in answers] == [False] * len(lines)
            assert (await answers_to(path, STATUS))[0]["ok"] is True

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(each_has_one(Path(folder) / "confctl.sock"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(args=st.dictionaries(st.text(max_size=8).filter(lambda name: name not in ("do", "protocol")), json_values))
@settings(max_examples=60, deadline=None)
def test_arguments_arrive_as_they_were_given(args: dict[str, Json]) -> None:
    assert decode(json.dumps({"protocol": 2, "do": "mute", **args}).encode(), "root").args == args


@given(line=st.dictionaries(st.sampled_from(["do", "protocol", "who", "all", "at"]), json_values).map(json.dumps))
@settings(max_examples=100, deadline=None)
def test_any_object_is_a_request_or_refused_and_so_is_what_an_act_wants_of_it(line: str) -> None:
    with suppress(ControlError):
        request = decode(line.encode())
        for read in (request.text, request.texts, request.flag, request.number):
            with suppress(ControlError):
                read("who")


@pytest.mark.parametrize(
    "line", [b'{"do": "echo", "x": "\\ud800"}', b'{"do": "echo", "x": NaN}', '{"do": "echo"}'.encode("utf-16")]
)
def test_what_no_log_could_write_and_no_json_has_is_refused(line: bytes) -> None:
    with pytest.raises(ControlError, match="one JSON object a line"):
        decode(line)


async def test_two_hundred_clients_at_once_are_all_answered(path: Path) -> None:
    async with serving(path):
        found = await asyncio.gather(*(answers_to(path, STATUS) for _ in range(200)))
    assert all(answers[0]["ok"] is True for answers in found)


async def test_who_is_silent_does_not_keep_the_others_out_for_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_server, "IDLE_SECONDS", 0.1)
    async with serving(path):
        silent = [await asyncio.open_unix_connection(path) for _ in range(MOST_CLIENTS)]
        silent[0][1].write(b'{"do": "sta')  # and half a line is silence too
        assert (await asked(path))["ok"] is True
        for reader, writer in silent:
            assert await reader.read() == b""
            writer.close()


async def test_who_asks_a_million_times_and_reads_nothing_is_dropped_and_the_others_are_answered(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_server, "UNREAD_SECONDS", 0.1)
    async with serving(path, {"status": lambda _: {"status": "x" * 10_000}}):
        flood = asyncio.create_task(asyncio.to_thread(_flood, path, 1_000_000))
        found = await asyncio.gather(*(asked(path) for _ in range(10)))
        assert all(answer["ok"] for answer in found)
        with pytest.raises(ConnectionError):
            await flood


def _flood(path: Path, times: int) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(STATUS * times)


async def test_all_clients_together_get_a_share_of_the_time(path: Path) -> None:
    def busy(_: Request) -> Mapping[str, Json]:
        until_then = time.perf_counter() + 0.005
        while time.perf_counter() < until_then:
            pass
        return {}

    async with serving(path, {"busy": busy}):
        began = time.perf_counter()
        await asyncio.gather(*(answers_to(path, b'{"do": "busy"}\n' * 4) for _ in range(4)))
        took = time.perf_counter() - began
    assert took >= 15 * 0.005 * (1 + PAUSE), "the loop was free for the rest of it"


async def test_an_answer_that_waits_for_something_keeps_nobody_else_waiting(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_server, "ANSWER_SECONDS", 0.3)
    never = asyncio.Event()

    async def slow(_: Request) -> Mapping[str, Json]:
        await never.wait()
        return {}

    async with serving(path, {"status": status, "slow": slow}):
        waiting = asyncio.create_task(asked(path, "slow"))
        assert (await asked(path))["ok"] is True
        assert not waiting.done()
        with pytest.raises(ControlError, match="took longer"):
            await waiting


async def test_a_mistake_of_ours_is_logged_and_the_next_is_answered(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def mistaken(_: Request) -> Mapping[str, Json]:
        raise ZeroDivisionError

    async with serving(path, {"status": status, "mistaken": mistaken}):
        with pytest.raises(ControlError, match="does not answer; its log may say why"):
            await asked(path, "mistaken")
        assert (await asked(path))["ok"] is True
    assert "a mistake in answering" in caplog.text


class Ticking:
    """A stream without an end, as fast as it is read."""

    def __init__(self) -> None:
        self.following = 0

    async def __call__(self, request: Request) -> AsyncIterator[Mapping[str, Json]]:
        self.following += 1
        try:
            number = 0
            while True:
                number += 1
                yield {"number": number, "fill": "x" * int(request.number("size"))}
                if number >= 3:
                    await asyncio.sleep(0.001)
        finally:
            self.following -= 1


async def settled(stream: Ticking, following: int) -> None:
    async with asyncio.timeout(20):
        while stream.following != following:  # noqa: ASYNC110  a generator tells nobody of its end
            await asyncio.sleep(0.005)


async def test_a_stream_ends_when_its_client_goes(path: Path) -> None:
    ticking = Ticking()

    def three() -> list[Json]:
        items = follow(path, "tick", size=1)
        return [next(items)["number"] for _ in range(3)]

    async with serving(path, streams={"tick": ticking}):
        assert await asyncio.to_thread(three) == [1, 2, 3]
        await settled(ticking, 0)


async def test_a_stream_that_nobody_reads_is_dropped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_server, "UNREAD_SECONDS", 0.1)
    ticking = Ticking()
    async with serving(path, streams={"tick": ticking}):
        _, writer = await asyncio.open_unix_connection(path, limit=1)
        writer.write(b'{"do": "tick", "size": 20000}\n')
        await settled(ticking, 1)
        await settled(ticking, 0)
        assert (await asked(path))["ok"] is True
        writer.close()


async def test_those_who_follow_leave_room_for_those_who_ask(path: Path) -> None:
    ticking = Ticking()
    async with serving(path, streams={"tick": ticking}):
        followers = [await asyncio.open_unix_connection(path) for _ in range(MOST_STREAMS)]
        for _, writer in followers:
            writer.write(b'{"do": "tick", "size": 1}\n')
        await settled(ticking, MOST_STREAMS)
        with pytest.raises(ControlError, match="no room for you"):
            await asyncio.to_thread(lambda: next(follow(path, "tick", size=1)))
        assert (await asked(path))["ok"] is True
        for _, writer in followers:
            writer.close()
        await settled(ticking, 0)


async def test_a_stream_may_refuse_and_may_end_with_a_reason(path: Path) -> None:
    async def brief(_: Request) -> AsyncIterator[Mapping[str, Json]]:
        yield {"number": 1}
        raise ControlError("that was all")

    async with serving(path, streams={"brief": brief}):
        items = follow(path, "brief")
        assert (await asyncio.to_thread(next, items))["number"] == 1
        with pytest.raises(ControlError, match="that was all"):
            await asyncio.to_thread(next, items)


async def test_whoever_asks_is_known_by_name(path: Path) -> None:
    async with serving(path, {"who": lambda request: {"by": request.by}}):
        assert (await asked(path, "who"))["by"] == control_socket.name_of(os.getuid())


async def test_a_user_of_a_container_whom_nobody_knows_is_known_by_the_number_that_the_system_has() -> None:
    connection = Mock(spec=socket.socket)
    connection.getsockopt.return_value = struct.pack("=iII", 4711, 4_294_967_294, 4_294_967_294)
    users = Users()
    assert await users.of(connection) == "4294967294"
    users.close()


def test_the_socket_is_its_owners_alone_before_it_has_a_name(path: Path) -> None:
    """Nothing changes its mode afterwards: it comes into the world with this one."""
    before = os.umask(0)
    try:
        listening = control_socket.bound(path)
    finally:
        os.umask(before)
    listening.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_socket_that_somebody_listens_on_is_not_taken_over(path: Path) -> None:
    async with serving(path):
        with pytest.raises(OSError, match="another mixer listens there"):
            await ControlServer(path, {}, {}).start()
        assert (await asked(path))["ok"] is True


def test_a_file_in_the_place_of_the_socket_is_not_touched(path: Path) -> None:
    path.write_text("dear diary")
    with pytest.raises(FileExistsError):
        control_socket.bound(path)
    assert path.read_text() == "dear diary"


def kept(request: Request) -> Mapping[str, Json]:
    assert request.file is not None
    return {"octets": request.file.stat().st_size, "file": str(request.file)}


@asynccontextmanager
async def taking_files(path: Path) -> AsyncIterator[None]:
    server = ControlServer(path, {"status": status, "play": kept}, {}, takes_files={"play"})
    await server.start()
    try:
        yield
    finally:
        await server.close()


@pytest.mark.parametrize("size", [0, 1, 300_000])
async def test_a_file_goes_along_and_is_gone_when_it_is_answered(path: Path, tmp_path: Path, size: int) -> None:
    (tmp_path / "sound").write_bytes(b"\n" * size)

    def brought() -> dict[str, Json]:
        with (tmp_path / "sound").open("rb") as file:
            return bring(path, "play", file, timeout=5)

    async with taking_files(path):
        answer = await asyncio.to_thread(brought)
        assert answer["octets"] == size
        assert not Path(str(answer["file"])).exists()  # noqa: ASYNC240  a name in a temporary folder
        assert (await asked(path))["ok"] is True


@pytest.mark.parametrize("octets", [b"25000001", b"-1", b'"x"', b"true", b"1e400", b"1" * 400])
async def test_a_file_that_is_too_large_is_refused_before_it_comes(path: Path, octets: bytes) -> None:
    async with taking_files(path):
        answers = await answers_to(path, b'{"do": "play", "octets": ' + octets + b"}\n" + b"x" * 70_000 + b"\n")
        assert {answer["ok"] for answer in answers} == {False}
        assert (await asked(path))["ok"] is True


async def test_who_goes_in_the_middle_of_a_file_disturbs_nobody(path: Path) -> None:
    async with taking_files(path):
        assert await answers_to(path, b'{"do": "play", "octets": 1000}\nhalf of it') == []
        assert (await asked(path))["ok"] is True


async def test_where_no_file_can_be_kept_the_client_is_told_and_the_mixer_goes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(**_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", full)
    async with taking_files(path):
        answers = await answers_to(path, b'{"do": "play", "octets": 5}\nabcde')
        assert [answer.get("error") for answer in answers] == ["there is no room for the file: No space left on device"]
        assert (await answers_to(path, STATUS))[0]["ok"] is True
    assert not caplog.records


async def test_a_file_that_trickles_keeps_others_from_theirs_for_a_while_only(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brought_files, "FILE_SECONDS", 0.3)
    async with taking_files(path):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"do": "play", "octets": 1000}\n')

        async def trickle() -> None:
            with suppress(ConnectionError):
                while True:
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle())
        assert await asyncio.wait_for(reader.read(), 5) == b""
        monkeypatch.setattr(brought_files, "FILE_SECONDS", 5)
        answers = await answers_to(path, b'{"do": "play", "octets": 5}\nabcde')
        trickling.cancel()
        writer.close()
    assert answers[0]["octets"] == 5


async def test_who_waits_too_long_to_bring_a_file_is_told_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brought_files, "FILING_SECONDS", 0.1)
    async with taking_files(path):
        _, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"do": "play", "octets": 1000}\n')
        await answers_to(path, STATUS)
        answers = await answers_to(path, b'{"do": "play", "octets": 5}\nabcde')
        writer.close()
    assert answers[0]["error"] == "others bring files along; try it again"
