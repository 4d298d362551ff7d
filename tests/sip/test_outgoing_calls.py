"""Calls that the agent places to a scripted phone: every way to answer, and every race."""

from __future__ import annotations

from itertools import product

import pytest

from sip.digest import Challenge
from sip.early import MAX_BRANCHES
from sip.effects import Answered, Ended, Offered, Peer, Refused, Ringing, Send
from sip.message import Request, Response, respond
from sip.placing import PLACING, Input, State
from sip.uri import Uri
from tests.sip.link import ALICE, ANSWER, OFFER, Phone
from tests.sip.scenes import TARGET, calling, theirs
from tests.sip.script import agent, answer


def talking() -> tuple[Phone, str, Request]:
    phone, call, sent = calling()
    assert phone.say(answer(sent, 200, body=ANSWER)) == ["ACK"]
    return phone, call, sent


def test_each_input_in_each_state_has_one_outcome_and_the_end_is_told_once() -> None:
    told = {"REPORT_FAILURE", "REPORT_TAKEN_BACK", "REPORT_ANSWER"}
    for state, stimulus in product(State, Input):
        transition = PLACING.get((state, stimulus))
        if transition is None:
            continue
        ends = state not in (State.ANSWERED, State.FAILED) and transition.to in (State.ANSWERED, State.FAILED)
        assert len(told & {action.name for action in transition.actions}) == ends
    for state in State:
        assert (state, Input.SUCCESS) in PLACING, "a 2xx is always acknowledged"


def test_an_invite_says_who_we_are_and_what_we_can() -> None:
    _, call, sent = calling()
    assert sent.uri == TARGET
    assert sent.body == OFFER
    assert sent.content_type == "application/sdp"
    assert str(sent.contacts[0]) == f"<sip:{call}@10.0.0.1:5060>;isfocus"
    assert sent.via.wants_rport
    assert "timer" in sent.tokens("Supported")


def test_a_call_rings_and_is_answered() -> None:
    phone, call, sent = calling()
    assert phone.say(answer(sent, 100, None)) == []
    assert phone.effects == []
    phone.say(answer(sent, 180))
    assert phone.say(answer(sent, 200, body=ANSWER)) == ["ACK"]
    assert phone.effects == [Ringing(call, 180), Answered(call, ANSWER, phone.peer)]
    ack = phone.heard[-1]
    assert isinstance(ack, Request)
    assert str(ack.uri) == "sip:phone@10.0.0.9:5060"
    assert (ack.cseq.number, ack.to.tag) == (1, "phone")
    assert ack.via.branch != sent.via.branch


def test_a_repeated_2xx_gets_the_same_ack_again() -> None:
    phone, _, sent = talking()
    first = phone.heard[-1]
    assert phone.say(answer(sent, 200, body=ANSWER), 4.0) == ["ACK"]
    assert phone.heard[-1] == first
    assert len(phone.effects) == 1


def test_the_second_2xx_of_a_fork_is_acknowledged_and_gets_a_bye_once() -> None:
    phone, _, sent = talking()
    assert phone.say(answer(sent, 200, "other", ANSWER)) == ["ACK", "BYE"]
    ack, bye = phone.heard[-2:]
    assert ack.to.tag == bye.to.tag == "other"
    assert phone.say(answer(sent, 200, "other", ANSWER)) == ["ACK"]
    assert phone.say(respond(bye, 200)) == []  # type: ignore[arg-type]  # a request, as said above
    assert len(phone.effects) == 1


@pytest.mark.parametrize(("status", "reason"), [(486, "Busy Here"), (603, "No, thanks"), (302, "Moved"), (500, "Oops")])
def test_a_refusal_is_acknowledged_and_told(status: int, reason: str) -> None:
    phone, call, sent = calling()
    refusal = answer(sent, status)
    refusal = Response(status, reason, refusal.headers)
    assert phone.say(refusal) == ["ACK"]
    contacts = (sent.uri.with_(user="phone", port=5060),) if status == 302 else ()
    assert phone.effects == [Refused(call, status, reason, contacts)]
    assert phone.say(refusal, 1.0) == ["ACK"]
    assert phone.wait(100) == []
    assert len(phone.agent._calls) == 0


@pytest.mark.parametrize(
    ("contacts", "order"),
    [
        ("<sip:a@x>;q=0.2, <sip:b@x>, <sip:c@x>;q=0.9", "bca"),
        ("<sip:a@x>;q=nonsense, <sip:b@x>;q=0.5", "ab"),
        ("*", ""),
    ],
)
def test_a_redirection_tells_where_to_call_in_the_order_of_q(contacts: str, order: str) -> None:
    phone, _, sent = calling()
    moved = answer(sent, 302)
    phone.say(moved.with_headers(moved.headers.with_("Contact", contacts)))
    (refused,) = phone.effects
    assert isinstance(refused, Refused)
    assert "".join(uri.user or "" for uri in refused.contacts) == order


def test_nobody_answers_at_all() -> None:
    phone, call, _ = calling()
    assert phone.wait(100) == ["INVITE"] * 6
    assert phone.sent_at == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert phone.effects == [Refused(call, 408, "Request Timeout")]


def test_an_address_that_cannot_be_reached_is_known_at_once() -> None:
    phone, call, _ = calling()
    phone.agent.transport_failed(Peer("udp", "10.0.0.8", 5060), 0.0)
    phone.agent.transport_failed(phone.peer, 0.0)
    phone.listen()
    assert phone.effects == [Refused(call, 503, "Service Unavailable")]


def test_a_cancel_waits_for_a_provisional_response() -> None:
    phone, call, sent = calling()
    phone.agent.hang_up(call, 0.1, "answered elsewhere")
    assert phone.listen() == []
    assert phone.say(answer(sent, 100, None), 0.2) == ["CANCEL"]
    cancel = phone.heard[-1]
    assert isinstance(cancel, Request)
    assert (cancel.via, cancel.cseq.number, cancel.uri) == (sent.via, 1, sent.uri)
    assert cancel.headers.get("Reason") == 'SIP;text="answered elsewhere"'
    assert phone.say(respond(cancel, 200), 0.3) == []
    assert phone.say(answer(sent, 487), 0.4) == ["ACK"]
    assert phone.effects == [Refused(call, 487, "Request Terminated")]


def test_a_cancel_after_ringing_goes_out_at_once() -> None:
    phone, call, sent = calling()
    phone.say(answer(sent, 180))
    phone.agent.hang_up(call, 1.0)
    assert phone.listen() == ["CANCEL"]


@pytest.mark.parametrize("rang", [False, True], ids=["before any answer", "while ringing"])
def test_a_cancel_that_crosses_the_2xx_is_followed_by_ack_and_bye(rang: bool) -> None:
    phone, call, sent = calling()
    if rang:
        phone.say(answer(sent, 180))
    phone.agent.hang_up(call, 1.0)
    phone.listen()
    assert phone.say(answer(sent, 200, body=ANSWER), 1.1) == ["ACK", "BYE"]
    assert phone.effects[-1] == Refused(call, 487, "Request Terminated")
    assert not any(isinstance(effect, Answered) for effect in phone.effects)


def test_a_cancel_that_is_ignored_ends_the_call_after_32_seconds() -> None:
    phone, call, sent = calling()
    phone.say(answer(sent, 180))
    phone.agent.hang_up(call, 1.0)
    phone.wait(32.9)
    assert phone.effects == [Ringing(call, 180)]
    phone.wait(33.0)
    assert phone.effects[-1] == Refused(call, 487, "Request Terminated")
    assert phone.say(answer(sent, 200, body=ANSWER), 60.0) == ["ACK", "BYE"], "the phone was answered after all"


def test_a_phone_that_rings_and_dies_leaves_nothing_behind() -> None:
    phone, call, sent = calling()
    phone.say(answer(sent, 180))
    phone.agent.hang_up(call, 1.0)
    phone.wait(601)
    assert phone.effects == [Ringing(call, 180), Refused(call, 487, "Request Terminated")]
    assert (len(phone.agent._calls), len(phone.agent._layer), phone.agent.deadline()) == (0, 0, None)


def test_a_fork_with_thousands_of_branches_fills_no_memory() -> None:
    phone, call, sent = calling()
    placing = phone.agent._calls.get(call)._placing  # type: ignore[union-attr]  # it is there
    for number in range(3 * MAX_BRANCHES):
        phone.say(answer(sent, 183, f"early{number}", ANSWER))
    said = [phone.say(answer(sent, 200, f"branch{number}", ANSWER)) for number in range(3 * MAX_BRANCHES)]
    assert said == [["ACK"], *[["ACK", "BYE"]] * (MAX_BRANCHES - 1), *[[]] * (2 * MAX_BRANCHES)]
    assert placing is not None
    assert (len(placing.early._descriptions), len(placing._acks)) == (MAX_BRANCHES, MAX_BRANCHES)


def test_a_contact_that_is_a_multicast_address_is_not_believed() -> None:
    phone, _, sent = calling()
    many = answer(sent, 200, body=ANSWER)
    many = many.with_headers(many.headers.with_("Contact", "<sip:all@224.0.1.75>"))
    phone.agent.receive(bytes(many), phone.peer, 0.0)
    assert [effect.peer for effect in phone.agent.effects() if isinstance(effect, Send)] == [phone.peer]


def test_hanging_up_on_a_silent_address_ends_with_the_transaction() -> None:
    phone, call, _ = calling()
    phone.agent.hang_up(call, 1.0)
    phone.wait(40.0)
    assert phone.effects == [Refused(call, 487, "Request Terminated")]


def test_an_answer_without_sdp_is_acknowledged_and_ended() -> None:
    phone, call, sent = calling()
    assert phone.say(answer(sent, 200)) == ["ACK", "BYE"]
    assert phone.effects == [Refused(call, 488, "Answered without a session description", answered=True)]


def test_an_answer_without_sdp_after_one_in_183_is_taken_from_there() -> None:
    phone, call, sent = calling()
    phone.say(answer(sent, 183, body=ANSWER))
    phone.say(answer(sent, 200))
    assert phone.effects[-1] == Answered(call, ANSWER, phone.peer)


def test_an_answer_without_contact_is_acknowledged_where_the_invite_went() -> None:
    phone, _, sent = calling()
    bare = answer(sent, 200, body=ANSWER)
    assert phone.say(bare.with_headers(bare.headers.without("Contact"))) == ["ACK"]
    ack = phone.heard[-1]
    assert isinstance(ack, Request)
    assert ack.uri == TARGET


def test_a_stranger_who_challenges_our_bye_gets_no_password() -> None:
    phone, call, _ = talking()
    phone.agent.hang_up(call, 0.0)
    phone.listen()
    bye = phone.heard[-1]
    assert isinstance(bye, Request)
    assert phone.say(answer(bye, 401, headers=(("WWW-Authenticate", str(Challenge("r", "n"))),))) == []


def test_our_bye_has_the_next_number_and_ends_everything() -> None:
    phone, call, _ = talking()
    phone.agent.hang_up(call, 10.0, "the conference is over")
    assert phone.listen(10.0) == ["BYE"]
    bye = phone.heard[-1]
    assert isinstance(bye, Request)
    assert bye.cseq.number == 2
    assert bye.headers.get("Reason") == 'SIP;text="the conference is over"'
    phone.say(respond(bye, 200), 10.1)
    assert phone.wait(100) == []
    assert len(phone.agent._calls) == 0
    assert len(phone.effects) == 1


@pytest.mark.parametrize("status", [408, 481, 500])
def test_whatever_is_said_to_our_bye_it_is_over(status: int) -> None:
    phone, call, _ = talking()
    phone.agent.hang_up(call, 10.0)
    phone.listen(10.0)
    bye = phone.heard[-1]
    assert isinstance(bye, Request)
    phone.say(respond(bye, status), 10.1)
    phone.wait(100)
    assert len(phone.agent._calls) == 0


def test_their_bye_ends_a_call_that_we_placed() -> None:
    phone, call, sent = talking()
    assert phone.say(theirs("BYE", sent)) == ["200 BYE"]
    assert phone.effects[-1] == Ended(call, "hung up")


def test_their_reason_is_told() -> None:
    phone, call, sent = talking()
    bye = theirs("BYE", sent)
    phone.say(bye.with_headers(bye.headers.with_("Reason", 'Q.850;cause=16;text="gone home"')))
    assert phone.effects[-1] == Ended(call, "gone home")


def test_their_reinvite_right_after_answering_is_offered() -> None:
    phone, call, sent = talking()
    assert phone.say(theirs("INVITE", sent, body=OFFER)) == ["100 INVITE"]
    assert phone.effects[-1] == Offered(call, OFFER, phone.peer)
    phone.agent.accept(call, ANSWER, 0.0)
    assert phone.listen() == ["200 INVITE"]
    phone.say(theirs("ACK", sent))
    assert phone.wait(100) == []
    assert phone.agent._calls.get(call) is not None


def test_a_reinvite_that_overtakes_the_2xx_has_to_wait() -> None:
    phone, call, sent = calling()
    phone.say(answer(sent, 180))
    assert phone.say(theirs("INVITE", sent, body=OFFER)) == ["491 INVITE"]
    assert phone.say(answer(sent, 200, body=ANSWER)) == ["ACK"]
    assert phone.effects[-1] == Answered(call, ANSWER, phone.peer)


def test_after_their_bye_nothing_more_is_possible() -> None:
    phone, _, sent = talking()
    phone.say(theirs("BYE", sent))
    assert phone.say(theirs("INVITE", sent, 2, body=OFFER)) == ["481 INVITE"]


def test_a_response_that_went_through_us_is_dropped() -> None:
    phone, _, sent = calling()
    response = answer(sent, 200, body=ANSWER)
    two = response.headers.adding("Via", "SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKother")
    assert phone.say(response.with_headers(two)) == []
    assert phone.effects == []


def test_a_phone_behind_a_nat_is_reached_where_it_writes_from() -> None:
    phone, call, sent = calling(Phone(agent(), "198.51.100.7", 40_000))
    assert phone.say(answer(sent, 200, body=ANSWER)) == ["ACK"]  # its Contact says 10.0.0.9
    phone.agent.hang_up(call, 0.0)
    assert phone.listen() == ["BYE"]


def test_a_call_can_be_sent_through_a_proxy() -> None:
    phone = Phone(agent())
    proxy = Uri.parse("sip:10.0.0.9;lr")
    phone.agent.invite(
        Uri.parse("sip:7@far.example"), caller=ALICE, offer=OFFER, peers=(phone.peer,), route=(proxy,), now=0.0
    )
    phone.listen()
    sent = phone.heard[-1]
    assert isinstance(sent, Request)
    assert str(sent.uri) == "sip:7@far.example"
    assert sent.headers.get("Route") == "<sip:10.0.0.9;lr>"
    recorded = answer(sent, 200, body=ANSWER, headers=(("Record-Route", "<sip:far.example;lr>, <sip:10.0.0.9;lr>"),))
    phone.say(recorded)
    ack = phone.heard[-1]
    assert [str(hop) for hop in ack.routes] == ["<sip:10.0.0.9;lr>", "<sip:far.example;lr>"]


def test_an_agent_that_calls_itself_keeps_the_two_calls_apart() -> None:
    phone = Phone(agent(), "10.0.0.1")
    phone.agent.invite(Uri.parse("sip:500@conf.example"), caller=ALICE, offer=OFFER, peers=(phone.peer,), now=0.0)
    for _ in range(3):
        for message in phone.heard[:]:
            phone.heard.remove(message)
            phone.say(message)
        phone.listen()
    assert [type(effect).__name__ for effect in phone.effects] == ["Incoming"]
