"""Whether a trunk is there, by OPTIONS."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sip.effects import Peer, Send, TrunkAlive
from sip.message import Request
from sip.parser import parse
from sip.settings import TrunkSettings
from sip.uri import Uri
from tests.sip.link import said
from tests.sip.script import agent, answer

SETTINGS = TrunkSettings(
    "line", Uri.parse("sip:pbx.example"), None, None, register=False, trust_caller_id=False, options_seconds=60.0
)
FIRST, SECOND = Peer("udp", "192.0.2.1", 5060), Peer("udp", "192.0.2.2", 5060)


class Line:
    def __init__(self, *peers: Peer) -> None:
        self.agent = agent(SETTINGS)
        self.asked: list[tuple[float, Peer, Request]] = []
        self.told: list[object] = []
        self.agent.trunk_resolved("line", peers, 0.0)
        self.agent.register_trunks(0.0)
        self.look(0.0)

    def look(self, now: float) -> None:
        for effect in self.agent.effects():
            if not isinstance(effect, Send):
                self.told.append(effect)
                continue
            message = parse(effect.data)
            assert isinstance(message, Request)
            assert said(message) == "OPTIONS"
            if message.via.branch not in {known.via.branch for _, _, known in self.asked}:
                self.asked.append((now, effect.peer, message))

    def say(self, status: int, now: float) -> None:
        _, peer, request = self.asked[-1]
        self.agent.receive(bytes(answer(request, status, "line")), peer, now)
        self.look(now)

    def wait(self, until: float) -> None:
        while (at := self.agent.deadline()) is not None and at <= until:
            self.agent.tick(at)
            self.look(at)


@pytest.mark.parametrize("status", [200, 401, 403, 404, 405, 483, 500, 501])
def test_any_answer_is_a_sign_of_life_and_told_once(status: int) -> None:
    line = Line(FIRST)
    line.say(status, 0.1)
    (told,) = line.told
    assert isinstance(told, TrunkAlive)
    assert told.alive
    assert told.detail.startswith(str(status))
    line.wait(60.1)
    assert [at for at, _, _ in line.asked] == [0.0, 60.1]
    line.say(200, 60.2)
    assert len(line.told) == 1


@pytest.mark.parametrize("status", [408, 503])
def test_a_proxy_that_says_that_nobody_is_there_is_none(status: int) -> None:
    line = Line(FIRST)
    line.say(status, 0.1)
    assert [told.alive for told in line.told if isinstance(told, TrunkAlive)] == [False]


def test_silence_is_told_after_three_seconds_for_each_address_and_asked_about_again_soon() -> None:
    line = Line(FIRST, SECOND)
    line.wait(5.9)
    assert [(at, peer) for at, peer, _ in line.asked] == [(0.0, FIRST), (3.0, SECOND)]
    assert line.told == []
    line.wait(6.0)
    assert line.told == [TrunkAlive("line", alive=False, detail="no answer")]
    line.wait(6.0 + 1.25 * 5)
    assert len(line.asked) == 3
    line.say(200, 12.3)
    assert line.told[1:] == [TrunkAlive("line", alive=True, detail="200 OK")]


def test_a_trunk_that_stays_silent_is_asked_ever_more_seldom_up_to_its_interval() -> None:
    line = Line(FIRST)
    line.wait(2000)
    starts = [at for at, _, _ in line.asked]
    waits = [later - at - 3 for at, later in pairwise(starts)]
    assert 3.75 <= waits[0] <= 6.25
    assert all(45 <= wait <= 75 for wait in waits[4:])
    assert len(line.told) == 1


def test_an_address_that_cannot_be_reached_is_not_waited_for() -> None:
    line = Line(FIRST, SECOND)
    line.agent.transport_failed(FIRST, 0.1)
    line.look(0.1)
    assert line.asked[-1][:2] == (0.1, SECOND)
    line.agent.transport_failed(SECOND, 0.2)
    line.look(0.2)
    assert line.told == [TrunkAlive("line", alive=False, detail="cannot be reached")]


def test_new_addresses_are_asked_at_once_and_the_same_ones_are_not() -> None:
    line = Line(FIRST)
    line.say(200, 0.1)
    line.agent.trunk_resolved("line", (FIRST,), 10.0)
    line.look(10.0)
    assert len(line.asked) == 1
    line.agent.trunk_resolved("line", (SECOND,), 20.0)
    line.look(20.0)
    assert line.asked[-1][:2] == (20.0, SECOND)


def test_a_trunk_is_not_asked_any_more_when_we_stop() -> None:
    line = Line(FIRST)
    line.say(200, 0.1)
    line.agent.unregister_trunks(1.0)
    line.wait(1000)
    assert len(line.asked) == 1
    assert line.agent.deadline() is None
