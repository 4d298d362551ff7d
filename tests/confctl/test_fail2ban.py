"""What the log says of strangers is found by the filter in ``examples/``, whole lines of ours and nothing else."""

from __future__ import annotations

import logging
import re
from configparser import ConfigParser, RawConfigParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from confctl.log import JsonLine, PlainLine
from mixer.phrases import Phrase
from mixer.stranger_log import AT_HOME, IN_ALL, OF_A_HOST, StrangerLog, quoted

if TYPE_CHECKING:
    from confctl.log import Told

FILTER = Path(__file__).parents[2] / "examples" / "fail2ban" / "filter.d" / "confctl.conf"
NAME = "x\r\n2026-11-23 04:32:10+03:00 WARNING stranger 192.0.2.1: y"


def banned(line: str) -> str | None:
    """As fail2ban reads it: behind the date of a system log, if there is one."""
    config = ConfigParser()
    config.read(FILTER)
    line = re.sub(r"^[A-Z][a-z]{2} [0-9 ]{2} [0-9:]{8}", "", line)
    for pattern in config["Definition"]["failregex"].split("\n"):
        if found := re.match(pattern.replace("<HOST>", "(?P<host>[0-9a-fA-F:.]+)"), line):
            return found["host"]
    return None


@pytest.fixture(params=["en", "ru", "json", "journal", "json in the journal"])
def log(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Told:
    caplog.set_level(logging.WARNING)
    kind = JsonLine if "json" in request.param else PlainLine
    return kind("ru" if request.param == "ru" else "en", "Europe/Moscow", journal="journal" in request.param)


def logged(log: Told, record: logging.LogRecord, prefix: str = "") -> str:
    """As it is read: the journal takes the priority away."""
    return prefix + re.sub("^<4>", "", log.format(record))


def strangers(*ours: str) -> StrangerLog:
    return StrangerLog(lambda host: host in ours, lambda: 0.0)


@pytest.mark.parametrize("prefix", ["", "Nov 23 04:32:11 pbx confctl[4711]: ", "pbx confctl[4711]: "])
def test_a_stranger_is_found_in_every_language_and_form_of_log(
    log: Told, caplog: pytest.LogCaptureFixture, prefix: str
) -> None:
    told = strangers()
    told.tell("192.0.2.7", Phrase("wrong password for “%(user)s”", {"user": quoted(NAME)}))
    told.tell("2001:db8::7", Phrase("sends more than is read of it"))
    assert [banned(logged(log, record, prefix)) for record in caplog.records] == ["192.0.2.7", "2001:db8::7"]


def test_nobody_makes_a_line_about_somebody_else_and_no_phone_of_ours_is_a_stranger(
    log: Told, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("mixer").warning("%s: %s", "trunk", NAME)
    strangers("10.0.0.1").tell("10.0.0.1", Phrase("sends more than is read of it"))
    assert [banned(logged(log, record)) for record in caplog.records] == [None, None]


def test_who_is_banned_is_banned_over_udp_too() -> None:
    jail = RawConfigParser()
    jail.read(FILTER.parents[1] / "jail.d" / "confctl.conf")
    assert jail["confctl"]["protocol"] == "tcp,udp"


def test_so_many_lines_of_a_host_and_in_all(caplog: pytest.LogCaptureFixture) -> None:
    told = strangers()
    for _ in range(100):
        told.tell("192.0.2.7", Phrase("sends more than is read of it"))
    assert len(caplog.records) == OF_A_HOST.at_once
    for number in range(100):
        told.tell(f"192.0.2.{number}", Phrase("sends more than is read of it"))
    assert len(caplog.records) == IN_ALL.at_once


def test_a_phone_of_ours_with_a_mistyped_password_is_a_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    told = StrangerLog(lambda _: True, lambda: now)
    for _ in range(600):
        told.tell("10.0.0.1", Phrase("wrong password for “%(user)s”", {"user": "101"}))
        now += 1.0
    assert len(caplog.records) == pytest.approx(10 + AT_HOME.at_once, abs=1)
