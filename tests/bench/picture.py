"""A chart as SVG, made of string templates: lines over a logarithmic axis, and what was asked for beside them.

It is readable on white and on black: the colours follow what the reader's system prefers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 170, 56, 64
_MARKS = ("circle", "square", "diamond")

_FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{title}">
<style>
  svg {{ background: #ffffff; font: 13px system-ui, sans-serif; }}
  text {{ fill: #1f2328; }}
  polyline {{ fill: none; stroke-width: 2; }}
  .grid {{ stroke: #d1d9e0; stroke-width: 1; }}
  .goal {{ stroke: #59636e; stroke-width: 2; stroke-dasharray: 6 5; }}
  .line0 {{ stroke: #0757ba; }} .mark0 {{ fill: #0757ba; }}
  .line1 {{ stroke: #b3470a; }} .mark1 {{ fill: #b3470a; }}
  .line2 {{ stroke: #1a7f37; }} .mark2 {{ fill: #1a7f37; }}
  @media (prefers-color-scheme: dark) {{
    svg {{ background: #0d1117; }}
    text {{ fill: #f0f6fc; }}
    .grid {{ stroke: #3d444d; }}
    .goal {{ stroke: #9198a1; }}
    .line0 {{ stroke: #6cb0ff; }} .mark0 {{ fill: #6cb0ff; }}
    .line1 {{ stroke: #ff9d5c; }} .mark1 {{ fill: #ff9d5c; }}
    .line2 {{ stroke: #4ac26b; }} .mark2 {{ fill: #4ac26b; }}
  }}
  .title {{ font-size: 16px; font-weight: 600; }}
  .small {{ font-size: 12px; }}
</style>
<text class="title" x="{left}" y="24">{title}</text>
<text class="small" x="{left}" y="42">{subtitle}</text>
{content}
<text x="{middle}" y="{bottom}" text-anchor="middle">{x_label}</text>
<text transform="translate(18 {centre}) rotate(-90)" text-anchor="middle">{y_label}</text>
</svg>
"""


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Goal:
    """A value that should not be exceeded between two points of the axis."""

    name: str
    value: float
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    subtitle: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    goals: tuple[Goal, ...]

    def __str__(self) -> str:
        """The whole SVG."""
        parts = [*self._grid(), *(self._goal(goal) for goal in self.goals)]
        for number, line in enumerate(self.lines):
            parts += self._line(number, line)
        return _FRAME.format(
            width=_WIDTH,
            height=_HEIGHT,
            left=_LEFT,
            middle=(_LEFT + _WIDTH - _RIGHT) // 2,
            centre=(_TOP + _HEIGHT - _BOTTOM) // 2,
            bottom=_HEIGHT - 16,
            title=escape(self.title),
            subtitle=escape(self.subtitle),
            x_label=escape(self.x_label),
            y_label=escape(self.y_label),
            content="\n".join(parts),
        )

    @property
    def _ticks(self) -> list[float]:
        return sorted({at for line in self.lines for at, _ in line.points})

    @property
    def _highest(self) -> int:
        values = [value for line in self.lines for _, value in line.points] + [goal.value for goal in self.goals]
        return math.ceil(max(values) + 0.25)

    def _x(self, at: float) -> float:
        first, *_, last = (math.log(tick) for tick in self._ticks)
        inset = 24  # so that no mark stands on an axis
        return round(_LEFT + inset + (math.log(at) - first) / (last - first) * (_WIDTH - _LEFT - _RIGHT - 2 * inset), 1)

    def _y(self, value: float) -> float:
        return round(_HEIGHT - _BOTTOM - value / self._highest * (_HEIGHT - _TOP - _BOTTOM), 1)

    def _grid(self) -> list[str]:
        right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
        parts = []
        for value in range(self._highest + 1):
            y = self._y(value)
            parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}"/>')
            parts.append(f'<text x="{_LEFT - 10}" y="{y + 4}" text-anchor="end">{value}</text>')
        parts += [f'<text x="{self._x(at)}" y="{bottom + 20}" text-anchor="middle">{at:g}</text>' for at in self._ticks]
        return parts

    def _goal(self, goal: Goal) -> str:
        y, first, last = self._y(goal.value), self._x(goal.since) - 18, self._x(min(goal.until, self._ticks[-1])) + 18
        name = f'<text class="small" x="{first}" y="{y + 16}">{escape(goal.name)}</text>'
        return f'<line class="goal" x1="{first}" y1="{y}" x2="{last}" y2="{y}"/>\n{name}'

    def _line(self, number: int, line: Line) -> list[str]:
        places = [(self._x(at), self._y(value)) for at, value in line.points]
        path = " ".join(f"{x},{y}" for x, y in places)
        legend = _TOP + 20 + 24 * number
        marks = [_mark(number, x, y) for x, y in [*places, (_WIDTH - _RIGHT + 24, legend - 4)]]
        name = f'<text x="{_WIDTH - _RIGHT + 38}" y="{legend}">{escape(line.name)}</text>'
        return [f'<polyline class="line{number}" points="{path}"/>', *marks, name]


def _mark(number: int, x: float, y: float) -> str:
    """Shapes, for whoever doesn't tell the colours apart."""
    kind, style = _MARKS[number], f'class="mark{number}"'
    if kind == "circle":
        return f'<circle {style} cx="{x}" cy="{y}" r="5"/>'
    turn = f' transform="rotate(45 {x} {y})"' if kind == "diamond" else ""
    return f'<rect {style} x="{x - 4.5}" y="{y - 4.5}" width="9" height="9"{turn}/>'
