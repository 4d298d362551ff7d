"""An own recording is heard in a call that comes after it was put in the place of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from tests.calls.company import CONFERENCE_NUMBER
from tests.calls.voices import hear_more
from tests.phones.listening import tone_level
from tests.phones.phone import State
from tests.phones.waiting import until

if TYPE_CHECKING:
    from tests.calls.company import Company

HERTZ, RATE = 620, 44_100


def test_a_recording_that_is_replaced_while_the_mixer_runs_is_heard_by_the_next_caller(company: Company) -> None:
    file = company.folder / "hello.mp3"
    soundfile.write(file, 0.02 * np.sin(2 * np.pi * HERTZ * np.arange(8 * RATE) / RATE), RATE)
    company.mixer.confctl("prompts", "replace", "enter-code", str(file))
    until(lambda: "own recordings in place of ours: 1" in company.mixer.log.read_text(), 15, company.mixer.words)
    with company.stranger() as guest:
        guest.dial(CONFERENCE_NUMBER)
        guest.wait_for(State.TALKING)
        guest.wait_to_hear(1, within=5)
        assert tone_level(hear_more(guest, 1), HERTZ) == pytest.approx(-20, abs=1), "-23 dBov, as ours"
