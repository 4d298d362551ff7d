"""What ``confctl check`` says of the clock and of files that everybody can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from confctl import check_clock, check_secrets
from confctl.settings import load

if TYPE_CHECKING:
    from pathlib import Path

    from tests.confctl.office import Office


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (True, "2026-11-30 12:00 in Europe/Moscow, kept in step"),
        (False, "2026-11-30 12:00 in Europe/Moscow; nothing keeps it in step: set up NTP, for example chrony"),
        (None, "2026-11-30 12:00 in Europe/Moscow; whether it is kept in step is not told here"),
    ],
)
def test_whether_anything_keeps_the_clock_in_step_is_said(
    office: Office, monkeypatch: pytest.MonkeyPatch, kept: bool | None, said: str
) -> None:
    monkeypatch.setattr(check_clock, "in_step", lambda: kept)
    finding = check_clock.clock(load(office.folder / "confctl.toml"), office.now)
    assert (finding.wrong, str(finding.detail)) == (False, said)


def test_a_clock_that_was_never_set_is_wrong(office: Office) -> None:
    assert check_clock.clock(load(office.folder / "confctl.toml"), 1000.0).wrong


@pytest.mark.parametrize(("state", "kept"), [(0, True), (1, True), (5, False), (-1, None)])
def test_the_kernel_is_asked(monkeypatch: pytest.MonkeyPatch, state: int, kept: bool | None) -> None:
    class Library:
        def adjtimex(self, _: object) -> int:
            return state

    monkeypatch.setattr("ctypes.CDLL", lambda _: Library())
    assert check_clock.in_step() is kept


def test_a_system_that_has_no_such_call_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    assert check_clock.in_step() is None


def test_files_with_passwords_and_codes_that_everybody_reads_are_wrong(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = office.add()
    settings = load(office.folder / "confctl.toml")
    assert list(check_secrets.secrets(settings)) == [], "nobody comes through the folder above"
    reachable(monkeypatch, office.folder)
    (office.folder / "people.toml").chmod(0o644)
    (office.folder / "conferences" / f"{code}.toml").chmod(0o644)
    told = [str(finding.detail) for finding in check_secrets.secrets(settings)]
    people, folder = settings.paths.people, settings.paths.conferences
    assert told == [
        f"every user of this machine can read {people} with its passwords: chmod o= {people}",
        f"every user of this machine can read 1 conference with its codes: chmod o= {folder}",
    ]
    people.chmod(0o640)
    folder.chmod(0o750)
    assert list(check_secrets.secrets(settings)) == []


def reachable(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """As if nothing above the folder kept anybody out."""
    real = type(folder).parents

    def below(path: Path) -> list[Path]:
        return [each for each in real.__get__(path) if each.is_relative_to(folder)]

    folder.chmod(0o755)
    monkeypatch.setattr(type(folder), "parents", property(below))
