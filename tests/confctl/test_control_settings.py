"""``[control]``: where the running mixer is reached, who may, and what ``confctl check`` says of it."""

from __future__ import annotations

import grp
from typing import TYPE_CHECKING

import pytest

from tests.confctl.office import SETTINGS
from tests.confctl.test_settings import loaded, problems

if TYPE_CHECKING:
    from pathlib import Path

    from tests.confctl.office import Office

GROUP = grp.getgrgid(0).gr_name


def test_left_out_the_socket_is_beside_the_state_and_its_owners_alone(tmp_path: Path) -> None:
    found = loaded(tmp_path, SETTINGS)
    assert found.paths.socket == tmp_path / "state" / "confctl.sock"
    assert found.control.group is None


def test_it_may_be_elsewhere_and_for_a_group(tmp_path: Path) -> None:
    found = loaded(tmp_path, f'{SETTINGS}[control]\ngroup = "confctl"\nsocket = "run/x.sock"\n')
    assert (found.paths.socket, found.control.group) == (tmp_path / "run" / "x.sock", "confctl")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            'group = "confctl"',
            "control.group: it can't come to the socket in the mixer's own folder; "
            'add: socket = "/run/confctl/confctl.sock"',
        ),
        (
            'group = "conf ctl"\nsocket = "/run/x"',
            "control.group: “conf ctl” is no name of a group; write for example: confctl",
        ),
        (
            f'socket = "/{"x" * 107}"',
            "control.socket: a socket's path has no more than 107 octets; write for example: /run/confctl/confctl.sock",
        ),
        ("socket = 7", 'control.socket is 7; write for example: socket = "/run/confctl/confctl.sock"'),
    ],
)
def test_what_is_wrong_is_named_with_what_would_be_right(tmp_path: Path, text: str, problem: str) -> None:
    (told,) = problems(tmp_path, f"{SETTINGS}[control]\n{text}\n")
    line = SETTINGS.count("\n") + 2
    if problem.startswith("control.socket is"):
        assert told.startswith(f"confctl.toml:{line}: control.socket")
    else:
        assert told == f"confctl.toml:{line}: {problem}"


def checked(office: Office, group: str, folder: Path) -> str:
    with (office.folder / "confctl.toml").open("a", encoding="utf-8") as file:
        file.write(f'[control]\ngroup = "{group}"\nsocket = "{folder}/x.sock"\n')
    found = office.confctl("check", "--json").json["checks"]
    assert isinstance(found, list)
    (said,) = (str(check["detail"]) for check in found if check["what"] == "control socket")
    return said


def test_check_names_a_group_that_there_is_not(office: Office) -> None:
    assert "make it with “groupadd --system nobodys”" in checked(office, "nobodys", office.folder)


def test_check_names_the_folder_that_the_group_cant_pass(
    office: Office, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Which may be one above it: a temporary folder of pytest's is for its user alone."""
    barred = tmp_path_factory.mktemp("barred")
    barred.chmod(0o600)
    others = next(group.gr_name for group in grp.getgrall() if group.gr_gid != barred.stat().st_gid)
    assert f"the group {others} can't come through " in checked(office, others, barred)


def test_check_is_content_with_a_way_that_all_can_pass(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("confctl.check_control._barred", lambda *_: None)
    assert f"is for the group {GROUP}" in checked(office, GROUP, office.folder)
