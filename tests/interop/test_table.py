"""README.md says what is tried, and all of it."""

from __future__ import annotations

from pathlib import Path

from tests.interop import test_called, test_callers, test_transfers
from tests.interop.house import SCENARIOS
from tests.interop.table import phones, scenarios

PAGE = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
WHY = "python -m tests.interop.table prints what the page ought to have"


def test_the_table_of_phones_has_a_tick_where_a_test_is_and_a_reason_elsewhere() -> None:
    assert phones() in PAGE, WHY


def test_each_scenario_is_played_by_a_test_and_is_on_the_page() -> None:
    played = {flow.scenario for flow in (*test_callers.FLOWS, *test_called.FLOWS)}
    others = {*test_callers.OTHERS, *test_called.OTHERS, *test_transfers.SCENARIOS}
    assert {path.stem for path in SCENARIOS.glob("*.xml")} == played | others
    assert scenarios() in PAGE, WHY
