"""Who may reach the control socket, tried as another user of the machine."""

from __future__ import annotations

import asyncio
import grp
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mixer.control import ControlError, ask
from mixer.control_server import ControlServer

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534
GROUP = next(group for group in grp.getgrall() if group.gr_gid not in (0, os.getgid(), NOBODY))

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, and passable."""
    with tempfile.TemporaryDirectory() as made:
        os.chmod(made, 0o755)  # noqa: PTH101  a text as it is
        yield Path(made)


class Neighbour:
    """Another user of this machine, who asks when told to: a child, born before there is a loop or a thread."""

    def __init__(self, *groups: int) -> None:
        self._go, go = os.pipe()
        told, self._told = os.pipe()
        self._reading, self._telling = told, go
        self._pid = os.fork()
        if self._pid == 0:
            self._live(groups)

    def _live(self, groups: tuple[int, ...]) -> None:
        try:
            os.setgroups(groups)
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            path = Path(os.read(self._go, 4096).decode())
            said = str(ask(path, "who")["by"])
        except ControlError as error:
            said = str(error)
        except BaseException as error:  # noqa: BLE001  nothing of a child's may go on in the parent's tests
            said = repr(error)
        os.write(self._told, said.encode())
        os._exit(0)

    def asks(self, path: Path) -> str:
        os.write(self._telling, os.fsencode(path))
        said = os.read(self._reading, 4096).decode()
        os.waitpid(self._pid, 0)
        for each in (self._go, self._told, self._reading, self._telling):
            os.close(each)
        return said


def answer(neighbour: Neighbour, path: Path, group: str | None) -> str:
    async def served() -> str:
        server = ControlServer(path, {"who": lambda request: {"by": request.by}}, {}, group)
        await server.start()
        try:
            return await asyncio.to_thread(neighbour.asks, path)
        finally:
            await server.close()

    return asyncio.run(served())


@as_root
def test_a_member_of_the_group_is_let_in_and_known_by_name(folder: Path) -> None:
    assert answer(Neighbour(GROUP.gr_gid), folder / "s", GROUP.gr_name) == "nobody"


@as_root
def test_who_is_not_a_member_is_told_which_group_to_join(folder: Path) -> None:
    assert answer(Neighbour(), folder / "s", GROUP.gr_name) == (
        f"only the group {GROUP.gr_name} may ask the mixer; join it (usermod -aG {GROUP.gr_name} NAME) and log in again"
    )


@as_root
@pytest.mark.parametrize("mode", [0o755, 0o700])
def test_without_a_group_or_a_way_there_it_is_for_one_user_alone(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    told = answer(Neighbour(GROUP.gr_gid), folder / "s", None if mode == 0o755 else GROUP.gr_name)
    assert told.startswith("only the user whom the mixer runs as may ask it")


@as_root
async def test_the_socket_is_given_to_the_group(folder: Path) -> None:
    server = ControlServer(folder / "s", {}, {}, GROUP.gr_name)
    await server.start()
    found = (folder / "s").stat()
    await server.close()
    assert (stat.S_IMODE(found.st_mode), found.st_gid) == (0o660, GROUP.gr_gid)


async def test_a_group_that_there_is_not_keeps_no_mixer_from_running(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = ControlServer(folder / "s", {}, {}, "no-such-group")
    await server.start()
    mode = stat.S_IMODE((folder / "s").stat().st_mode)
    await server.close()
    assert mode == 0o600
    assert "there is no group “no-such-group”" in caplog.text
