"""Whole calls: the real mixer in its own process, and telephones that know nothing of it."""

from __future__ import annotations

from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING

import pytest

from tests.calls.company import COMPANY_NUMBER, CONFERENCE_NUMBER, Company
from tests.calls.voices import ABSENT, ANNA, BORIS, CAROL, DMITRI, HZ, LEVEL, hear_more, last, speaking
from tests.phones.listening import hears_music, seconds_of, tone_level, tone_peak
from tests.phones.phone import State
from tests.phones.pyvoip_phone import WHY_NOT
from tests.phones.rtp_pen import click_moments
from tests.phones.sounds import clicks, tone

if TYPE_CHECKING:
    from pathlib import Path


def test_all_are_called_and_everybody_hears_everybody_else_as_loud_as_they_speak_and_never_themselves(
    company: Company,
) -> None:
    with ExitStack() as stack:
        phones = {n: stack.enter_context(speaking(company, n)) for n in (ANNA, BORIS, CAROL)}
        code = company.mixer.plan_now("All together", ANNA, [BORIS, CAROL]).code
        for number, phone in phones.items():
            company.mixer.wait_for(code, "joined", number)
            assert phone.caller == COMPANY_NUMBER
        hear_more(phones[CAROL], 0.5)
        for number, phone in phones.items():
            heard = hear_more(phone, 1.5)
            for other in phones.keys() - {number}:
                assert tone_level(heard, HZ[other]) == pytest.approx(LEVEL, abs=1), f"{number} hears {other}"
            assert tone_peak(heard, HZ[number]) < ABSENT, f"{number} hears itself"


def test_participants_wait_to_music_alone_until_the_owner_is_there(company: Company) -> None:
    with (
        speaking(company, BORIS) as boris,
        speaking(company, CAROL) as carol,
        company.baresip(ANNA, speech=tone(HZ[ANNA], 1, LEVEL), answers=False) as anna,
    ):
        code = company.mixer.plan_now("Late owner", ANNA, [BORIS, CAROL]).code
        for number in (BORIS, CAROL):
            company.mixer.wait_for(code, "joined", number)
        for phone, other in ((boris, CAROL), (carol, BORIS)):
            waiting = hear_more(phone, 3)
            assert seconds_of(hears_music(waiting)) >= 2, f"{phone.name} hears music"
            assert tone_peak(waiting, HZ[other]) < ABSENT, f"{phone.name} hears who else waits"
        anna.wait_for(State.RINGING)
        anna.answer()
        company.mixer.wait_for(code, "owner_in")
        hear_more(boris, 0.5)
        talk = hear_more(boris, 2)
        assert not hears_music(talk)
        assert tone_level(talk, HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
        assert tone_level(talk, HZ[CAROL]) == pytest.approx(LEVEL, abs=1)


def test_music_is_back_when_the_owner_leaves_and_the_talk_when_the_owner_is_back(company: Company) -> None:
    with speaking(company, ANNA) as anna, speaking(company, BORIS) as boris, speaking(company, CAROL) as carol:
        code = company.mixer.plan_now("Coming and going", ANNA, [BORIS, CAROL]).code
        for number in (ANNA, BORIS, CAROL):
            company.mixer.wait_for(code, "joined", number)
        anna.hang_up()
        company.mixer.wait_for(code, "owner_out")
        hear_more(boris, 0.5)
        alone = hear_more(boris, 3)
        assert seconds_of(hears_music(alone)) >= 2
        assert tone_peak(alone, HZ[CAROL]) < ABSENT
        anna.dial(f"sip:{code}@127.0.0.1:{company.server[1]}")
        company.mixer.wait_for(code, "owner_in", count=2)
        hear_more(carol, 0.5)
        talk = hear_more(carol, 2)
        assert tone_level(talk, HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
        assert tone_level(talk, HZ[BORIS]) == pytest.approx(LEVEL, abs=1)


def test_nothing_of_another_conference_is_heard(company: Company) -> None:
    with ExitStack() as stack:
        phones = {n: stack.enter_context(speaking(company, n)) for n in (ANNA, BORIS, CAROL, DMITRI)}
        one = company.mixer.plan_now("One", ANNA, [BORIS]).code
        other = company.mixer.plan_now("Other", CAROL, [DMITRI]).code
        for code, number in ((one, ANNA), (one, BORIS), (other, CAROL), (other, DMITRI)):
            company.mixer.wait_for(code, "joined", number)
        hear_more(phones[DMITRI], 0.5)
        for number, partner, strangers in (
            (ANNA, BORIS, (CAROL, DMITRI)),
            (BORIS, ANNA, (CAROL, DMITRI)),
            (CAROL, DMITRI, (ANNA, BORIS)),
            (DMITRI, CAROL, (ANNA, BORIS)),
        ):
            heard = hear_more(phones[number], 1)
            assert tone_level(heard, HZ[partner]) == pytest.approx(LEVEL, abs=1)
            for stranger in strangers:
                assert tone_peak(heard, HZ[stranger]) < ABSENT


@pytest.mark.parametrize("program", ["baresip", "sipp"])
def test_whoever_missed_the_call_dials_the_conference_number_keys_in_the_code_and_is_in(
    tmp_path: Path, program: str
) -> None:
    company = Company(tmp_path)
    with company.mixer.config.open("a") as file:
        file.write("call_again = false\n")  # else Carol's phone is called as soon as it registers
    with company.mixer, speaking(company, ANNA) as anna, speaking(company, BORIS):
        code = company.mixer.plan_now("Dial in", ANNA, [BORIS, CAROL]).code
        company.mixer.wait_for(code, "not_reached", CAROL)
        company.mixer.wait_for(code, "joined", BORIS)
        with company.baresip(CAROL) if program == "baresip" else company.sipp(CAROL) as carol:
            carol.say(tone(HZ[CAROL], 20, LEVEL))
            carol.dial(f"sip:{CONFERENCE_NUMBER}@127.0.0.1:{company.server[1]}")
            carol.wait_for(State.TALKING)
            carol.wait_to_hear(1, within=5)  # the prompt has begun; keying may start before its end
            carol.press(f"{code}*")
            company.mixer.wait_for(code, "entered", CAROL)
            company.mixer.wait_for(code, "joined", CAROL)
            hear_more(carol, 0.5)
            assert tone_level(hear_more(carol, 1.5), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
            assert tone_level(hear_more(anna, 1.5), HZ[CAROL]) == pytest.approx(LEVEL, abs=1)
            carol.hang_up()
            company.mixer.wait_for(code, "left", CAROL)


@pytest.mark.parametrize(
    ("scenario", "status"),
    [
        ("refuse", "486 Busy Here"),
        ("refuse", "603 Decline"),
        ("refuse_at_once", "480 Temporarily Unavailable"),
        ("refuse_at_once", "404 Not Found"),
    ],
)
def test_who_is_busy_declines_or_is_away_is_noted_and_the_rest_go_on(
    company: Company, scenario: str, status: str
) -> None:
    with (
        speaking(company, ANNA),
        speaking(company, BORIS) as boris,
        company.sipp(CAROL, scenario=scenario, status=status) as carol,
    ):
        carol.register()
        code = company.mixer.plan_now("Without Carol", ANNA, [BORIS, CAROL]).code
        missed = company.mixer.wait_for(code, "not_reached", CAROL)
        assert status.split()[0] in missed.detail
        company.mixer.wait_for(code, "joined", ANNA)
        company.mixer.wait_for(code, "joined", BORIS)
        carol.finish()
        hear_more(boris, 0.5)
        assert tone_level(hear_more(boris, 1), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)


def test_two_answers_of_a_forked_call_are_acknowledged_and_the_second_hung_up(company: Company) -> None:
    with speaking(company, ANNA) as anna, company.sipp(CAROL, scenario="answer_twice") as carol:
        carol.register()
        carol.say(tone(HZ[CAROL], 20, LEVEL))
        code = company.mixer.plan_now("Fork", ANNA, [CAROL]).code
        company.mixer.wait_for(code, "joined", CAROL)
        company.mixer.wait_for(code, "joined", ANNA)
        hear_more(anna, 0.5)
        assert tone_level(hear_more(anna, 1), HZ[CAROL]) == pytest.approx(LEVEL, abs=1)
        carol.hang_up()
        carol.finish()
        company.mixer.wait_for(code, "left", CAROL)


def test_an_answer_without_sdp_is_acknowledged_and_hung_up(company: Company) -> None:
    with company.sipp(CAROL, scenario="answer_without_sdp") as carol:
        carol.register()
        code = company.mixer.plan_now("No sound", ANNA, [CAROL]).code
        carol.finish()
        company.mixer.wait_for(code, "not_reached", CAROL)


@pytest.mark.alone
def test_sound_takes_less_than_a_quarter_of_a_second_from_phone_to_phone(company: Company) -> None:
    with company.sipp(ANNA) as anna, company.sipp(BORIS) as boris:
        anna.register()
        boris.register()
        code = company.mixer.plan_now("Delay", ANNA, [BORIS]).code
        company.mixer.wait_for(code, "joined", ANNA)
        company.mixer.wait_for(code, "joined", BORIS)
        hear_more(boris, 1)
        music = len(boris.pen.packets)  # what he heard until she was in has peaks as well
        anna.say(clicks(3.2))
        hear_more(boris, 4)
        said, heard = click_moments(anna.pen.sent), click_moments(boris.pen.packets[music:])
        assert len(said) == len(heard) == 6
        assert median(b - a for a, b in zip(said, heard, strict=True)) < 0.25, "now and then the machine itself is late"


def test_when_the_last_one_hangs_up_the_conference_is_over_and_its_code_dead(company: Company) -> None:
    with speaking(company, ANNA) as anna, speaking(company, BORIS) as boris:
        code = company.mixer.plan_now("Short", ANNA, [BORIS]).code
        company.mixer.wait_for(code, "joined", ANNA)
        company.mixer.wait_for(code, "joined", BORIS)
        boris.hang_up()
        company.mixer.wait_for(code, "left", BORIS)
        anna.hang_up()
        company.mixer.wait_for(code, "ended")
        assert code in company.mixer.confctl("list", "--past", "--json")
        assert code not in company.mixer.confctl("list", "--json")


@pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))
def test_pyvoip_is_called_is_heard_dials_the_code_and_hangs_up(company: Company) -> None:
    with speaking(company, ANNA) as anna, company.pyvoip(BORIS) as boris:
        boris.say(tone(HZ[BORIS], 1, LEVEL), loop=True)
        code = company.mixer.plan_now("Old phone", ANNA, [BORIS]).code
        company.mixer.wait_for(code, "joined", BORIS)
        assert boris.caller == COMPANY_NUMBER
        hear_more(boris, 1)
        assert tone_level(last(boris.heard(), 0.8), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
        assert tone_level(hear_more(anna, 1), HZ[BORIS]) == pytest.approx(LEVEL, abs=1)
        boris.hang_up()
        company.mixer.wait_for(code, "left", BORIS)
        boris.dial(code)
        boris.wait_for(State.TALKING)
        company.mixer.wait_for(code, "joined", BORIS, count=2)
        hear_more(boris, 0.5)
        assert tone_level(hear_more(boris, 1), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
