"""Dialling in: what a caller keys in, hears and becomes, with phones that know nothing of the mixer."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.calls.company import CONFERENCE_NUMBER, Company
from tests.calls.mixer_process import ROOT
from tests.calls.voices import ABSENT, ANNA, BORIS, CAROL, DMITRI, HZ, LEVEL, hear_more, speaking, voice
from tests.media.tones_and_voices import key
from tests.phones.listening import find, hears, hears_music, seconds_of, silences, tone_intervals, tone_level, tone_peak
from tests.phones.phone import State
from tests.phones.sounds import RATE, load, silence
from tests.phones.waiting import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.phones.phone import Phone
    from tests.phones.sipp_phone import SippPhone
    from tests.phones.sounds import Pcm

PROMPTS = {path.stem: load(path) for path in sorted((ROOT / "media" / "sounds" / "en").glob("*.flac"))}
ENTER_CODE, NO_SUCH, NOT_STARTED = (PROMPTS[n] for n in ("enter-code", "no-such-conference", "not-started"))
NOT_ADMITTED, GOOD_BYE = PROMPTS["not-admitted"], PROMPTS["good-bye"]
NOT_GIVEN_OUT = "000000"
TONE_HZ = 1000


@pytest.fixture
def closed_company(tmp_path: Path) -> Iterator[Company]:
    """One that lets in those who are listed alone."""
    company = Company(tmp_path, admit="listed")
    with company.mixer:
        yield company


def reach_the_prompt(phone: SippPhone) -> None:
    """Dials the conference number, and hears the beginning of the prompt."""
    phone.dial(CONFERENCE_NUMBER)
    phone.wait_for(State.TALKING)
    phone.wait_to_hear(1, within=5)


def code_uri(company: Company, code: str) -> str:
    return f"sip:{code}@127.0.0.1:{company.server[1]}"


def who_is_on_the_line(company: Company) -> list[tuple[str | None, bool]]:
    """Of the one conference that runs: each leg's person, and whether it is the owner."""
    (conference,) = json.loads(company.mixer.confctl("status", "--json"))["running"]
    return [(leg["person"], leg["owner"]) for leg in conference["legs"]]


def nobody_is_on_the_line(company: Company) -> bool:
    running = json.loads(company.mixer.confctl("status", "--json"))["running"]
    return not any(conference["legs"] for conference in running)


# What is keyed in


def test_keys_pressed_during_the_prompt_silence_it_and_count(company: Company) -> None:
    with speaking(company, ANNA), company.stranger() as guest:
        code = company.mixer.plan_now("Impatient", ANNA).code
        company.mixer.wait_for(code, "joined", ANNA)
        reach_the_prompt(guest)
        assert hears(guest.heard(), ENTER_CODE[: RATE // 2])
        guest.press(code[:3])
        hear_more(guest, 1)
        assert silences(hear_more(guest, 1), at_least=0.95), "the prompt of 4.5 s is silent after the first key"
        guest.press(f"{code[3:]}*")
        company.mixer.wait_for(code, "joined")
        hear_more(guest, 1)
        assert tone_level(hear_more(guest, 1), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
        assert not hears(guest.heard(), ENTER_CODE, share=0.5)


def test_the_whole_prompt_and_a_tone_are_heard_by_who_waits_for_them(company: Company) -> None:
    with speaking(company, ANNA), company.stranger() as guest:
        code = company.mixer.plan_now("Patient", ANNA).code
        company.mixer.wait_for(code, "joined", ANNA)
        reach_the_prompt(guest)
        heard = guest.wait_to_hear((ENTER_CODE.size / RATE) + 1, within=10)
        prompt = find(heard, ENTER_CODE)
        assert prompt.share > 0.9 and prompt.start < 0.3
        after = heard[round(prompt.start * RATE) + ENTER_CODE.size :]
        assert seconds_of(tone_intervals(after, TONE_HZ)) > 0.1
        guest.press(f"{code}#")  # what other exchanges have taught people
        company.mixer.wait_for(code, "joined")


def test_a_wrong_code_is_told_twice_more_may_be_tried_then_we_say_good_bye_and_hang_up(company: Company) -> None:
    with company.stranger() as guest:
        reach_the_prompt(guest)
        for number in (1, 2, 3):
            before = guest.heard().size
            guest.press(f"{NOT_GIVEN_OUT}*")
            said = lambda start=before: hears(guest.heard()[start:], NO_SUCH)  # noqa: E731
            until(said, PATIENCE, f"{number} times: there is no conference with this number")
        guest.wait_for(State.OVER)
        assert hears(guest.heard()[before:], GOOD_BYE)
        guest.finish()


def test_after_a_wrong_code_the_right_one_lets_in(company: Company) -> None:
    with speaking(company, ANNA), company.stranger() as guest:
        code = company.mixer.plan_now("Second try", ANNA).code
        company.mixer.wait_for(code, "joined", ANNA)
        reach_the_prompt(guest)
        guest.press(f"{NOT_GIVEN_OUT}*{code}*")
        company.mixer.wait_for(code, "joined", seconds=15, count=2)
        hear_more(guest, 1)
        assert tone_level(hear_more(guest, 1), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)


def test_digits_by_info_count_like_those_in_the_sound(company: Company) -> None:
    with speaking(company, ANNA), company.stranger() as guest:
        code = company.mixer.plan_now("INFO", ANNA).code
        company.mixer.wait_for(code, "joined", ANNA)
        guest.dial(CONFERENCE_NUMBER, scenario="dial_and_obey")
        guest.wait_for(State.TALKING)
        guest.press_by_info(f"{code}*")
        company.mixer.wait_for(code, "joined", count=2)
        hear_more(guest, 1)
        assert tone_level(hear_more(guest, 1), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
        guest.hang_up()
        guest.finish()
        company.mixer.wait_for(code, "left")


def test_a_code_keyed_in_as_tones_in_the_sound_lets_in_and_nobody_hears_the_next_keys(company: Company) -> None:
    with speaking(company, ANNA), company.baresip(BORIS, speech=silence(1)) as boris, company.stranger() as guest:
        code = company.mixer.plan_now("Tones", ANNA, [BORIS]).code
        company.mixer.wait_for(code, "joined", count=2)
        reach_the_prompt(guest)
        guest.say(tones_of(f"{code}*"))
        company.mixer.wait_for(code, "joined", seconds=15, count=3)
        guest.say(tones_of("5" * 20))
        heard = hear_more(boris, 3)
        assert tone_level(heard, HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
        assert max(tone_level(heard, 770), tone_level(heard, 1336)) < ABSENT


def tones_of(keys: str) -> Pcm:
    """100 ms each, with pauses of 100 ms."""
    return np.concatenate([np.r_[key(one, 0.1), silence(0.1)] for one in keys]).astype(np.int16)


# When


@pytest.mark.parametrize("way", ["keyed in", "dialled"])
def test_before_the_start_we_say_so_and_hang_up(company: Company, way: str) -> None:
    company.mixer.plan_by_hand("404142", ANNA, begins=3600)
    with company.stranger() as early:
        until(lambda: "404142" in company.mixer.confctl("status", "--json"), PATIENCE, "the mixer has seen the plan")
        if way == "keyed in":
            reach_the_prompt(early)
            early.press("404142*")
        else:
            early.dial(code_uri(company, "404142"))
        early.wait_for(State.OVER, seconds=12)
        assert hears(early.heard(), NOT_STARTED)
        assert not hears(early.heard(), NO_SUCH)
        early.finish()


def test_after_the_end_a_code_is_dead_keyed_in_or_dialled(company: Company) -> None:
    with speaking(company, ANNA) as anna, company.stranger() as late:
        code = company.mixer.plan_now("Over", ANNA).code
        company.mixer.wait_for(code, "joined", ANNA)
        anna.hang_up()
        company.mixer.wait_for(code, "ended")
        reach_the_prompt(late)
        late.press(f"{code}*")
        until(lambda: hears(late.heard(), NO_SUCH), PATIENCE, "there is no such conference")
        late.hang_up()
        late.finish()
        late.dial(code_uri(company, code))
        late.wait_for(State.OVER)
        assert late.refused_with == 404


# Who


def test_the_owner_code_makes_the_owner_of_whoever_keys_it_in(company: Company) -> None:
    with speaking(company, BORIS) as boris, company.stranger() as phone_box:
        plan = company.mixer.plan_now("From a phone box", ANNA, [BORIS])
        company.mixer.wait_for(plan.code, "joined", BORIS)
        assert seconds_of(hears_music(hear_more(boris, 2))) >= 1
        phone_box.say(voice(ANNA, 20))
        reach_the_prompt(phone_box)
        phone_box.press(f"{plan.owner_code}*")
        company.mixer.wait_for(plan.code, "owner_in")
        entered = company.mixer.wait_for(plan.code, "entered")
        assert (entered.person, entered.owner) == (ANNA, True)
        hear_more(boris, 1)
        assert tone_level(hear_more(boris, 1), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
        assert tone_level(hear_more(phone_box, 1), HZ[BORIS]) == pytest.approx(LEVEL, abs=1)


@pytest.mark.parametrize("way", ["keyed in", "dialled"])
def test_a_registered_phone_is_its_account_and_a_stranger_is_a_guest(company: Company, way: str) -> None:
    with company.stranger(BORIS) as guest, company.sipp(CAROL) as carol:  # a stranger who claims to be Boris
        code = company.mixer.plan_now("Who is who", ANNA, [BORIS, CAROL]).code
        for number in (ANNA, BORIS, CAROL):
            company.mixer.wait_for(code, "not_reached", number)
        for phone in (guest, carol):
            if way == "keyed in":
                reach_the_prompt(phone)
                phone.press(f"{code}*")
            else:
                phone.dial(code_uri(company, code))
        company.mixer.wait_for(code, "joined", CAROL)
        company.mixer.wait_for(code, "joined", count=2)
        assert set(who_is_on_the_line(company)) == {(None, False), (CAROL, False)}


def test_where_only_those_listed_are_admitted_a_guest_is_told_so(closed_company: Company) -> None:
    company = closed_company
    with speaking(company, ANNA), speaking(company, DMITRI) as dmitri, company.stranger() as guest:
        code = company.mixer.plan_now("Closed", ANNA, [BORIS]).code
        company.mixer.wait_for(code, "joined", ANNA)
        dmitri.dial(code_uri(company, code))  # has an account, and isn't listed
        reach_the_prompt(guest)
        guest.press(f"{code}*")
        for phone in (dmitri, guest):
            phone.wait_for(State.OVER)
            assert hears(phone.heard(), NOT_ADMITTED)
            assert tone_level(phone.heard(), HZ[ANNA]) < ABSENT
        with company.sipp(BORIS) as boris:
            reach_the_prompt(boris)
            boris.press(f"{code}*")
            company.mixer.wait_for(code, "joined", BORIS)
        assert {record.person for record in company.mixer.journal(code) if record.kind == "entered"} == {BORIS}


def test_who_dials_in_while_the_desk_phone_rings_makes_it_stop(company: Company) -> None:
    with speaking(company, ANNA), company.baresip(BORIS, answers=False) as desk, company.sipp(BORIS) as mobile:
        code = company.mixer.plan_now("On the way", ANNA, [BORIS]).code
        company.mixer.wait_for(code, "joined", ANNA)
        desk.wait_for(State.RINGING)
        mobile.dial(code_uri(company, code))
        company.mixer.wait_for(code, "joined", BORIS)
        desk.wait_for(State.OVER)
        assert len(who_is_on_the_line(company)) == 2


# How the call is made


def test_an_invite_without_sdp_gets_our_offer_and_is_in_like_any_other(company: Company) -> None:
    with speaking(company, ANNA) as anna, company.stranger() as guest:
        code = company.mixer.plan_now("Late offer", ANNA).code
        company.mixer.wait_for(code, "joined", ANNA)
        guest.say(voice(CAROL, 30))
        guest.dial(CONFERENCE_NUMBER, scenario="dial_without_sdp")
        guest.wait_for(State.TALKING)
        guest.wait_to_hear(1, within=5)
        assert hears(guest.heard(), ENTER_CODE[: RATE // 2])
        guest.press(f"{code}*")
        company.mixer.wait_for(code, "joined", count=2)
        hear_more(guest, 1)
        assert tone_level(hear_more(guest, 1), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
        assert tone_level(hear_more(anna, 1), HZ[CAROL]) == pytest.approx(LEVEL, abs=1)
        guest.hang_up()
        guest.finish()


def test_hold_and_resume_and_an_unknown_codec_in_between_leave_the_call_as_it_should_be(company: Company) -> None:
    with speaking(company, ANNA) as anna, company.stranger() as guest:
        code = company.mixer.plan_now("Re-INVITE", ANNA).code
        company.mixer.wait_for(code, "joined", ANNA)
        guest.say(voice(CAROL, 60))  # it goes on all the time: a phone's music on hold
        guest.dial(code_uri(company, code), scenario="dial_and_obey")
        company.mixer.wait_for(code, "joined", count=2)
        hear_more(anna, 1)
        assert tone_level(hear_more(anna, 1), HZ[CAROL]) == pytest.approx(LEVEL, abs=1)
        assert guest.offer("sendonly") == 200
        assert "a=recvonly" in guest.messages[-2].text or "a=inactive" in guest.messages[-2].text
        hear_more(anna, 1)
        assert tone_peak(hear_more(anna, 1), HZ[CAROL]) < ABSENT
        assert guest.offer("sendrecv", "96") == 488
        assert guest.offer("sendrecv") == 200
        hear_more(anna, 1)
        assert tone_level(hear_more(anna, 1), HZ[CAROL]) == pytest.approx(LEVEL, abs=1)
        assert guest.offer("sendrecv", "96") == 488
        hear_more(anna, 0.5)
        assert tone_level(hear_more(anna, 1), HZ[CAROL]) == pytest.approx(LEVEL, abs=1)
        assert tone_level(hear_more(guest, 1), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
        guest.hang_up()
        guest.finish()


def test_a_caller_who_hangs_up_at_any_moment_of_the_ringing_leaves_nothing(company: Company) -> None:
    with ExitStack() as stack:
        anna = stack.enter_context(company.baresip(ANNA, answers=False))
        boris = stack.enter_context(company.baresip(BORIS))
        code = company.mixer.plan_now("Change of mind", ANNA).code
        anna.wait_for(State.RINGING)
        for moment in (0, 0.002, 0.005, 0.01, 0.02, 0.05):
            boris.dial(code_uri(company, code))
            time.sleep(moment)  # the race is the test: each moment may be before or after the answer
            boris.hang_up()
            boris.wait_for(State.OVER)
        until(lambda: len(who_is_on_the_line(company)) == 1, PATIENCE, "only the phone that rings is left")
        came = [record.leg for record in company.mixer.journal(code) if record.kind == "entered"]
        went = [record.leg for record in company.mixer.journal(code) if record.kind == "left"]
        assert came == went
        still_works(boris, company, code)


def still_works(phone: Phone, company: Company, code: str) -> None:
    count = len([record for record in company.mixer.journal(code) if record.kind == "joined"])
    phone.dial(code_uri(company, code))
    company.mixer.wait_for(code, "joined", count=count + 1)
