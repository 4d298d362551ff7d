"""HD phones: what they say above 4 kHz is heard by each other, and the rest by everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.calls.company import CONFERENCE_NUMBER
from tests.calls.mixer_process import ROOT
from tests.calls.voices import ABSENT, ANNA, BORIS, CAROL, DMITRI, HZ, hear_more, speaking
from tests.phones.listening import hears, tone_level
from tests.phones.phone import State
from tests.phones.sounds import RATE, load, tone

if TYPE_CHECKING:
    from tests.calls.company import Company

WIDE = 16_000
EVE = "105"
LOW, HIGH, OTHER = 1000, 5500, 6300
LEVEL = -15.0
NEARLY = 4
"""dB: Opus, twice on the way, takes 1 or 2 of them from a high tone beside another one."""
ENTER_CODE = load(ROOT / "media" / "sounds" / "en" / "enter-code.flac")


def test_hd_phones_that_are_called_and_that_call_hear_all_of_each_other_and_g711_what_it_can(company: Company) -> None:
    said = tone(LOW, 1, LEVEL, WIDE) + tone(HIGH, 1, LEVEL, WIDE)
    with (
        company.baresip(ANNA, codec="opus", speech=said) as anna,
        company.baresip(BORIS, codec="G722", speech=tone(OTHER, 1, LEVEL, WIDE)) as boris,
        company.baresip(CAROL, codec="opus") as carol,  # who dials in and keys in the code
        company.baresip(EVE, codec="G722") as eve,  # who dials the code itself
        speaking(company, DMITRI) as dmitri,
    ):
        code = company.mixer.plan_now("In HD", ANNA, [BORIS, DMITRI]).code
        for number in (ANNA, BORIS, DMITRI):
            company.mixer.wait_for(code, "joined", number)
        carol.dial(f"sip:{CONFERENCE_NUMBER}@127.0.0.1:{company.server[1]}")
        carol.wait_for(State.TALKING)
        carol.wait_to_hear(1.5, within=5)
        assert hears(carol.heard(), ENTER_CODE[:RATE])
        carol.press(f"{code}*")
        eve.dial(f"sip:{code}@127.0.0.1:{company.server[1]}")
        company.mixer.wait_for(code, "joined", count=5)
        hear_more(carol, 0.5)
        hear_more(carol, 1.5)
        for listener in (boris, carol, eve):
            heard = listener.heard_wide()[-WIDE:]
            for hz in (LOW, HIGH):
                assert tone_level(heard, hz, WIDE) == pytest.approx(LEVEL, abs=NEARLY), f"{listener.name} hears {hz} Hz"
            assert tone_level(heard, HZ[DMITRI], WIDE) == pytest.approx(-12, abs=NEARLY)
        assert tone_level(hear_more(dmitri, 1), LOW) == pytest.approx(LEVEL, abs=NEARLY)
        assert tone_level(dmitri.heard()[-8000:], 8000 - HIGH) < ABSENT
        heard = anna.heard_wide()[-WIDE:]
        assert tone_level(heard, OTHER, WIDE) == pytest.approx(LEVEL, abs=NEARLY)
        assert tone_level(heard, HZ[DMITRI], WIDE) == pytest.approx(-12, abs=NEARLY)
        for hz in (LOW, HIGH):
            assert tone_level(heard, hz, WIDE) < ABSENT, "Anna hears herself"
