"""What survives a mixer that dies: whatever state its files are in, the next one starts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mixer.keepsakes import Keepsakes
from sip.registrar import Registrar

if TYPE_CHECKING:
    from pathlib import Path

    from sip.dialog import StoredDialog
    from sip.registrar import StoredBinding

BINDING: StoredBinding = {
    "account": "101",
    "contact": "sip:101@10.0.0.9",
    "transport": "udp",
    "host": "10.0.0.9",
    "port": 5060,
    "remaining": 300.0,
    "call_id": "c",
    "cseq": 1,
}


def dialog(call_id: str) -> StoredDialog:
    return {
        "call_id": call_id,
        "local": "<sip:us@a.example>;tag=1",
        "remote": "<sip:them@b.example>;tag=2",
        "target": "sip:them@10.0.0.9",
        "route": [],
        "local_seq": 1,
        "transport": "udp",
        "host": "10.0.0.9",
        "port": 5060,
    }


def open_calls(folder: Path) -> list[str]:
    """As the next mixer finds them."""
    return [stored["call_id"] for stored in Keepsakes(folder).take_open_calls()]


def test_bindings_are_found_again_with_their_age(tmp_path: Path) -> None:
    Keepsakes(tmp_path).keep_bindings([BINDING])
    stored, age = Keepsakes(tmp_path).bindings()
    assert stored == [BINDING]
    assert 0 <= age < 60
    registrar = Registrar()
    registrar.load(stored, 1000.0, age)
    assert registrar.bindings("101", 1000.0)


def test_without_a_file_there_are_no_bindings_and_no_calls(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert Keepsakes(tmp_path).bindings() == ([], 0.0)
    assert open_calls(tmp_path) == []
    assert not caplog.records


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"bindings": []}', b'{"at": "x", "bindings": 1}', b"\xff\x00"])
def test_bindings_that_cannot_be_read_are_told_and_forgotten(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    (tmp_path / "bindings.json").write_bytes(content)
    assert Keepsakes(tmp_path).bindings() == ([], 0.0)
    assert "phones must register again" in caplog.text


def test_calls_that_were_answered_and_not_ended_are_open_once(tmp_path: Path) -> None:
    keepsakes = Keepsakes(tmp_path)
    for call in "abc":
        keepsakes.call_answered(call, dialog(f"id-{call}"))
    keepsakes.call_ended("b")
    assert open_calls(tmp_path) == ["id-a", "id-c"]
    assert open_calls(tmp_path) == []


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_line_that_was_cut_short_costs_only_itself(tmp_path: Path, cut: int) -> None:
    keepsakes = Keepsakes(tmp_path)
    file = tmp_path / "calls.jsonl"
    keepsakes.call_answered("a", dialog("id-a"))
    keepsakes.call_answered("b", dialog("id-b"))
    file.write_bytes(file.read_bytes()[:-cut])
    keepsakes.call_answered("c", dialog("id-c"))
    assert open_calls(tmp_path) == ["id-a", "id-c"]


@pytest.mark.parametrize("line", [b"nonsense", b"[]", b"7", b'{"call": 7}', b"\xff\xfe", b'{"dialog": {}}'])
def test_what_is_no_line_of_ours_is_passed_over(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "calls.jsonl").write_bytes(line + b"\n")
    Keepsakes(tmp_path).call_answered("a", dialog("id-a"))
    assert open_calls(tmp_path) == ["id-a"]


def test_the_file_begins_anew_when_no_call_is_open(tmp_path: Path) -> None:
    keepsakes = Keepsakes(tmp_path)
    for number in range(100):
        keepsakes.call_answered(str(number), dialog(f"id-{number}"))
        keepsakes.call_ended(str(number))
    assert not (tmp_path / "calls.jsonl").exists()
    keepsakes.call_answered("last", dialog("id-last"))
    assert json.loads((tmp_path / "calls.jsonl").read_bytes())["call"] == "last"


def test_a_disk_that_refuses_is_told_and_no_call_suffers(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("calls.jsonl", "bindings.tmp"):
        (tmp_path / name).mkdir()
    keepsakes = Keepsakes(tmp_path)
    keepsakes.keep_bindings([BINDING])
    keepsakes.call_answered("a", dialog("id-a"))
    keepsakes.call_ended("a")
    assert keepsakes.take_open_calls() == []
    assert "a restart would forget who is registered" in caplog.text
    assert "a crash would leave a call open" in caplog.text
