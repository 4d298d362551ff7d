"""A phone asks for something else inside a call (RFC 3261 §14): hold, another place, another codec."""

from __future__ import annotations

from sip.effects import Confirmed, Offered
from sip.message import Request
from tests.sip.link import ANSWER, OFFER
from tests.sip.scenes import accepted, talking
from tests.sip.script import invite, request


def test_a_reinvite_right_after_the_ack_is_offered_and_answered() -> None:
    phone, call, tag = talking()
    assert phone.say(invite(2, to_tag=tag)) == ["100 INVITE"]
    assert phone.effects[-1] == Offered(call, OFFER, phone.peer)
    phone.agent.accept(call, ANSWER, 0.0)
    assert phone.listen() == ["200 INVITE"]
    before = len(phone.effects)
    phone.say(request("ACK", 2, to_tag=tag))
    assert len(phone.effects) == before
    assert phone.wait(100) == []


def test_a_late_offer_in_a_reinvite_is_confirmed_with_its_answer() -> None:
    phone, call, tag = talking()
    phone.say(invite(2, to_tag=tag, body=b""))
    assert phone.effects[-1] == Offered(call, None, phone.peer)
    phone.agent.accept(call, OFFER, 0.0)
    phone.listen()
    phone.say(request("ACK", 2, to_tag=tag, body=ANSWER))
    assert phone.effects[-1] == Confirmed(call, ANSWER)


def test_a_rejected_reinvite_leaves_the_call_as_it_was() -> None:
    phone, call, tag = talking()
    phone.say(invite(2, to_tag=tag, via="z9hG4bKre", headers=(("Contact", "<sip:moved@10.0.0.77>"),)))
    phone.agent.reject(call, 488, 0.0)
    assert phone.listen() == ["488 INVITE"]
    phone.say(request("ACK", 2, to_tag=tag, via="z9hG4bKre"))
    phone.agent.hang_up(call, 0.0)
    assert phone.listen() == ["BYE"]
    bye = phone.heard[-1]
    assert isinstance(bye, Request)
    assert str(bye.uri) == "sip:phone@10.0.0.9:5060"


def test_a_reinvite_before_the_ack_of_the_first_has_to_wait() -> None:
    phone, _, call, tag = accepted()
    assert phone.say(invite(2, to_tag=tag)) == ["491 INVITE"]
    phone.say(request("ACK", 1, to_tag=tag))
    assert phone.effects[-1] == Confirmed(call, None)


def test_a_second_reinvite_while_the_first_is_open_is_told_when_to_come_again() -> None:
    phone, _, tag = talking()
    phone.say(invite(2, to_tag=tag))
    assert phone.say(invite(3, to_tag=tag)) == ["500 INVITE"]
    assert int(phone.heard[-1].headers.get("Retry-After") or "-1") in range(11)


def test_a_reinvite_moves_the_remote_target() -> None:
    phone, call, tag = talking()
    moved = invite(2, to_tag=tag).headers.with_("Contact", "<sip:moved@10.0.0.9:5070>")
    phone.say(invite(2, to_tag=tag).with_headers(moved))
    phone.agent.accept(call, ANSWER, 0.0)
    phone.listen()
    phone.say(request("ACK", 2, to_tag=tag))
    phone.agent.hang_up(call, 0.0)
    phone.peer = type(phone.peer)("udp", "10.0.0.9", 5070)
    assert phone.listen() == ["BYE"]


def test_a_cancelled_reinvite_leaves_the_call_as_it_was() -> None:
    phone, call, tag = talking()
    phone.say(invite(2, to_tag=tag, via="z9hG4bKre"))
    assert phone.say(request("CANCEL", 2, to_tag=tag, via="z9hG4bKre")) == ["200 CANCEL", "487 INVITE"]
    phone.agent.accept(call, ANSWER, 0.0)
    assert phone.listen() == []
    assert phone.say(request("BYE", 3, to_tag=tag)) == ["200 BYE"]
