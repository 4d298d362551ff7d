"""Calls through a real address translator, with the mixer on either side of it."""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.calls.behind_nat import HOST, INSIDE, OFFICE, OUTSIDE, PUBLIC, Translated, translated
from tests.calls.company import Company, password
from tests.calls.voices import ABSENT, ANNA, BORIS, CAROL, HZ, LEVEL, hear_more, voice
from tests.phones.baresip_phone import BaresipPhone
from tests.phones.listening import tone_level, tone_peak
from tests.phones.phone import State
from tests.phones.plain_phone import PlainPhone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def network() -> Iterator[Translated]:
    with translated() as network:
        yield network


def everywhere(folder: Path, external: str | None = None) -> Company:
    """A company whose mixer listens at all of its addresses."""
    company = Company(folder)
    config = company.mixer.config
    text = config.read_text().replace('listen = ["udp:127.0.0.1:', 'listen = ["udp:0.0.0.0:')
    if external is not None:
        text = text.replace("[media]", f'external_address = "{external}"\n\n[media]')
    config.write_text(text)
    return company


def assert_they_hear_each_other(one: PlainPhone, other: PlainPhone, tones: tuple[str, str] = (ANNA, BORIS)) -> None:
    for phone, own, others in ((one, *tones), (other, *reversed(tones))):
        heard = hear_more(phone, 0.5)
        assert tone_level(heard, HZ[others]) == pytest.approx(LEVEL, abs=1)
        assert tone_peak(heard, HZ[own]) < ABSENT


@pytest.mark.alone
def test_phones_behind_a_translator_call_and_are_called_and_are_followed_to_another_port(
    tmp_path: Path, network: Translated
) -> None:
    with ExitStack() as stack:
        company = everywhere(tmp_path)
        with network.outside.here():
            stack.enter_context(company.mixer)
        server = (OUTSIDE, company.server[1])
        with network.inside.here():
            anna = stack.enter_context(PlainPhone(ANNA, server, INSIDE, password=password(ANNA)))
            guest = stack.enter_context(PlainPhone("900", server, INSIDE))
            carol = BaresipPhone(
                tmp_path, CAROL, registrar=server, password=password(CAROL), speech=voice(CAROL), host=INSIDE
            )
            stack.enter_context(carol)
        for phone, number in ((anna, ANNA), (guest, BORIS)):
            phone.say(voice(number, 60))
        anna.register()
        with network.outside.here():
            code = company.mixer.plan_now("Talk", ANNA, [CAROL]).code
            for number in (ANNA, CAROL):
                company.mixer.wait_for(code, "joined", number)  # called where its translator is seen
        guest.dial(code)
        company.mixer.wait_for(code, "joined", count=3)
        assert (anna.state, guest.state) == (State.TALKING, State.TALKING)
        assert guest.media[0] == OUTSIDE
        hear_more(guest, 0.5)
        assert_they_hear_each_other(anna, guest)
        assert tone_level(hear_more(anna, 0.5), HZ[CAROL]) == pytest.approx(LEVEL, abs=1)
        assert tone_level(hear_more(carol, 0.5), HZ[ANNA]) == pytest.approx(LEVEL, abs=1)
        network.forget()
        before = [len(phone.pen.packets) for phone in (anna, guest)]
        hear_more(anna, 0.5)
        assert_they_hear_each_other(anna, guest)
        waits = [longest(phone, since) for phone, since in zip((anna, guest), before, strict=True)]
        assert 0.1 < max(waits) < 0.5, "their packets came to nobody until they were heard, 200 ms later"
        guest.hang_up()
        with network.outside.here():
            company.mixer.wait_for(code, "left")


def longest(phone: PlainPhone, since: int) -> float:
    """Seconds between two packets."""
    at = [packet.arrived for packet in phone.pen.packets[since - 1 :]]
    return max(after - before for before, after in itertools.pairwise(at))


def test_a_mixer_behind_a_translator_gives_phones_outside_its_public_address_and_those_inside_its_own(
    tmp_path: Path, network: Translated
) -> None:
    with ExitStack() as stack:
        company = everywhere(tmp_path, external=PUBLIC)
        media = company.mixer.config.read_text().partition('ports = "')[2].partition('"')[0]
        network.forward(f"{{ {company.server[1]}, {media} }}")
        with network.inside.here():
            stack.enter_context(company.mixer)
            guest = stack.enter_context(PlainPhone("900", (INSIDE, company.server[1]), INSIDE))
        with network.outside.here():
            anna = stack.enter_context(PlainPhone(ANNA, (PUBLIC, company.server[1]), OUTSIDE, password=password(ANNA)))
        for phone, number in ((anna, ANNA), (guest, BORIS)):
            phone.say(voice(number, 60))
        anna.register()
        with network.inside.here():
            talk = company.mixer.plan_now("Talk", ANNA)
            company.mixer.wait_for(talk.code, "joined", ANNA)
        guest.dial(talk.code)
        company.mixer.wait_for(talk.code, "joined", count=2)
        assert (anna.media[0], guest.media[0]) == (PUBLIC, INSIDE)
        hear_more(guest, 0.5)
        assert_they_hear_each_other(anna, guest)
        anna.hang_up()
        with network.outside.here():
            anna.dial(talk.owner_code)
        assert anna.media[0] == PUBLIC
        company.mixer.wait_for(talk.code, "joined", count=3)
        hear_more(anna, 0.5)
        assert_they_hear_each_other(anna, guest)


def test_a_phone_in_a_container_of_our_own_network_is_heard_and_hears_though_nobody_can_reach_what_it_states(
    tmp_path: Path,
) -> None:
    with translated(OFFICE, HOST) as network, ExitStack() as stack:
        company = everywhere(tmp_path)
        with network.outside.here():
            stack.enter_context(company.mixer)
        server = (OFFICE, company.server[1])
        with network.inside.here():
            anna, boris = (
                stack.enter_context(PlainPhone(number, server, INSIDE, password=password(number)))
                for number in (ANNA, BORIS)
            )
            for phone in (anna, boris):
                phone.say(voice(phone.number, 60))
                phone.register()
        with network.outside.here():
            code = company.mixer.plan_now("Talk", ANNA, [BORIS]).code
            company.mixer.wait_for(code, "joined", count=2)
        hear_more(anna, 1)
        assert_they_hear_each_other(anna, boris)
        with network.inside.here():
            boris.hang_up()
            boris.dial(code)
        company.mixer.wait_for(code, "joined", count=3)
        hear_more(boris, 1)
        assert_they_hear_each_other(anna, boris)
