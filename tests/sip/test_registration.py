"""Our registration at a trunk that does all that trunks do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sip.digest import Challenge, Credentials, response_to
from sip.effects import Peer, Send, Trunk
from sip.message import Request, Response
from sip.settings import TrunkSettings
from sip.uri import Uri
from tests.sip.link import Phone
from tests.sip.script import agent, answer

SETTINGS = TrunkSettings(
    "provider", Uri.parse("sip:sip.provider.example"), "7495", "secret", register=True, trust_caller_id=True
)


class Provider(Phone):
    def __init__(self, settings: TrunkSettings = SETTINGS) -> None:
        super().__init__(agent(settings), "192.0.2.1")

    def asked(self) -> Request:
        request = self.heard[-1]
        assert isinstance(request, Request)
        return request

    def reply(self, status: int, *headers: tuple[str, str], now: float = 0.0) -> list[str]:
        made = answer(self.asked(), status, "provider", headers=headers)
        return self.say(Response(status, made.reason, made.headers.without("Contact").adding("Contact")), now)

    def grant(self, expires: int, now: float = 0.0) -> list[str]:
        contact = self.asked().headers.get("Contact")
        made = answer(self.asked(), 200, "provider")
        headers = made.headers.with_("Contact", "<sip:7495@10.0.0.77>;expires=9", f"{contact};expires={expires}")
        return self.say(made.with_headers(headers), now)


def started(settings: TrunkSettings = SETTINGS) -> Provider:
    provider = Provider(settings)
    provider.agent.trunk_resolved("provider", (provider.peer,), 0.0)
    provider.agent.register_trunks(0.0)
    assert provider.listen() == ["REGISTER"]
    return provider


def test_a_registration_names_us_and_waits_until_the_trunk_has_an_address() -> None:
    provider = Provider()
    provider.agent.register_trunks(0.0)
    assert provider.listen() == []
    provider.agent.trunk_resolved("provider", (provider.peer,), 5.0)
    assert provider.listen(5.0) == ["REGISTER"]
    asked = provider.asked()
    assert (str(asked.uri), str(asked.to)) == ("sip:sip.provider.example", "<sip:7495@sip.provider.example>")
    assert str(asked.contacts[0]) == "<sip:7495@10.0.0.1:5060>"


@pytest.mark.parametrize(
    ("status", "asks", "answers"),
    [(401, "WWW-Authenticate", "Authorization"), (407, "Proxy-Authenticate", "Proxy-Authorization")],
)
def test_a_challenge_is_answered(status: int, asks: str, answers: str) -> None:
    provider = started()
    assert provider.reply(status, (asks, str(Challenge("r", "n", "MD5", ("auth",))))) == ["REGISTER"]
    credentials = Credentials.parse(provider.asked().headers.get(answers) or "")
    assert credentials.response == response_to(credentials, "REGISTER", "secret")
    provider.grant(600)
    assert provider.effects == [Trunk("provider", registered=True, detail="200 OK")]
    (told,) = provider.effects
    assert isinstance(told, Trunk)
    assert told.realm == "r"


def test_a_user_name_with_a_domain_is_one_word_in_a_uri() -> None:
    asked = started(replace(SETTINGS, username="7495@provider.example")).asked()
    assert asked.to.uri.user == asked.contacts[0].uri.user == "7495%40provider.example"


def test_it_is_refreshed_at_four_fifths_of_what_was_granted_to_our_contact() -> None:
    provider = started()
    first = provider.asked()
    provider.grant(100)
    assert provider.wait(79.9) == []
    assert provider.wait(80.0) == ["REGISTER"]
    again = provider.asked()
    assert again.call_id == first.call_id
    assert again.cseq.number > first.cseq.number


def test_too_brief_for_them_is_asked_again_as_they_want_it() -> None:
    provider = started()
    assert provider.reply(423, ("Min-Expires", "1800")) == ["REGISTER"]
    assert provider.asked().expires == 1800
    provider.reply(423, ("Min-Expires", "1800"))
    assert provider.effects == [Trunk("provider", registered=False, detail="423 Interval Too Brief")]


def test_a_trunk_that_is_content_with_no_interval_is_asked_no_more_than_twice() -> None:
    provider = started()
    assert provider.reply(423, ("Min-Expires", "100000")) == ["REGISTER"]
    assert provider.asked().expires == 86_400
    assert provider.reply(423, ("Min-Expires", "100000")) == []
    assert provider.effects == [Trunk("provider", registered=False, detail="423 Interval Too Brief")]


def test_a_trunk_that_wants_a_little_longer_each_time_is_asked_no_more_often_than_one_that_refuses() -> None:
    provider = started()
    assert provider.reply(423, ("Min-Expires", "1800")) == ["REGISTER"]
    assert provider.reply(423, ("Min-Expires", "1801")) == []


def test_no_more_is_believed_to_be_granted_than_was_asked_for() -> None:
    provider = started()
    provider.grant(4_294_967_295)
    assert provider.agent.deadline() is not None
    assert provider.wait(480.0) == ["REGISTER"]


def waits(provider: Provider, attempts: int) -> list[float]:
    """How long it waits after each failure."""
    seconds = []
    now = 0.0
    for _ in range(attempts):
        provider.reply(500, now=now)
        words: list[str] = []
        begun = now
        while "REGISTER" not in words:
            now = provider.agent.deadline() or 0.0
            provider.agent.tick(now)
            words = provider.listen(now)
        seconds.append(now - begun)
    return seconds


def test_it_backs_off_with_jitter_from_five_seconds_to_ten_minutes() -> None:
    seconds = waits(started(), 12)
    for attempt, wait in enumerate(seconds):
        usual = min(5 * 2**attempt, 600)
        assert max(5, 0.75 * usual) <= round(wait, 6) <= min(600, 1.25 * usual)
    assert len({round(wait / 5 / 2**attempt, 6) for attempt, wait in enumerate(seconds[:5])}) > 1


@pytest.mark.parametrize(("asked", "least", "most"), [("60", 60, 60), ("999999", 600, 600), ("soon", 5, 6.25)])
def test_retry_after_is_honoured_up_to_ten_minutes(asked: str, least: float, most: float) -> None:
    provider = started()
    provider.reply(503, ("Retry-After", asked))
    provider.wait(4.9)
    assert least <= (provider.agent._owners._schedule.next() or 0) <= most


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_is_not_hammered(status: int) -> None:
    provider = started()
    provider.reply(status)
    assert provider.wait(440.0) == []
    assert provider.effects[-1] == Trunk("provider", registered=False, detail=f"{status} {provider_reason(status)}")


def provider_reason(status: int) -> str:
    return {403: "Forbidden", 404: "Not Found"}[status]


def test_a_password_that_is_wrong_is_tried_twice_and_then_rests() -> None:
    provider = started()
    for number in range(2):
        challenge = Challenge("r", f"n{number}", qop=("auth",))
        assert provider.reply(401, ("WWW-Authenticate", str(challenge))) == ["REGISTER"]
    assert provider.reply(401, ("WWW-Authenticate", str(Challenge("r", "n3")))) == []
    assert provider.wait(440.0) == []


def with_two_addresses() -> tuple[Provider, Peer]:
    provider = Provider()
    other = Peer("udp", "192.0.2.2", 5060)
    provider.agent.trunk_resolved("provider", (provider.peer, other), 0.0)
    provider.agent.register_trunks(0.0)
    assert provider.listen() == ["REGISTER"]
    return provider, other


def test_three_seconds_of_silence_lead_to_the_next_address_which_keeps_the_registration() -> None:
    provider, other = with_two_addresses()
    assert provider.wait(2.9) == ["REGISTER"] * 2
    first, provider.peer = provider.peer, other
    assert provider.wait(3.0) == ["REGISTER"]
    provider.grant(100, now=3.1)
    assert provider.effects == [Trunk("provider", registered=True, detail="200 OK")]
    provider.agent.trunk_resolved("provider", (first, other), 4.0)
    provider.wait(3.3)
    provider.agent._layer._clients.clear()  # the silent address is still asked what it was asked, for 32 s
    provider.agent._layer._schedule = type(provider.agent._layer._schedule)()
    assert provider.wait(83.2) == ["REGISTER"]


def test_a_503_leads_to_the_next_address_at_once() -> None:
    provider, other = with_two_addresses()
    made = answer(provider.asked(), 503, "provider")
    first, provider.peer = provider.peer, other
    provider.agent.receive(bytes(made), first, 0.1)
    assert provider.listen(0.1) == ["REGISTER"]


def test_when_no_address_answers_all_are_asked_again_later() -> None:
    provider, other = with_two_addresses()
    told: list[object] = []
    asked: list[tuple[float, str]] = []
    while (at := provider.agent.deadline()) is not None and at < 45:
        provider.agent.tick(at)
        for effect in provider.agent.effects():
            if isinstance(effect, Send):
                asked.append((at, effect.peer.host))
            else:
                told.append(effect)
    assert told == [Trunk("provider", registered=False, detail="408 no answer")]
    assert next(at for at, host in asked if host == other.host) == 3.0
    assert any(at >= 40 and host == "192.0.2.1" for at, host in asked)


def test_the_route_that_the_trunk_wants_for_calls_is_told() -> None:
    provider = started()
    contact = provider.asked().headers.get("Contact")
    route = ("Service-Route", "<sip:a.example;lr>, <sip:b.example;lr>")
    made = answer(provider.asked(), 200, "provider", headers=(route,))
    provider.say(made.with_headers(made.headers.with_("Contact", f"{contact};expires=600")))
    (told,) = provider.effects
    assert isinstance(told, Trunk)
    assert [str(hop) for hop in told.route] == ["sip:a.example;lr", "sip:b.example;lr"]
    assert told.next_try == 480.0


def test_a_registration_for_no_time_is_none() -> None:
    provider = started()
    provider.grant(0)
    assert provider.effects == [Trunk("provider", registered=False, detail="200 for no time at all")]


@pytest.mark.parametrize("granted", [2, 10, 600])
def test_it_is_refreshed_between_half_and_nine_tenths_of_its_time(granted: int) -> None:
    provider = started()
    provider.grant(granted)
    at = provider.agent._owners._schedule.next()
    assert at is not None
    assert 0.5 * granted <= at <= 0.9 * granted


def test_it_is_given_back_when_we_stop() -> None:
    provider = started()
    provider.grant(600)
    provider.agent.unregister_trunks(10.0)
    assert provider.listen(10.0) == ["REGISTER"]
    assert provider.asked().expires == 0
    provider.reply(200, now=10.1)
    assert provider.effects[-1] == Trunk("provider", registered=False, detail="unregistered")
    assert provider.wait(10_000) == []


def test_stopping_while_nobody_answers_leaves_nothing_behind() -> None:
    provider = started()
    provider.agent.unregister_trunks(0.1)
    assert set(provider.wait(10_000)) == {"REGISTER"}
    assert provider.agent.deadline() is None
    assert provider.effects == []


def test_stopping_between_two_attempts_just_stops() -> None:
    provider = started()
    provider.reply(500)
    provider.agent.unregister_trunks(0.1)
    assert provider.wait(10_000) == []
