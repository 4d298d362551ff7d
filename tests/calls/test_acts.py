"""Acts on a conference of real telephones: what is done to it is heard."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import soundfile

from media.prompts import FOLDER
from tests.calls.voices import ABSENT, ANNA, BORIS, CAROL, HZ, LEVEL, hear_more, speaking
from tests.phones.listening import hears, hears_music, tone_level, tone_peak
from tests.phones.phone import State
from tests.phones.sounds import RATE, load, tone

if TYPE_CHECKING:
    from tests.calls.company import Company
    from tests.phones.baresip_phone import BaresipPhone

ALARM_HZ = 1510
PROMPTS_LEVEL = -20.0
"""Of a tone, dB below one at full scale: -23 dBov."""
LOCKED, ENDED = (load(FOLDER / "en" / f"{name}.flac") for name in ("locked", "ended"))


def heard_of(phone: BaresipPhone, number: str) -> float:
    """How loud somebody's voice is, in dB, after what is on its way."""
    hear_more(phone, 0.4)
    return tone_level(hear_more(phone, 0.6), HZ[number])


def test_what_is_done_to_a_conference_is_heard_by_those_who_are_in(company: Company) -> None:
    with ExitStack() as phones:
        anna, boris = (phones.enter_context(speaking(company, number)) for number in (ANNA, BORIS))
        carol = phones.enter_context(company.sipp(CAROL))
        carol.register()
        code = company.mixer.plan_now("In motion", ANNA, [BORIS, CAROL]).code
        for number in (ANNA, BORIS, CAROL):
            company.mixer.wait_for(code, "joined", number)

        assert heard_of(anna, BORIS) > LEVEL - 3
        company.mixer.confctl("mute", BORIS)
        hear_more(anna, 0.4)
        assert tone_peak(hear_more(anna, 0.6), HZ[BORIS]) < ABSENT
        assert heard_of(boris, ANNA) > LEVEL - 3, "who is muted hears on"
        company.mixer.confctl("unmute", BORIS)
        assert heard_of(anna, BORIS) > LEVEL - 3

        soundfile.write(company.folder / "alarm.wav", tone(ALARM_HZ, 9), RATE)
        company.mixer.confctl("play", str(company.folder / "alarm.wav"), "--to", BORIS)
        hear_more(boris, 0.4)
        played = hear_more(boris, 0.6)
        assert tone_level(played, ALARM_HZ) == pytest.approx(PROMPTS_LEVEL, abs=1), "no louder than our prompts"
        assert tone_level(played, HZ[ANNA]) == pytest.approx(LEVEL - 9, abs=1), "who talks is heard beside it"
        others = hear_more(anna, 0.6)
        assert tone_level(others, ALARM_HZ) < ABSENT
        assert tone_level(others, HZ[BORIS]) > LEVEL - 3
        company.mixer.confctl("play", "--stop")
        assert heard_of(boris, ANNA) > LEVEL - 3

        company.mixer.confctl("kick", CAROL)
        carol.wait_for(State.OVER)
        (bye,) = [message for message in carol.messages if not message.sent and message.method == "BYE"]
        assert "kicked" in bye.header("Reason")
        company.mixer.confctl("lock")
        stranger = phones.enter_context(company.stranger())
        stranger.dial(code)
        stranger.wait_for(State.OVER)
        assert hears(stranger.heard(), LOCKED)
        assert company.mixer.wait_for(code, "refused").detail == "Locked"

        company.mixer.confctl("owner", BORIS)
        anna.hang_up()
        company.mixer.wait_for(code, "left", ANNA)
        assert not hears_music(hear_more(boris, 1.5)), "the owner is in: it is somebody else now"

        before = boris.heard().size
        company.mixer.confctl("end", "--yes")
        boris.wait_for(State.OVER)
        assert hears(boris.heard()[before:], ENDED)
        assert company.mixer.wait_for(code, "ended").detail == "ended-now"
