"""The log of a running mixer: one harmless line for each thing, in the company's language."""

from __future__ import annotations

import logging
import sys

import pytest

from confctl.log import OneLine
from mixer.model import Person, Plan
from mixer.narration import narrate
from mixer.records import Kind, Record

PLAN = Plan("482913", "77345128", "Планёрка", Person("Анна", ("101",)), (), 0.0, 3600.0, "UTC")

ZONE = "Europe/Moscow"


def logged(log: OneLine, message: str, *arguments: object) -> str:
    return log.format(logging.makeLogRecord({"levelname": "INFO", "msg": message, "args": arguments}))


def test_what_happens_is_told_in_the_companys_language() -> None:
    record = Record(Kind.REFUSED, 0, "in-1", detail="TooEarly")
    form = "%(levelname)s %(message)s"
    assert logged(OneLine("en", ZONE, form), "%s", narrate(PLAN, record)) == (
        "INFO “Планёрка”: a caller is refused (it has not started)"
    )
    assert logged(OneLine("ru", ZONE, form), "%s", narrate(PLAN, record)) == (
        "INFO «Планёрка»: звонящий: отказано (она ещё не началась)"
    )
    assert logged(OneLine("ru", ZONE, form), "listening on %s", "udp:127.0.0.1:5060") == (
        "INFO вызовы принимаются на udp:127.0.0.1:5060"
    )


def test_what_other_libraries_say_has_its_places_filled_too() -> None:
    log = OneLine("ru", ZONE, "%(message)s")
    record = logging.LogRecord("asyncio", logging.INFO, "", 0, "%(what)s took long", ({"what": "a callback"},), None)
    assert log.format(record) == "a callback took long"


def test_what_strangers_say_makes_one_harmless_line() -> None:
    assert (
        logged(OneLine("en", ZONE, "%(levelname)s %(message)s"), "trunk %s", "a\r\nb\x1b[2J")
        == "INFO trunk a  b\\x1b[2J"
    )


def test_a_percent_sign_in_what_is_told_is_only_that() -> None:
    record = Record(Kind.NOT_REACHED, 0, "482913-1", "101", detail="100%s %(who)s")
    assert logged(OneLine("ru", ZONE, "%(message)s"), "%s", narrate(PLAN, record)).endswith("(100%s %(who)s)")


def test_a_mistake_of_ours_is_one_line_with_the_way_to_it() -> None:
    try:
        raise ZeroDivisionError("no\x1b[2J")
    except ZeroDivisionError:
        said = OneLine("en", ZONE).formatException(sys.exc_info())
    assert said.startswith("  ZeroDivisionError('no")
    assert "test_log.py:" in said
    assert "\n" not in said
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("zone", "shown"),
    [("Europe/Moscow", "2026-10-25 04:30:10+03:00"), ("Europe/Berlin", "2026-10-25 02:30:10+01:00")],
)
def test_times_are_those_of_the_companys_clocks_wherever_the_machine_is(zone: str, shown: str) -> None:
    record = logging.makeLogRecord({"levelname": "INFO", "msg": "stopping", "created": 1792891810.9})
    assert OneLine("en", zone).format(record) == f"{shown} INFO stopping"
