"""Guessing passwords: nothing tells which accounts there are, each guess costs more, and the true phone gets in."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sip.digest import Challenge, Credentials, authorize, response_to
from sip.effects import Peer, WrongPassword
from sip.message import Response
from tests.sip.link import Phone
from tests.sip.script import agent, invite, request

if TYPE_CHECKING:
    from sip.agent import Agent
    from sip.message import Request

ACCOUNTS = {"101": "secret", "102": "other"}


def register(number: int = 1, user: str = "101", expires: int = 3600, via: str | None = None) -> Request:
    asked = request(
        "REGISTER",
        number,
        user=user,
        host="conf.example",
        uri="sip:conf.example",
        call_id=f"registers {user}",
        headers=(("Expires", str(expires)),),
        via=via,
    )
    return asked.with_headers(asked.headers.with_("To", f"<sip:{user}@conf.example>"))


def signed(asked: Request, challenge: Challenge, password: str, **changes: object) -> Request:
    user = asked.from_.uri.user or ""
    credentials = authorize([challenge], asked.method, str(asked.uri), user, password, b"", "cn", 1)
    assert credentials is not None
    if changes:
        credentials = replace(credentials, **changes)  # type: ignore[arg-type]  # as the class has them
        credentials = replace(credentials, response=response_to(credentials, asked.method, password))
    return asked.with_headers(asked.headers.adding("Authorization", str(credentials)))


def challenge_of(phone: Phone) -> Challenge:
    return Challenge.parse(phone.heard[-1].headers.get("WWW-Authenticate") or "")


class Someone(Phone):
    """At an address of a network that ``agent`` knows."""

    def tries(self, password: str, now: float, user: str = "101", number: int = 1) -> str:
        """The answer to a REGISTER with that password."""
        assert self.say(register(number, user), now) == ["401 REGISTER"]
        return self.say(signed(register(number + 1, user), challenge_of(self), password), now)[0]


def five_wrong(target: Agent, host: str = "10.0.0.66", user: str = "101") -> Someone:
    guesser = Someone(target, host)
    for number in range(5):
        assert guesser.tries("guess", number, user) == "403 REGISTER"
    return guesser


def test_after_five_wrong_passwords_not_even_the_right_one_is_looked_at_for_a_minute() -> None:
    guesser = five_wrong(agent(**ACCOUNTS))
    assert guesser.tries("secret", 30.0) == "403 REGISTER"
    assert guesser.tries("secret", 65.0) == "200 REGISTER"


def test_each_further_wrong_password_costs_twice_the_time_up_to_a_quarter_of_an_hour() -> None:
    guesser = five_wrong(agent(**ACCOUNTS))
    now = 64.0
    for pause in (60, 120, 240, 480, 900, 900):
        assert guesser.tries("guess", now) == "403 REGISTER"
        now += 2 * pause
        if pause < 900:
            assert guesser.tries("secret", now - pause - 1, number=9) == "403 REGISTER"
    assert guesser.tries("secret", now, number=20) == "200 REGISTER"


def test_the_true_phone_at_another_host_is_not_kept_out() -> None:
    target = agent(**ACCOUNTS)
    five_wrong(target)
    assert Someone(target, "10.0.0.9").tries("secret", 10.0) == "200 REGISTER"


def test_a_phone_that_is_registered_is_not_kept_out_by_guesses_from_its_own_host() -> None:
    target = agent(**ACCOUNTS)
    phone = Someone(target, "10.0.0.9", 5060)
    assert phone.tries("secret", 0.0) == "200 REGISTER"
    neighbour = Someone(target, "10.0.0.9", 6000)
    for number in range(5):
        assert neighbour.tries("guess", 1.0, number=number * 2 + 10) == "403 REGISTER"
    assert neighbour.tries("secret", 2.0, number=30) == "403 REGISTER"
    assert phone.tries("secret", 2.0, number=40) == "200 REGISTER"


def test_an_account_whose_phone_is_there_is_not_kept_out_by_a_neighbour_s_wrong_password() -> None:
    target = agent(**ACCOUNTS)
    assert Someone(target, "10.0.0.9", 5060).tries("other", 0.0, "102") == "200 REGISTER"
    five_wrong(target, "10.0.0.9")
    assert Someone(target, "10.0.0.9", 7000).tries("other", 6.0, "102", number=9) == "200 REGISTER"
    assert Someone(target, "10.0.0.9", 7001).tries("guess", 6.0, "103") == "403 REGISTER"


def test_a_source_that_tries_many_accounts_is_stopped_as_well() -> None:
    target = agent(**ACCOUNTS)
    guesser = Someone(target, "10.0.0.66")
    for number in range(5):
        assert guesser.tries("guess", 0.0, str(200 + number)) == "403 REGISTER"
    assert guesser.tries("secret", 1.0) == "403 REGISTER"


def test_each_wrong_password_is_told_of_with_its_source() -> None:
    guesser = five_wrong(agent(**ACCOUNTS), user="nobody")
    assert guesser.effects == [WrongPassword(Peer("udp", "10.0.0.66", 5060), "nobody")] * 5


def shape(response: Response) -> tuple[int, str, int, list[str]]:
    """What two answers have to have in common."""
    text = re.sub(r'(nonce="|tag=|branch=)[0-9a-zA-Z-]+', r"\1", bytes(response).decode())
    return response.status, text, len(bytes(response)), [name for name, _ in response.headers]


@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
def test_nothing_in_an_answer_tells_whether_there_is_an_account(method: str) -> None:
    answers = []
    for user in ("101", "999"):
        phone = Phone(agent(**ACCOUNTS))

        def asked(number: int, user: str = user) -> Request:
            if method == "REGISTER":
                return register(number, user, via=f"z9hG4bKsame{number}")
            return invite(number, user=user, host="conf.example", via=f"z9hG4bKsame{number}")

        assert phone.say(asked(1)) == [f"401 {method}"]
        wrong = signed(asked(2), challenge_of(phone), "guess")
        assert phone.say(wrong) == [f"403 {method}"]
        shapes = [shape(each) for each in phone.heard if isinstance(each, Response)]
        answers.append([(status, text.replace(user, "X"), *rest) for status, text, *rest in shapes])
    assert answers[0] == answers[1]


def test_an_account_that_is_none_takes_as_long_to_refuse_as_one_that_is() -> None:
    target = agent(**ACCOUNTS)

    def seconds(user: str) -> float:
        phone = Someone(target, f"10.0.{user}.1")
        start = time.process_time()
        for number in range(5):
            phone.tries("guess", 0.0, user, number)
        return (time.process_time() - start) / 5

    known = min(seconds(user) for user in ("101", "102"))
    unknown = min(seconds(user) for user in ("103", "104"))
    assert abs(known - unknown) < 0.005


# What credentials are taken


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("sip:500@conf.example", "100"),
        ("sip:500@conf.example:5060;transport=udp", "100"),
        ("sip:500@10.0.0.1", "100"),
        ("sips:500@CONF", "100"),
        ("sip:conf.example;transport=UDP", "100"),
        ("sip:501@conf.example", "400"),
        ("sip:500@elsewhere.example", "400"),
        ("500", "400"),
        ("", "400"),
    ],
)
def test_credentials_are_for_the_request_they_are_in(uri: str, status: str) -> None:
    phone = Phone(agent(**ACCOUNTS))
    mine = {"user": "101", "host": "conf.example"}
    phone.say(invite(**mine))
    asked = signed(invite(2, **mine), challenge_of(phone), "secret", uri=uri)
    assert phone.say(asked) == [f"{status} INVITE"]


@pytest.mark.parametrize("changes", [{"algorithm": "SHA-256"}, {"algorithm": "MD5-sess"}, {"qop": "auth-int"}])
def test_what_was_not_offered_is_not_taken(changes: dict[str, str]) -> None:
    phone = Phone(agent(**ACCOUNTS))
    phone.say(register())
    assert phone.say(signed(register(2), challenge_of(phone), "secret", **changes)) == ["403 REGISTER"]


def test_a_phone_of_rfc_2069_may_use_a_nonce_once() -> None:
    phone = Phone(agent(**ACCOUNTS))
    phone.say(register())
    challenge = challenge_of(phone)
    plain = {"qop": None, "nc": None, "cnonce": None}
    assert phone.say(signed(register(2), challenge, "secret", **plain)) == ["200 REGISTER"]
    assert phone.say(signed(register(3), challenge, "secret", **plain)) == ["401 REGISTER"]
    assert challenge_of(phone).stale


def test_credentials_of_any_length_are_refused_before_they_are_read() -> None:
    phone = Phone(agent(**ACCOUNTS))
    long = Credentials("101", "conf.example", "n" * 3000, "sip:conf.example", "0" * 32)
    asked = register().with_headers(register().headers.adding("Authorization", str(long)))
    assert phone.say(asked) == ["400 REGISTER"]
