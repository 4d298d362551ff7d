"""A report as one HTML page: a picture, and tables under it.  No script, nothing fetched from anywhere."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from confctl import dates
from confctl.clean import clean
from confctl.report import telling
from confctl.report.acts import acts
from confctl.report.attendance import Apart, Outcome, Rating, Role, covered, rated
from confctl.report.picture import SOUND, Mark, Picture
from confctl.report.style import CSS
from confctl.report.telling import NOTHING, clock
from confctl.words import Sentence, count, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from confctl.report.attendance import Attendee, Call, Quality, Report, Stay
    from confctl.words import Language


def write(report: Report, language: Language, zone: str) -> str:
    """On the clocks of ``zone`` (IANA name)."""
    return _Page(report, language, zone).whole()


_NOTHING_ELSE: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""Whatever a name may contain, nothing of it is carried out, and nothing is fetched."""
_EDGE: Final = 5.0
"""Per cent: nearer to an end a label of the axis would be cut off."""
_BOX: Final = "M0 0h24v12H0z"
_SAMPLES: Final = {
    "hatch": "M0 6L6 0M0 12L12 0M6 12L18 0M12 12L24 0M18 12L24 6",
    "apart": "M0 9h24v3H0z",
    "limit": "M12 0v12",
    "failed": "M12 0v12",
}
"""Shapes of the legend in 24 by 12, where they are no boxes."""
_Cells = tuple[str, ...]
"""HTML of the cells of a row."""


class _Page:
    def __init__(self, report: Report, language: Language, zone: str) -> None:
        self._report = report
        self._language = language
        self._zone = zone
        self._picture = Picture(report, zone)

    def whole(self) -> str:
        plan = self._report.plan
        title = self._text(say("Report: {title}", title=plan.title))
        return "\n".join(
            (
                f'<!DOCTYPE html>\n<html lang="{self._language}">\n<head>\n<meta charset="utf-8">',
                '<meta name="viewport" content="width=device-width, initial-scale=1">',
                '<meta name="color-scheme" content="light dark">',
                f'<meta http-equiv="Content-Security-Policy" content="{_NOTHING_ELSE}">',
                f"<title>{title}</title>\n<style>\n{CSS}</style>\n</head>\n<body>",
                *self._head(),
                *self._figure(),
                *self._tables(),
                "</body>\n</html>\n",
            )
        )

    def _head(self) -> Iterator[str]:
        report, plan = self._report, self._report.plan
        when = dates.span_in_full(plan.start, report.end, self._zone, self._language)
        yield f"<header>\n<h1><bdi>{_safe(plan.title)}</bdi></h1>\n<p>{_safe(when)}</p>"
        yield f'<p class="soft">{self._text(telling.state(report, self._zone))}</p>'
        yield from (f'<p class="warn">{self._text(gap)}</p>' for gap in telling.gaps(report, self._zone))
        figures = "\n".join(
            f"<div><dt>{self._text(name)}</dt><dd>{self._text(value)}</dd></div>" for name, value in self._figures()
        )
        yield f"<dl>\n{figures}\n</dl>\n</header>"

    def _figures(self) -> Iterator[tuple[Sentence, str | Sentence]]:
        report = self._report
        listed = [each for each in report.attendees if each.role is not Role.GUEST]
        guests = sum(each.role is Role.GUEST for each in report.came)
        yield say("Came"), say("{came} of {all}", came=sum(bool(each.stays) for each in listed), all=len(listed))
        if guests:
            yield say("Guests"), str(guests)
        if report.started is not None:
            yield say("Lasted"), dates.duration(report.until - report.started, self._language)
        if report.talked:
            yield say("Talk"), dates.length(report.talked)
        if away := covered(report.without_owner):
            yield say("Owner away"), dates.length(away)
        if late := sum(bool(report.late(each)) for each in report.came):
            yield say("Late"), count(late, "{n} person", "{n} people")

    # The picture

    def _figure(self) -> Iterator[str]:
        yield f'<h2 id="picture">{self._text(say("Who was in when, and who spoke"))}</h2>'
        yield f'<figure aria-labelledby="picture">\n{self._picture.ground()}'
        marks = "".join(map(_mark, range(1000), self._picture.axis()))
        spoke = self._text(say("Spoke, sound"))
        axis = f'<div class="axis" aria-hidden="true">{marks}</div>'
        yield f'<div class="rows">\n<div class="row head"><div></div>{axis}<div>{spoke}</div></div>'
        yield from map(self._row, self._report.attendees)
        yield f"</div>\n<figcaption>{self._legend()}</figcaption>\n</figure>"

    def _row(self, someone: Attendee) -> str:
        absent = "" if someone.stays else " absent"
        strip = self._picture.row(someone, self._in_words(someone))
        name = self._name(someone)
        return (
            f'<div class="row"><div class="name{absent}" title="{name}"><bdi>{name}</bdi></div>{strip}'
            f'<div class="figures">{self._row_figures(someone)}</div></div>'
        )

    def _row_figures(self, someone: Attendee) -> str:
        if not someone.stays:
            return f'<span class="soft">{self._text(say("never came"))}</span>'
        share = 100 * self._report.share(someone)
        spoke = f"{dates.length(someone.talked)} · {share:.0f} %" if someone.talked else NOTHING
        bar = f'<span class="share"><i style="width:{share:.1f}%"></i></span>' if someone.talked else ""
        return f"{spoke}{self._mark(someone.quality)}{bar}"

    def _mark(self, quality: Quality | None) -> str:
        if quality is None or quality.mos is None:
            return ""
        rating = rated(quality.mos)
        word = self._text(say("sound: {rating}", rating=telling.rating(quality.mos)))
        sign = telling.SIGNS[rating]
        return f' <span class="mark-{rating}" role="img" aria-label="{word}" title="{word}">{sign}</span>'

    def _in_words(self, someone: Attendee) -> str:
        """What the row shows, for who can't see it and for who points at it."""
        stays = ", ".join(self._span(stay) for stay in someone.stays)
        if not stays:
            return self._text(say("{who} never came", who=telling.who(someone, self._language)))
        told = say(
            "{who}: in {times}; spoke {length}",
            who=telling.who(someone, self._language),
            times=stays,
            length=dates.length(someone.talked),
        )
        if not_good := self._not_good(someone):
            told = say("{what}; sound {not_good}", what=told, not_good=", ".join(not_good))
        return self._text(told)

    def _not_good(self, someone: Attendee) -> list[str]:
        told = telling.not_good(someone, self._report, self._zone)
        return [each.in_language(self._language) for each in told]

    def _legend(self) -> str:
        report = self._report
        shown = [
            ("in", say("in"), True),
            ("talk2", say("spoke now and then"), bool(report.talked)),
            ("talk4", say("spoke all the time"), bool(report.talked)),
            ("away", say("without the owner"), bool(report.without_owner)),
            ("hatch", say("unknown: no mixer ran"), bool(report.gaps)),
            ("apart", say("on hold, or muted"), any(each.apart for each in report.attendees)),
            ("limit", say("start and planned end"), True),
            ("failed", say("called, not reached"), any(map(_has_failed, report.attendees))),
        ]
        drawn = "".join(
            '<li><svg viewBox="0 0 24 12" aria-hidden="true">'
            f'<path class="{name}" d="{_SAMPLES.get(name, _BOX)}"/></svg>{self._text(meaning)}</li>'
            for name, meaning, is_there in shown
            if is_there
        )
        signs = "".join(
            f'<li><svg viewBox="0 0 24 12" aria-hidden="true"><path class="sound-{rating}" '
            f'd="M0 {11 - SOUND[rating]}h24v{SOUND[rating]}H0z"/></svg>'
            f'<span class="mark-{rating}">{telling.SIGNS[rating]}</span> {self._text(meaning)}</li>'
            for rating, meaning in self._signs()
        )
        return f'<ul class="legend">{drawn}{signs}</ul>'

    def _signs(self) -> list[tuple[Rating, Sentence]]:
        """Those that stand on the picture, the best first."""
        known = (each.quality for each in self._report.came)
        ratings = {rated(each.mos) for each in known if each and each.mos is not None}
        ratings |= {rating for each in self._report.came for rating, _ in each.sounded()}
        return [(each, say("sound: {rating}", rating=telling.RATINGS[each])) for each in Rating if each in ratings]

    # Tables

    def _tables(self) -> Iterator[str]:
        report = self._report
        yield self._table(
            say("Who was there"),
            (say("Who"), say("From – to"), say("In all"), say("Late"), say("Spoke"), say("Held or muted")),
            (self._attended(each) for each in report.came),
        )
        yield self._table(
            say("Who never came"), (say("Who"), say("Calls")), (self._missed(each) for each in report.missing)
        )
        yield self._table(
            say("Sound"),
            (say("Who"), say("Codec"), say("Loss"), say("Jitter"), say("On average"), say("At worst"), say("Not good")),
            (self._sounded(each, each.quality) for each in report.came if each.quality is not None),
        )
        yield self._table(
            say("Refused"),
            (say("When"), say("Number"), say("Why")),
            self._refused(),
        )
        yield self._table(
            say("Without the owner"),
            (say("From – to"), say("In all")),
            (
                (f"{self._clock(each.start)}–{self._clock(each.end)}", dates.length(each.seconds))
                for each in report.without_owner
            ),
        )
        yield self._table(
            say("What happened"),
            (say("When"), say("What")),
            ((self._clock(at), self._text(what)) for at, what in acts(report)),
        )
        yield self._table(
            say("Recordings"),
            (say("Files"), say("From – to"), say("End")),
            (
                (
                    _safe(each.name),
                    _lines(f"{self._clock(span.start)}–{self._clock(span.end)}" for span in each.spans),
                    self._text(telling.recording(each, report)),
                )
                for each in report.recordings
            ),
        )

    def _refused(self) -> Iterator[_Cells]:
        shown, others = telling.attempts(self._report)
        for each in shown:
            when = telling.refused_at(each, self._report, self._zone)
            yield when, _safe(each.number or NOTHING), self._text(telling.refused(each))
        if others is not None:
            yield NOTHING, NOTHING, self._text(others)

    def _attended(self, someone: Attendee) -> _Cells:
        report = self._report
        apart = (
            self._text(say("{what} {length}", what=telling.APART[how], length=dates.length(someone.apart_for(how))))
            for how in Apart
            if someone.apart_for(how) >= 1
        )
        spoke = f"{dates.length(someone.talked)} ({100 * report.share(someone):.0f} %)" if someone.talked else NOTHING
        return (
            self._whole_name(someone),
            _lines(self._stay(stay) for stay in someone.stays),
            dates.length(someone.seconds),
            _safe(telling.late(report, someone, self._language)) or NOTHING,
            spoke,
            _lines(apart),
        )

    def _stay(self, stay: Stay) -> str:
        ways = ", ".join(map(self._text, telling.ways(stay)))
        return f"{self._span(stay)} · {ways}" if ways else self._span(stay)

    def _missed(self, someone: Attendee) -> _Cells:
        calls = [self._call(call) for call in someone.calls] or [self._text(say("not called"))]
        return self._whole_name(someone), _lines(calls)

    def _call(self, call: Call) -> str:
        return f"{self._clock(call.at)} {self._text(telling.outcome(call))}"

    def _sounded(self, someone: Attendee, quality: Quality | None) -> _Cells:
        if quality is None:
            return ()
        worst = NOTHING if quality.worst is None else f"{quality.worst:.1f}"
        average = NOTHING
        if quality.mos is not None:
            average = f"{quality.mos:.1f} {self._text(telling.rating(quality.mos))}"
        codecs = _safe(telling.codecs(quality))
        jitter = self._text(say("{n} ms", n=round(quality.jitter)))
        not_good = _lines(map(_safe, self._not_good(someone)))
        return self._whole_name(someone), codecs, f"{100 * quality.loss:.2f} %", jitter, average, worst, not_good

    def _table(self, name: Sentence, headings: Sequence[Sentence], rows: Iterable[_Cells]) -> str:
        """Nothing for a table without rows.  The first cell of a row is what it is about."""
        columns = [self._text(heading) for heading in headings]
        body = "\n".join(
            f'<tr><th scope="row">{first}</th>' + "".join(map(_cell, columns[1:], others)) + "</tr>"
            for first, *others in rows
        )
        if not body:
            return ""
        head = "".join(f'<th scope="col">{column}</th>' for column in columns)
        return f"<h2>{self._text(name)}</h2>\n<table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"

    # Words

    def _name(self, someone: Attendee) -> str:
        return _safe(someone.name or telling.who(someone, self._language))

    def _whole_name(self, someone: Attendee) -> str:
        """What is written from the right to the left does not carry its number along."""
        who = _safe(telling.who(someone, self._language))
        if someone.name:
            name = _safe(someone.name)
            who = f"<bdi>{name}</bdi>{who.removeprefix(name)}"
        if someone.role in telling.ROLES:
            return f'{who} <span class="soft">({self._text(telling.ROLES[someone.role])})</span>'
        return who

    def _span(self, stay: Stay) -> str:
        return telling.stay(stay, self._report, self._zone)

    def _clock(self, at: float) -> str:
        return clock(at, self._report, self._zone, seconds=True)

    def _text(self, sentence: Sentence | str) -> str:
        return _safe(sentence if isinstance(sentence, str) else sentence.in_language(self._language))


def _has_failed(someone: Attendee) -> bool:
    return any(call.outcome is Outcome.NOT_REACHED for call in someone.calls)


def _mark(index: int, mark: Mark) -> str:
    """Every second one gives way where there is little room; the outermost don't stick out."""
    edge = " edge" * (mark.at < _EDGE) + " last" * (mark.at > 100 - _EDGE)
    return f'<span class="{"odd" * (index % 2)}{edge}" style="left:{mark.at:.2f}%">{mark.label}</span>'


def _cell(column: str, value: str) -> str:
    nothing = ' class="nothing"' if value == NOTHING else ""
    lines = value if value.startswith("<span>") else f"<span>{value}</span>"
    return f'<td{nothing} data-label="{column}">{lines}</td>'


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"<span>{line}</span>" for line in lines) or NOTHING


def _safe(text: str) -> str:
    return escape(clean(text))
