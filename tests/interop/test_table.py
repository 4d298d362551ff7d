"""README.md says what is tried, and all of it."""

from __future__ import annotations

from pathlib import Path

from tests.interop.house import SCENARIOS
from tests.interop.table import markdown
from tests.interop.test_callers import FLOWS

PAGE = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")


def test_the_table_of_phones_has_a_tick_where_a_test_is_and_a_reason_elsewhere() -> None:
    assert markdown() in PAGE, "python -m tests.interop.table prints the table as it ought to be"


def test_each_scenario_is_played_by_a_test_and_is_on_the_page() -> None:
    scenarios = {path.stem for path in SCENARIOS.glob("*.xml")} - {"talk"}
    assert scenarios == {flow.scenario for flow in FLOWS}
    assert sorted(scenarios) == sorted(line.split("`")[1] for line in PAGE.splitlines() if line.startswith("- `"))
