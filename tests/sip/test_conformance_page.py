"""The page on conformance names tests, and each of them is there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "sip" / "README.md").read_text(encoding="utf-8")
_NAMED = re.compile(r"`((?:tests/)?(?:[a-z_0-9]+/)*(?:test_\w+\.py|\w+/)?)?(?:::(\w+|…))?(?:\[[^`]*\])?`")


def named() -> list[tuple[str, str]]:
    """Files and functions; a function without a file is of the last file before it in its row."""
    found = []
    for line in PAGE.split("\n"):
        file = ""
        for match in _NAMED.finditer(line):
            file = match[1] or file
            if file.removeprefix("tests/").split("/")[-1].startswith("test_") and (match[1] or match[2]):
                found.append((file, match[2] or ""))
    return sorted(set(found))


@cache
def source(file: str) -> str:
    """Of the one test file that a name means."""
    name = file.removeprefix("tests/")
    files = [path for path in TESTS.rglob(Path(name).name) if path.as_posix().endswith(f"/{name}")]
    assert len(files) == 1, f"{file}: {files}"
    return files[0].read_text(encoding="utf-8")


@pytest.mark.parametrize(("file", "function"), named())
def test_each_test_that_the_page_names_is_there(file: str, function: str) -> None:
    text = source(file)
    assert function in ("", "…") or f"def {function}(" in text


def test_each_flow_and_each_fault_has_its_row() -> None:
    flows, faults = PAGE.split("## Flows")[1].split("## Attacks")[0], PAGE.split("## Faults")[1]
    assert [int(row) for row in re.findall(r"^\| (\d+) \|", flows, re.MULTILINE)] == list(range(1, 69))
    rows = re.findall(r"^\| (\d+(?:[–,] ?\d+)?) ", faults, re.MULTILINE)
    ends = [tuple(map(int, re.split("[–,] ?", row))) for row in rows]
    assert [at for end in ends for at in range(end[0], end[-1] + 1)] == list(range(1, 51))
