"""The log of a whole conference at its most talkative: one word finds a call everywhere, and no secret is in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.calls.company import CONFERENCE_NUMBER, Company, password
from tests.calls.voices import ANNA, BORIS, voice
from tests.phones.phone import State

if TYPE_CHECKING:
    from pathlib import Path

WRONG = "314159"


def test_no_code_no_key_and_no_password_is_told_and_each_call_is_found_by_its_name(tmp_path: Path) -> None:
    company = Company(tmp_path)
    with company.mixer.config.open("a", encoding="utf-8") as config:
        config.write('[log]\nlevel = "debug"\nformat = "json"\n')
    with company.mixer as mixer, company.sipp(ANNA) as anna, company.stranger() as guest:
        (tmp_path / "conferences" / "271828.toml").write_text("broken", encoding="utf-8")
        anna.register()
        anna.say(voice(ANNA, 60))
        planned = mixer.plan_now("Quarterly", ANNA, [BORIS])
        code = planned.code
        mixer.wait_for(code, "joined", ANNA)
        guest.dial(CONFERENCE_NUMBER)
        guest.wait_for(State.TALKING)
        guest.wait_to_hear(1, within=5)
        guest.press(f"{WRONG}*{planned.owner_code}*")
        mixer.wait_for(code, "joined", seconds=15, count=2)
        guest.hang_up()
        guest.finish()
        mixer.wait_for(code, "left")
        legs = {record.leg for record in mixer.journal(code) if record.kind == "joined" and record.leg is not None}
        mixer.stop()
        heard = [message for message in anna.messages if not message.sent]
    text = mixer.log.read_text(encoding="utf-8")
    for secret in (code, planned.owner_code, WRONG, "271828", password(ANNA), "Authorization", "nonce", "Digest"):
        assert secret not in text
    assert "…28.toml" in text
    log = [json.loads(line) for line in text.splitlines()]
    assert len(legs) == 2
    for leg in legs:
        of_it = [line for line in log if line.get("call") == leg]
        assert len(of_it) > 2
        (last,) = [line for line in of_it if "seconds" in line]
        assert last in of_it[-2:] and last["seconds"] > 0 and last["codec"] == "PCMU"
    (called,) = [message for message in heard if message.first_line.startswith("INVITE ")]
    assert called.header("Call-ID").partition(".")[0] in legs
    assert not any(code in message.text for message in heard)
