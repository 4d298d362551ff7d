"""Session timers (RFC 4028): who refreshes, how, and what becomes of a session that nobody refreshes."""

from __future__ import annotations

import pytest

from sip.effects import Answered, Changed, Ended, Offered, Refused
from sip.message import Request, Response
from sip.session_timer import LONGEST, Due, SessionTimer, Terms, agreed, answered, said_in_answer
from tests.sip.link import ALICE, ANSWER, OFFER, Network, Phone
from tests.sip.scenes import asked, calling, ringing
from tests.sip.script import agent, answer, invite, request
from tests.sip.test_two_agents import answering, dial, pair

Header = tuple[str, str]
SUPPORTED: Header = ("Supported", "timer")
UPDATES: Header = ("Allow", "INVITE, ACK, BYE, CANCEL, UPDATE")
NO_UPDATES: Header = ("Allow", "INVITE, ACK, BYE, CANCEL")


def expires(value: str) -> Header:
    return ("Session-Expires", value)


# RFC 4028 table 2, and what is left to us: who asks for a timer also refreshes, unless it says otherwise.
ANSWERS: list[tuple[tuple[Header, ...], Terms | None, Terms | None]] = [
    ((), None, None),
    ((SUPPORTED,), None, Terms(1800, ours=True)),
    ((SUPPORTED, ("Min-SE", "3600")), None, Terms(3600, ours=True)),
    ((SUPPORTED, expires("600")), None, Terms(600, ours=False)),
    ((SUPPORTED, ("x", "600;refresher=uac")), None, Terms(600, ours=False)),
    ((SUPPORTED, expires("600;refresher=uas")), None, Terms(600, ours=True)),
    ((SUPPORTED, expires("600;refresher=UAS;x=y")), None, Terms(600, ours=True)),
    ((SUPPORTED, expires("600;refresher=nobody")), None, Terms(600, ours=False)),
    ((("Require", "timer"), expires("600")), None, Terms(600, ours=False)),
    ((expires("600"),), None, Terms(600, ours=True)),
    ((expires("600;refresher=uac"),), None, Terms(600, ours=True)),
    ((SUPPORTED, expires("4294967295")), None, Terms(LONGEST, ours=False)),
    ((SUPPORTED, expires("4294967295"), ("Min-SE", "100000")), None, Terms(100_000, ours=False)),
    # within a session the refresher stays who it is, whoever asks
    ((SUPPORTED,), Terms(600, ours=False), Terms(600, ours=False)),
    ((SUPPORTED,), Terms(600, ours=True), Terms(600, ours=True)),
    ((), Terms(600, ours=True), Terms(600, ours=True)),
    ((), Terms(600, ours=False), None),
    ((SUPPORTED, expires("900")), Terms(600, ours=True), Terms(900, ours=True)),
    ((SUPPORTED, expires("900;refresher=uac")), Terms(600, ours=True), Terms(900, ours=False)),
]


@pytest.mark.parametrize(("headers", "before", "terms"), ANSWERS)
def test_what_we_answer_is_in_table_2(headers: tuple[Header, ...], before: Terms | None, terms: Terms | None) -> None:
    asked = invite(headers=headers)
    assert answered(asked, before) == terms
    said = dict(said_in_answer(terms, asked))
    assert said.get("Session-Expires") == (terms and f"{terms.interval};refresher={'uas' if terms.ours else 'uac'}")
    assert ("Require" in said) == (terms is not None and any("timer" in value for _, value in headers))


@pytest.mark.parametrize(
    ("value", "terms"),
    [
        (None, None),
        ("1800;refresher=uac", Terms(1800, ours=True)),
        ("1800;refresher=uas", Terms(1800, ours=False)),
        ("1800", Terms(1800, ours=True)),
        ("1;refresher=uac", Terms(90, ours=True)),
        ("99999999", Terms(LONGEST, ours=True)),
        ("soon", None),
        ("-5", None),
    ],
)
def test_what_a_2xx_says_is_taken_as_far_as_it_can_be(value: str | None, terms: Terms | None) -> None:
    headers = () if value is None else (expires(value),)
    assert agreed(answer(invite(), 200, headers=headers)) == terms


def test_a_session_is_refreshed_at_half_of_its_interval_and_given_up_before_its_end() -> None:
    """§10: SE/2, and SE - min(32, SE/3)."""
    timer = SessionTimer()
    timer.agree(Terms(90, ours=True), 1000.0)
    assert (timer.deadline(), timer.pop_due(1044.9)) == (1045.0, None)
    assert timer.pop_due(1045.0) is Due.REFRESH
    timer.refused(1046.0)
    assert timer.deadline() == 1046.0 + 90 / 8
    assert timer.pop_due(1060.0) is Due.EXPIRED
    assert timer.deadline() is None
    timer.agree(Terms(1800, ours=False), 0.0)
    assert timer.deadline() == 1768.0
    timer.refused(1.0)
    assert timer.deadline() == 1768.0
    timer.agree(None, 1.0)
    assert timer.deadline() is None


def talking(*headers: Header) -> tuple[Phone, str, str, Response]:
    """A call from a phone that says ``headers``; with our tag and our 2xx."""
    phone, first, call = ringing(invite(headers=headers))
    phone.agent.accept(call, ANSWER, 0.0)
    phone.listen()
    accepted = phone.heard[-1]
    assert isinstance(accepted, Response)
    phone.say(request("ACK", first.cseq.number, to_tag=accepted.to.tag))
    return phone, call, accepted.to.tag or "", accepted


def placed(*headers: Header) -> tuple[Phone, str, Request]:
    """A call to a phone whose 2xx says ``headers``."""
    phone, call, sent = calling()
    assert phone.say(answer(sent, 200, body=ANSWER, headers=headers)) == ["ACK"]
    return phone, call, sent


@pytest.mark.parametrize("value", ["30", "89;refresher=uac"])
@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_an_interval_below_90_seconds_is_refused_with_422_at_any_time(method: str, value: str) -> None:
    phone, call, tag, _ = talking()
    count = len(phone.effects)
    for to_tag in (tag, None) if method == "INVITE" else (tag,):
        short = request(method, 2, to_tag=to_tag, body=OFFER, headers=(SUPPORTED, expires(value)))
        assert phone.say(short) == [f"422 {method}"]
        assert phone.heard[-1].headers.get("Min-SE") == "90"
    assert len(phone.effects) == count
    longer = request(method, 3, to_tag=tag, body=OFFER, headers=(SUPPORTED, expires("90")))
    phone.say(longer)
    assert phone.effects[-1] == Offered(call, OFFER, phone.peer)


def test_whoever_asks_for_a_timer_refreshes_and_when_it_does_not_the_call_ends() -> None:
    phone, call, tag, accepted = talking(SUPPORTED, expires("90"))
    assert accepted.headers.get("Session-Expires") == "90;refresher=uac"
    assert accepted.tokens("Require") == ("timer",)
    update = request("UPDATE", 2, to_tag=tag, headers=(SUPPORTED, expires("90;refresher=uac")))
    assert phone.say(update, 45.0) == ["200 UPDATE"]
    assert phone.heard[-1].headers.get("Session-Expires") == "90;refresher=uac"
    assert phone.wait(104.9) == []
    assert phone.wait(105.0) == ["BYE"]
    assert phone.effects[-1] == Ended(call, "the session was not refreshed")
    assert 'text="the session was not refreshed"' in (asked(phone).headers.get("Reason") or "")


def test_a_phone_that_takes_update_is_refreshed_by_that() -> None:
    phone, _, _, accepted = talking(SUPPORTED, UPDATES, expires("1800;refresher=uas"))
    assert accepted.headers.get("Session-Expires") == "1800;refresher=uas"
    for round_ in (1, 2, 3):
        at = 900.0 * round_
        assert phone.wait(at) == ["UPDATE"]
        refresh = asked(phone)
        assert (refresh.headers.get("Session-Expires"), refresh.body) == ("1800;refresher=uac", b"")
        assert "timer" in refresh.tokens("Supported")
        phone.say(answer(refresh, 200, headers=(expires("1800;refresher=uac"),)), at)
    count = len(phone.effects)
    assert phone.wait(3599.0) == []
    assert len(phone.effects) == count


def test_a_phone_without_update_is_refreshed_by_the_description_it_knows() -> None:
    phone, call, _, _ = talking(SUPPORTED, NO_UPDATES, expires("1800;refresher=uas"))
    assert phone.wait(900.0) == ["INVITE"]
    refresh = asked(phone)
    assert refresh.body == ANSWER, "with the same o= line"
    said = answer(refresh, 200, body=OFFER, headers=(expires("1800;refresher=uac"),))
    assert phone.say(said, 900.0) == ["ACK"]
    assert phone.effects[-1] == Changed(call, ANSWER, OFFER)
    assert phone.wait(1799.0) == []


def test_a_phone_that_says_update_and_has_none_is_asked_by_invite() -> None:
    phone, _, _, _ = talking(SUPPORTED, UPDATES, expires("1800;refresher=uas"))
    phone.wait(900.0)
    assert phone.say(answer(asked(phone), 405), 900.0) == ["INVITE"]
    phone.say(answer(asked(phone), 200, body=OFFER, headers=(expires("1800;refresher=uac"),)), 900.0)
    assert phone.wait(1800.0) == ["INVITE"]


def test_a_refresh_that_is_refused_is_tried_again_until_the_session_ends() -> None:
    phone, call, _, _ = talking(SUPPORTED, UPDATES, expires("1800;refresher=uas"))
    asked_at = []
    while not isinstance(phone.effects[-1], Ended):
        now = phone.agent.deadline()
        assert now is not None
        if phone.wait(now) == ["UPDATE"]:
            asked_at.append(now)
            phone.say(answer(asked(phone), 503), now)
    assert (asked_at, now) == ([900.0, 1125.0, 1350.0, 1575.0], 1768.0)
    assert phone.effects[-1] == Ended(call, "the session was not refreshed")


def test_a_refresh_that_nobody_answers_ends_the_call() -> None:
    phone, call, _, _ = talking(SUPPORTED, UPDATES, expires("1800;refresher=uas"))
    words = phone.wait(932.0)
    assert (set(words), words[-1]) == ({"UPDATE", "BYE"}, "BYE")
    assert phone.effects[-1] == Ended(call, "the phone does not answer")


def test_our_invites_offer_a_timer_and_obey_what_the_2xx_says() -> None:
    phone, _, sent = placed(UPDATES, expires("600;refresher=uac"))
    assert (sent.headers.get("Session-Expires"), sent.headers.get("Min-SE")) == ("1800", "90")
    assert "timer" in sent.tokens("Supported")
    assert phone.wait(300.0) == ["UPDATE"]


def test_a_phone_that_does_not_know_timers_is_left_alone() -> None:
    phone, _, _ = placed()
    assert phone.wait(100.0) == []
    assert phone.agent.deadline() is None


def test_a_422_is_obeyed_once() -> None:
    phone = Phone(agent())
    call = phone.agent.invite(invite().uri, caller=ALICE, offer=OFFER, peers=(phone.peer,), now=0.0)
    phone.listen()
    first = asked(phone)
    assert phone.say(answer(first, 422, headers=(("Min-SE", "3600"),))) == ["ACK", "INVITE"]
    again = asked(phone)
    assert (again.headers.get("Session-Expires"), again.headers.get("Min-SE")) == ("3600", "3600")
    assert (again.cseq.number, again.call_id, again.via.branch == first.via.branch) == (2, first.call_id, False)
    assert phone.say(answer(again, 422, headers=(("Min-SE", "7200"),))) == ["ACK"]
    assert phone.effects == [Refused(call, 422, "Session Interval Too Small")]


@pytest.mark.parametrize("value", ["30", "", "soon", "4294967295"])
def test_a_422_that_makes_no_sense_is_a_refusal(value: str) -> None:
    phone = Phone(agent())
    call = phone.agent.invite(invite().uri, caller=ALICE, offer=OFFER, peers=(phone.peer,), now=0.0)
    phone.listen()
    assert phone.say(answer(asked(phone), 422, headers=(("Min-SE", value),))) == ["ACK"]
    assert phone.effects == [Refused(call, 422, "Session Interval Too Small")]


def test_a_422_to_a_refresh_is_obeyed_too() -> None:
    phone, _, _ = placed(UPDATES, expires("600;refresher=uac"))
    phone.wait(300.0)
    assert phone.say(answer(asked(phone), 422, headers=(("Min-SE", "900"),)), 300.0) == ["UPDATE"]
    again = asked(phone)
    assert (again.headers.get("Session-Expires"), again.headers.get("Min-SE")) == ("900;refresher=uac", "900")
    phone.say(answer(again, 200, headers=(expires("900;refresher=uac"),)), 300.0)
    assert phone.wait(750.0) == ["UPDATE"]


def test_the_refresher_stays_the_same_when_the_other_side_reinvites() -> None:
    phone, call, tag, _ = talking(SUPPORTED, UPDATES, expires("600;refresher=uas"))
    phone.say(invite(2, to_tag=tag, headers=(SUPPORTED, expires("600;refresher=uas"))), 100.0)
    phone.agent.accept(call, ANSWER, 100.0)
    phone.listen(100.0)
    assert phone.heard[-1].headers.get("Session-Expires") == "600;refresher=uas"
    phone.say(request("ACK", 2, to_tag=tag), 100.0)
    assert phone.wait(399.0) == []
    assert phone.wait(400.0) == ["UPDATE"], "half of the interval after the last 2xx"
    phone.say(answer(asked(phone), 200, headers=(expires("600;refresher=uac"),)), 400.0)
    assert phone.wait(699.0) == []


def test_a_refresh_of_ours_that_waits_is_not_needed_after_theirs() -> None:
    phone, call, tag, _ = talking(SUPPORTED, UPDATES, expires("600;refresher=uas"))
    phone.say(invite(2, to_tag=tag, headers=(SUPPORTED, expires("600;refresher=uas"))), 299.9)
    assert phone.wait(301.0) == []
    phone.agent.accept(call, ANSWER, 301.0)
    assert phone.listen(301.0) == ["200 INVITE"]
    phone.say(request("ACK", 2, to_tag=tag), 301.0)
    assert phone.wait(600.0) == []


@pytest.mark.parametrize("loss", [0.0, 0.2])
def test_two_agents_talk_for_hours_and_one_that_dies_is_noticed(loss: float) -> None:
    alice, bob, network = pair(loss=loss, react=answering)
    alice.react = answering
    call = dial(alice, network)
    network.run(4 * 3600 + 60)
    updates = {message.cseq.number for _, _, message in network.wire if message.cseq.method == "UPDATE"}
    assert len(alice.of(Answered)) == 1 and not alice.of(Ended) and not bob.of(Ended)
    assert len(updates) == 16, "the one that refreshes does so twice an hour's half"
    del network.hosts[bob.peer]
    network.run(1000)
    assert alice.of(Ended) == [Ended(call, "the phone does not answer")]
    dead = Network(bob)
    dead.now = network.now
    dead.run(2000)
    assert [effect.reason for effect in bob.of(Ended) if isinstance(effect, Ended)] == ["the session was not refreshed"]
