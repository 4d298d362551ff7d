"""What a sysadmin sees of a conference with real telephones in it."""

from __future__ import annotations

import json
import os
from pwd import getpwuid
from typing import TYPE_CHECKING

from tests.calls.voices import ANNA, BORIS, CAROL, DMITRI, HZ, LEVEL, hear_more
from tests.phones.sounds import tone
from tests.phones.waiting import PATIENCE, until

if TYPE_CHECKING:
    from tests.calls.company import Company


def people(company: Company, code: str) -> dict[str, dict[str, object]]:
    told = json.loads(company.mixer.confctl("status", code, "--json"))
    return {person["number"]: person for person in told["people"]}


def test_who_is_where_who_speaks_in_which_codec_and_how_it_sounds(company: Company) -> None:
    with (
        company.baresip(ANNA, speech=tone(HZ[ANNA], 20, LEVEL), codec="G722"),
        company.baresip(BORIS, codec="PCMA") as boris,
        company.pyvoip(CAROL, decline=True),
    ):
        code = company.mixer.plan_now("Seen", ANNA, [BORIS, CAROL, DMITRI]).code
        for number in (ANNA, BORIS):
            company.mixer.wait_for(code, "joined", number)
        company.mixer.wait_for(code, "not_reached", CAROL)
        until(lambda: people(company, code)[BORIS]["mos"] is not None, PATIENCE, lambda: f"{people(company, code)}")
        hear_more(boris, 0.5)
        seen = people(company, code)
        anna, silent = seen[ANNA], seen[BORIS]
        assert (anna["role"], anna["state"], anna["codec"], anna["speaking"]) == ("owner", "in", "G722", True)
        assert (silent["state"], silent["codec"], silent["speaking"], silent["talked"]) == ("in", "PCMA", False, 0.0)
        assert isinstance(anna["talked"], float) and anna["talked"] > 1
        assert isinstance(silent["mos"], float) and silent["mos"] > 4.2, "nothing is lost on a loopback"
        assert (seen[CAROL]["state"], seen[CAROL]["reason"]) == ("busy", "486 Busy Here")
        assert seen[DMITRI]["state"] == "not-reached"
        company.mixer.confctl("mute", code, ANNA)
        assert people(company, code)[ANNA]["silenced"] is True
        boris.hang_up()
        company.mixer.wait_for(code, "left", BORIS)
        assert people(company, code)[BORIS]["state"] == "left"
        told = company.mixer.confctl("events", code).splitlines()
        assert [line.partition("  ")[2] for line in told[-2:]] == [
            f"Person {ANNA} is muted, from the machine, by {getpwuid(os.getuid()).pw_name}",
            f"Person {BORIS} has left (hung up)",
        ]
