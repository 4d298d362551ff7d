"""people.toml under the hands of several commands at once, of one that is killed, of root and of other programs."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from confctl import settings
from confctl.people.directory import Directory
from confctl.people.people_file import changing
from confctl.problems import BrokenFileError, RefusedError
from confctl.words import say
from mixer.rules.model import Person
from tests.confctl.office import PEOPLE

if TYPE_CHECKING:
    from confctl.settings import Settings
    from tests.confctl.office import Office

ROOT = Path(__file__).parents[3]
OLGA = Person("Olga", ("205",), password="x")


def writer(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.confctl.people.people_writer", *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def company(office: Office) -> Settings:
    return settings.load(office.folder / "confctl.toml")


def add(company: Settings, person: Person) -> None:
    with changing(company) as people:
        people.add(person)


def test_two_commands_at_once_lose_nobody(office: Office, company: Settings) -> None:
    running = [writer("add-many", str(office.folder), first, "20") for first in ("3000", "4000")]
    assert [process.communicate()[0] or process.returncode for process in running] == [0, 0]
    directory = Directory.load(company.paths.people, trunk=False)
    assert directory.problems == ()
    assert {person.number for person in directory.people[4:]} == {
        str(first + number) for first in (3000, 4000) for number in range(20)
    }
    assert company.paths.people.read_text(encoding="utf-8").startswith(PEOPLE)


def test_killed_at_any_step_the_file_is_the_old_or_the_new_one(office: Office, company: Settings) -> None:
    file = company.paths.people
    seen: list[str] = []
    done = False
    while not done:
        file.write_text(PEOPLE, encoding="utf-8")
        process = writer("change", str(office.folder), str(len(seen)))
        done = process.communicate()[0] == "done\n"
        seen.append(file.read_text(encoding="utf-8"))
    new = seen[-1]
    assert [person.name for person in Directory.parse(file, new, trunk=False).people][::4] == ["Changed", "Olga"]
    assert set(seen) == {PEOPLE, new}
    add(company, replace(OLGA, numbers=("206",)))  # what the killed ones left behind is in nobody's way
    assert {path.name for path in office.folder.iterdir()} == {"confctl.toml", "people.toml", ".people.toml.lock"}


def test_a_mark_of_the_byte_order_and_a_link_stay(office: Office, company: Settings) -> None:
    file = office.folder / "people.toml"
    elsewhere = office.folder / "shared" / "people.toml"
    elsewhere.parent.mkdir()
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    elsewhere.write_bytes(b"\xef\xbb\xbf" + PEOPLE.encode().replace(b"\n", b"\r\n"))
    add(company, OLGA)
    assert file.is_symlink()
    assert elsewhere.read_bytes().startswith(b"\xef\xbb\xbf" + PEOPLE.encode().replace(b"\n", b"\r\n"))
    assert Directory.load(file, trunk=False).by_number("205") == OLGA


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_changes_stays_its_owners(office: Office, company: Settings) -> None:
    file = office.folder / "people.toml"
    os.chown(file, 65534, 65534)
    file.chmod(0o640)
    add(company, OLGA)
    found = file.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (65534, 65534, 0o640)


@pytest.mark.parametrize(
    ("before", "error", "says"),
    [
        (b"[[person\n", BrokenFileError, "not TOML"),
        (b'name = "\xff"\n', BrokenFileError, "not UTF-8"),
        (b'person = [{ name = "A", numbers = ["1"], password = "x" }]\n', RefusedError, "of its own"),
    ],
)
def test_a_file_that_can_not_be_changed_stays(
    company: Settings, before: bytes, error: type[Exception], says: str
) -> None:
    company.paths.people.write_bytes(before)
    with pytest.raises(error, match=says):
        add(company, OLGA)
    assert company.paths.people.read_bytes() == before


@pytest.mark.parametrize(
    ("person", "says"),
    [
        (replace(OLGA, numbers=("205", "84951234567")), "is the number of Анна Петрова already"),
        (replace(OLGA, numbers=("500",)), "500 is the conference number"),
        (replace(OLGA, password=None), "no way to call Olga"),
        (replace(OLGA, timezone="Europe/Moskow"), "there is no time zone “Europe/Moskow”"),
        (replace(OLGA, name="\udcff"), "udcff"),
    ],
)
def test_who_could_not_be_used_is_refused_and_the_file_stays(company: Settings, person: Person, says: str) -> None:
    file = company.paths.people
    with file.open("a", encoding="utf-8") as stream:  # a mistake like the new one is there already
        stream.write('[[person]]\nname = "Twice"\nnumbers = ["84951234567"]\npassword = "x"\n')
    before = file.read_bytes()
    with pytest.raises(RefusedError, match=says):
        add(company, person)
    assert file.read_bytes() == before


def test_what_an_error_leaves_behind_is_the_file_of_before(company: Settings) -> None:
    def add_and_fail() -> None:
        with changing(company) as people:
            people.add(OLGA)
            raise RefusedError(say("No."))

    with pytest.raises(RefusedError, match="No"):
        add_and_fail()
    assert company.paths.people.read_text(encoding="utf-8") == PEOPLE
