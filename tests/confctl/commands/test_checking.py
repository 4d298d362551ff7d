"""``confctl check``, as it is typed: what it finds wrong, and what it is content with."""

from __future__ import annotations

import shutil
import socket
import tomllib
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from media.prompts import FOLDER
from mixer.rules.records import Kind

if TYPE_CHECKING:
    from tests.confctl.office import Office


def test_check_names_a_port_that_another_program_has(office: Office) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 25060))
        said = office.confctl("check", "--json")
    assert said.status == 1
    found = {check["what"]: check for check in said.json["checks"]}  # type: ignore[attr-defined]  # a list, as JSON has it
    assert not found["udp:127.0.0.1:25060"]["ok"]
    assert found["people"]["ok"] and found["clock"]["ok"]


def test_check_looks_at_the_ports_of_both_versions_of_ip(office: Office) -> None:
    file = office.folder / "confctl.toml"
    both = '["udp:127.0.0.1:25060", "udp:[::1]:25060"]'
    file.write_text(file.read_text(encoding="utf-8").replace('["udp:127.0.0.1:25060"]', both), encoding="utf-8")
    try:
        other = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    except OSError as error:
        pytest.skip(f"no IPv6 on this machine: {error}")
    with other:
        try:
            other.bind(("::1", 26004))
        except OSError as error:
            pytest.skip(f"no IPv6 on this machine: {error}")
        assert "9 of 10 ports are free" in office.confctl("check").out
    assert "10 of 10 ports are free" in office.confctl("check").out


def test_check_finds_a_person_who_has_the_conference_number(office: Office) -> None:
    with (office.folder / "people.toml").open("a", encoding="utf-8") as file:
        file.write('[[person]]\nname = "X"\nnumbers = ["500"]\npassword = "x"\n')
    said = office.confctl("check")
    assert said.status == 1 and "X has the conference number 500" in said.out


def test_check_says_that_a_conference_runs_without_a_mixer(office: Office) -> None:
    code = office.add(start="12:00", end="13:00")
    office.mixer_noted(code, Kind.STARTED)
    office.now += 60
    said = office.confctl("check")
    assert said.status == 1 and f"{code} should run by now" in said.out


def test_check_finds_codes_that_a_hand_has_made_too_short_and_they_are_good_all_the_same(office: Office) -> None:
    code = office.add()
    file = office.folder / "conferences" / f"{code}.toml"
    owner_code = tomllib.loads(file.read_text(encoding="utf-8"))["owner_code"]
    short = file.read_text(encoding="utf-8").replace(f'"{code}"', '"4711"').replace(f'"{owner_code}"', '"47119"')
    file.rename(file.with_name("4711.toml")).write_text(short, encoding="utf-8")
    said = office.confctl("check", "--json")
    details = [check["detail"] for check in said.json["checks"] if check["what"] == "conferences"]  # type: ignore[union-attr, index, call-overload]  # a list, as JSON has it
    assert details == [
        "4711: so short a code is guessed within days; give it 6 digits or more, and its file the same name",
        "4711: so short an owner code is guessed within days; give it 6 digits or more",
    ]
    assert said.status == 1
    assert office.confctl("show", "4711").status == 0


def test_check_calls_conferences_wrong_or_ok_and_never_both(office: Office) -> None:
    office.add()
    (office.folder / "conferences" / "123456.toml").write_text("title = 1", encoding="utf-8")
    checks = office.confctl("check", "--json").json["checks"]
    found = [check["ok"] for check in checks if check["what"] == "conferences"]  # type: ignore[union-attr, index, call-overload]  # a list, as JSON has it
    assert found and not any(found)


def test_check_warns_of_a_disk_that_is_full(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=4096))
    said = office.confctl("check")
    assert said.status == 1 and "hardly any space left" in said.out


def test_check_of_a_directory_that_is_no_toml_names_the_mistake_alone(office: Office) -> None:
    (office.folder / "people.toml").write_text("[[person\n", encoding="utf-8")
    said = office.confctl("check")
    assert "not TOML" in said.out and "nobody can be called" not in said.out


def test_check_is_content_with_a_company_that_is_in_order(office: Office) -> None:
    office.add("--with", "102")
    said = office.confctl("check")
    assert (said.status, said.err) == (0, ""), said.out
    assert "wrong" not in said.out


def test_check_hears_each_prompt(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    sounds = office.folder / "sounds"
    shutil.copytree(FOLDER, sounds, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr("media.prompts.FOLDER", sounds)
    assert office.confctl("check").status == 0
    (sounds / "en" / "not-started.flac").write_bytes(b"no sound" * 100)
    (sounds / "music.flac").unlink()
    said = office.confctl("check")
    assert said.status == 1
    assert "not-started.flac" in said.out and "music.flac" in said.out
