"""Calls that a scripted phone places to the agent, message by message."""

from __future__ import annotations

import pytest

from sip.digest import Challenge, authorize
from sip.effects import Confirmed, Ended, Incoming, Information
from sip.message import Request, Response
from sip.origin import ALLOW
from sip.transactions.layer import CAPACITY_OF_ONE
from tests.sip.link import ANSWER, OFFER, Phone
from tests.sip.scenes import accepted, ringing, talking
from tests.sip.script import agent, branch, invite, request


def test_an_invite_is_told_whole_and_answered_100_at_once() -> None:
    phone, first, call = ringing()
    assert phone.effects == [
        Incoming(call, first.uri, first.from_, None, None, phone.peer, OFFER, call_id=first.call_id)
    ]


def test_a_call_rings_is_accepted_and_acknowledged() -> None:
    phone, _first, call = ringing()
    phone.agent.ring(call, 0.0)
    assert phone.listen() == ["180 INVITE"]
    phone.agent.accept(call, ANSWER, 0.0)
    assert phone.listen() == ["200 INVITE"]
    early, final = phone.heard[-2:]
    assert early.to.tag and early.to.tag == final.to.tag
    assert str(early.contacts[0]) == str(final.contacts[0]) == f"<sip:{call}@10.0.0.1:5060>;isfocus"
    assert final.body == ANSWER
    phone.say(request("ACK", to_tag=final.to.tag))
    assert phone.effects[-1] == Confirmed(call, None)
    assert phone.wait(100) == []


def test_a_retransmitted_invite_makes_no_second_call() -> None:
    phone, first, call = ringing()
    assert phone.say(first, 0.5) == ["100 INVITE"]
    phone.agent.accept(call, ANSWER, 0.6)
    phone.listen()
    assert phone.say(first, 0.7) == []
    assert len(phone.effects) == 1


def test_our_2xx_is_repeated_until_the_ack_then_given_up_with_a_bye() -> None:
    phone, _, call, _ = accepted()
    phone.sent_at.clear()
    words = phone.wait(31.9)
    assert phone.sent_at == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert set(words) == {"200 INVITE"}
    assert phone.wait(32.0)[0] == "BYE"
    assert phone.effects[-1] == Ended(call, "our answer was never acknowledged")
    assert set(phone.wait(200)) == {"BYE"}
    assert phone.agent.deadline() is None


@pytest.mark.parametrize("via", [None, "same"], ids=["a branch of its own", "the branch of its INVITE"])
@pytest.mark.parametrize("to_tag", ["invented", None])
def test_an_ack_is_known_by_call_id_from_tag_and_number_whatever_its_to_tag(
    via: str | None, to_tag: str | None
) -> None:
    phone = Phone(agent(**{"101": "secret"}))
    first = invite(via="z9hG4bKsame", user="101", host="conf.example")
    assert phone.say(first) == ["401 INVITE"]
    challenge = Challenge.parse(phone.heard[-1].headers.get_all("WWW-Authenticate")[0])
    proof = authorize([challenge], "INVITE", str(first.uri), "101", "secret", b"", "c", 1)
    assert phone.say(first.with_headers(first.headers.adding("Authorization", str(proof)))) == ["100 INVITE"]
    incoming = phone.last(Incoming)
    assert isinstance(incoming, Incoming)
    phone.agent.accept(incoming.call, ANSWER, 0.0)
    phone.listen()
    phone.say(request("ACK", to_tag=to_tag, via=via and "z9hG4bKsame"))
    assert phone.effects[-1] == Confirmed(incoming.call, None)
    assert phone.wait(100) == []


@pytest.mark.parametrize("via", [None, "same"], ids=["a branch of its own", "the branch of its INVITE"])
def test_who_has_proven_nothing_confirms_only_what_it_has_read(via: str | None) -> None:
    """Else a forged source would have a conference's sound sent to whom it likes."""
    phone, _, call, tag = accepted(invite(via="z9hG4bKsame"))
    phone.say(request("ACK", to_tag="invented", via=via and "z9hG4bKsame"))
    assert not any(isinstance(effect, Confirmed) for effect in phone.effects)
    phone.say(request("ACK", to_tag=tag))
    assert phone.effects[-1] == Confirmed(call, None)


def test_an_ack_with_another_number_confirms_nothing() -> None:
    phone, _, _, tag = accepted()
    phone.say(request("ACK", 7, to_tag=tag))
    assert not any(isinstance(effect, Confirmed) for effect in phone.effects)


def test_a_cancel_ends_a_ringing_call() -> None:
    first = invite(via="z9hG4bKx")
    phone, _, call = ringing(first)
    assert phone.say(request("CANCEL", via="z9hG4bKx")) == ["200 CANCEL", "487 INVITE"]
    assert phone.effects[-1] == Ended(call, "cancelled")
    phone.agent.accept(call, ANSWER, 0.0)
    assert phone.say(request("ACK", via="z9hG4bKx")) == []
    assert phone.wait(100) == []


def test_a_cancel_that_comes_too_late_changes_nothing() -> None:
    first = invite(via="z9hG4bKx")
    phone, _, call, tag = accepted(first)
    assert phone.say(request("CANCEL", via="z9hG4bKx")) == ["200 CANCEL"]
    phone.say(request("ACK", to_tag=tag))
    assert phone.effects[-1] == Confirmed(call, None)


def test_a_cancel_of_nothing_gets_481() -> None:
    assert Phone(agent()).say(request("CANCEL")) == ["481 CANCEL"]


def test_a_rejected_call_is_repeated_until_its_ack() -> None:
    phone, _first, call = ringing(invite(via="z9hG4bKx"))
    phone.agent.reject(call, 404, 0.0)
    assert phone.listen() == ["404 INVITE"]
    assert phone.wait(1.5) == ["404 INVITE", "404 INVITE"]
    phone.say(request("ACK", via="z9hG4bKx"), 1.6)
    assert phone.wait(100) == []


def test_hanging_up_on_a_call_that_rings_here_rejects_it() -> None:
    phone, _, call = ringing()
    phone.agent.hang_up(call, 0.0, "the conference is over")
    assert phone.listen() == ["480 INVITE"]
    assert phone.heard[-1].headers.get("Reason") == 'SIP;text="the conference is over"'


def test_their_bye_ends_the_call_and_a_second_one_finds_nothing() -> None:
    phone, call, tag = talking()
    assert phone.say(request("BYE", 2, to_tag=tag)) == ["200 BYE"]
    assert phone.effects[-1] == Ended(call, "hung up")
    assert phone.say(request("BYE", 3, to_tag=tag)) == ["481 BYE"]
    phone.wait(100)
    assert phone.say(request("BYE", 4, to_tag=tag), 100) == ["481 BYE"]


def test_a_bye_before_the_ack_ends_the_call_and_the_repetitions() -> None:
    phone, _, call, tag = accepted()
    assert phone.say(request("BYE", 2, to_tag=tag)) == ["200 BYE"]
    assert phone.effects[-1] == Ended(call, "hung up")
    assert phone.wait(100) == []


def test_a_bye_while_ringing_also_answers_the_invite() -> None:
    phone, _, call = ringing()
    phone.agent.ring(call, 0.0)
    phone.listen()
    tag = phone.heard[-1].to.tag
    assert phone.say(request("BYE", 2, to_tag=tag)) == ["200 BYE", "487 INVITE"]
    assert phone.effects[-1] == Ended(call, "hung up")


def test_our_bye_waits_for_the_ack() -> None:
    phone, _, call, tag = accepted()
    phone.agent.hang_up(call, 0.0)
    assert phone.listen() == []
    assert phone.say(request("ACK", to_tag=tag)) == ["BYE"]
    assert not any(isinstance(effect, (Confirmed, Ended)) for effect in phone.effects)


def test_byes_that_cross_are_both_answered() -> None:
    phone, call, tag = talking()
    phone.agent.hang_up(call, 0.0)
    assert phone.listen() == ["BYE"]
    assert phone.say(request("BYE", 2, to_tag=tag)) == ["200 BYE"]


def test_an_unanswered_bye_leaves_nothing_behind() -> None:
    phone, call, _ = talking()
    phone.agent.hang_up(call, 40.0)
    phone.wait(200)
    assert phone.agent.deadline() is None
    assert len(phone.agent._calls) == 0
    assert len(phone.agent._layer) == 0


def test_a_late_offer_is_ours_and_the_answer_is_in_the_ack() -> None:
    phone, _, call, tag = accepted(invite(body=b""))
    phone.say(request("ACK", to_tag=tag, body=ANSWER))
    assert phone.effects[-1] == Confirmed(call, ANSWER)


def test_a_late_offer_that_is_not_answered_ends_the_call() -> None:
    phone, _, call, tag = accepted(invite(body=b""))
    assert phone.say(request("ACK", to_tag=tag)) == ["BYE"]
    assert phone.effects[-1] == Ended(call, "no answer to our offer")


def test_info_is_answered_and_told() -> None:
    phone, call, tag = talking()
    info = request("INFO", 2, to_tag=tag, body=b"Signal=5\r\n", kind="application/dtmf-relay")
    assert phone.say(info) == ["200 INFO"]
    assert phone.effects[-1] == Information(call, "application/dtmf-relay", b"Signal=5\r\n")
    before = len(phone.effects)
    assert phone.say(info) == ["200 INFO"]
    assert len(phone.effects) == before


def test_an_info_of_a_package_that_nobody_invited_gets_469() -> None:
    """RFC 6086 §4.2.2."""
    phone, _, tag = talking()
    count = len(phone.effects)
    info = request("INFO", 2, to_tag=tag, headers=(("Info-Package", "infoDtmf"),), body=b"5", kind="text/plain")
    assert phone.say(info) == ["469 INFO"]
    assert phone.heard[-1].headers.get("Recv-Info") == ""
    assert len(phone.effects) == count


def test_one_call_that_asks_without_end_fills_no_memory() -> None:
    phone, _, tag = talking()
    said = [phone.say(request("INFO", 2 + number, to_tag=tag), number / 40) for number in range(CAPACITY_OF_ONE + 100)]
    assert said.count(["200 INFO"]) < CAPACITY_OF_ONE == len(phone.agent._layer)
    assert said[-1] == ["503 INFO"]
    phone.wait(70.0)
    assert phone.say(request("BYE", 5000, to_tag=tag), 70.0) == ["200 BYE"]


def test_a_request_out_of_order_is_refused() -> None:
    phone, _, tag = talking(invite(5))
    assert phone.say(request("INFO", 4, to_tag=tag)) == ["500 INFO"]


@pytest.mark.parametrize("method", ["MESSAGE", "PUBLISH", "FOO"])
@pytest.mark.parametrize("inside", [False, True])
def test_methods_that_we_do_not_have_get_405_with_those_we_have(method: str, inside: bool) -> None:
    phone, _, tag = talking()
    assert phone.say(request(method, 2, to_tag=tag if inside else None)) == [f"405 {method}"]
    assert phone.heard[-1].headers.get("Allow") == ALLOW


@pytest.mark.parametrize("method", ["BYE", "INFO", "INVITE", "OPTIONS"])
def test_a_request_for_a_dialog_that_is_not_there_gets_481(method: str) -> None:
    phone, _, _ = talking()
    assert phone.say(request(method, 2, to_tag="unknown")) == [f"481 {method}"]


def test_a_request_with_another_from_tag_is_not_of_the_dialog() -> None:
    phone, _call, tag = talking()
    assert phone.say(request("BYE", 2, to_tag=tag, tag="thief")) == ["481 BYE"]
    assert not any(isinstance(effect, Ended) for effect in phone.effects)


@pytest.mark.parametrize("inside", [False, True])
def test_options_tells_what_we_can(inside: bool) -> None:
    phone, _, tag = talking()
    assert phone.say(request("OPTIONS", 2, to_tag=tag if inside else None)) == ["200 OPTIONS"]
    headers = phone.heard[-1].headers
    assert "INVITE" in (headers.get("Allow") or "")
    assert headers.get("Accept") == "application/sdp"
    assert headers.get("Supported") == "100rel, norefersub, path, replaces, timer"
    assert len(phone.agent._layer) == 1, "only that of the INVITE"


def test_an_extension_that_is_required_and_unknown_gets_420() -> None:
    phone = Phone(agent())
    assert phone.say(invite(headers=(("Require", "timer, foo, bar"),))) == ["420 INVITE"]
    assert phone.heard[-1].headers.get("Unsupported") == "foo, bar"


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"uri": "http://x/y"}, 416),
        ({"kind": "application/isup"}, 415),
        ({"headers": (("Content-Encoding", "gzip"),)}, 415),
    ],
)
def test_what_we_cannot_read_is_refused_as_the_rfc_says(changed: dict[str, object], status: int) -> None:
    assert Phone(agent()).say(invite(**changed)) == [f"{status} INVITE"]


def test_whoever_has_arrived_need_not_be_forwarded_any_more() -> None:
    """RFC 4475 §3.3.11: 483 is a proxy's answer."""
    far = invite()
    assert Phone(agent()).say(far.with_headers(far.headers.with_("Max-Forwards", "0"))) == ["100 INVITE"]


@pytest.mark.parametrize("uri", ["tel:*72#", "sip:a%20b@conf.example", "sip:4711@conf.example"])
def test_our_contact_is_a_conference_and_tells_nobody_what_was_dialled(uri: str) -> None:
    phone = Phone(agent())
    assert phone.say(invite(uri=uri)) == ["100 INVITE"]
    (call,) = [effect.call for effect in phone.effects if isinstance(effect, Incoming)]
    phone.agent.ring(call, 0.0)
    assert phone.listen() == ["180 INVITE"]
    (contact,) = phone.heard[-1].contacts
    assert (contact.uri.user, contact.param("isfocus")) == (call, "")


def test_the_same_invite_by_another_path_gets_482() -> None:
    phone, _, _ = ringing()
    assert phone.say(invite(via=branch())) == ["482 INVITE"]
    assert len(phone.effects) == 1


def test_sdp_is_found_among_the_parts_of_a_multipart() -> None:
    body = (
        b"--sep\r\nContent-Type: application/pidf+xml\r\n\r\n<x/>\r\n"
        b"--sep\r\nContent-Type: application/sdp\r\n\r\n" + OFFER + b"\r\n--sep--\r\n"
    )
    phone, _, _ = ringing(invite(body=body, kind='multipart/mixed;boundary="sep"'))
    incoming = phone.last(Incoming)
    assert isinstance(incoming, Incoming)
    assert incoming.offer == OFFER


def test_commands_for_a_call_that_is_gone_do_nothing() -> None:
    phone, call, tag = talking()
    phone.say(request("BYE", 2, to_tag=tag))
    for name in (call, "never was"):
        phone.agent.ring(name, 0.0)
        phone.agent.accept(name, ANSWER, 0.0)
        phone.agent.reject(name, 486, 0.0)
        phone.agent.hang_up(name, 0.0)
    assert phone.listen() == []


def test_requests_go_through_the_recorded_route() -> None:
    phone, _, call, tag = accepted(invite(headers=(("Record-Route", "<sip:10.0.0.9;lr>, <sip:far.example;lr>"),)))
    assert phone.heard[-1].headers.get("Record-Route") == "<sip:10.0.0.9;lr>, <sip:far.example;lr>"
    phone.say(request("ACK", to_tag=tag))
    phone.agent.hang_up(call, 0.0)
    assert phone.listen() == ["BYE"]
    bye = phone.heard[-1]
    assert isinstance(bye, Request)
    assert str(bye.uri) == "sip:phone@10.0.0.9:5060"
    assert [str(hop) for hop in bye.routes] == ["<sip:10.0.0.9;lr>", "<sip:far.example;lr>"]


def test_a_strict_router_finds_itself_in_the_request_uri() -> None:
    phone, _, call, tag = accepted(invite(headers=(("Record-Route", "<sip:10.0.0.9>, <sip:far.example;lr>"),)))
    phone.say(request("ACK", to_tag=tag))
    phone.agent.hang_up(call, 0.0)
    phone.listen()
    bye = phone.heard[-1]
    assert isinstance(bye, Request)
    assert str(bye.uri) == "sip:10.0.0.9"
    assert [str(hop) for hop in bye.routes] == ["<sip:far.example;lr>", "<sip:phone@10.0.0.9:5060>"]


def test_an_invite_without_contact_is_refused() -> None:
    bare = invite()
    assert Phone(agent()).say(bare.with_headers(bare.headers.without("Contact"))) == ["400 INVITE"]


def test_garbage_is_answered_once_or_not_at_all() -> None:
    phone = Phone(agent())
    assert phone.say(b"hello\r\n\r\n") == []
    assert phone.say(b"\r\n\r\n") == []
    assert phone.agent.dropped == 2
    broken = bytes(invite()).replace(b"CSeq: 1 INVITE", b"CSeq: one INVITE")
    phone.agent.receive(broken, phone.peer, 0.0)
    sent = list(phone.agent.effects())
    assert len(sent) == 1
    assert phone.agent.deadline() is None


def test_at_the_cap_new_calls_get_503_and_the_old_go_on() -> None:
    phone, _call, tag = talking()
    phone.agent._layer._capacity = 1
    assert phone.say(invite(call_id="other")) == ["503 INVITE"]
    assert phone.heard[-1].headers.get("Retry-After") == "5"
    assert phone.say(request("BYE", 2, to_tag=tag)) == ["200 BYE"]


def test_without_rport_the_answer_goes_to_the_port_of_the_via() -> None:
    phone = Phone(agent(), port=33333)
    first = invite()
    plain = first.headers.with_("Via", "SIP/2.0/UDP 192.168.1.2:5066;branch=z9hG4bKq")
    phone.agent.receive(bytes(first.with_headers(plain)), phone.peer, 0.0)
    phone.peer = type(phone.peer)("udp", "10.0.0.9", 5066)
    assert phone.listen() == ["100 INVITE"]
    assert isinstance(phone.heard[-1], Response)
    assert phone.heard[-1].via.received == "10.0.0.9"
