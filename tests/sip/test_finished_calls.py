"""What an agent remembers of calls that are over, for the 32 s that their messages may still come again."""

from __future__ import annotations

import gc
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from sip.effects import Incoming, Send
from sip.headers import NameAddr
from sip.message import Request, Response
from sip.parser import parse
from sip.uri import Uri
from tests.sip import script
from tests.sip.link import ANSWER, said

if TYPE_CHECKING:
    from collections.abc import Callable

    from sip.agent import Agent

CALLS = 200
SAID_BY_PHONES = (
    ("User-Agent", "Yealink SIP-T46S 66.86.0.15"),
    ("Allow", "INVITE, INFO, PRACK, ACK, BYE, CANCEL, OPTIONS, NOTIFY, REGISTER, SUBSCRIBE, REFER, UPDATE, MESSAGE"),
    ("Allow-Events", "talk,hold,conference,refer,check-sync"),
)


def say(agent: Agent, message: Request | Response, now: float) -> list[Request | Response]:
    """What the phone is sent at once."""
    agent.receive(bytes(message), script.PHONE, now)
    return drain(agent)


def drain(agent: Agent) -> list[Request | Response]:
    return [parse(effect.data) for effect in agent.effects() if isinstance(effect, Send)]


def arrive(agent: Agent, number: int, now: float) -> tuple[str, Request]:
    """The agent's name of the call, and its INVITE."""
    invite = script.invite(call_id=f"call-{number}", tag=f"phone-{number}", headers=SAID_BY_PHONES)
    agent.receive(bytes(invite), script.PHONE, now)
    return next(effect.call for effect in agent.effects() if isinstance(effect, Incoming)), invite


def in_call(agent: Agent, number: int, method: str, sequence: int, to_tag: str | None) -> Request:
    return script.request(method, sequence, call_id=f"call-{number}", tag=f"phone-{number}", to_tag=to_tag)


def talk(agent: Agent, number: int, now: float) -> tuple[str, Request, str]:
    """A call that came in and is answered: its name, its INVITE, our tag."""
    call, invite = arrive(agent, number, now)
    agent.accept(call, ANSWER, now)
    tag = drain(agent)[-1].to.tag
    assert tag is not None
    say(agent, in_call(agent, number, "ACK", 1, tag), now)
    return call, invite, tag


def leave(agent: Agent, number: int, now: float) -> None:
    """A call that came in, until its BYE."""
    _, _, tag = talk(agent, number, now)
    assert [said(each) for each in say(agent, in_call(agent, number, "BYE", 2, tag), now)] == ["200 BYE"]


def turn_away(agent: Agent, number: int, now: float) -> None:
    call, _ = arrive(agent, number, now)
    agent.reject(call, 404, now)
    assert said(drain(agent)[-1]) == "404 INVITE"


def hang_up(agent: Agent, number: int, now: float) -> None:
    """A call that came in, until the answer to our BYE."""
    call, _, _ = talk(agent, number, now)
    agent.hang_up(call, now)
    (bye,) = drain(agent)
    assert isinstance(bye, Request)
    say(agent, script.answer(bye, 200), now)


def call_out(agent: Agent, number: int, now: float) -> None:
    """A call of ours, until their BYE."""
    us, them = NameAddr(Uri.parse("sip:500@conf.example")), Uri.parse("sip:anna@10.0.0.9")
    agent.invite(them, caller=us, offer=ANSWER, peers=(script.PHONE,), now=now)
    (invite,) = drain(agent)
    assert isinstance(invite, Request)
    say(agent, script.answer(invite, 200, body=ANSWER), now)
    bye = script.request("BYE", 1, call_id=invite.call_id, to_tag=invite.from_.tag)
    assert [said(each) for each in say(agent, bye, now)] == ["200 BYE"]


def kept(finish: Callable[[Agent, int, float], None]) -> float:
    """Octets for each call that is over."""
    agent = script.agent(limits=script.UNLIMITED)
    tracemalloc.start()
    try:
        for number in range(CALLS):  # what is remembered for all, such as the last headers read, is filled by these
            finish(agent, number, 0.0)
        while (at := agent.deadline()) is not None:
            agent.tick(at)
            drain(agent)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        for number in range(CALLS):
            finish(agent, CALLS + number, 1000.0)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (after - before) / CALLS


def keep_talking(agent: Agent, number: int, now: float) -> None:
    """A call of ours, long after it was answered."""
    us, them = NameAddr(Uri.parse("sip:500@conf.example")), Uri.parse("sip:anna@10.0.0.9")
    agent.invite(them, caller=us, offer=ANSWER, peers=(script.PHONE,), now=now)
    (invite,) = drain(agent)
    assert isinstance(invite, Request)
    say(agent, script.answer(invite, 200, body=ANSWER), now)
    agent.tick(now + 40)


MOST = {leave: 4500, turn_away: 4000, hang_up: 5500, call_out: 7500, keep_talking: 4000}
"""Octets for each call."""


@pytest.mark.parametrize(("finish", "most"), MOST.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_little_is_kept_of_a_call_that_is_over(finish: Callable[[Agent, int, float], None], most: int) -> None:
    assert kept(finish) < most


def test_a_call_that_is_over_still_answers_what_comes_again() -> None:
    agent = script.agent(limits=script.UNLIMITED)
    _, invite, tag = talk(agent, 1, 0.0)
    bye = in_call(agent, 1, "BYE", 2, tag)
    answered = say(agent, bye, 1.0)
    assert say(agent, bye, 2.0) == answered
    assert say(agent, invite, 3.0) == []
    assert say(agent, in_call(agent, 1, "ACK", 1, tag), 4.0) == []
    assert [said(each) for each in say(agent, in_call(agent, 1, "INFO", 3, tag), 5.0)] == ["481 INFO"]
    assert [said(each) for each in say(agent, in_call(agent, 1, "BYE", 4, tag), 6.0)] == ["481 BYE"]
    cancel = script.request("CANCEL", 1, call_id="call-1", tag="phone-1", via=invite.via.branch)
    (answer,) = say(agent, cancel, 7.0)
    assert (said(answer), answer.to.tag) == ("200 CANCEL", tag)
    assert agent.dropped == 0


def test_their_bye_that_crosses_ours_is_answered() -> None:
    agent = script.agent(limits=script.UNLIMITED)
    call, _, tag = talk(agent, 1, 0.0)
    agent.hang_up(call, 1.0)
    drain(agent)
    assert [said(each) for each in say(agent, in_call(agent, 1, "BYE", 2, tag), 1.0)] == ["200 BYE"]


def test_a_refusal_is_sent_again_until_its_ack_though_its_call_is_over() -> None:
    agent = script.agent(limits=script.UNLIMITED)
    call, invite = arrive(agent, 1, 0.0)
    drain(agent)
    agent.reject(call, 486, 0.0)
    (refusal,) = drain(agent)
    assert say(agent, invite, 0.2) == [refusal]
    agent.tick(0.5)
    assert drain(agent) == [refusal]
