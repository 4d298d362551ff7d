"""A report as CSV, for spreadsheets: a row for everybody, then one for each number that was refused.

``outcome`` tells them apart.  Times are on the clocks of the conference's zone.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from confctl.clean import clean
from confctl.csv_cells import harmless
from confctl.report.attendance import Apart, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.report.attendance import Attempts, Attendee, Report

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
    "outcome",
)


_CAME, _MISSING, _REFUSED = "came", "missing", "refused"
"""What ``outcome`` says."""


def write(report: Report) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    rows = chain(
        (_cells(report, someone) for someone in report.attendees),
        (_refused(report, each) for each in report.attempts),
    )
    for row in rows:
        writer.writerow([harmless(clean(cell)) for cell in row])
    return text.getvalue()


def _cells(report: Report, someone: Attendee) -> Iterator[str]:
    yield from (someone.name or "", someone.number or "", someone.role)
    for at in (someone.came_at, max((stay.end for stay in someone.stays), default=None)):
        yield "" if at is None else _moment(report, at)
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
    yield _CAME if someone.stays else _MISSING


def _refused(report: Report, attempts: Attempts) -> Iterator[str]:
    """From the first attempt to the last; ``calls`` is how many there were."""
    known = {
        "outcome": _REFUSED,
        "number": attempts.number or "",
        "role": Role.GUEST,
        "from": _moment(report, attempts.first),
        "to": _moment(report, attempts.last),
        "seconds": "0",
        "times": "0",
        "calls": str(attempts.times),
        "reason": attempts.why,
    }
    yield from (known.get(column, "") for column in COLUMNS)


def _moment(report: Report, at: float) -> str:
    return f"{datetime.fromtimestamp(at, ZoneInfo(report.plan.zone)):%Y-%m-%d %H:%M:%S}"
