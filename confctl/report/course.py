"""How a conference as a whole went: begun, without its owner, cut off, recorded, ended.  A part of the fold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl.report.attendance import Gap, Recording, Span
from mixer.rules.records import Kind

if TYPE_CHECKING:
    from mixer.rules.records import Record


class Course:
    """Fed with one record after the other."""

    def __init__(self) -> None:
        self.started: float | None = None
        self.ended: float | None = None
        self.reason = ""
        self.gaps: list[Gap] = []
        self.recordings: list[Recording] = []
        self._away: list[Span] = []
        self._away_since: float | None = None
        self._down: Gap | None = None
        """Since when no mixer runs; its end is not known yet."""
        self._taping: float | None = None

    def add(self, record: Record, last: float) -> None:
        """``last`` is the last that was known before."""
        at = record.at
        match record.kind:
            case Kind.STARTED:
                self.started = at if self.started is None else self.started
                self._lose_owner(at)
            case Kind.OWNER_IN:
                self._meet_owner(at)
            case Kind.OWNER_OUT:
                self._lose_owner(at)
            case Kind.STOPPED | Kind.CRASHED:
                self._go_down(at, crashed=record.kind == Kind.CRASHED)
            case Kind.RESUMED:
                self.break_off(last)
                self._come_up(at)
                self._lose_owner(at)
            case Kind.ENDED:
                self._come_up(at)
                self._meet_owner(at)
                self._stop_tape(at)
                self.ended, self.reason = at, record.detail
            case _:
                self._tape(record)

    def break_off(self, last: float) -> None:
        """Nobody has noted that the mixer died, which is seen from what comes next."""
        self._go_down(last, crashed=True)

    def away(self, until: float) -> tuple[Span, ...]:
        """When the owner was not in, from the start on."""
        open_still = [] if self._away_since is None else [Span(self._away_since, until)]
        return tuple(span for span in (*self._away, *open_still) if span.seconds > 0)

    def taped(self, until: float) -> tuple[Recording, ...]:
        if self._taping is not None and self.recordings:
            last = self.recordings[-1]
            whole = Recording(last.name, [*last.spans, Span(self._taping, max(self._taping, until))], last.why)
            return (*self.recordings[:-1], whole)
        return tuple(self.recordings)

    def _lose_owner(self, at: float) -> None:
        if self._away_since is None:
            self._away_since = at

    def _meet_owner(self, at: float) -> None:
        if self._away_since is not None:
            self._away.append(Span(self._away_since, max(at, self._away_since)))
            self._away_since = None

    def _go_down(self, at: float, *, crashed: bool) -> None:
        if self._down is None and self.started is not None and self.ended is None:
            self._down = Gap(at, at, crashed)
            self._meet_owner(at)  # nobody is anywhere
            self._stop_tape(at)

    def _come_up(self, at: float) -> None:
        if self._down is not None and at > self._down.start:
            self.gaps.append(Gap(self._down.start, at, self._down.crashed))
        self._down = None

    def _tape(self, record: Record) -> None:
        match record.kind:
            case Kind.RECORDING_STARTED:
                self._stop_tape(record.at)
                self.recordings.append(Recording(record.detail, []))
                self._taping = record.at
            case Kind.RECORDING_RESUMED if self.recordings:
                self._taping = record.at if self._taping is None else self._taping
            case Kind.RECORDING_PAUSED:
                self._stop_tape(record.at)
            case Kind.RECORDING_STOPPED:
                self._stop_tape(record.at)
                if self.recordings:
                    self.recordings[-1].why = record.detail

    def _stop_tape(self, at: float) -> None:
        if self._taping is not None and self.recordings:
            self.recordings[-1].spans.append(Span(self._taping, max(at, self._taping)))
        self._taping = None
