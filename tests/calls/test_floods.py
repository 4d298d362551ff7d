"""A flood of strangers' messages; the figures of half a minute are the bench's (``tests/bench/flood.py``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bench.flood import ASKED_OCTETS, ASKED_SECONDS, measure

if TYPE_CHECKING:
    from tests.calls.company import Company


@pytest.mark.alone
def test_in_a_flood_of_invites_from_a_thousand_hosts_a_talk_loses_no_packet_and_a_phone_of_ours_gets_in(
    company: Company,
) -> None:
    found = measure(company, "INVITE", sources=1000, rate=5000, seconds=3)
    assert found.sent > 10_000, "it was one"
    assert found.packets_lost == 0
    assert found.longest_wait < 0.2
    assert found.entered
    assert max(found.entered) <= ASKED_SECONDS
    assert found.grown <= ASKED_OCTETS
    log = company.mixer.log.read_text()
    assert "Traceback" not in log
    assert "strangers send more than is read of them" in log
