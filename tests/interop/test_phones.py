"""Phones of others, each by itself against the mixer: what is tried is in phone_flows.py, README.md has the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop.phone_flows import FLOWS
from tests.interop.phone_kinds import KINDS
from tests.phones.pyvoip_phone import WHY_NOT

if TYPE_CHECKING:
    from tests.interop.house import House
    from tests.interop.phone_kinds import Kind

CELLS = [
    pytest.param(
        kind,
        flow,
        id=f"{kind.name}-{flow}",
        marks=[pytest.mark.skip(reason=WHY_NOT)] if kind.name == "pyVoIP" and WHY_NOT else [],
    )
    for kind in KINDS
    for flow in FLOWS
    if flow not in kind.cannot
]


@pytest.mark.parametrize(("kind", "flow"), CELLS)
def test_a_phone_of_somebody_else_does_what_people_do_with_it(house: House, kind: Kind, flow: str) -> None:
    FLOWS[flow](house, kind)
