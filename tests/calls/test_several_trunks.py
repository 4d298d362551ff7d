"""Two trunks, of which the first is dead, and one that takes a single call at a time: a real mixer and sipp."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.calls.test_trunk import MOBILE, Outside
from tests.phones import ports
from tests.phones.waiting import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OTHER = "+74955550198"
DEAD = "127.0.0.3"


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    outside = Outside(tmp_path, trusted=True)
    config, people, port = tmp_path / "confctl.toml", tmp_path / "people.toml", ports.take(2)
    dead = f'[[trunk]]\nname = "dead"\nuri = "sip:{DEAD}:{port}"\noptions_seconds = 10\n\n'
    settings = config.read_text().replace("[[trunk]]\n", f"{dead}[[trunk]]\n") + "max_calls = 1\n"
    config.write_text(settings + 'rewrite = [{ prefix = "+7", by = "8" }]\ncaller_id = "asserted"\n')
    people.write_text(people.read_text() + f'\n[[person]]\nname = "Also Far"\nnumbers = ["{OTHER}"]\n')
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as silent:
        silent.bind((DEAD, port))
        with outside.provider(), outside.company.mixer:
            yield outside


def test_a_call_goes_through_the_second_trunk_when_the_first_is_silent_and_the_next_waits_for_room(
    outside: Outside,
) -> None:
    mixer = outside.company.mixer
    code = mixer.plan_now("Far away", "101", [MOBILE, OTHER]).code
    joined = mixer.wait_for(code, "joined")
    assert joined.at - mixer.wait_for(code, "calling", joined.person).at < 5

    def trunks() -> dict[str, dict[str, object]]:
        found = json.loads(mixer.confctl("status", "--json"))["trunks"]
        return {trunk["name"]: trunk for trunk in found}

    until(lambda: trunks()["dead"]["alive"] is False, PATIENCE, "the dead trunk is known to be")
    until(lambda: trunks()["provider"]["waiting"] == 1, PATIENCE, "one call waits")
    assert (trunks()["provider"]["calls"], trunks()["provider"]["max_calls"]) == (1, 1)
    text = mixer.confctl("status")
    assert "Trunk dead: does not answer (no answer); 0 calls." in text
    assert "Trunk provider: registered; 1 of 1 calls, 1 waiting." in text
    assert [record.person for record in mixer.journal(code) if record.kind == "joined"] == [joined.person]
