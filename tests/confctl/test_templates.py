"""What ``confctl init`` writes works as it is, in the language of who asks, in the time zone of the machine."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from confctl.machine_zone import machine_zone
from confctl.people.directory import Directory
from confctl.settings import load

if TYPE_CHECKING:
    from pathlib import Path

    from tests.confctl.office import Office

FILES = ("confctl.toml", "people.toml")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that says nothing of where it stands."""
    monkeypatch.setattr("confctl.templates.machine_zone", lambda _: None)


@pytest.mark.parametrize(
    ("options", "language", "zone"),
    [(["--lang", "ru"], "ru", "Europe/Moscow"), (["--lang", "en"], "en", "UTC"), ([], "en", "UTC")],
)
def test_the_files_are_in_the_language_of_who_asks(
    office: Office, options: list[str], language: str, zone: str
) -> None:
    assert office.confctl(*options, "init", "new").status == 0
    company = load(office.folder / "new" / "confctl.toml").company
    directory = Directory.load(office.folder / "new" / "people.toml", trunk=False)
    assert (company.language, company.timezone) == (language, zone)
    assert (len(directory.people), directory.problems) == (4, ())
    russian = re.compile("[а-яё]", re.IGNORECASE)
    assert all(bool(russian.search(person.name)) is (language == "ru") for person in directory.people)
    for name in FILES:
        comments = re.findall("# (?!.*= )(.*)", (office.folder / "new" / name).read_text(encoding="utf-8"))
        prose = [comment for comment in comments if not comment.startswith("[")]
        assert prose and all(bool(russian.search(comment)) is (language == "ru") for comment in prose)


def test_both_languages_set_and_offer_the_same(office: Office) -> None:
    offered = []
    for language in ("en", "ru"):
        office.confctl("--lang", language, "init", language)
        text = (office.folder / language / "confctl.toml").read_text(encoding="utf-8")
        assert max(map(len, text.split("\n"))) <= 120
        offered.append(re.findall(r"^(?:# )?(\[+\w+\]+|\w+ =)", text, re.MULTILINE))
    assert offered[0] == offered[1]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_what_is_offered_is_right_too(office: Office, language: str) -> None:
    office.confctl("--lang", language, "init", "new")
    file = office.folder / "new" / "confctl.toml"
    text = re.sub(r"^# (?=\[+\w+\]+|\w+ =)", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    file.write_text(text.replace("/var/lib/confctl", str(office.folder / "data")), encoding="utf-8")
    for password in ("provider.password", "mail.password"):
        (file.parent / password).write_text("secret", encoding="utf-8")
    (file.parent / "company-ca.pem").write_text("", encoding="utf-8")
    settings = load(file)
    assert settings.mail is not None and len(settings.trunks) == 1


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_zone_is_the_machines(office: Office, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setattr("confctl.templates.machine_zone", lambda _: "America/Argentina/Buenos_Aires")
    office.confctl("--lang", language, "init", "new")
    settings = tomllib.loads((office.folder / "new" / "confctl.toml").read_text(encoding="utf-8"))
    assert settings["company"]["timezone"] == "America/Argentina/Buenos_Aires"


def test_afterwards_it_says_what_to_do_next(office: Office) -> None:
    said = office.confctl("init", "a place")
    assert said.out.split("\n")[2:] == [
        "1. Set the domain and the time zone in a place/confctl.toml.",
        "2. Put your people into a place/people.toml, or use “confctl --config 'a place/confctl.toml' people add”.",
        "3. “confctl --config 'a place/confctl.toml' check” says what is still wrong; "
        "“confctl --config 'a place/confctl.toml' run” starts the mixer.",
        "",
    ]
    for name in FILES:
        (office.folder / name).unlink()
    assert "“confctl check”" in office.confctl("init").out


def test_the_machine_says_its_zone_in_one_of_three_ways(tmp_path: Path) -> None:
    assert machine_zone({}, tmp_path) is None
    (tmp_path / "localtime").symlink_to("/usr/share/zoneinfo/Asia/Tokyo")
    assert machine_zone({}, tmp_path) == "Asia/Tokyo"
    (tmp_path / "timezone").write_text("Europe/Berlin\n", encoding="ascii")
    assert machine_zone({}, tmp_path) == "Europe/Berlin"
    assert machine_zone({"TZ": ":Europe/London"}, tmp_path) == "Europe/London"


@pytest.mark.parametrize(
    "name", ["UTC", "Etc/UTC", "EST5EDT", "/etc/passwd", "../../etc", "No/Where", "Europe", "", "é"]
)
def test_what_is_no_region_is_no_zone_to_live_in(tmp_path: Path, name: str) -> None:
    (tmp_path / "timezone").write_text(name, encoding="utf-8")
    assert machine_zone({"TZ": name}, tmp_path) is None
