"""The picture of the benches, where what it shows ends before what was asked."""

from __future__ import annotations

import re

from tests.bench.picture import Chart, Goal, Line


def test_a_goal_for_more_than_was_measured_ends_with_what_was() -> None:
    line = Line("rooms of 20", ((100, 3), (400, 2)))
    svg = str(Chart("CPU", "", "legs", "times", (line,), (Goal("asked", 1.3, 400, 2000),)))
    ((_, goal_ends),) = re.findall(r'class="goal" x1="([\d.]+)".* x2="([\d.]+)"', svg)
    last_mark = re.findall(r'<circle class="mark0" cx="([\d.]+)"', svg)[1]
    assert float(goal_ends) == float(last_mark) + 18


def test_every_line_has_a_colour_that_is_readable_on_white_and_one_on_black() -> None:
    svg = str(Chart("CPU", "", "legs", "times", tuple(Line(name, ((1, 3), (4, 2))) for name in "abc"), ()))
    for used in set(re.findall(r'class="((?:line|mark)\d)"', svg)):
        assert svg.count(f".{used} {{") == 2
