"""Commands whose output nobody can take any more, as on a full disk: what they have done is said all the same."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from confctl.cli import main

if TYPE_CHECKING:
    from tests.confctl.office import Office

ADD = ["add", "Weekly", "--owner", "101", "--date", "today", "--from", "15:30", "--to", "16:30"]
UNSAID = "What it says of that can't be printed: No space left on device.\n"


def onto_a_full_disk(*words: str) -> int:
    full = open("/dev/full", "w")  # noqa: SIM115, PTH123  closing it fails
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as ended:
            main(list(words))
    with suppress(OSError):
        full.close()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize("options", [["--json"], []])
def test_what_is_planned_is_named_by_its_code(
    office: Office, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    former = office.add()
    for command in (ADD, ["repeat", former, "--date", "tomorrow"]):
        before = codes(office)
        assert onto_a_full_disk(*command, *options) == 1
        told = capsys.readouterr().err
        (code,) = codes(office) - before
        assert told.splitlines(keepends=True)[-1] == f"confctl: Conference {code} is planned. {UNSAID}"


@pytest.mark.parametrize("options", [["--json"], []])
def test_so_is_what_is_changed_or_deleted(
    office: Office, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = office.add("--with", "102")
    assert onto_a_full_disk("edit", code, "--title", "Monthly", *options) == 1
    assert capsys.readouterr().err.endswith(f"confctl: Conference {code} is changed. {UNSAID}")
    assert onto_a_full_disk("delete", code, "--yes", *options) == 1
    assert capsys.readouterr().err.endswith(f"confctl: Conference {code} “Monthly” is deleted. {UNSAID}")


def test_what_is_refused_is_refused_in_its_own_words(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert onto_a_full_disk("list") == 1
    assert capsys.readouterr().err == "confctl: No space left on device\n"
    assert onto_a_full_disk("delete", "123456", "--yes") == 1
    assert "printed" not in capsys.readouterr().err
    assert office.confctl("list").status == 0


def codes(office: Office) -> set[str]:
    return {str(each["code"]) for each in office.confctl("list", "--json").conferences()}
