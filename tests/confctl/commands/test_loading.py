"""A command loads what it needs and nothing else: that is what makes it quick."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mixer.rules.records import Kind

if TYPE_CHECKING:
    from collections.abc import Set

    from tests.confctl.office import Office

ROOT = Path(__file__).parents[3]
TYPER = {"typer", "pydantic"}
MAIL = {"email.headerregistry", "icalendar"}
HEAVY = {"numpy", "soundfile", "soxr", "asyncio", "smtplib", "prompt_toolkit", "babel", *MAIL, *TYPER}

PROGRAM = """
import sys
from confctl.cli import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    status = ended.code
sys.stdout.flush()
print("\\nloaded:", *sorted({heavy!r} & set(sys.modules)))
sys.exit(status)
"""


def loaded(folder: Path, *words: str, also: Set[str] = frozenset(), status: int = 0) -> set[str]:
    """Which of the heavy modules, and of these, a command has loaded by its end, which it comes to with this status."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(heavy=HEAVY | also), *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, (words, done.stderr)
    return set(done.stdout.rpartition("loaded:")[2].split())


@pytest.mark.parametrize("words", [("list",), ("list", "--json"), ("--lang", "ru", "list")])
def test_the_list_loads_nothing_heavy_not_even_typer(office: Office, words: tuple[str, ...]) -> None:
    office.add("--with", "102", day="2036-01-02")
    assert loaded(office.folder, *words) == set()


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("add", "--help"),
        ("list", "--past"),
        ("plan",),
        ("show", "CODE"),
        ("people", "list"),
        ("people", "find", "анна"),
        ("mail", "list"),
        ("completion", "bash"),
    ],
    ids=" ".join,
)
def test_commands_that_only_show_load_typer_alone(office: Office, words: tuple[str, ...]) -> None:
    code = office.add("--with", "102", day="2036-01-02")
    assert loaded(office.folder, *(code if word == "CODE" else word for word in words)) <= TYPER


@pytest.mark.parametrize(
    "words",
    [
        ("add", "W", "--owner", "101", "--date", "2036-01-03", "--from", "15:30", "--to", "16:30"),
        ("edit", "CODE", "--title", "Budget", "--with", "104"),
        ("repeat", "CODE", "--date", "2036-01-04"),
        ("delete", "CODE", "--yes"),
    ],
    ids=" ".join,
)
def test_commands_that_plan_load_what_writes_the_book_and_the_mails(office: Office, words: tuple[str, ...]) -> None:
    code = office.add("--with", "102", day="2036-01-02")
    assert loaded(office.folder, *(code if word == "CODE" else word for word in words)) <= {*TYPER, *MAIL}


@pytest.mark.parametrize(
    "words",
    [
        ("people", "add", "Новый", "777", "--account"),
        ("people", "edit", "102", "--email", "boris@example.com"),
        ("people", "remove", "104", "--yes"),
    ],
    ids=" ".join,
)
def test_commands_on_the_directory_load_typer_alone(office: Office, words: tuple[str, ...]) -> None:
    assert loaded(office.folder, *words) <= TYPER


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("status",), 1),
        (("status", "CODE"), 1),
        (("events", "CODE"), 0),
        (("watch", "CODE"), 2),
        (("report", "CODE"), 0),
        (("report", "CODE", "--html", "page.html"), 0),
        (("sip", "trace"), 1),
        (("prune", "--dry-run"), 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_commands_that_say_what_happens_and_has_happened_load_typer_alone(
    office: Office, words: tuple[str, ...], status: int
) -> None:
    code = office.add("--with", "102")
    office.mixer_noted(code, Kind.STARTED)
    typed = (code if word == "CODE" else word for word in words)
    assert loaded(office.folder, *typed, status=status) <= TYPER
