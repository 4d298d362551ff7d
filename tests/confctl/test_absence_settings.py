"""What the settings say of an owner who does not come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from confctl.mixer_settings import mixer_settings
from confctl.problems import BrokenFileError
from confctl.settings import load
from mixer.rules.absence import AbsencePolicy, Remedy

if TYPE_CHECKING:
    from pathlib import Path

COMPANY = """\
[company]
name = "Example Ltd"
timezone = "Europe/Moscow"
language = "en"
number = "+74955550100"
conference_number = "500"

[sip]
domain = "conf.example.com"
listen = ["udp:0.0.0.0:5060"]

[paths]
data = "data"

[conference]
"""


def settings_file(folder: Path, *lines: str) -> Path:
    file = folder / "confctl.toml"
    file.write_text(COMPANY + "\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_unless_it_is_set_the_owner_is_waited_for_without_end(tmp_path: Path) -> None:
    mixer = mixer_settings(load(settings_file(tmp_path)))
    assert mixer.call_policy.absence == AbsencePolicy(None, 3, None, Remedy.DEPUTY)


def test_what_is_set_reaches_the_mixer(tmp_path: Path) -> None:
    file = settings_file(
        tmp_path,
        "owner_call_again_seconds = 60",
        "owner_call_again_times = 5",
        "owner_absent_minutes = 10",
        'owner_absent = "call-off"',
    )
    mixer = mixer_settings(load(file))
    assert mixer.call_policy.absence == AbsencePolicy(60, 5, 600, Remedy.CALL_OFF)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("owner_absent_minutes = 241", "conference.owner_absent_minutes: 241 is not from 0 to 240"),
        ('owner_absent_minutes = 5\nowner_absent = "x"', "conference.owner_absent: “x” is none of: deputy, call-off"),
        ('owner_absent = "call-off"', "say after how long, too; add: owner_absent_minutes = 10"),
        ("owner_call_again_times = 2", "say how often, too; add: owner_call_again_seconds = 60"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(BrokenFileError) as broken:
        load(settings_file(tmp_path, line))
    assert len(broken.value.problems) == 1
    assert problem in str(broken.value.problems[0])
