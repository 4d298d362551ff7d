"""The log of a running mixer: a line on stderr for each thing that happens, in the company's language and time zone.

    2026-11-23 15:41:07+03:00 INFO “Weekly meeting”: Anna Petrova is in [5f3a9c12-3-1]

What stands in brackets is the call that a line is about (:mod:`mixer.call_log`).  To the journal of systemd the time is
left to it, and the level goes as it wants it (sd-daemon(3)): ``<6>“Weekly meeting”: …``.  As JSON it is an object a
line: ``time``, ``level``, ``message``, where they are known ``call`` and ``conference``, and at the end of a call what
is known of it.

No code of a conference is told, not in a file's name either: only its last two digits.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from confctl.clean import clean
from confctl.terminal.screen import lacks_letters
from confctl.words import translated
from mixer.phrases import Number, Phrase, masked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from logging import LogRecord, _SysExcInfoType
    from typing import TextIO

    from confctl.log_settings import Log
    from confctl.words import Language

_PRIORITIES: Final = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
"""syslog's (sd-daemon(3))."""
_FILE_OF_A_CODE: Final = re.compile(r"(?<![\w.-])[0-9]{2,30}(?=[0-9]{2}\.(?:toml|jsonl|wav|flac|opus)\b)", re.ASCII)
"""The book and the journal name their files so."""
_USER: Final = re.compile(r"\b(sips?:|tel:)([^@\s>\"”]+)")
"""Of a URI in what the network, or a mistake of ours, says."""


def log_to_stderr(log: Log, language: Language, zone: str) -> None:
    """From now on; called again, it changes how."""
    level, form = logging.getLevelNamesMapping()[log.level.upper()], formatter(log, language, zone, sys.stderr)
    ours = [handler for handler in logging.root.handlers if isinstance(handler.formatter, Told)]
    for handler in ours:
        handler.setFormatter(form)
        logging.root.setLevel(level)
    if not ours:
        stderr = logging.StreamHandler(sys.stderr)
        stderr.setFormatter(form)
        logging.basicConfig(level=level, handlers=[stderr])


def formatter(log: Log, language: Language, zone: str, stream: TextIO) -> Told:
    journal = is_journal(stream, os.environ)
    kind = JsonLine if log.format == "json" else PlainLine
    return kind(language, zone, mask=log.mask_numbers, journal=journal)


def is_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether it leads to the journal of systemd (systemd.exec(5), JOURNAL_STREAM)."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):  # it is no file, or closed
        return False
    return environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


class Told(logging.Formatter):
    """What phones and people call themselves, or a trunk says, makes no second line and acts on no terminal."""

    def __init__(self, language: Language, zone: str, *, mask: bool = False, journal: bool = False) -> None:
        super().__init__()
        self._language = language
        self._zone = ZoneInfo(zone)
        self._mask = mask
        self._journal = journal

    def format(self, record: LogRecord) -> str:
        line = self._line(record)
        return f"<{_PRIORITIES.get(record.levelno, 6)}>{line}" if self._journal else line

    def _line(self, record: LogRecord) -> str:
        raise NotImplementedError

    def _message(self, record: LogRecord) -> str:
        arguments = tuple(map(self._spoken, record.args)) if isinstance(record.args, tuple) else record.args
        text = translated(str(record.msg), self._language)
        return self._harmless(text % arguments if arguments else text)

    def _spoken(self, value: object) -> object:
        match value:
            case Number(text):
                return masked(text) if self._mask else text
            case Phrase():
                places = {name: self._spoken(each) for name, each in value.values.items()}
                return translated(value.text, self._language) % places
            case int() | float() | None:
                return value
            case _:
                return self._unmasked(str(value))

    def _unmasked(self, text: str) -> str:
        """What is no number by itself may have one in it."""
        return _USER.sub(lambda user: user[1] + masked(user[2]), text) if self._mask else text

    def _harmless(self, text: str) -> str:
        return clean(_FILE_OF_A_CODE.sub("…", text))

    def _mistake(self, info: _SysExcInfoType) -> str:
        """A mistake of ours, with the way to it, on one line."""
        frames = reversed(traceback.extract_tb(info[2]))
        way = " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
        return self._harmless(f"{self._unmasked(repr(info[1]))} at {way}")

    def _time(self, record: LogRecord, sep: str) -> str:
        """``2026-11-23 04:32:10+03:00``: the clocks of the lists, and which of two hours when they go back."""
        return datetime.fromtimestamp(int(record.created), self._zone).isoformat(sep)


class PlainLine(Told):
    def _line(self, record: LogRecord) -> str:
        call = getattr(record, "call", None)
        parts = [
            *(() if self._journal else (self._time(record, " "), record.levelname)),
            self._message(record),
            *((f"[{call}]",) if call else ()),
            *((f"  {self._mistake(record.exc_info)}",) if record.exc_info and record.exc_info[0] else ()),
        ]
        return " ".join(parts)


class JsonLine(Told):
    def _line(self, record: LogRecord) -> str:
        call, conference = getattr(record, "call", None), getattr(record, "conference", None)
        facts: Mapping[str, object] = getattr(record, "facts", {})
        fields = {
            "time": self._time(record, "T"),
            "level": record.levelname.lower(),
            "message": self._message(record),
            "call": call,
            "conference": None if conference is None else clean(conference),
            **{name: self._fact(value) for name, value in facts.items()},
            "mistake": self._mistake(record.exc_info) if record.exc_info and record.exc_info[0] else None,
        }
        known = {name: value for name, value in fields.items() if value is not None}
        return json.dumps(known, ensure_ascii=lacks_letters(sys.stderr))

    def _fact(self, value: object) -> object:
        spoken = self._spoken(value)
        return self._harmless(spoken) if isinstance(spoken, str) else spoken
