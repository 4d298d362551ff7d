"""An account with a desk phone and a softphone, both baresip: both ring, one answers, the other stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.calls.company import Company, password
from tests.phones.baresip_phone import BaresipPhone
from tests.phones.phone import State
from tests.phones.waiting import PATIENCE, until

if TYPE_CHECKING:
    from pathlib import Path


def test_both_phones_ring_and_the_one_that_is_not_answered_stops(tmp_path: Path) -> None:
    company = Company(tmp_path)
    desk, soft = (
        BaresipPhone(tmp_path / name, "101", registrar=company.server, password=password("101"), answers=False)
        for name in ("desk", "soft")
    )
    with company.mixer as mixer, desk, soft:
        code = mixer.plan_now("Both ring", "101").code
        until(lambda: desk.state is State.RINGING and soft.state is State.RINGING, PATIENCE, "both phones ring")
        soft.answer()
        mixer.wait_for(code, "joined", "101")
        until(lambda: desk.state is not State.RINGING, PATIENCE, "the other phone stops")
        soft.wait_for(State.TALKING)
        assert [record.kind for record in mixer.journal(code)].count("calling") == 1
