"""SUBSCRIBE and REFER to an agent: who may ask, what is answered, and what follows in which dialog."""

from __future__ import annotations

import pytest

from sip.effects import NotifyDue, Referred, Subscribing, Unsubscribed
from sip.message import Request, respond
from sip.subscription import News
from tests.sip.link import Phone
from tests.sip.scenes import calling, talking
from tests.sip.script import agent, answer, request

ROSTER = News("application/conference-info+xml", b"<roster/>")
CONFERENCE = ("Event", "conference")


def subscribe(number: int = 2, *more: tuple[str, str], **changes: object) -> Request:
    return request("SUBSCRIBE", number, headers=(CONFERENCE, *more), **changes)  # type: ignore[arg-type]  # request()'s own


def refer(number: int = 2, *more: tuple[str, str], **changes: object) -> Request:
    to = ("Refer-To", "<sip:102@conf.example>")
    return request("REFER", number, headers=(to, *more), **changes)  # type: ignore[arg-type]  # as above


def notified(phone: Phone) -> Request:
    """The last NOTIFY, which is taken."""
    sent = [message for message in phone.heard if isinstance(message, Request) and message.method == "NOTIFY"][-1]
    phone.say(respond(sent, 200), phone.sent_at[-1])
    return sent


def subscribed() -> tuple[Phone, str, str, str]:
    """In a call: the phone, the call, our tag, the subscription."""
    phone, call, tag = talking()
    assert phone.say(subscribe(to_tag=tag)) == []
    asked = phone.last(Subscribing)
    assert isinstance(asked, Subscribing) and asked.call == call
    phone.agent.notifier.admit(asked.subscription, 0.0)
    assert phone.listen() == ["200 SUBSCRIBE"]
    return phone, call, tag, asked.subscription


def test_a_phone_subscribes_inside_its_call_and_is_told_at_once() -> None:
    phone, call, tag, name = subscribed()
    assert phone.heard[-1].expires == 3600
    assert phone.effects[-1] == NotifyDue(name)
    phone.agent.notifier.tell(name, ROSTER, 0.0)
    assert phone.listen() == ["NOTIFY"]
    sent = notified(phone)
    assert (sent.body, sent.content_type, sent.headers.get("Event")) == (ROSTER.body, ROSTER.content_type, "conference")
    assert (sent.from_.tag, sent.to.tag, sent.call_id) == (tag, "phone", "call-1")
    assert str(sent.contacts[0]) == f"<sip:{call}@10.0.0.1:5060>;isfocus"


def test_the_call_goes_on_when_the_subscription_fails() -> None:
    phone, call, _tag, name = subscribed()
    phone.agent.notifier.tell(name, ROSTER, 0.0)
    phone.listen()
    sent = phone.heard[-1]
    assert isinstance(sent, Request)
    phone.say(respond(sent, 481))
    assert phone.effects[-1] == Unsubscribed(name)
    phone.agent.hang_up(call, 1.0)
    assert phone.listen() == ["BYE"]
    assert phone.heard[-1].cseq.number == sent.cseq.number + 1


def test_whoever_unsubscribes_is_told_once_more() -> None:
    phone, _, tag, name = subscribed()
    phone.agent.notifier.tell(name, ROSTER, 0.0)
    phone.listen()
    notified(phone)
    assert phone.say(subscribe(3, ("Expires", "0"), to_tag=tag), 1.0) == ["200 SUBSCRIBE"]
    phone.agent.notifier.tell(name, ROSTER, 1.0)
    assert phone.listen(1.0) == ["NOTIFY"]
    assert notified(phone).headers.get("Subscription-State") == "terminated;reason=timeout"
    assert len(phone.agent.notifier) == 0


def test_a_denied_subscription_leaves_nothing() -> None:
    phone, _, tag = talking()
    phone.say(subscribe(to_tag=tag))
    asked = phone.last(Subscribing)
    assert isinstance(asked, Subscribing)
    phone.agent.notifier.deny(asked.subscription, 403, 0.0)
    assert phone.listen() == ["403 SUBSCRIBE"]
    assert len(phone.agent.notifier) == 0


def test_a_phone_that_knows_the_call_may_subscribe_in_a_dialog_of_its_own() -> None:
    phone, call, _ = talking()
    route = ("Record-Route", "<sip:10.0.0.9;lr>")
    assert phone.say(subscribe(1, route, uri=f"sip:{call}@10.0.0.1", call_id="other")) == []
    asked = phone.last(Subscribing)
    assert isinstance(asked, Subscribing)
    assert (asked.call, asked.target.user, asked.account) == (None, call, None)
    phone.agent.notifier.admit(asked.subscription, 0.0)
    assert phone.listen() == ["200 SUBSCRIBE"]
    ok = phone.heard[-1]
    assert ok.headers.get("Record-Route") == "<sip:10.0.0.9;lr>"
    phone.agent.notifier.tell(asked.subscription, ROSTER, 0.0)
    phone.listen()
    assert (notified(phone).call_id, notified(phone).from_.tag) == ("other", ok.to.tag)
    again = subscribe(2, ("Expires", "600"), uri=f"sip:{call}@10.0.0.1", call_id="other", to_tag=ok.to.tag)
    assert phone.say(again, 5.0) == ["200 SUBSCRIBE"]
    assert phone.heard[-1].expires == 600
    phone.agent.notifier.end(asked.subscription, "noresource", 6.0)
    assert phone.listen(6.0) == ["NOTIFY"]
    assert notified(phone).headers.get("Subscription-State") == "terminated;reason=noresource"
    assert phone.say(subscribe(3, call_id="other", to_tag=ok.to.tag), 7.0) == ["481 SUBSCRIBE"]


def test_an_account_proves_itself_first() -> None:
    phone = Phone(agent(anna="secret"))
    assert phone.say(subscribe(1, user="anna", host="conf.example")) == ["401 SUBSCRIBE"]


@pytest.mark.parametrize("user", ["500", "101", "no-such", "12345678"])
def test_a_stranger_learns_nothing_of_any_number_and_leaves_nothing(user: str) -> None:
    phone = Phone(agent(anna="secret"))
    for message in (subscribe(1, uri=f"sip:{user}@conf.example"), refer(1, uri=f"sip:{user}@conf.example")):
        assert phone.say(message) == [f"404 {message.method}"]
    assert len(phone.agent.notifier) == 0 and phone.effects == []
    assert phone.wait(100) == []


@pytest.mark.parametrize("method", ["MESSAGE", "PUBLISH"])
def test_other_methods_are_not_allowed(method: str) -> None:
    phone, _, tag = talking()
    assert phone.say(request(method, 2, to_tag=tag)) == [f"405 {method}"]
    assert phone.say(request(method, 1, call_id="other")) == [f"405 {method}"]


def test_news_that_nobody_asked_for_belong_to_nothing() -> None:
    waiting = ("Event", "message-summary"), ("Subscription-State", "active")
    phone, _, tag = talking()
    assert phone.say(request("NOTIFY", 1, call_id="other", headers=waiting)) == ["481 NOTIFY"]
    assert phone.say(request("NOTIFY", 2, to_tag=tag, headers=waiting)) == ["481 NOTIFY"]
    assert phone.say(request("BYE", 3, to_tag=tag)) == ["200 BYE"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ((("Event", "presence"),), 489),
        ((("Event", "refer"),), 489),
        ((), 489),
        ((CONFERENCE, ("Accept", "application/pidf+xml")), 406),
        ((CONFERENCE, ("Expires", "5")), 423),
        ((CONFERENCE, ("Expires", "soon")), 400),
    ],
)
def test_what_there_is_no_news_of_is_refused_before_anybody_is_asked(
    headers: tuple[tuple[str, str], ...], status: int
) -> None:
    phone = Phone(agent())
    assert phone.say(request("SUBSCRIBE", headers=headers)) == [f"{status} SUBSCRIBE"]
    if status == 489:
        assert phone.heard[-1].tokens("Allow-Events") == ("conference", "refer")


def test_a_refer_is_taken_and_its_sender_hears_how_it_goes() -> None:
    phone, call, tag = talking()
    phone.say(refer(to_tag=tag))
    asked = phone.last(Referred)
    assert isinstance(asked, Referred)
    assert (asked.call, str(asked.referral.target)) == (call, "sip:102@conf.example")
    phone.agent.notifier.admit(asked.subscription, 0.0)
    assert phone.listen() == ["202 REFER", "NOTIFY"]
    first = notified(phone)
    assert first.body == b"SIP/2.0 100 Trying\r\n"
    assert first.headers.get("Event") == "refer;id=2"
    assert (first.headers.get("Content-Type") or "").startswith("message/sipfrag")
    phone.agent.notifier.progress(asked.subscription, 180, 0.1)
    phone.listen(0.1)
    assert notified(phone).body == b"SIP/2.0 180 Ringing\r\n"
    phone.agent.notifier.progress(asked.subscription, 200, 0.2)
    phone.listen(0.2)
    last = notified(phone)
    assert (last.body, last.headers.get("Subscription-State")) == (
        b"SIP/2.0 200 OK\r\n",
        "terminated;reason=noresource",
    )
    assert phone.effects[-1] == Unsubscribed(asked.subscription)


def test_progress_that_comes_while_a_notify_is_under_way_is_told_with_its_latest_state() -> None:
    phone, _, tag = talking()
    phone.say(refer(to_tag=tag))
    asked = phone.last(Referred)
    assert isinstance(asked, Referred)
    phone.agent.notifier.admit(asked.subscription, 0.0)
    phone.agent.notifier.progress(asked.subscription, 180, 0.1)
    phone.agent.notifier.progress(asked.subscription, 486, 0.2)
    assert phone.listen() == ["202 REFER", "NOTIFY"]
    notified(phone)
    assert notified(phone).body == b"SIP/2.0 486 Busy Here\r\n"


def test_whoever_wants_no_news_of_a_refer_gets_none() -> None:
    phone, _, tag = talking()
    phone.say(refer(2, ("Refer-Sub", "false"), to_tag=tag))
    asked = phone.last(Referred)
    assert isinstance(asked, Referred)
    phone.agent.notifier.admit(asked.subscription, 0.0)
    assert phone.listen() == ["202 REFER"]
    assert phone.heard[-1].headers.get("Refer-Sub") == "false"
    phone.agent.notifier.progress(asked.subscription, 200, 0.1)
    assert phone.listen() == []


def test_a_refused_refer_is_over() -> None:
    phone, _, tag = talking()
    phone.say(refer(to_tag=tag))
    asked = phone.last(Referred)
    assert isinstance(asked, Referred)
    phone.agent.notifier.deny(asked.subscription, 403, 0.0)
    assert phone.listen() == ["403 REFER"]
    assert len(phone.agent.notifier) == 0


def test_a_refer_without_one_whom_to_call_is_malformed() -> None:
    phone, _, tag = talking()
    assert phone.say(request("REFER", 2, to_tag=tag)) == ["400 REFER"]
    assert len(phone.agent.notifier) == 0


def test_a_stranger_inside_somebody_elses_dialog_is_turned_away() -> None:
    phone, _, tag = talking()
    assert phone.say(subscribe(2, to_tag=tag, tag="else")) == ["481 SUBSCRIBE"]
    assert phone.say(refer(2, to_tag=tag, tag="else")) == ["481 REFER"]


def test_in_a_call_that_we_placed_it_is_the_same() -> None:
    phone, call, sent = calling()
    phone.say(answer(sent, 200, body=b"v=0\r\n"))
    inside = subscribe(1, call_id=sent.call_id, to_tag=sent.from_.tag)
    assert phone.say(inside) == []
    asked = phone.last(Subscribing)
    assert isinstance(asked, Subscribing) and asked.call == call


@pytest.mark.parametrize("method", ["SUBSCRIBE", "REFER"])
def test_who_has_overheard_the_tags_of_a_call_moves_it_nowhere(method: str) -> None:
    phone, call, tag = talking()
    inside = subscribe(2, to_tag=tag) if method == "SUBSCRIBE" else refer(2, to_tag=tag)
    forged = inside.with_headers(inside.headers.with_("Contact", "<sip:phone@10.0.0.66>"))
    thief = Phone(phone.agent, "10.0.0.66")
    assert thief.say(forged) == [f"403 {method}"]
    assert len(phone.agent.notifier) == 0
    phone.agent.hang_up(call, 0.0)
    assert phone.listen() == ["BYE"]


def test_news_are_not_sent_to_a_host_that_has_not_asked() -> None:
    phone, call, tag = talking()
    elsewhere = ("Contact", "<sip:victim@93.184.216.34>")
    inside = subscribe(2, to_tag=tag)
    assert phone.say(inside.with_headers(inside.headers.with_(*elsewhere))) == ["403 SUBSCRIBE"]
    beside = subscribe(1, uri=f"sip:{call}@10.0.0.1", call_id="other")
    assert phone.say(beside.with_headers(beside.headers.with_(*elsewhere))) == ["403 SUBSCRIBE"]
    assert len(phone.agent.notifier) == 0


def test_a_connection_that_is_lost_ends_the_subscription_and_not_the_call() -> None:
    phone, call, tag, name = subscribed()
    phone.agent.notifier.tell(name, ROSTER, 0.0)
    phone.listen()
    phone.agent.transport_failed(phone.peer, 1.0)
    phone.listen(1.0)
    assert phone.effects[-1] == Unsubscribed(name)
    phone.agent.notifier.changed(name, 2.0)
    phone.agent.notifier.tell(name, ROSTER, 2.0)
    assert phone.say(subscribe(3, ("Expires", "0"), to_tag=tag), 3.0) == [], "asked anew, as nobody is subscribed"
    asked = phone.last(Subscribing)
    assert isinstance(asked, Subscribing) and asked.call == call
