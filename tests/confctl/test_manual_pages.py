"""The manual pages: one for each command, in both languages, as ``--help`` has it now."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from confctl import app, manual
from confctl.terminal import help as its_help

PAGES = manual.pages()
FOLDER = Path(__file__).parents[2] / "man"


def commands(path: str, command: its_help.Command) -> list[str]:
    below = its_help.shown(command).items()
    return [path, *(name for word, each in below for name in commands(f"{path}-{word}", each))]


def test_every_command_has_a_page_in_both_languages() -> None:
    wanted = {f"{folder}man1/{name}.1" for name in commands("confctl", app.root()) for folder in ("", "ru/")}
    assert set(PAGES) == wanted | {"man5/confctl.toml.5", "ru/man5/confctl.toml.5"}


def test_the_pages_that_are_shipped_are_these() -> None:
    shipped = {str(page.relative_to(FOLDER)): page.read_text(encoding="utf-8") for page in FOLDER.rglob("*.[15]")}
    stale = sorted(name for name in {*shipped, *PAGES} if shipped.get(name) != PAGES.get(name))
    assert stale == [], "run make manual"


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed (apt-get install groff)")
@pytest.mark.parametrize("name", ["man1/confctl.1", "ru/man1/confctl-add.1", "man5/confctl.toml.5"])
def test_a_page_is_right_in_the_eyes_of_groff(name: str) -> None:
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", "-Kutf8", "-rCHECKSTYLE=1"],
        input=PAGES[name].encode(),
        capture_output=True,
        check=True,
        timeout=20,
    )
    complaints = [line for line in done.stderr.decode().splitlines() if "can't find special character" not in line]
    assert complaints == []
    shown = done.stdout.decode()
    assert "confctl" in shown


def test_nothing_that_a_page_says_is_a_request_to_roff() -> None:
    requests = {'.\\"', ".TH", ".nh", ".ad", ".SH", ".nf", ".fi", ".TP", ".PP"}
    for name, text in PAGES.items():
        words = {line.split()[0] for line in text.split("\n") if line.startswith((".", "'"))}
        assert words <= requests, name
