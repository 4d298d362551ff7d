"""How a conference that is watched looks: as many lines as the screen has, none wider than it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.cells import set_cell_size

from confctl.clean import clean
from confctl.live import wording
from confctl.terminal.folding import cells, folded
from confctl.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from confctl.live.told import Person
    from confctl.watch.scene import Scene
    from confctl.words import Language, Sentence

PLAIN: Final = ""
BOLD: Final = "1"
DIM: Final = "2"
REVERSED: Final = "7"
GOOD: Final = "32"
BAD: Final = "31"
"""Parameters of SGR, ECMA-48 section 8.3.117; colours are among the terminal's own first eight."""
COLOURS: Final = frozenset({GOOD, BAD})

LEAST: Final = (40, 10)
"""Columns and lines below which nothing fits."""
_BAR: Final = 10
_QUIET, _LOUD = -50.0, -10.0
"""dBov of an empty bar and of a full one."""
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"


class Span(NamedTuple):
    text: str
    style: str = PLAIN


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture depends on besides what is watched."""

    width: int
    height: int
    language: Language
    zone: ZoneInfo
    unicode: bool = True
    """Whether the terminal shows more than ASCII."""

    def word(self, sentence: Sentence) -> str:
        return sentence.in_language(self.language)


class _Column(NamedTuple):
    key: str
    heading: Sentence
    width: int
    rank: int
    """Those with a low one are there on narrow screens too."""
    right: bool = False


_COLUMNS: Final = (
    _Column("number", say("number"), 13, 8),
    _Column("state", say("state"), 22, 1),
    _Column("state", say("state"), 34, 7),
    _Column("since", say("since"), 8, 6),
    _Column("level", say("level"), _BAR, 2),
    _Column("talked", say("talked"), 7, 10, right=True),
    _Column("codec", say("codec"), 6, 9),
    _Column("loss", say("loss"), 6, 3, right=True),
    _Column("jitter", say("jitter"), 7, 5, right=True),
    _Column("mos", say("MOS"), 4, 4, right=True),
    _Column("round trip", say("round trip"), 11, 11, right=True),
)
_NAME: Final = 22
"""Cells that a name has at least, but on very narrow screens."""
_LONGEST_NAME: Final = 40


def picture(scene: Scene, look: Look, now: float, wall: float) -> list[Line]:
    """``now`` as the scene counts, ``wall`` the time of day, in seconds since the epoch."""
    if look.width < LEAST[0] or look.height < LEAST[1]:
        return _whole([(Span(_fitted(look.word(say("The window is too small.")), look.width)),)], look)
    if scene.help:
        return _whole([*_head(scene, look, wall), (), *_help(look)], look)
    events = max(2, look.height // 5)
    head, foot = _head(scene, look, wall), _foot(scene, look, now)
    scene.page = max(1, look.height - len(head) - events - 3)
    table = _table(scene, look, scene.page)
    rule = (Span(("─" if look.unicode else "-") * look.width, DIM),)
    shown = list(scene.events)[-events:]
    told: list[Line] = [(Span(_fitted(text, look.width)),) for text in shown]
    told += [()] * (events - len(told))
    return _whole([*head, *table, rule, *told, foot], look)


def _whole(lines: list[Line], look: Look) -> list[Line]:
    return [*lines[: look.height], *[()] * (look.height - len(lines))]


# Above the people


def _head(scene: Scene, look: Look, wall: float) -> list[Line]:
    head = scene.head
    if head is None:
        return [(Span(_fitted(look.word(say("Waiting for the mixer …")), look.width), BOLD),), (), (), ()]
    until = look.word(say("until {time}", time=f"{datetime.fromtimestamp(head.end, look.zone):%H:%M}"))
    right = f"{datetime.fromtimestamp(wall, look.zone):%H:%M:%S}  {until}"
    title = _fitted(f"{head.title} ({head.code})", look.width - cells(right) - 2)
    gap = " " * (look.width - cells(title) - cells(right))
    state = _fitted(", ".join(look.word(each) for each in wording.facts(head, look.zone)), look.width)
    return [(Span(title, BOLD), Span(gap + right)), (Span(state),), _speakers(scene, look), _trouble(scene, look)]


def _speakers(scene: Scene, look: Look) -> Line:
    speakers = scene.speakers
    if not speakers:
        return ()
    names = ", ".join(wording.name(each, look.language) for each in speakers[:3])
    more = f" +{len(speakers) - 3}" if len(speakers) > 3 else ""
    return (Span(_fitted(look.word(say("speaking: {names}", names=names + more)), look.width), GOOD),)


def _trouble(scene: Scene, look: Look) -> Line:
    """Who is noisy, or heard badly."""
    parts = []
    if noisy := scene.noisiest():
        person, floor = noisy
        who = wording.name(person, look.language)
        parts.append(look.word(say("noisiest: {name} ({level} dB)", name=who, level=f"{floor:.0f}")))
    worst = scene.worst()
    if worst is not None and worst.mos is not None and worst.mos < wording.POOR:
        facts = {
            "name": wording.name(worst, look.language),
            "loss": wording.share(worst.missed),
            "mos": wording.mos(worst),
        }
        parts.append(look.word(say("worst sound: {name} (loss {loss}, MOS {mos})", **facts)))
    return (Span(_fitted("; ".join(parts), look.width), BAD),) if parts else ()


# The people


def _table(scene: Scene, look: Look, room: int) -> list[Line]:
    columns = _columns(look)
    rows = scene.rows()
    first = _first(scene.cursor, len(rows), room)
    lines: list[Line] = [(Span(_joined([look.word(each.heading) for each in columns], columns, look.width), BOLD),)]
    for place, person in enumerate(rows[first : first + room], first):
        lines.append(_row(person, scene, look, columns, chosen=place == scene.cursor))
    lines += [()] * (room + 1 - len(lines))
    return lines


def _first(cursor: int, count: int, room: int) -> int:
    """Pages stay where they are until the cursor leaves them, so that nothing moves under the eye."""
    return min(cursor // room * room, max(0, count - 1)) if count > room else 0


def _columns(look: Look) -> list[_Column]:
    """In the order in which they stand: those that there is room for beside the name, the most wanted first, and the
    state wider before what is wanted less."""
    room = look.width - 2 - _NAME
    found: dict[str, _Column] = {}
    for column in sorted(_COLUMNS, key=lambda each: each.rank):
        more = column.width - found[column.key].width if column.key in found else column.width + 1
        if more <= room:
            room -= more
            found[column.key] = column
    name = _Column("name", say("name"), min(_LONGEST_NAME, _NAME + room), 0)
    return [name, *(column for column in _COLUMNS if found.get(column.key) is column)]


def _row(person: Person, scene: Scene, look: Look, columns: Sequence[_Column], *, chosen: bool) -> Line:
    values = [_value(column, person, scene, look) for column in columns]
    text = _joined(values, columns, look.width, mark=">" if chosen else " ")
    return (Span(text, REVERSED if chosen else _style(person)),)


def _value(column: _Column, person: Person, scene: Scene, look: Look) -> str:
    match column.key:
        case "name":
            return wording.named(person, look.language)
        case "number":
            return person.number or ""
        case "state":
            state = wording.state(person, look.zone, look.language)
            is_narrow = cells(state) > column.width
            return wording.state(person, look.zone, look.language, brief=True) if is_narrow else state
        case "since":
            return wording.clock(person.since, look.zone) if person.since else ""
        case "level":
            level = scene.levels.get(person.leg or "")
            return "" if level is None else _bar(level, look)
        case "talked":
            return wording.minutes(person.talked)
        case "codec":
            return wording.codec(person)
        case "loss":
            return wording.share(person.missed)
        case "jitter":
            return wording.milliseconds(person.jitter, look.language)
        case "round trip":
            shown = wording.at_most if look.unicode else wording.milliseconds
            return shown(person.round_trip, look.language)
        case _:
            return wording.mos(person)


def _style(person: Person) -> str:
    if person.mos is not None and person.mos < wording.POOR:
        return BAD
    if person.speaking:
        return GOOD
    return PLAIN if person.there else DIM


def _bar(level: float, look: Look) -> str:
    eighths = round(8 * _BAR * min(1.0, max(0.0, (level - _QUIET) / (_LOUD - _QUIET))))
    if not look.unicode:
        return "#" * round(eighths / 8)
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")


def _joined(values: Sequence[str], columns: Sequence[_Column], width: int, mark: str = " ") -> str:
    parts = [_placed(clean(value), column) for value, column in zip(values, columns, strict=True)]
    return _fitted(f"{mark} {' '.join(parts)}", width)


def _placed(text: str, column: _Column) -> str:
    text = _cut(text, column.width)
    gap = " " * (column.width - cells(text))
    return gap + text if column.right else text + gap


# Below them


def _foot(scene: Scene, look: Look, now: float) -> Line:
    if scene.question is not None:
        return (Span(_filled(look.word(scene.question.sentence), look), REVERSED),)
    if (note := scene.noted(now)) is not None:
        return (Span(_filled(look.word(note), look), BOLD),)
    if scene.away:
        return (Span(_filled(look.word(say("The mixer is away; waiting for it to come back …")), look), BAD),)
    keys = say("q quit  m mute  k remove  l lock  r record  s who spoke last  ? help")
    return (Span(_filled(look.word(keys), look), REVERSED),)


def _help(look: Look) -> list[Line]:
    about = (
        ("↑ ↓" if look.unicode else "up, down", say("choose somebody; also PgUp, PgDn, Home, End")),
        ("m", say("mute whom you have chosen, or unmute them")),
        ("k", say("remove them from the conference; it is asked whether you mean it")),
        ("l", say("lock the conference, so that nobody dials in; unlock it")),
        ("r", say("record it, or record it no more")),
        ("s", say("who spoke last on top; again: in the order of the list")),
        ("q", say("quit; the conference goes on")),
    )
    lines = [f"  {key:<9} {look.word(what)}" for key, what in about]
    folds = [part for line in lines for part in folded(line, look.width)]
    return [
        *((Span(line),) for line in folds),
        (),
        (Span(_fitted(look.word(say("Any key goes back.")), look.width), DIM),),
    ]


# Text


def _cut(text: str, width: int) -> str:
    """Not wider than that; what is, ends in an ellipsis."""
    if cells(text) <= width:
        return text
    return "" if width < 1 else set_cell_size(text, width - 1).rstrip() + "…"


def _fitted(text: str, width: int) -> str:
    return _cut(clean(text), width)


def _filled(text: str, look: Look) -> str:
    shown = _fitted(text, look.width)
    return shown + " " * (look.width - cells(shown))
