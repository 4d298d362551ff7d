"""Several phones of one person, and who answers them: a person, who presses 1, or a voice mailbox, which doesn't."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.files import read_pcm
from media.prompt import Prompt
from media.prompts import FOLDER
from tests.calls.company import Company, password
from tests.phones.listening import hears
from tests.phones.phone import State
from tests.phones.plain_phone import PlainPhone

if TYPE_CHECKING:
    from pathlib import Path

ASKED = read_pcm(FOLDER / "en" / f"{Prompt.PRESS_ONE}.flac", 8000)


def settings(company: Company, line: str) -> None:
    """Further lines of the file, whose last section is ``[conference]``."""
    with (company.folder / "confctl.toml").open("a") as file:
        file.write(f"{line}\n")


def test_who_answers_hears_how_to_come_in_and_is_in_after_pressing_1_alone(tmp_path: Path) -> None:
    company = Company(tmp_path)
    settings(company, 'press_one = "always"')
    with company.mixer as mixer, company.baresip("101") as person, company.baresip("102") as mailbox:
        code = mixer.plan_now("Asked", "101", ["102"]).code
        mixer.wait_for(code, "picked_up", "101")
        mixer.wait_for(code, "picked_up", "102")
        person.wait_to_hear(4, within=10)
        person.press("1")
        mixer.wait_for(code, "joined", "101")
        mixer.wait_for(code, "owner_in")
        assert hears(person.heard(), ASKED[: 3 * 8000])
        person.hang_up()
        person.wait_for(State.OVER)
        assert not [record for record in mixer.journal(code) if record.person == "102" and record.kind == "answered"]
        assert mailbox.state is State.TALKING


def test_the_next_phone_rings_when_the_first_is_busy_and_who_is_busy_everywhere_will_be_called_again(
    tmp_path: Path,
) -> None:
    company = Company(tmp_path)
    busy = [company.sipp(number, scenario="refuse_at_once") for number in ("201", "+74955550199")]
    settings(company, f'\n[[trunk]]\nname = "mobiles"\nuri = "sip:127.0.0.1:{busy[1].port}"\noptions_seconds = 0')
    company.add_fixed("201", busy[0].uri)
    people = tmp_path / "people.toml"
    people.write_text(people.read_text().replace('["201"]', '["201", "+74955550199"]'))
    with company.mixer as mixer, busy[0], busy[1], company.baresip("102"):
        for phone in busy:
            phone.listen()
        code = mixer.plan_now("Busy", "102", ["201"]).code
        mixer.wait_for(code, "called_later", "201")
        calls = [(record.kind, record.detail) for record in mixer.journal(code) if record.person == "201"]
        refused = ("not_reached", "486 Busy Here")
        first, second = ("calling", busy[0].uri), ("calling", "+74955550199")
        assert calls == [first, refused, second, refused, ("called_later", "busy 120")]
        assert "Not in: Person 201 — busy, again at" in mixer.confctl("status")


def test_who_had_no_phone_at_the_start_is_called_when_one_registers(tmp_path: Path) -> None:
    company = Company(tmp_path)
    with company.mixer as mixer, PlainPhone("101", company.server, "127.0.0.1", password=password("101")) as phone:
        code = mixer.plan_now("Late phone", "101").code
        mixer.wait_for(code, "called_later", "101")
        phone.register()
        mixer.wait_for(code, "joined", "101")
        details = [record.detail for record in mixer.journal(code) if record.kind in ("not_reached", "called_later")]
        assert details == ["480 no phone is registered", "unavailable 300"]
