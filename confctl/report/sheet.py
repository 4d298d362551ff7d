"""A report as CSV: a row for everybody, for spreadsheets.  Times are on the clocks of the conference's zone."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from confctl.clean import clean
from confctl.csv_cells import harmless
from confctl.report.attendance import Apart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.report.attendance import Attendee, Report

COLUMNS: Final = (
    "name",
    "number",
    "role",
    "from",
    "to",
    "seconds",
    "times",
    "late",
    "talked",
    "share",
    *(str(how).replace("-", "_") for how in Apart),
    "calls",
    "reason",
    "codecs",
    "loss",
    "jitter",
    "mos",
    "worst",
)


def write(report: Report) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for someone in report.attendees:
        writer.writerow([harmless(clean(cell)) for cell in _cells(report, someone)])
    return text.getvalue()


def _cells(report: Report, someone: Attendee) -> Iterator[str]:
    yield from (someone.name or "", someone.number or "", someone.role)
    for at in (someone.came_at, max((stay.end for stay in someone.stays), default=None)):
        yield "" if at is None else f"{datetime.fromtimestamp(at, ZoneInfo(report.plan.zone)):%Y-%m-%d %H:%M:%S}"
    late = report.late(someone)
    yield from (f"{someone.seconds:.0f}", str(len(someone.stays)), "" if late is None else f"{late:.0f}")
    yield from (f"{someone.talked:.1f}", f"{report.share(someone):.4f}")
    yield from (f"{someone.apart_for(how):.0f}" for how in Apart)
    yield from (str(len(someone.calls)), someone.reason or "")
    quality = someone.quality
    if quality is None:
        yield from ("",) * 5
    else:
        yield from (" ".join(quality.codecs), f"{quality.loss:.4f}", f"{quality.jitter:.1f}")
        yield from ("" if mos is None else f"{mos:.2f}" for mos in (quality.mos, quality.worst))
