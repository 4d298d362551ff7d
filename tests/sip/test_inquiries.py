"""Whether a phone could be called, by OPTIONS."""

from __future__ import annotations

import pytest

from sip.effects import Inquired, Peer, Send
from sip.headers import NameAddr
from sip.message import Request
from sip.parser import parse
from sip.uri import Uri
from tests.sip.script import agent, answer

FIRST, SECOND = Peer("udp", "192.0.2.1", 5060), Peer("udp", "192.0.2.2", 5060)
ROUTE = (Uri.parse("sip:proxy.example;lr"),)


class Asked:
    def __init__(self, *peers: Peer, route: tuple[Uri, ...] = ()) -> None:
        self.agent = agent()
        self.sent: list[tuple[float, Peer, Request]] = []
        self.told: list[Inquired] = []
        caller = NameAddr(Uri.parse("sip:+74955550100@conf.example"), "Example")
        target = Uri.parse("sip:anna@192.0.2.1;transport=udp")
        self.name = self.agent.inquire(target, caller=caller, peers=peers, route=route, now=0.0)
        self.look(0.0)

    def look(self, now: float) -> None:
        for effect in self.agent.effects():
            if isinstance(effect, Inquired):
                self.told.append(effect)
                continue
            assert isinstance(effect, Send)
            message = parse(effect.data)
            assert isinstance(message, Request)
            if message.via.branch not in {known.via.branch for _, _, known in self.sent}:
                self.sent.append((now, effect.peer, message))

    def say(self, status: int, now: float, of: int = -1) -> None:
        _, peer, request = self.sent[of]
        self.agent.receive(bytes(answer(request, status, "phone")), peer, now)
        self.look(now)

    def wait(self, until: float) -> None:
        while (at := self.agent.deadline()) is not None and at <= until:
            self.agent.tick(at)
            self.look(at)


@pytest.mark.parametrize("status", [200, 302, 401, 405, 486, 488, 500, 501])
def test_whatever_answers_is_there_even_if_it_is_busy_or_knows_no_options(status: int) -> None:
    asked = Asked(FIRST)
    asked.say(status, 0.1)
    (told,) = asked.told
    assert (told.inquiry, told.alive, told.detail[:3]) == (asked.name, True, str(status))
    asked.wait(100)
    assert len(asked.told) == 1


@pytest.mark.parametrize("status", [404, 408, 410, 480, 503, 604])
def test_a_server_that_says_that_nobody_is_there_speaks_for_the_phone(status: int) -> None:
    asked = Asked(FIRST)
    asked.say(status, 0.1)
    assert [told.alive for told in asked.told] == [False]


def test_it_is_asked_as_it_would_be_called_and_can_answer_to_us() -> None:
    _, peer, options = Asked(FIRST, route=ROUTE).sent[0]
    assert peer == FIRST
    assert (options.method, str(options.uri)) == ("OPTIONS", "sip:anna@192.0.2.1;transport=udp")
    assert options.headers.get_all("Route") == ("<sip:proxy.example;lr>",)
    caller = NameAddr.parse(str(options.headers.get("From")))
    assert (str(caller.uri), caller.display) == ("sip:+74955550100@conf.example", "Example")
    assert options.headers.get("Contact") == "<sip:+74955550100@10.0.0.1:5060>"


def test_each_address_has_three_seconds_and_then_nobody_answers() -> None:
    asked = Asked(FIRST, SECOND)
    asked.wait(5.9)
    assert [(at, peer) for at, peer, _ in asked.sent] == [(0.0, FIRST), (3.0, SECOND)]
    assert asked.told == []
    asked.wait(6.0)
    assert [(told.alive, told.detail) for told in asked.told] == [(False, "no answer")]
    asked.say(200, 6.1)
    asked.wait(100)
    assert len(asked.told) == 1


def test_an_answer_that_is_late_counts_while_another_is_waited_for() -> None:
    asked = Asked(FIRST, SECOND)
    asked.wait(3.5)
    asked.say(200, 3.6, of=0)
    assert [told.alive for told in asked.told] == [True]


def test_who_cannot_be_reached_is_told_at_once() -> None:
    asked = Asked(FIRST)
    asked.agent.transport_failed(FIRST, 0.2)
    asked.look(0.2)
    assert [(told.alive, told.detail) for told in asked.told] == [(False, "cannot be reached")]


def test_a_provisional_response_is_no_answer_yet() -> None:
    asked = Asked(FIRST)
    asked.say(100, 0.1)
    assert asked.told == []
