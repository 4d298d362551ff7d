"""Encrypted calls (SRTP, SDES) with phones of three makers: who hears whom, what is refused, also by another bridge."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.calls.company import CONFERENCE_NUMBER, Company, password
from tests.calls.voices import ABSENT, ANNA, BORIS, CAROL, DMITRI, HZ, LEVEL, hear_more, speaking, voice
from tests.phones.baresip_python_phone import BaresipPythonPhone
from tests.phones.linphone_phone import LinphonePhone
from tests.phones.listening import tone_level
from tests.phones.phone import State
from tests.phones.sounds import RATE, tone
from tests.phones.waiting import PATIENCE, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.phones.phone import Phone
    from tests.phones.sounds import Pcm

WIDE = 16_000
NEARLY = 2.5
"""dB, through G.711, G.722 and Opus."""
LINPHONE = -6.0
"""dB that linphonec adds to what it plays from a file."""
FILE = 9.0
"""dB by which what it writes into one may differ: at times it is twice as loud."""
GONE_SECONDS = 1.5
"""From the death of a bridge until all is as before, jitter buffers included."""


def hears_the_others(phone: Phone, own: str, others: tuple[str, ...], heard: Pcm) -> None:
    assert tone_level(heard, HZ[own]) < ABSENT, f"{phone.name} hears itself"
    for number in others:
        level = LEVEL + (LINPHONE if number == CAROL else 0)
        nearly = FILE if own == CAROL else NEARLY
        assert tone_level(heard, HZ[number]) == pytest.approx(level, abs=nearly), f"{phone.name} hears {number}"


def legs(company: Company) -> list[dict[str, bool]]:
    (running,) = json.loads(company.mixer.confctl("status", "--json"))["running"]
    found: list[dict[str, bool]] = running["legs"]
    return found


@pytest.mark.alone
def test_encrypted_phones_of_three_makers_and_a_plain_one_hear_each_other_also_after_the_death_of_the_bridge(
    tmp_path: Path,
) -> None:
    """PCMU, Opus and G.722; two of them take no call that is not encrypted in its own profile."""
    company, everybody = Company(tmp_path), (ANNA, BORIS, CAROL, DMITRI)
    with ExitStack() as phones, company.mixer:
        registrar = f"127.0.0.1:{company.server[1]}"
        anna = phones.enter_context(company.baresip(ANNA, speech=voice(ANNA), encryption="srtp-mand"))
        boris = phones.enter_context(
            BaresipPythonPhone(
                company.phones,
                BORIS,
                registrar=registrar,
                password=password(BORIS),
                codec="opus",
                encryption="srtp",
            )
        )
        carol = phones.enter_context(
            LinphonePhone(
                company.phones,
                CAROL,
                registrar=registrar,
                password=password(CAROL),
                codec="G722",
                encryption="srtp",
                mandatory=True,
            )
        )
        dmitri = phones.enter_context(speaking(company, DMITRI))
        boris.say(tone(HZ[BORIS], 1, LEVEL, WIDE), loop=True)
        carol.say(tone(HZ[CAROL], 1, LEVEL, WIDE))
        code = company.mixer.plan_now("In secret", ANNA, [BORIS, CAROL, DMITRI]).code
        for number in everybody:
            company.mixer.wait_for(code, "joined", number)
        listeners: tuple[tuple[Phone, str], ...] = ((anna, ANNA), (boris, BORIS), (dmitri, DMITRI))

        def all_hear() -> None:
            for phone, own in listeners:
                others = tuple(number for number in everybody if number != own)
                hears_the_others(phone, own, others, hear_more(phone, 0.6))

        until(
            lambda: tone_level(anna.heard()[-RATE // 2 :], HZ[CAROL]) > LEVEL + LINPHONE - NEARLY, 5, "Carol is heard"
        )
        all_hear()
        assert {leg["person"]: leg["encrypted"] for leg in legs(company)} == {
            ANNA: True,
            BORIS: True,
            CAROL: True,
            DMITRI: False,
        }
        company.mixer.kill_bridge()
        hear_more(dmitri, GONE_SECONDS)
        all_hear()
        boris.hold()
        until(lambda: any(leg["on_hold"] for leg in legs(company)), PATIENCE, "Boris holds")
        boris.resume()
        until(lambda: not any(leg["on_hold"] for leg in legs(company)), PATIENCE, "Boris is back")
        hear_more(boris, 0.5)
        all_hear()
        carol.hang_up()
        carol.wait_for(State.OVER)
        until(lambda: carol.heard().size > 2 * RATE, PATIENCE, "Carol has written down what she heard")
        hears_the_others(carol, CAROL, (ANNA, BORIS, DMITRI), carol.heard()[-2 * RATE : -RATE // 2])


def files_of_the_mixer(company: Company) -> list[Path]:
    """Its book, journal, state and log; what its phones write is theirs."""
    files = [file for file in company.folder.rglob("*") if file.is_file() and company.phones not in file.parents]
    assert company.mixer.log in files
    return files


def test_where_encryption_is_required_a_plain_phone_gets_488_and_an_encrypted_one_keys_in_its_code(
    tmp_path: Path,
) -> None:
    company = Company(tmp_path, srtp="required")
    with (
        company.mixer,
        company.baresip(ANNA, speech=voice(ANNA), encryption="srtp-mand") as anna,
        company.baresip(BORIS, speech=voice(BORIS), encryption="srtp") as boris,
        company.baresip(CAROL) as carol,
    ):
        code = company.mixer.plan_now("In secret", ANNA).code
        company.mixer.wait_for(code, "joined", ANNA)
        carol.dial(f"sip:{code}@127.0.0.1:{company.server[1]}")
        carol.wait_for(State.OVER)
        assert carol.ending.startswith("488")
        boris.dial(f"sip:{CONFERENCE_NUMBER}@127.0.0.1:{company.server[1]}")
        boris.wait_for(State.TALKING)
        boris.wait_to_hear(1, within=5)
        boris.press(f"{code}*")
        company.mixer.wait_for(code, "joined", count=2)
        hear_more(boris, 0.5)
        assert tone_level(hear_more(boris, 1), HZ[ANNA]) == pytest.approx(LEVEL, abs=NEARLY)
        assert tone_level(anna.heard()[-RATE:], HZ[BORIS]) == pytest.approx(LEVEL, abs=NEARLY)
    assert not [file for file in files_of_the_mixer(company) if b"inline:" in file.read_bytes()], "a key on the disk"
