"""A report for scripts.  Times are ISO 8601 with the offset of the conference's zone, lengths are seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from confctl import dates
from confctl.report.attendance import Apart
from mixer.sound_records import SLOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from confctl.report.attendance import Attendee, Deed, Quality, Report, Span
    from confctl.terminal.screen import Json


def report(found: Report, files: Iterable[Path] = ()) -> dict[str, Json]:
    """``files`` are what was recorded, as far as it is there still."""
    return _Writer(found).whole(files)


class _Writer:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._zone = ZoneInfo(report.plan.zone)

    def whole(self, files: Iterable[Path]) -> dict[str, Json]:
        report, plan = self._report, self._report.plan
        return {
            "code": plan.code,
            "title": plan.title,
            "owner": _brief(report.attendees[0]),
            "start": self._time(plan.start),
            "end": self._time(report.end),
            "zone": plan.zone,
            "started": self._time(report.started),
            "ended": self._time(report.ended),
            "until": self._time(report.until),
            "reason": report.reason or None,
            "talked": round(report.talked, 1),
            "attendees": [self._attendee(each) for each in report.attendees],
            "owner_away": self._spans(report.owner_away),
            "gaps": [
                {"from": self._time(gap.start), "to": self._time(gap.end), "crashed": gap.crashed}
                for gap in report.gaps
            ],
            "refused": [
                {"at": self._time(each.at), "number": each.number, "reason": each.why} for each in report.refused
            ],
            "recordings": [
                {"name": each.name, "while": self._spans(each.spans), "reason": each.why or None}
                for each in report.recordings
            ],
            "files": list(map(str, files)),
            "acts": [self._deed(each) for each in report.deeds],
        }

    def _attendee(self, someone: Attendee) -> dict[str, Json]:
        report = self._report
        return {
            **_brief(someone),
            "role": str(someone.role),
            "from": self._time(someone.came_at),
            "to": self._time(max((stay.end for stay in someone.stays), default=None)),
            "seconds": round(someone.seconds),
            "late": None if (late := report.late(someone)) is None else round(late),
            "talked": round(someone.talked, 1),
            "share": round(report.share(someone), 4),
            **{str(how).replace("-", "_"): round(someone.apart_for(how)) for how in Apart},
            "reason": someone.reason,
            "stays": [
                {
                    "from": self._time(stay.start),
                    "to": self._time(stay.end),
                    "came": str(stay.came),
                    "until": str(stay.until),
                    "reason": stay.why or None,
                    "by": _whom(stay.by),
                }
                for stay in someone.stays
            ],
            "calls": [
                {
                    "at": self._time(call.at),
                    "rang": call.rang,
                    "outcome": str(call.outcome),
                    "until": self._time(call.until),
                    "reason": call.detail or None,
                }
                for call in someone.calls
            ],
            "talk": [{"at": self._time(slot * SLOT), "seconds": tenths / 10} for slot, tenths in someone.talk.items()],
            "quality": _quality(someone.quality),
        }

    def _deed(self, deed: Deed) -> Json:
        return {
            "at": self._time(deed.at),
            "act": deed.kind,
            "who": _whom(deed.who),
            "by": _whom(deed.by),
            "user": deed.user or None,
            "detail": deed.detail or None,
        }

    def _spans(self, spans: Iterable[Span]) -> Json:
        return [{"from": self._time(span.start), "to": self._time(span.end)} for span in spans]

    def _time(self, at: float | None) -> str | None:
        return None if at is None else dates.for_scripts(at, self._zone)


def _brief(someone: Attendee) -> dict[str, Json]:
    return {"name": someone.name, "number": someone.number}


def _whom(someone: Attendee | None) -> Json:
    return None if someone is None else _brief(someone)


def _quality(quality: Quality | None) -> Json:
    """Null where nothing is known of it; ``jitter`` in milliseconds."""
    if quality is None:
        return None
    return {
        "codecs": list(quality.codecs),
        "received": quality.received,
        "missed": quality.missed,
        "loss": round(quality.loss, 4),
        "jitter": round(quality.jitter, 1),
        "mos": None if quality.mos is None else round(quality.mos, 2),
        "worst": quality.worst,
    }
