"""The log of a running mixer: a line on stderr for each thing that happens, in the company's language and time zone."""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from confctl.clean import clean
from confctl.words import translated
from mixer.phrases import Phrase

if TYPE_CHECKING:
    from logging import LogRecord, _SysExcInfoType

    from confctl.words import Language


def log_to_stderr(language: Language, zone: str) -> None:
    stderr = logging.StreamHandler(sys.stderr)
    stderr.setFormatter(OneLine(language, zone))
    logging.basicConfig(level=logging.INFO, handlers=[stderr])


class OneLine(logging.Formatter):
    """What phones and people call themselves, or a trunk says, makes no second line and acts on no terminal."""

    def __init__(self, language: Language, zone: str, form: str = "%(asctime)s %(levelname)s %(message)s") -> None:
        super().__init__(form)
        self._language = language
        self._zone = ZoneInfo(zone)

    def format(self, record: LogRecord) -> str:
        arguments = tuple(map(self._spoken, record.args)) if isinstance(record.args, tuple) else record.args
        told = logging.makeLogRecord({**record.__dict__, "args": arguments})
        told.msg = translated(str(record.msg), self._language)
        return super().format(told)

    def _spoken(self, value: object) -> object:
        if not isinstance(value, Phrase):
            return value
        places = {name: self._spoken(each) for name, each in value.values.items()}
        return translated(value.text, self._language) % places

    def formatTime(self, record: LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  as logging has it
        """``2026-11-23 04:32:10+03:00``: the clocks of the lists, and which of two hours when they go back."""
        return datetime.fromtimestamp(int(record.created), self._zone).isoformat(" ")

    def formatMessage(self, record: LogRecord) -> str:  # noqa: N802  logging's name
        return clean(super().formatMessage(record))

    def formatException(self, ei: _SysExcInfoType) -> str:  # noqa: N802  logging's name
        """A mistake of ours, with the way to it, on one line."""
        frames = reversed(traceback.extract_tb(ei[2]))
        way = " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
        return clean(f"  {ei[1]!r} at {way}")
