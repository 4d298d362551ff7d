"""A network in which no name server answers: who is called by a name is given up soon, and says why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.calls.company import Company
from tests.calls.own_network import own_network

if TYPE_CHECKING:
    from pathlib import Path


def test_a_call_by_name_fails_within_five_seconds_with_its_reason_and_other_phones_ring(tmp_path: Path) -> None:
    with own_network():
        company = Company(tmp_path)
        company.add_fixed("201", "sip:far@pbx.nowhere-at-all.com")
        with company.mixer as mixer, company.sipp("102", scenario="answer") as phone:
            company.add_fixed("202", phone.uri)
            phone.listen()
            code = mixer.plan_now("No names", "101", ["201", "202"]).code
            mixer.wait_for(code, "joined", "202", seconds=3)
            failed = mixer.wait_for(code, "not_reached", "201")
            assert failed.at - mixer.wait_for(code, "calling", "201").at < 5
            assert "pbx.nowhere-at-all.com" in failed.detail
            assert json.loads(mixer.confctl("status", "--json"))["running"]
