"""Phones of others, each by itself against the mixer: what is tried is in phone_flows.py, README.md has the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop.house import no_ipv6
from tests.interop.phone_flows import FLOWS
from tests.interop.phone_kinds import KINDS
from tests.phones.pyvoip_phone import WHY_NOT

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

    from tests.interop.house import House
    from tests.interop.phone_kinds import Kind


def why_not(kind: Kind, flow: str) -> str | None:
    """What this machine lacks for it."""
    return (WHY_NOT if kind.name == "pyVoIP" else None) or (no_ipv6() if flow == "IPv6" else None)


def cell(kind: Kind, flow: str) -> ParameterSet:
    reason = why_not(kind, flow)
    return pytest.param(kind, flow, id=f"{kind.name}-{flow}", marks=[pytest.mark.skip(reason=reason)] if reason else [])


CELLS = [cell(kind, flow) for kind in KINDS for flow in FLOWS if flow not in kind.cannot]


@pytest.mark.parametrize(("kind", "flow"), CELLS)
def test_a_phone_of_somebody_else_does_what_people_do_with_it(house: House, kind: Kind, flow: str) -> None:
    FLOWS[flow](house, kind)
