"""A subscription's machine, alone: what it sends when, and how it ends (RFC 6665 §4.2)."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.dialog import Dialog
from sip.errors import RemoteError
from sip.message import Request, respond
from sip.origin import Origin
from sip.subscription import SUBSCRIPTION, Action, Event, Input, News, State, Subscription
from tests.sip.script import PHONE, request

ROSTER = News("application/conference-info+xml", b"<roster/>")
LONG = 3600


class Subscriber:
    """A subscription with its subscriber: all that is sent is heard, nothing is answered by itself."""

    def __init__(self, pause: float = 1.0) -> None:
        origin = Origin(lambda _: ("10.0.0.1", 5060), "test", random.Random(1))
        dialog = Dialog.of_request(request("SUBSCRIBE"), "ours", PHONE)
        self.subscription = Subscription("name", Event("conference"), dialog, origin, call=None, pause=pause)
        self.notified: list[tuple[float, str, bytes]] = []
        self.last: Request | None = None

    def hear(self, notify: Request | None, now: float) -> None:
        if notify is not None:
            self.last = notify
            self.notified.append((now, notify.headers.get("Subscription-State") or "", notify.body))

    def tell(self, now: float) -> None:
        if self.subscription.wants_news:
            self.subscription.wants_news = False
            self.hear(self.subscription.tell(ROSTER, now), now)

    def answer(self, now: float, status: int = 200) -> None:
        assert self.last is not None
        self.hear(self.subscription.replied(self.last, respond(self.last, status), now), now)

    @property
    def sent_at(self) -> list[float]:
        return [at for at, _, _ in self.notified]


def subscribed(seconds: int = LONG) -> Subscriber:
    one = Subscriber()
    one.subscription.admit(seconds, 0.0)
    one.tell(0.0)
    return one


def test_whoever_is_let_in_is_told_everything_at_once() -> None:
    one = subscribed()
    assert one.notified == [(0.0, "active;expires=3600", b"<roster/>")]


def test_news_wait_until_a_second_has_passed_and_come_together() -> None:
    one = subscribed()
    one.answer(0.1)
    for at in (0.2, 0.3, 0.4):
        one.subscription.news(at)
        one.tell(at)
    assert (one.sent_at, one.subscription.deadline()) == ([0.0], 1.0)
    assert one.subscription.tick(1.0) is None
    one.tell(1.0)
    assert one.sent_at == [0.0, 1.0]


def test_no_notify_overtakes_another() -> None:
    one = subscribed()
    one.subscription.news(5.0)
    one.tell(5.0)
    assert one.sent_at == [0.0]
    one.answer(6.0)
    one.subscription.tick(6.0)
    one.tell(6.0)
    assert one.sent_at == [0.0, 6.0]


def test_a_subscription_for_no_time_is_one_notify() -> None:
    one = subscribed(0)
    assert one.notified == [(0.0, "terminated;reason=timeout", b"<roster/>")]
    one.answer(0.1)
    assert one.subscription.over


def test_whoever_subscribes_no_more_is_told_once_more() -> None:
    one = subscribed()
    one.answer(0.1)
    one.subscription.admit(0, 0.2)
    one.tell(0.2)
    assert one.notified[-1][1] == "terminated;reason=timeout"
    one.answer(0.3)
    assert one.subscription.over


def test_a_refresh_is_answered_with_everything_and_lasts_from_then_on() -> None:
    one = subscribed(60)
    one.answer(0.1)
    one.subscription.admit(60, 50.0)
    one.tell(50.0)
    assert one.notified[-1][:2] == (50.0, "active;expires=60")
    one.answer(50.1)
    assert one.subscription.deadline() == 110.0


def test_nobody_who_does_not_come_back_stays_subscribed() -> None:
    one = subscribed(60)
    one.answer(0.1)
    one.hear(one.subscription.tick(60.0), 60.0)
    assert one.notified[-1][1:] == ("terminated;reason=timeout", b"")
    one.answer(60.1)
    assert one.subscription.over
    assert one.subscription.deadline() is None


def test_the_end_of_what_it_is_about_ends_it_after_the_notify_that_is_under_way() -> None:
    one = subscribed()
    one.hear(one.subscription.end("noresource", 1.0), 1.0)
    assert one.sent_at == [0.0]
    one.answer(2.0)
    assert one.notified[-1] == (2.0, "terminated;reason=noresource", b"")


@pytest.mark.parametrize("status", [481, 404, 500, 401])
def test_a_phone_that_refuses_a_notify_hears_no_more(status: int) -> None:
    one = subscribed()
    one.answer(0.1, status)
    assert one.subscription.over
    one.subscription.news(5.0)
    assert not one.subscription.wants_news


def test_so_does_one_that_never_answers() -> None:
    one = subscribed()
    assert one.last is not None
    one.subscription.unanswered(one.last, 32.0)
    assert one.subscription.over


def test_each_notify_has_the_next_number_of_its_dialog() -> None:
    one = subscribed()
    first = one.last
    one.answer(0.1)
    one.subscription.news(2.0)
    one.tell(2.0)
    assert first is not None and one.last is not None
    assert one.last.cseq.number == first.cseq.number + 1


def test_the_end_is_told_once_and_nothing_follows_it() -> None:
    for state, stimulus in product(State, Input):
        transition = SUBSCRIPTION.get((state, stimulus))
        if transition is None:
            continue
        assert state is not State.OVER
        assert (Action.PART in transition.actions) == (transition.to is State.LAST)
    for state in State:
        if state not in (State.LAST, State.PARTING, State.OVER):
            assert (state, Input.END) in SUBSCRIPTION


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["news", "admit", "forget", "tell", "taken", "failed", "end", "tick"]), max_size=30))
def test_in_any_order_no_two_are_sent_within_a_second_unless_asked_for_and_it_can_always_end(words: list[str]) -> None:
    one = subscribed()
    now = 0.0
    asked = False
    for word in words:
        now += 0.3
        before = len(one.notified)
        match word:
            case "news":
                one.subscription.news(now)
            case "admit" | "forget":
                one.subscription.admit(LONG if word == "admit" else 0, now)
                asked = True
            case "tell":
                one.tell(now)
            case "taken" | "failed":
                one.answer(now, 200 if word == "taken" else 481)
            case "end":
                one.hear(one.subscription.end("noresource", now), now)
            case _:
                one.hear(one.subscription.tick(now), now)
        if len(one.notified) > before and not asked and "terminated" not in one.notified[-1][1]:
            assert one.sent_at[-1] - one.sent_at[-2] >= 1.0
        assert sum("terminated" in state for _, state, _ in one.notified) <= 1
    for _ in range(3):
        one.hear(one.subscription.end("noresource", now), now)
        one.answer(now)
    assert one.subscription.over


@pytest.mark.parametrize("event", ["", "  ", "a b", "conference;;"])
def test_an_event_that_cannot_be_read_is_a_bad_one(event: str) -> None:
    with pytest.raises(RemoteError):
        Event.of(request("SUBSCRIBE", headers=(("Event", event),)))


def test_an_event_is_its_package_and_its_id() -> None:
    assert Event.of(request("SUBSCRIBE", headers=(("Event", "refer ; id=7"),))) == Event("refer", "7")
    assert str(Event("refer", "7")) == "refer;id=7"
