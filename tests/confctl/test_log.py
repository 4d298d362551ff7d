"""The log of a running mixer: one harmless line for each thing, in the company's language, plain or as JSON."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
from typing import TYPE_CHECKING

import pytest

from confctl.log import JsonLine, PlainLine, formatter, is_journal
from confctl.log_settings import Log
from mixer.call_log import of_call
from mixer.narration import narrate
from mixer.phrases import Number, Phrase, masked
from mixer.rules.model import Person, Plan
from mixer.rules.records import Kind, Record

if TYPE_CHECKING:
    from pathlib import Path

    from confctl.log import Told

PLAN = Plan("482913", "77345128", "Планёрка", Person("Анна", ("101",)), (), 0.0, 3600.0, "UTC")
ZONE = "Europe/Moscow"
AT = 1795393870.4
CALL = "5f3a9c12-3-1"
JOINED = narrate(PLAN, Record(Kind.JOINED, 0, CALL, "101"))


def line(log: Told, message: str, *arguments: object, level: int = logging.INFO, **more: object) -> str:
    fields = {"levelno": level, "levelname": logging.getLevelName(level), "msg": message, "args": arguments}
    return log.format(logging.makeLogRecord({**fields, "created": AT, **more}))


def said(log: PlainLine, message: str, *arguments: object, **more: object) -> str:
    """Without time and level."""
    return line(log, message, *arguments, **more).split(" ", 3)[3]  # type: ignore[arg-type]  # level is not given


def test_what_happens_is_told_in_the_companys_language_with_the_call_that_it_is_about() -> None:
    extra = of_call(CALL, PLAN)
    assert line(PlainLine("en", ZONE), "%s", JOINED, **extra) == (
        "2026-11-23 03:31:10+03:00 INFO “Планёрка”: Анна is in [5f3a9c12-3-1]"
    )
    refused = narrate(PLAN, Record(Kind.REFUSED, 0, "in-1", detail="TooEarly"))
    assert said(PlainLine("ru", ZONE), "%s", refused) == "«Планёрка»: звонящий: отказано (она ещё не началась)"
    assert said(PlainLine("ru", ZONE), "listening on %s", "udp:127.0.0.1:5060") == (
        "вызовы принимаются на udp:127.0.0.1:5060"
    )


def test_the_journal_of_systemd_is_told_the_priority_and_no_time() -> None:
    log = PlainLine("en", ZONE, journal=True)
    assert line(log, "%s", JOINED, **of_call(CALL)) == "<6>“Планёрка”: Анна is in [5f3a9c12-3-1]"
    for level, priority in ((logging.WARNING, 4), (logging.ERROR, 3), (logging.CRITICAL, 2), (logging.DEBUG, 7)):
        assert line(log, "stopping", level=level) == f"<{priority}>stopping"
    assert line(JsonLine("en", ZONE, journal=True), "stopping").startswith("<6>{")


def test_what_leads_to_the_journal_is_known_by_its_inode(tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("w") as stream:
        found = os.fstat(stream.fileno())
        assert is_journal(stream, {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"})
        assert not is_journal(stream, {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino + 1}"})
        assert not is_journal(stream, {})
    assert not is_journal(stream, {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"})


def test_as_json_it_is_an_object_a_line_with_what_is_known_of_a_call() -> None:
    facts = {
        "direction": "out",
        "who": "Анна",
        "through": Number("101"),
        "seconds": 611.2,
        "codec": None,
        "lost": 0.003,
    }
    text = line(JsonLine("en", ZONE), "%s", JOINED, **of_call(CALL, PLAN), facts=facts)
    assert json.loads(text) == {
        "time": "2026-11-23T03:31:10+03:00",
        "level": "info",
        "message": "“Планёрка”: Анна is in",
        "call": CALL,
        "conference": "Планёрка",
        "direction": "out",
        "who": "Анна",
        "through": "101",
        "seconds": 611.2,
        "lost": 0.003,
    }


@pytest.mark.parametrize("kind", [PlainLine, JsonLine])
def test_of_numbers_only_the_last_digits_are_told_if_it_is_set(kind: type[PlainLine | JsonLine]) -> None:
    log = kind("en", ZONE, mask=True)
    refused = narrate(PLAN, Record(Kind.REFUSED, 0, "in-1", "+74955550199", detail="TooEarly"))
    told = line(log, "%s", refused, facts={"through": Phrase("%(n)s, trunk", {"n": Number("+74955550144")})})
    assert "…99 is refused" in told
    assert "555" not in told
    wrong = line(log, "%s", "sip:+74955550199@example.com can't be called")
    assert "sip:…99@example.com can't" in wrong and "555" not in wrong
    assert "+74955550199" in line(kind("en", ZONE), "%s", refused)


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("+74955550199", "…99"),
        ("1004", "…04"),
        ("101", "…1"),
        ("anna", "anna"),
        ("sip:+74955550199@192.0.2.7", "sip:…99@192.0.2.7"),
        ("sip:room@192.0.2.7", "sip:room@192.0.2.7"),
        ("", ""),
        ("4\n5", "…5"),
    ],
)
def test_a_masked_number_keeps_its_end_and_a_name_is_none(number: str, told: str) -> None:
    assert masked(number) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/srv/conferences/482913.toml:3: title is missing", "/srv/conferences/…13.toml:3: title is missing"),
        ("the file is named 482913.toml; both", "the file is named …13.toml; both"),
        ("/srv/journal/482913.jsonl: not written", "/srv/journal/…13.jsonl: not written"),
        ("/srv/people.toml:12: 482913", "/srv/people.toml:12: 482913"),
    ],
)
def test_no_code_is_told_in_the_name_of_a_file(text: str, told: str) -> None:
    assert said(PlainLine("en", ZONE), "%s", text) == told


def test_what_other_libraries_say_has_its_places_filled_too() -> None:
    record = logging.LogRecord("asyncio", logging.INFO, "", 0, "%(what)s took long", ({"what": "a callback"},), None)
    assert PlainLine("ru", ZONE).format(record).endswith(" INFO a callback took long")


def test_what_strangers_say_makes_one_harmless_line() -> None:
    assert said(PlainLine("en", ZONE), "trunk %s", "a\r\nb\x1b[2J") == "trunk a  b\\x1b[2J"
    text = line(JsonLine("en", ZONE), "trunk %s", 'a"}\r\nb\x1b[2J\u202e')
    assert "\n" not in text and json.loads(text)["message"] == 'trunk a"}  b\\x1b[2J\\u202e'


def test_a_percent_sign_in_what_is_told_is_only_that() -> None:
    record = Record(Kind.NOT_REACHED, 0, CALL, "101", detail="100%s %(who)s")
    assert said(PlainLine("ru", ZONE), "%s", narrate(PLAN, record)).endswith("(100%s %(who)s)")


def test_as_json_it_is_so_whatever_letters_the_encoding_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    octets = io.BytesIO()
    monkeypatch.setattr("sys.stderr", io.TextIOWrapper(octets, encoding="koi8-r", errors="backslashreplace"))
    sys.stderr.write(line(JsonLine("en", ZONE), "trunk %s", "José, Анна"))
    sys.stderr.flush()
    assert json.loads(octets.getvalue().decode("koi8-r"))["message"] == "trunk José, Анна"


@pytest.mark.parametrize("kind", [PlainLine, JsonLine])
def test_a_mistake_of_ours_is_one_line_with_the_way_to_it(kind: type[PlainLine | JsonLine]) -> None:
    try:
        raise ZeroDivisionError("no\x1b[2J")
    except ZeroDivisionError as error:
        told = line(kind("en", ZONE), "stopping", exc_info=(ZeroDivisionError, error, error.__traceback__))
    assert "ZeroDivisionError('no" in told
    assert "test_log.py:" in told
    assert "\n" not in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("zone", "shown"),
    [("Europe/Moscow", "2026-10-25 04:30:10+03:00"), ("Europe/Berlin", "2026-10-25 02:30:10+01:00")],
)
def test_times_are_those_of_the_companys_clocks_wherever_the_machine_is(zone: str, shown: str) -> None:
    assert line(PlainLine("en", zone), "stopping", created=1792891810.9) == f"{shown} INFO stopping"


def test_the_settings_say_which_form_it_has(tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("w") as stream:
        assert isinstance(formatter(Log(), "en", ZONE, stream), PlainLine)
        assert isinstance(formatter(Log(format="json"), "en", ZONE, stream), JsonLine)
