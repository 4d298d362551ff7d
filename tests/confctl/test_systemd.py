"""What a service manager is told: sd_notify(3), over real sockets."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from contextlib import closing, suppress
from itertools import count
from typing import TYPE_CHECKING

import pytest

from confctl.systemd import ServiceManager
from tests.mixer.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["path", "abstract"])
def ear(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """The manager's end, and what NOTIFY_SOCKET says of it."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@confctl-test-{os.getpid()}-{id(request)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind("\0" + name[1:] if name.startswith("@") else name)
        sock.settimeout(5)
        yield sock, name


def test_readiness_reload_and_stop_are_told_on_sockets_of_both_kinds(ear: tuple[socket.socket, str]) -> None:
    sock, name = ear
    with closing(ServiceManager.of({"NOTIFY_SOCKET": name})) as manager:
        before = time.monotonic_ns() // 1000
        manager.ready()
        manager.reloading()
        manager.ready()
        manager.stopping()
        assert sock.recv(100) == b"READY=1"
        reloading, at = sock.recv(100).split(b"\nMONOTONIC_USEC=")
        assert reloading == b"RELOADING=1"
        assert before <= int(at) <= time.monotonic_ns() // 1000
        assert [sock.recv(100), sock.recv(100)] == [b"READY=1", b"STOPPING=1"]


def test_the_processes_that_we_start_do_not_inherit_the_right_to_speak_for_us() -> None:
    environ = {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "2000000", "WATCHDOG_PID": str(os.getpid()), "HOME": "/"}
    ServiceManager.of(environ).close()
    assert environ == {"HOME": "/"}


@pytest.mark.parametrize(
    "environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1"}, {"NOTIFY_SOCKET": "/gone"}]
)
async def test_where_nobody_listens_nothing_happens(environ: dict[str, str]) -> None:
    with closing(ServiceManager.of(environ)) as manager:
        manager.ready()
        attending = asyncio.create_task(manager.attend(lambda: 0.0, lambda: "status"))
        await asyncio.wait({attending}, timeout=0.05)
        attending.cancel()
        assert not attending.done() or attending.exception() is None


async def beats(silence: float, environ: dict[str, str], tmp_path: Path) -> list[bytes]:
    """What comes in 450 ms of virtual time."""
    name = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(name)
        sock.setblocking(False)
        with closing(ServiceManager.of({"NOTIFY_SOCKET": name, **environ})) as manager:
            attending = asyncio.create_task(manager.attend(lambda: silence, lambda: "2 conferences run, 5 people in"))
            await asyncio.wait({attending}, timeout=0.45)
            attending.cancel()
        heard = []
        while True:
            try:
                heard.append(sock.recv(100))
            except BlockingIOError:
                return heard


@in_virtual_time
async def test_the_watchdog_is_fed_twice_in_its_time_while_sound_ticks_and_the_status_told_once(tmp_path: Path) -> None:
    heard = await beats(0.0, {"WATCHDOG_USEC": "200000"}, tmp_path)
    assert heard.count(b"WATCHDOG=1") == 5
    assert heard.count(b"STATUS=2 conferences run, 5 people in") == 1


@pytest.mark.parametrize(
    ("silence", "environ"),
    [
        (0.2, {"WATCHDOG_USEC": "200000"}),  # the bridge hangs
        (0.0, {}),  # nobody watches
        (0.0, {"WATCHDOG_USEC": "0"}),
        (0.0, {"WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"}),  # it is another process that is watched
    ],
)
@in_virtual_time
async def test_the_watchdog_is_not_fed(silence: float, environ: dict[str, str], tmp_path: Path) -> None:
    assert b"WATCHDOG=1" not in await beats(silence, environ, tmp_path)


async def test_a_loop_that_hangs_feeds_no_watchdog_though_sound_ticks_and_does_again_when_it_goes_on(
    tmp_path: Path,
) -> None:
    name = str(tmp_path / "notify")

    def heard(sock: socket.socket) -> list[bytes]:
        told = []
        with suppress(BlockingIOError):
            while True:
                told.append(sock.recv(100))
        return told

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(name)
        sock.setblocking(False)
        with closing(ServiceManager.of({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "200000"})) as manager:
            attending = asyncio.create_task(manager.attend(lambda: 0.0, lambda: "up"))
            await asyncio.wait({attending}, timeout=0.25)
            assert b"WATCHDOG=1" in heard(sock)
            time.sleep(0.6)  # noqa: ASYNC251  the loop is to hang
            assert heard(sock) == []
            await asyncio.wait({attending}, timeout=0.25)
            assert b"WATCHDOG=1" in heard(sock)
            attending.cancel()


def filled(name: str) -> int:
    """How many datagrams a socket has room for, now that it has none."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.setblocking(False)
        with suppress(BlockingIOError):
            for number in count():
                sent = number
                other.sendto(b"x", name)
    return sent


def test_what_a_busy_manager_has_no_room_for_is_told_as_soon_as_it_has(tmp_path: Path) -> None:
    name = str(tmp_path / "notify")
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock,
        closing(ServiceManager.of({"NOTIFY_SOCKET": name})) as manager,
    ):
        sock.bind(name)
        sock.settimeout(5)
        room = filled(name)
        manager.ready()
        assert {sock.recv(100) for _ in range(room)} == {b"x"}
        manager.stopping()
        assert [sock.recv(100), sock.recv(100)] == [b"READY=1", b"STOPPING=1"]
