"""A phone whose exchange plays tones or music into the talk, without having said that it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.prompts import FOLDER
from tests.calls.company import Company
from tests.calls.voices import ANNA, BORIS, hear_more
from tests.phones.listening import find, silences, tone_level
from tests.phones.sounds import RATE, load, tone

if TYPE_CHECKING:
    from pathlib import Path

DIAL_TONE = tone(350, 1, -18) + tone(440, 1, -18)
"""Found out sooner than music is, which takes some 20 seconds."""
MUTED = load(FOLDER / "en" / "muted.flac")


def test_a_phone_that_plays_a_tone_for_seconds_is_muted_told_so_alone_and_back_with_the_star(tmp_path: Path) -> None:
    company = Company(tmp_path, hold_music_guard=True)
    with company.mixer, company.baresip(ANNA) as anna, company.baresip(BORIS, speech=DIAL_TONE) as boris:
        code = company.mixer.plan_now("On hold", ANNA, [BORIS]).code
        for number in (ANNA, BORIS):
            company.mixer.wait_for(code, "joined", number)
        hear_more(anna, 0.5)
        assert tone_level(hear_more(anna, 1), 440) > -20
        company.mixer.wait_for(code, "muted", BORIS)
        assert find(hear_more(boris, 6), MUTED).share > 0.9
        assert silences(anna.heard()[-4 * RATE :], at_least=3.9), "the owner hears neither the tone nor the prompt"
        boris.press("*")
        company.mixer.wait_for(code, "heard_again", BORIS)
        hear_more(anna, 0.5)
        assert tone_level(hear_more(anna, 1), 440) > -20
