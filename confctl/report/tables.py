"""A report on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl import dates
from confctl.report import telling
from confctl.report.acts import acts
from confctl.report.attendance import Apart
from confctl.report.telling import NOTHING, clock
from confctl.terminal.table import Cell, Style, Table, Text, cell, unbroken
from confctl.words import Sentence, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.report.attendance import Attendee, Report, Stay
    from confctl.terminal.screen import Screen


def show(report: Report, screen: Screen) -> None:
    """Prints it: what there is nothing to say of is left out."""
    shown = _Tables(report, screen)
    tables = (shown.head(), shown.there(), shown.missing(), shown.refused(), shown.acts())
    for number, table in enumerate(each for each in tables if each.rows):
        if number:
            screen.blank()
        screen.table(table)


class _Tables:
    def __init__(self, report: Report, screen: Screen) -> None:
        self._report = report
        self._screen = screen
        self._zone = report.plan.zone

    def head(self) -> Table:
        report, plan = self._report, self._report.plan
        rows: list[tuple[Sentence, Cell]] = [
            (say("Title"), cell(plan.title)),
            (say("Date and time"), cell(dates.span_in_full(plan.start, report.end, plan.zone, self._screen.language))),
            (say("State"), self._cell(telling.state(report, self._zone))),
            (say("In short"), self._cell(telling.in_short(report)) if report.attendees else ()),
            (say("Owner away"), cell(*(unbroken(self._span(each.start, each.end)) for each in report.without_owner))),
            (say("Gaps"), tuple(self._text(each, Style.BAD) for each in telling.gaps(report, self._zone))),
            (say("Recorded"), tuple(self._recorded())),
        ]
        return Table([(cell(self._word(name), style=Style.BOLD), value) for name, value in rows if value])

    def there(self) -> Table:
        """Who came.  Several stays stand one below the other."""
        headings = (say("Who was there"), say("From – to"), say("In all"), say("Spoke"), say("Sound"))
        rows = [
            (
                (*self._who(each), *self._late(each), *self._apart(each)),
                self._stays(each),
                cell(dates.length(each.seconds)),
                self._spoke(each),
                self._sound(each),
            )
            for each in self._report.came
        ]
        return Table(rows, tuple(map(self._word, headings)), self._there_in_more_columns())

    def _there_in_more_columns(self) -> Table:
        headings = (say("Who was there"), say("From – to"), say("In all"), say("Late"), say("Spoke"), say("Sound"))
        rows = [
            (
                self._who(each),
                self._stays(each),
                cell(dates.length(each.seconds)),
                cell(unbroken(telling.late(self._report, each, self._screen.language)) or NOTHING),
                (*self._spoke(each), *self._apart(each)),
                (*self._sound(each), *self._codecs(each)),
            )
            for each in self._report.came
        ]
        return Table(rows, tuple(map(self._word, headings)))

    def missing(self) -> Table:
        rows = [(self._who(someone), tuple(self._calls(someone))) for someone in self._report.missing]
        return Table(rows, (self._word(say("Who never came")), self._word(say("Calls"))))

    def refused(self) -> Table:
        shown, others = telling.attempts(self._report)
        rows: list[tuple[Cell, ...]] = [
            (
                cell(unbroken(telling.refused_at(each, self._report, self._zone))),
                cell(each.number or NOTHING),
                self._cell(telling.refused(each)),
            )
            for each in shown
        ]
        if others is not None:
            rows.append((cell(NOTHING), cell(NOTHING), self._cell(others)))
        return Table(rows, tuple(map(self._word, (say("Refused"), say("Number"), say("Why")))))

    def acts(self) -> Table:
        rows = [(cell(self._clock(at)), self._cell(what)) for at, what in acts(self._report)]
        return Table(rows, tuple(map(self._word, (say("When"), say("What happened")))))

    def _who(self, someone: Attendee) -> Cell:
        return cell(telling.who(someone, self._screen.language))

    def _stays(self, someone: Attendee) -> Cell:
        return tuple(map(self._stay, someone.stays))

    def _stay(self, stay: Stay) -> Text:
        return Text(unbroken(telling.stay(stay, self._report, self._zone)))

    def _late(self, someone: Attendee) -> Cell:
        late = telling.late(self._report, someone, self._screen.language)
        return self._cell(say("{minutes} late", minutes=late)) if late else ()

    def _spoke(self, someone: Attendee) -> Cell:
        if not someone.talked:
            return cell(NOTHING)
        return cell(unbroken(f"{dates.length(someone.talked)}, {100 * self._report.share(someone):.0f} %"))

    def _apart(self, someone: Attendee) -> Cell:
        lasted = ((telling.APART[how], someone.apart_for(how)) for how in Apart)
        return tuple(
            self._text(say("{what} {length}", what=what, length=dates.length(seconds)))
            for what, seconds in lasted
            if seconds >= 1
        )

    def _sound(self, someone: Attendee) -> Cell:
        """How it sounded, and what was lost."""
        quality = someone.quality
        if quality is None:
            return cell(NOTHING)
        lost = self._word(say("{share} lost", share=f"{100 * quality.loss:.1f} %"))
        rated = [f"{self._word(telling.rating(quality.mos))} {quality.mos:.1f}"] if quality.mos is not None else []
        return cell(*map(unbroken, (*rated, lost)))

    def _codecs(self, someone: Attendee) -> Cell:
        return cell(telling.codecs(someone.quality)) if someone.quality else ()

    def _calls(self, someone: Attendee) -> Iterator[Text]:
        for call in someone.calls:
            yield self._text(say("{time} {what}", time=self._clock(call.at), what=telling.outcome(call)))
        if not someone.calls:
            yield self._text(say("not called"))

    def _recorded(self) -> Iterator[Text]:
        for tape in self._report.recordings:
            spans = ", ".join(unbroken(self._span(each.start, each.end)) for each in tape.spans) or NOTHING
            yield self._text(
                say("{name}: {times}; {why}", name=tape.name, times=spans, why=telling.recording(tape, self._report))
            )

    def _span(self, start: float, end: float) -> str:
        return telling.span(start, end, self._report, self._zone)

    def _clock(self, at: float) -> str:
        return unbroken(clock(at, self._report, self._zone, seconds=True))

    def _text(self, sentence: Sentence, style: Style = Style.PLAIN) -> Text:
        return Text(sentence.in_language(self._screen.language), style)

    def _cell(self, sentence: Sentence) -> Cell:
        return (self._text(sentence),)

    def _word(self, heading: Sentence) -> str:
        return heading.in_language(self._screen.language)
