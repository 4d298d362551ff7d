"""Keys in a call, pressed on telephones: what they do, and what is heard of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.calls.company import Company
from tests.calls.mixer_process import ROOT
from tests.calls.voices import ABSENT, ANNA, BORIS, HZ, LEVEL, hear_more, voice
from tests.phones.listening import find, hears, tone_level, tone_levels
from tests.phones.phone import State
from tests.phones.sounds import load
from tests.phones.waiting import PATIENCE, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.phones.sipp_phone import SippPhone

PROMPTS = {path.stem: load(path) for path in sorted((ROOT / "media" / "sounds").glob("en/*.flac"))}


def press_and_hear(phone: SippPhone, keys: str, *prompts: str) -> None:
    """Until all of them were heard."""
    before = phone.heard().size
    phone.press(keys)
    for prompt in prompts:
        sought = PROMPTS[prompt]
        heard = lambda sought=sought: find(phone.heard()[before:], sought).share > 0.8  # noqa: E731
        until(heard, PATIENCE, f"{phone.name} hears {prompt}")


def softer(phone: SippPhone, since: int, number: str) -> float:
    """For how many seconds somebody was 9 dB softer than they speak."""
    levels = tone_levels(phone.heard()[since:], HZ[number])
    return float(np.count_nonzero(np.abs(levels - (LEVEL - 9)) < 1)) / 20


def test_who_mutes_oneself_is_not_heard_hears_how_many_are_in_and_the_owner_locks(tmp_path: Path) -> None:
    company = Company(tmp_path, announcements=True)
    with company.mixer, company.sipp(ANNA) as anna, company.sipp(BORIS, answers=False) as boris:
        for phone, number in ((anna, ANNA), (boris, BORIS)):
            phone.register()
            phone.say(voice(number, 30))
        code = company.mixer.plan_now("Keys", ANNA, [BORIS]).code
        company.mixer.wait_for(code, "joined", ANNA)
        until(lambda: hears(anna.heard(), PROMPTS["first"]), PATIENCE, "Anna hears that she is the first")
        boris.answer()
        company.mixer.wait_for(code, "joined", BORIS)
        as_loud = pytest.approx(LEVEL, abs=1)
        until(lambda: tone_level(hear_more(anna, 0.3), HZ[BORIS]) == as_loud, PATIENCE, "Anna hears Boris alone")
        before = boris.heard().size
        press_and_hear(anna, "*21", "others-muted")
        until(lambda: softer(boris, before, ANNA) > 0.5, PATIENCE, "Boris hears her beside what he is told")
        press_and_hear(anna, "*21", "others-heard")
        press_and_hear(boris, "*1", "you-are-muted")
        assert tone_level(hear_more(anna, 0.5), HZ[BORIS]) < ABSENT
        press_and_hear(boris, "*3", "people-in", "number-2")
        press_and_hear(anna, "*22", "now-locked")
        with company.stranger() as guest:
            guest.dial(f"sip:{code}@127.0.0.1:{company.server[1]}")
            press_and_hear(boris, "*1", "you-are-heard")
            assert tone_level(hear_more(anna, 0.5), HZ[BORIS]) == pytest.approx(LEVEL, abs=1)
            boris.press("*66")
            louder = pytest.approx(LEVEL + 8, abs=1)
            until(lambda: tone_level(hear_more(boris, 0.3), HZ[ANNA]) == louder, PATIENCE, "Anna is louder")
            guest.wait_for(State.OVER)
        boris.press("*0")
        boris.wait_for(State.OVER)
        assert company.mixer.wait_for(code, "left", BORIS).detail == "leaving"
