"""The files of ``examples/`` that are copied to a machine: their commands are ours, their folders the same in all."""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from confctl import app, settings
from confctl.templates import write

if TYPE_CHECKING:
    from tests.confctl.office import Office

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PROGRAM = "/opt/confctl/bin/confctl"


def text(name: str) -> str:
    return (EXAMPLES / name).read_text(encoding="utf-8")


def lines(name: str) -> list[str]:
    """Without comments."""
    return [line for line in text(name).split("\n") if line and not line.startswith("#")]


@pytest.fixture
def unit() -> RawConfigParser:
    found = RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    found.optionxform = str  # type: ignore[assignment,method-assign]  # names have capitals
    found.read(EXAMPLES / "confctl.service")
    return found


def is_ours(command: str) -> bool:
    """Whether the words after the program's name are a command with options that it has."""
    words = [word for word in shlex.split(command.partition(PROGRAM)[2].split(">")[0]) if word != "2"]
    if words[:1] == ["--config"]:
        assert words[1] == "/etc/confctl/confctl.toml"
        words = words[2:]
    _, found, whole = app.named(words, app.root())
    options = {name for each in found.params for name in each.opts}
    return whole and all(word in options for word in words if word.startswith("-"))


# systemd


def test_the_unit_starts_reloads_and_watches_a_mixer_that_says_when_it_is_ready(unit: RawConfigParser) -> None:
    service = unit["Service"]
    assert service["ExecStart"] == f"{PROGRAM} run" and is_ours(service["ExecStart"])
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert (service["Type"], service["Restart"], service["KillMode"]) == ("notify", "on-failure", "mixed")
    assert 5 <= int(service["WatchdogSec"]) <= 30  # a bridge is replaced within two seconds, at worst
    assert service["Environment"] == "CONFCTL_CONFIG=/etc/confctl/confctl.toml"


def test_the_unit_lets_it_write_where_it_writes_and_take_the_priority_that_it_takes(unit: RawConfigParser) -> None:
    service = unit["Service"]
    assert (service["ProtectSystem"], service["ReadWritePaths"]) == ("strict", "/etc/confctl")
    assert (service["StateDirectory"], service["RuntimeDirectory"]) == ("confctl", "confctl")
    assert (int(service["LimitRTPRIO"]), int(service["LimitNICE"])) == (20, -15)
    bridge = (ROOT / "mixer" / "bridge" / "process.py").read_text(encoding="utf-8")
    assert "_REALTIME_PRIORITY = 20" in bridge and "_NICENESS = -15" in bridge


def test_the_user_and_the_folders_are_those_of_the_unit_and_of_the_settings(
    unit: RawConfigParser, tmp_path: Path
) -> None:
    (user,) = lines("confctl.sysusers")
    assert shlex.split(user)[:3] == ["u", unit["Service"]["User"], "-"]
    folders = {
        path: (mode, owner, group) for _, path, mode, owner, group, _ in map(str.split, lines("confctl.tmpfiles"))
    }
    assert folders == {
        "/etc/confctl": ("0750", "confctl", "confctl"),
        "/var/lib/confctl": ("0750", "confctl", "confctl"),
        "/run/confctl": ("0755", "confctl", "confctl"),
    }
    offered, _ = write(tmp_path / "new", "en")
    template = offered.read_text(encoding="utf-8")
    assert 'data = "/var/lib/confctl"' in template and 'socket = "/run/confctl/confctl.sock"' in template


def test_the_settings_that_the_files_speak_of_are_right(office: Office) -> None:
    added = "\n".join(
        line.removeprefix("#").strip() for line in text("confctl.sysusers").split("\n") if line.startswith("#   ")
    )
    assert added.startswith("[control]\n")
    config = office.folder / "confctl.toml"
    config.write_text(f"{config.read_text(encoding='utf-8')}{added}\n", encoding="utf-8")
    assert str(settings.load(config).control.socket) == "/run/confctl/confctl.sock"


# cron and logrotate


def cron_lines() -> list[str]:
    return [line for line in lines("confctl.cron") if "=" not in line.split()[0]]


def test_cron_runs_commands_of_ours_as_the_mixers_user() -> None:
    pattern = re.compile(r"(?:[0-9*/]+ ){5} *confctl +(/opt/.*)")
    commands = [pattern.fullmatch(line) for line in cron_lines()]
    assert len(commands) == 3
    for found in commands:
        assert found is not None and is_ours(found[1]) and "%" not in found[1]  # cron makes a line break of it


@pytest.mark.parametrize("line", cron_lines(), ids=lambda line: line.split("confctl.toml ")[1].split(">")[0].strip())
def test_a_line_of_cron_does_its_work_with_no_more_of_an_environment_than_cron_has(office: Office, line: str) -> None:
    """On a book on which a mixer runs already."""
    log, lock = office.folder / "mixer.log", office.folder / "state" / "lock"
    command = line[line.index(PROGRAM) :].replace("/var/lib/confctl/mixer.log", str(log))
    command = command.replace("/etc/confctl/confctl.toml", str(office.folder / "confctl.toml"))
    command = command.replace(PROGRAM, f"{sys.executable} -m confctl")
    environ = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/", "LOGNAME": "confctl", "PYTHONPATH": str(ROOT)}
    lock.parent.mkdir()
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = subprocess.run(
            ["/bin/sh", "-c", command], env=environ, capture_output=True, text=True, timeout=60, check=False, cwd="/"
        )
    assert (done.returncode, done.stdout, done.stderr, log.read_text(encoding="utf-8")) == (0, "", "", "")


def test_a_log_that_is_rotated_while_the_mixer_writes_it_goes_on_at_its_beginning(tmp_path: Path) -> None:
    program = shutil.which("logrotate", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("logrotate is not installed")
    log, config = tmp_path / "mixer.log", tmp_path / "logrotate.conf"
    rules = text("confctl.logrotate").replace("/var/lib/confctl/mixer.log", str(log))
    config.write_text(re.sub(r"    su .*\n", "", rules), encoding="utf-8")
    tmp_path.chmod(0o700)
    with log.open("a", encoding="utf-8") as writer:  # as >> in confctl.cron
        writer.write("before\n")
        writer.flush()
        subprocess.run([program, "--force", "--state", tmp_path / "state", config], check=True, capture_output=True)
        writer.write("after\n")
    assert log.read_text(encoding="utf-8") == "after\n"
    assert (tmp_path / "mixer.log.1").read_text(encoding="utf-8") == "before\n"
