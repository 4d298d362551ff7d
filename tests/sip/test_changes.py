"""What either side changes in a call: another description, by re-INVITE or UPDATE."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sip.challenged import MAX_CHALLENGES
from sip.changing import MAX_TRIES
from sip.digest import Challenge
from sip.effects import Changed, Ended, Offered, Unchanged
from tests.sip.link import ANSWER, OFFER, Phone
from tests.sip.scenes import asked, calling, talking
from tests.sip.script import answer, invite, request

if TYPE_CHECKING:
    from sip.message import Request

NEW = OFFER.replace(b"4000", b"4002")


def changing() -> tuple[Phone, str, str]:
    """A call from the phone, in which our re-INVITE waits for its answer; and our tag."""
    phone, call, tag = talking()
    phone.agent.offer(call, NEW, 0.0)
    assert phone.listen() == ["INVITE"]
    return phone, call, tag


def placed(**login: str) -> tuple[Phone, str, Request]:
    """A call to the phone, which asks for a password where there is a login, and answers."""
    phone, call, _ = calling(**login)
    if login:
        phone.say(challenged(asked(phone)))
    sent = asked(phone)
    assert phone.say(answer(sent, 200, body=ANSWER)) == ["ACK"]
    return phone, call, sent


def challenged(to: Request, realm: str = "provider", nonce: str = "n") -> bytes:
    challenge = str(Challenge(realm, nonce, qop=("auth",)))
    return bytes(answer(to, 401, headers=(("WWW-Authenticate", challenge),)))


def test_our_reinvite_is_answered_and_acknowledged_as_often_as_its_2xx_comes() -> None:
    phone, call, _ = changing()
    reinvite = asked(phone)
    assert (reinvite.body, reinvite.to.tag, reinvite.cseq.number) == (NEW, "phone", 1)
    assert reinvite.contacts[0].uri.host == "10.0.0.1"
    accepted = answer(reinvite, 200, body=ANSWER)
    assert phone.say(answer(reinvite, 100, None)) == []
    assert phone.say(accepted) == ["ACK"]
    assert phone.effects[-1] == Changed(call, NEW, ANSWER)
    first = phone.heard[-1]
    count = len(phone.effects)
    assert phone.say(accepted, 1.0) == ["ACK"]
    assert (phone.heard[-1], len(phone.effects)) == (first, count)


def test_a_refused_reinvite_leaves_the_call_as_it_was() -> None:
    phone, call, tag = changing()
    assert phone.say(answer(asked(phone), 488)) == ["ACK"]
    assert phone.effects[-1] == Unchanged(call, 488, "Not Acceptable Here")
    assert phone.say(request("INFO", 2, to_tag=tag)) == ["200 INFO"]


@pytest.mark.parametrize("status", [408, 481])
def test_a_phone_that_knows_nothing_of_the_call_any_more_ends_it(status: int) -> None:
    """§12.2.1.2."""
    phone, call, _ = changing()
    assert phone.say(answer(asked(phone), status)) == ["ACK", "BYE"]
    assert isinstance(phone.last(Ended), Ended)
    assert phone.effects[-1] == Ended(call, (phone.heard[-1].headers.get("Reason") or "").split('"')[1])


def test_a_reinvite_that_nobody_answers_ends_the_call() -> None:
    phone, call, _ = changing()
    assert phone.wait(32.0)[-1] == "BYE"
    assert phone.effects[-1] == Ended(call, "the phone does not answer")


def test_a_reinvite_that_is_answered_without_sdp_ends_the_call() -> None:
    phone, call, _ = changing()
    assert phone.say(answer(asked(phone), 200)) == ["ACK", "BYE"]
    assert phone.effects[-1] == Ended(call, "no answer to our offer")


def test_when_both_ask_at_once_both_are_refused_and_ours_comes_again_soon_in_their_call() -> None:
    phone, call, tag = changing()
    assert phone.say(invite(2, to_tag=tag)) == ["491 INVITE"]
    assert phone.say(answer(asked(phone), 491), 1.0) == ["ACK"]
    at = phone.agent.deadline()
    words = phone.wait(3.0)
    assert words.count("INVITE") >= 1 and at is not None
    assert asked(phone).body == NEW
    assert phone.say(answer(asked(phone), 200, body=ANSWER), 3.0) == ["ACK"]
    assert phone.effects[-1] == Changed(call, NEW, ANSWER)


@pytest.mark.parametrize(("ours", "least", "most"), [(True, 2.1, 4.0), (False, 0.0, 2.0)])
def test_the_one_who_owns_the_call_id_waits_longer_after_491(ours: bool, least: float, most: float) -> None:
    """§14.1."""
    pauses = set()
    if ours:
        phone, call, _ = placed()
    else:
        phone, call, _ = talking()
    phone.agent.offer(call, NEW, 0.0)
    phone.listen()
    now = 0.0
    for _ in range(MAX_TRIES - 1):
        phone.say(answer(asked(phone), 491), now)
        sent = asked(phone)
        while asked(phone) is sent:
            at = phone.agent.deadline()
            assert at is not None
            phone.wait(at)
        pauses.add(round(phone.sent_at[-1] - now, 2))
        now = phone.sent_at[-1]
    assert all(least <= pause <= most for pause in pauses)
    assert len(pauses) > 1
    phone.say(answer(asked(phone), 491), now)
    assert phone.effects[-1] == Unchanged(call, 491, "Request Pending")


def test_our_reinvite_waits_for_theirs_to_be_over() -> None:
    phone, call, tag = talking()
    phone.say(invite(2, to_tag=tag))
    phone.agent.offer(call, NEW, 0.0)
    assert "INVITE" not in phone.wait(5.0)
    phone.agent.accept(call, ANSWER, 5.0)
    phone.say(request("ACK", 2, to_tag=tag), 5.0)
    assert phone.wait(8.0).count("INVITE") >= 1


def test_an_update_without_a_description_moves_the_target_and_changes_nothing_else() -> None:
    phone, call, tag = talking()
    moved = request("UPDATE", 2, to_tag=tag)
    count = len(phone.effects)
    assert phone.say(moved.with_headers(moved.headers.with_("Contact", "<sip:moved@10.0.0.9:5060>"))) == ["200 UPDATE"]
    assert len(phone.effects) == count
    phone.agent.hang_up(call, 0.0)
    phone.listen()
    assert asked(phone).uri.user == "moved"


def test_an_offer_in_an_update_is_answered_in_its_200() -> None:
    phone, call, tag = talking()
    update = request("UPDATE", 2, to_tag=tag, body=NEW)
    assert phone.say(update) == []
    assert phone.effects[-1] == Offered(call, NEW, phone.peer)
    phone.agent.accept(call, ANSWER, 0.0)
    assert phone.listen() == ["200 UPDATE"]
    assert (phone.heard[-1].body, phone.heard[-1].contacts[0].uri.host) == (ANSWER, "10.0.0.1")
    assert phone.say(update) == ["200 UPDATE"]
    assert phone.wait(100) == []


def test_an_offer_in_an_update_that_cannot_be_had_leaves_the_call_as_it_was() -> None:
    phone, call, tag = talking()
    phone.say(request("UPDATE", 2, to_tag=tag, body=NEW))
    phone.agent.reject(call, 488, 0.0)
    assert phone.listen() == ["488 UPDATE"]
    assert phone.say(request("BYE", 3, to_tag=tag)) == ["200 BYE"]


def test_only_one_offer_is_open_at_a_time() -> None:
    """RFC 3311 §5.2."""
    phone, call, tag = talking()
    phone.say(request("UPDATE", 2, to_tag=tag, body=NEW))
    assert phone.say(request("UPDATE", 3, to_tag=tag, body=NEW)) == ["500 UPDATE"]
    assert "Retry-After" in phone.heard[-1].headers
    assert phone.say(invite(4, to_tag=tag)) == ["500 INVITE"]
    phone.agent.accept(call, ANSWER, 0.0)
    assert phone.listen() == ["200 UPDATE"]
    phone.say(invite(5, to_tag=tag))
    assert phone.say(request("UPDATE", 6, to_tag=tag, body=NEW)) == ["500 UPDATE"]
    assert phone.say(request("UPDATE", 7, to_tag=tag)) == ["200 UPDATE"], "one without an offer never waits"


def test_an_offer_of_theirs_that_meets_ours_gets_491() -> None:
    phone, _, tag = changing()
    assert phone.say(request("UPDATE", 2, to_tag=tag, body=NEW)) == ["491 UPDATE"]


def test_an_update_whose_offer_waits_is_answered_when_the_call_ends() -> None:
    phone, _, tag = talking()
    phone.say(request("UPDATE", 2, to_tag=tag, body=NEW))
    assert phone.say(request("BYE", 3, to_tag=tag)) == ["200 BYE", "487 UPDATE"]


def test_nothing_is_sent_in_a_call_that_is_over() -> None:
    phone, call, tag = talking()
    phone.say(request("BYE", 2, to_tag=tag))
    phone.agent.offer(call, NEW, 0.0)
    assert phone.listen() == []


def test_a_challenge_inside_our_call_is_answered_for_the_realm_of_the_first() -> None:
    phone, call, _ = placed(username="us", password="secret")
    phone.agent.offer(call, NEW, 0.0)
    phone.listen()
    for number in range(MAX_CHALLENGES):
        assert phone.say(challenged(asked(phone), nonce=f"m{number}")) == ["ACK", "INVITE"]
        assert 'realm="provider"' in (asked(phone).headers.get("Authorization") or "")
    assert phone.say(challenged(asked(phone), nonce="again")) == ["ACK"]
    assert phone.effects[-1] == Unchanged(call, 401, "Unauthorized")


@pytest.mark.parametrize(
    "call", [lambda: placed(username="us", password="secret"), placed, talking], ids=["ours", "without login", "theirs"]
)
def test_no_other_realm_gets_our_password(call: object) -> None:
    phone, name, _ = call()  # type: ignore[operator]  # one of the scenes above
    phone.agent.offer(name, NEW, 0.0)
    phone.listen()
    assert phone.say(challenged(asked(phone), realm="thief")) == ["ACK"]
    phone.agent.hang_up(name, 0.0)
    phone.listen()
    assert phone.say(challenged(asked(phone), realm="thief")) == []
