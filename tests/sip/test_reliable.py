"""Provisional responses that are acknowledged, by us and by phones (RFC 3262)."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.answering import ANSWERING, OPEN, Action, Input, State
from sip.digest import Challenge
from sip.early import MAX_BRANCHES
from sip.effects import Answered, Confirmed, Ended, Refused, Ringing
from sip.errors import RemoteError
from sip.headers import CSeq
from sip.message import Request, Response, respond
from sip.reliable import MAX_NUMBER, RAck
from tests.sip.link import ANSWER, OFFER, Phone
from tests.sip.scenes import asked, calling, ringing, theirs
from tests.sip.script import answer, invite, request

REQUIRED = (("Require", "100rel"),)


# header and tables


@settings(deadline=None)
@given(st.integers(0, MAX_NUMBER), st.integers(0, 2**31 - 1))
def test_a_rack_is_read_as_it_is_written(number: int, cseq: int) -> None:
    rack = RAck(number, CSeq(cseq, "INVITE"))
    assert RAck.parse(str(rack)) == rack


@pytest.mark.parametrize("text", ["", "1", "1 2", "x 1 INVITE", "4294967296 1 INVITE", "1 2147483648 INVITE"])
def test_a_rack_that_cannot_be_read_is_an_error_of_theirs(text: str) -> None:
    with pytest.raises(RemoteError, match="Bad RAck"):
        RAck.parse(text)


def test_an_invite_of_theirs_has_one_final_response_in_whatever_order_things_happen() -> None:
    for state, stimulus in product(State, Input):
        transition = ANSWERING.get((state, stimulus))
        if transition is None or transition.to in OPEN:
            continue
        final = {Action.SEND, Action.GIVE_UP} & set(transition.actions)
        assert bool(final) == (state in OPEN)


# a phone that calls us and takes no other provisional responses


def rung() -> tuple[Phone, Request, str, str]:
    """A call whose 180 waits for its PRACK; with what a PRACK has to say."""
    phone, first, call = ringing(invite(headers=REQUIRED))
    phone.agent.ring(call, 0.0)
    assert phone.listen() == ["180 INVITE"]
    early = phone.heard[-1]
    assert (early.tokens("Require"), early.headers.get("RSeq") in (None, "0")) == (("100rel",), False)
    return phone, first, call, f"{early.headers.get('RSeq')} 1 INVITE"


def prack(phone: Phone, rack: str, number: int = 2, body: bytes = b"") -> Request:
    tag = phone.heard[-1].to.tag
    return request("PRACK", number, to_tag=tag, headers=(("RAck", rack),), body=body)


def test_our_180_is_acknowledged_and_then_the_call_is_answered() -> None:
    phone, _, call, rack = rung()
    assert phone.say(prack(phone, rack)) == ["200 PRACK"]
    phone.agent.accept(call, ANSWER, 0.0)
    assert phone.listen() == ["200 INVITE"]
    phone.say(request("ACK", to_tag=phone.heard[-1].to.tag))
    assert phone.effects[-1] == Confirmed(call, None)
    assert phone.wait(100) == []


def test_an_answer_waits_for_the_prack_and_follows_its_200_at_once() -> None:
    phone, _, call, rack = rung()
    phone.agent.accept(call, ANSWER, 0.1)
    assert phone.listen() == []
    assert phone.wait(0.5) == ["180 INVITE"]
    assert phone.say(prack(phone, rack), 0.6) == ["200 PRACK", "200 INVITE"]
    accepted = phone.heard[-1]
    assert (accepted.body, accepted.headers.get("RSeq")) == (ANSWER, None)
    assert phone.wait(1.1) == ["200 INVITE"], "from now on it is the 2xx that is repeated"
    phone.say(request("ACK", to_tag=accepted.to.tag), 1.2)
    assert phone.effects[-1] == Confirmed(call, None)


@pytest.mark.parametrize("accepted", [False, True])
def test_our_180_is_repeated_for_32_seconds_and_then_the_call_is_refused(accepted: bool) -> None:
    """§3: T1, doubling without a cap, until 64*T1."""
    phone, _, call, _ = rung()
    if accepted:
        phone.agent.accept(call, ANSWER, 0.0)
    phone.sent_at.clear()
    assert set(phone.wait(31.9)) == {"180 INVITE"}
    assert phone.sent_at == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert phone.wait(32.0) == ["504 INVITE"]
    assert phone.effects[-1] == Ended(call, "our ringing was never acknowledged")
    phone.wait(200)
    assert len(phone.agent._calls) == 0


@pytest.mark.parametrize("rack", ["1 1 INVITE", "{number} 2 INVITE", "{number} 1 UPDATE"])
def test_a_prack_for_what_was_never_sent_gets_481(rack: str) -> None:
    phone, _, _, right = rung()
    number = right.split()[0]
    assert phone.say(prack(phone, rack.format(number=number))) == ["481 PRACK"]
    assert phone.say(prack(phone, right, 3)) == ["200 PRACK"]
    assert phone.say(prack(phone, right, 4)) == ["481 PRACK"], "there is nothing left to acknowledge"


@pytest.mark.parametrize("headers", [(), (("RAck", "yes"),)])
def test_a_prack_that_says_nothing_gets_400(headers: tuple[tuple[str, str], ...]) -> None:
    phone, _, _, _ = rung()
    assert phone.say(request("PRACK", 2, to_tag=phone.heard[-1].to.tag, headers=headers)) == ["400 PRACK"]


def test_a_repeated_prack_gets_its_answer_again() -> None:
    phone, _, _, rack = rung()
    first = prack(phone, rack)
    assert phone.say(first) == phone.say(first) == ["200 PRACK"]


def test_an_offer_in_a_prack_cannot_be_had_but_acknowledges() -> None:
    phone, _, call, rack = rung()
    phone.agent.accept(call, ANSWER, 0.0)
    assert phone.say(prack(phone, rack, body=OFFER)) == ["488 PRACK", "200 INVITE"]


def test_a_second_180_bears_the_next_number_and_only_after_the_prack() -> None:
    phone, _, call, rack = rung()
    phone.agent.ring(call, 0.1)
    assert phone.listen() == []
    phone.say(prack(phone, rack), 0.2)
    phone.agent.ring(call, 0.3)
    assert phone.listen() == ["180 INVITE"]
    assert int(phone.heard[-1].headers.get("RSeq") or "") == int(rack.split()[0]) + 1


def test_a_late_offer_is_answered_without_ringing() -> None:
    """§5: a reliable response would have to bear our offer, and a plain one is not wanted."""
    phone, _, call = ringing(invite(headers=REQUIRED, body=b""))
    phone.agent.ring(call, 0.0)
    assert phone.listen() == []
    phone.agent.accept(call, OFFER, 0.0)
    assert phone.listen() == ["200 INVITE"]


def test_a_phone_that_only_knows_of_it_hears_a_plain_180() -> None:
    phone, _, call = ringing(invite(headers=(("Supported", "100rel"),)))
    phone.agent.ring(call, 0.0)
    assert phone.listen() == ["180 INVITE"]
    assert {"Require", "RSeq"}.isdisjoint(name for name, _ in phone.heard[-1].headers)


@pytest.mark.parametrize("accepted", [False, True])
def test_a_cancel_before_the_prack_ends_everything(accepted: bool) -> None:
    phone, first, call, rack = rung()
    if accepted:
        phone.agent.accept(call, ANSWER, 0.0)
    cancel = request("CANCEL", via=first.via.branch, headers=(("Reason", "SIP;cause=200"),))
    assert phone.say(cancel) == ["200 CANCEL", "487 INVITE"]
    assert isinstance(phone.effects[-1], Ended)
    assert phone.say(prack(phone, rack)) == ["481 PRACK"]


@pytest.mark.parametrize("accepted", [False, True])
def test_we_can_hang_up_before_the_prack(accepted: bool) -> None:
    phone, _, call, _ = rung()
    if accepted:
        phone.agent.accept(call, ANSWER, 0.0)
    phone.agent.hang_up(call, 0.1)
    assert phone.listen() == ["480 INVITE"]


def test_an_update_with_an_offer_before_the_answer_is_told_to_come_again() -> None:
    """RFC 3311 §5.2."""
    phone, _, _, rack = rung()
    phone.say(prack(phone, rack))
    tag = phone.heard[-1].to.tag
    assert phone.say(request("UPDATE", 3, to_tag=tag, body=OFFER)) == ["500 UPDATE"]
    assert int(phone.heard[-1].headers.get("Retry-After") or "-1") in range(11)
    assert phone.say(request("UPDATE", 4, to_tag=tag)) == ["200 UPDATE"]


# a phone that we call and that wants its provisional responses acknowledged


def early(sent: Request, number: int, status: int = 183, tag: str = "phone", body: bytes = b"") -> Response:
    return answer(sent, status, tag, body, (("Require", "100rel"), ("RSeq", str(number))))


def test_our_invites_offer_it() -> None:
    assert "100rel" in calling()[2].tokens("Supported")


def test_each_reliable_response_gets_one_prack_in_order() -> None:
    phone, call, sent = calling()
    assert phone.say(early(sent, 7)) == ["PRACK"]
    first = asked(phone)
    assert (first.headers.get("RAck"), first.cseq.number, first.to.tag) == ("7 1 INVITE", 2, "phone")
    assert str(first.uri) == "sip:phone@10.0.0.9:5060"
    assert phone.say(early(sent, 7)) == [], "repeated"
    assert phone.say(early(sent, 9)) == [], "one is missing in between"
    assert phone.say(early(sent, 8, 180)) == ["PRACK"]
    assert phone.say(early(sent, 9, 180)) == ["PRACK"]
    assert (asked(phone).headers.get("RAck"), asked(phone).cseq.number) == ("9 1 INVITE", 4)
    assert phone.effects == [Ringing(call, 183), Ringing(call, 180), Ringing(call, 180)]
    assert phone.say(answer(sent, 200, body=ANSWER)) == ["ACK"]
    phone.agent.hang_up(call, 0.0)
    phone.listen()
    assert (asked(phone).method, asked(phone).cseq.number) == ("BYE", 5)


def test_a_prack_is_repeated_until_it_is_answered() -> None:
    phone, _, sent = calling()
    phone.say(early(sent, 1))
    assert phone.wait(1.5) == ["PRACK", "PRACK"]
    assert phone.say(respond(asked(phone), 200), 1.6) == []
    assert phone.wait(20.0) == []


@pytest.mark.parametrize("status", [200, 481, 500, None])
def test_whatever_becomes_of_a_prack_the_invite_goes_on(status: int | None) -> None:
    phone, call, sent = calling()
    phone.say(early(sent, 1, body=ANSWER))
    if status is None:
        phone.wait(40.0)
    else:
        phone.say(respond(asked(phone), status))
    assert phone.say(answer(sent, 200), 50.0) == ["ACK"]
    assert phone.effects[-1] == Answered(call, ANSWER, phone.peer)


@pytest.mark.parametrize("rseq", ["0", "-1", "x", "4294967296", ""])
def test_a_number_that_makes_no_sense_is_not_acknowledged(rseq: str) -> None:
    phone, call, sent = calling()
    assert phone.say(answer(sent, 180, headers=(("Require", "100rel"), ("RSeq", rseq)))) == []
    assert phone.effects == [Ringing(call, 180)]


def test_each_fork_counts_for_itself() -> None:
    phone, call, sent = calling()
    assert phone.say(early(sent, 5, tag="one")) == ["PRACK"]
    assert phone.say(early(sent, 9, tag="two")) == ["PRACK"]
    assert phone.say(early(sent, 6, tag="one")) == ["PRACK"]
    assert phone.say(answer(sent, 200, "two", ANSWER)) == ["ACK"]
    assert phone.say(answer(sent, 200, "one", ANSWER)) == ["ACK", "BYE"]
    assert asked(phone).cseq.number == 4, "behind two PRACKs"
    phone.agent.hang_up(call, 0.0)
    phone.listen()
    assert (asked(phone).to.tag, asked(phone).cseq.number) == ("two", 3)


def test_thousands_of_forks_and_responses_fill_no_memory() -> None:
    phone, _, sent = calling()
    words = [phone.say(early(sent, 1, tag=f"fork{number}")) for number in range(3 * MAX_BRANCHES)]
    assert words.count(["PRACK"]) == MAX_BRANCHES
    words = [phone.say(early(sent, number, tag="fork0")) for number in range(2, 300)]
    assert words.count(["PRACK"]) < 100


def test_a_challenged_prack_bears_the_password_for_the_realm_of_the_invite() -> None:
    phone, _, sent = calling(username="us", password="secret")

    def challenge(to: Request, realm: str) -> Response:
        return answer(to, 407, headers=(("Proxy-Authenticate", str(Challenge(realm, "n", qop=("auth",)))),))

    phone.say(challenge(sent, "provider"))
    sent = asked(phone)
    phone.say(early(sent, 1, tag="busy"))
    first = asked(phone)
    phone.say(early(sent, 2, tag="busy"))
    for message in (first, asked(phone)):
        assert phone.say(challenge(message, "provider")) == ["PRACK"]
    numbers = [message.cseq.number for message in phone.heard if message.cseq.method == "PRACK"]
    assert numbers == [3, 4, 5, 6], "two that are under way get numbers of their own"
    phone.say(early(sent, 1))
    assert (asked(phone).headers.get("RAck"), asked(phone).cseq.number) == ("1 2 INVITE", 3)
    assert phone.say(challenge(asked(phone), "thief")) == []
    phone.say(early(sent, 2))
    assert phone.say(challenge(asked(phone), "provider")) == ["PRACK"]
    assert 'realm="provider"' in (asked(phone).headers.get("Proxy-Authorization") or "")


def test_an_update_from_a_phone_that_rings_is_answered_as_the_rfc_says() -> None:
    phone, call, sent = calling()
    assert phone.say(theirs("UPDATE", sent)) == ["491 UPDATE"], "there is no dialog yet"
    phone.say(early(sent, 1))
    assert phone.say(theirs("UPDATE", sent, 1, body=OFFER)) == ["491 UPDATE"], "it meets our offer"
    assert phone.say(theirs("UPDATE", sent, 2)) == ["200 UPDATE"]
    phone.say(early(sent, 2, body=ANSWER))
    assert phone.say(theirs("UPDATE", sent, 3, body=OFFER)) == ["500 UPDATE"], "who rings is not heard yet"
    assert "Retry-After" in phone.heard[-1].headers
    assert phone.say(theirs("UPDATE", sent, 2)) == ["500 UPDATE"], "out of order"
    assert phone.say(theirs("INFO", sent, 4)) == ["481 INFO"]
    assert phone.say(answer(sent, 200)) == ["ACK"]
    assert phone.effects[-1] == Answered(call, ANSWER, phone.peer)
    assert phone.say(theirs("INFO", sent, 2)) == ["500 INFO"], "its numbers go on counting"


def test_nothing_is_acknowledged_after_we_have_hung_up() -> None:
    phone, call, sent = calling()
    phone.agent.hang_up(call, 0.0)
    assert phone.say(early(sent, 1)) == ["CANCEL"]
    assert phone.say(early(sent, 2)) == []
    assert phone.say(answer(sent, 487)) == ["ACK"]
    assert phone.effects == [Refused(call, 487, "Request Terminated")]
