"""Challenges to our calls as servers word them: several at once, folded, stale, or without end (RFC 3261 §22)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sip.challenged import MAX_CHALLENGES
from sip.digest import Challenge, Credentials, response_to
from sip.effects import Answered, Refused
from tests.sip.link import ANSWER, OFFER
from tests.sip.scenes import asked, calling
from tests.sip.script import answer

if TYPE_CHECKING:
    from sip.message import Request, Response

LOGIN = {"username": "us", "password": "secret"}
# What one response asks for, a header a line, and what is answered: realm, algorithm, qop; None: nothing.
WORDED: dict[str, tuple[tuple[str, ...], tuple[str, str, str | None] | None]] = {
    "as of RFC 2069": (('Digest realm="r", nonce="n"',), ("r", "MD5", None)),
    "auth": (('Digest realm="r", nonce="n", qop="auth"',), ("r", "MD5", "auth")),
    "auth-int alone": (('Digest realm="r", nonce="n", qop="auth-int"',), ("r", "MD5", "auth-int")),
    "both": (('Digest realm="r",nonce="n",qop="auth-int,auth"',), ("r", "MD5", "auth")),
    "qop without quotes": (('Digest realm="r", nonce="n", qop=auth',), ("r", "MD5", "auth")),
    "one that is not known": (('Digest realm="r", nonce="n", qop="token"',), None),
    "one that is not known beside auth": (('Digest realm="r", nonce="n", qop="token,auth"',), ("r", "MD5", "auth")),
    "a comma and quotes in the realm": (('Digest realm="A, \\"B\\"", nonce="n"',), ('A, "B"', "MD5", None)),
    "capitals and blanks": (('DIGEST  Realm = "r" ,  NONCE="n", Algorithm=md5',), ("r", "md5", None)),
    "opaque and domain": (('Digest realm="r", domain="sip:x", nonce="n", opaque="o"',), ("r", "MD5", None)),
    "SHA-256 first (RFC 8760)": (
        ('Digest realm="r", nonce="n", algorithm=SHA-256', 'Digest realm="r", nonce="n", algorithm=MD5'),
        ("r", "SHA-256", None),
    ),
    "SHA-256 last": (
        ('Digest realm="r", nonce="n", algorithm=MD5', 'Digest realm="r", nonce="n", algorithm=SHA-256'),
        ("r", "SHA-256", None),
    ),
    "one that nobody knows first": (
        ('Digest realm="r", nonce="n", algorithm=SHA-512-256', 'Digest realm="r", nonce="n", algorithm=MD5'),
        ("r", "MD5", None),
    ),
    "another scheme beside it": (
        ('Basic realm="r"', 'NTLM realm="r"', 'Digest realm="r", nonce="n"'),
        ("r", "MD5", None),
    ),
    "two realms": (('Digest realm="one", nonce="n"', 'Digest realm="two", nonce="m"'), ("one", "MD5", None)),
    "nothing": (("",), None),
    "another scheme alone": (("Basic realm=x",), None),
    "one that nobody knows alone": (('Digest realm="r", nonce="n", algorithm=FOO',), None),
    "nonsense beside it": (("Digest realm", 'Digest realm="r", nonce="n"'), ("r", "MD5", None)),
}


def challenged(to: Request, *challenges: str) -> Response:
    return answer(to, 401, headers=tuple(("WWW-Authenticate", challenge) for challenge in challenges))


@pytest.mark.parametrize(
    ("status", "asks", "answers"),
    [(401, "WWW-Authenticate", "Authorization"), (407, "Proxy-Authenticate", "Proxy-Authorization")],
)
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_challenge_of_a_server_or_a_proxy_is_answered(status: int, asks: str, answers: str, algorithm: str) -> None:
    phone, call, sent = calling(**LOGIN)
    challenge = Challenge("provider", "n1", algorithm, ("auth",))
    assert phone.say(answer(sent, status, headers=((asks, str(challenge)),))) == ["ACK", "INVITE"]
    again = asked(phone)
    credentials = Credentials.parse(again.headers.get(answers) or "")
    assert credentials.response == response_to(credentials, "INVITE", "secret", OFFER)
    assert (again.cseq.number, again.call_id, again.from_) == (2, sent.call_id, sent.from_)
    assert again.via.branch != sent.via.branch
    assert phone.say(answer(again, 200, body=ANSWER)) == ["ACK"]
    assert asked(phone).headers.get(answers) == str(credentials)
    assert phone.effects == [Answered(call, ANSWER, phone.peer)]


def test_a_challenge_without_a_password_is_a_refusal() -> None:
    phone, call, sent = calling()
    phone.say(answer(sent, 407, headers=(("Proxy-Authenticate", str(Challenge("r", "n"))),)))
    assert phone.effects == [Refused(call, 407, "Proxy Authentication Required")]


@pytest.mark.parametrize(("challenges", "expected"), WORDED.values(), ids=WORDED)
def test_a_challenge_is_answered_however_it_is_worded(
    challenges: tuple[str, ...], expected: tuple[str, str, str | None] | None
) -> None:
    phone, call, sent = calling(**LOGIN)
    words = phone.say(challenged(sent, *challenges))
    if expected is None:
        assert words == ["ACK"]
        assert phone.effects == [Refused(call, 401, "Unauthorized")]
        return
    assert words == ["ACK", "INVITE"]
    again = asked(phone)
    credentials = Credentials.parse(again.headers.get("Authorization") or "")
    assert (credentials.realm, credentials.algorithm, credentials.qop) == expected
    assert credentials.response == response_to(credentials, "INVITE", "secret", again.body)
    assert (credentials.opaque == "o") == ("opaque" in challenges[0])


def test_a_challenge_over_several_lines_is_read() -> None:
    phone, _, sent = calling(**LOGIN)
    folded = bytes(challenged(sent, 'Digest realm="r", nonce="n"')).replace(b", nonce", b",\r\n\t nonce")
    assert phone.say(folded) == ["ACK", "INVITE"]
    assert Credentials.parse(asked(phone).headers.get("Authorization") or "").nonce == "n"


def test_a_stale_nonce_is_replaced_by_the_new_one() -> None:
    phone, _, sent = calling(**LOGIN)
    phone.say(challenged(sent, str(Challenge("r", "old", qop=("auth",)))))
    assert phone.say(challenged(asked(phone), str(Challenge("r", "new", qop=("auth",), stale=True)))) == [
        "ACK",
        "INVITE",
    ]
    credentials = Credentials.parse(asked(phone).headers.get("Authorization") or "")
    assert (credentials.nonce, credentials.nc) == ("new", 1)
    assert len(asked(phone).headers.get_all("Authorization")) == 1
    assert phone.say(answer(asked(phone), 200, body=ANSWER)) == ["ACK"]


def test_a_proxy_and_a_server_of_one_realm_both_get_their_answer() -> None:
    """Each asks for itself, and both answers are in the third INVITE."""
    phone, _, sent = calling(**LOGIN)
    proxy = answer(sent, 407, headers=(("Proxy-Authenticate", 'Digest realm="r", nonce="p"'),))
    assert phone.say(proxy) == ["ACK", "INVITE"]
    assert phone.say(challenged(asked(phone), 'Digest realm="r", nonce="s"')) == ["ACK", "INVITE"]
    nonces = {
        Credentials.parse(asked(phone).headers.get(name) or "").nonce
        for name in ("Proxy-Authorization", "Authorization")
    }
    assert nonces == {"p", "s"}


def test_who_asks_for_another_realm_than_the_first_gets_no_answer() -> None:
    """The phone behind a trunk could ask for the trunk's password (CVE-2021-41158)."""
    phone, _, sent = calling(**LOGIN)
    phone.say(challenged(sent, 'Digest realm="provider", nonce="n"'))
    assert phone.say(challenged(asked(phone), 'Digest realm="thief", nonce="n"')) == ["ACK"]
    assert isinstance(phone.last(Refused), Refused)


def test_a_server_that_is_never_content_is_answered_twice() -> None:
    phone, _, sent = calling(**LOGIN)
    words = []
    for number in range(5):
        words += phone.say(challenged(asked(phone), f'Digest realm="r", nonce="n{number}", stale=true'))
    assert words.count("INVITE") == MAX_CHALLENGES == 2
    assert phone.last(Refused) == Refused(next(iter(phone.effects)).call, 401, "Unauthorized")  # type: ignore[union-attr]  # all are of a call
    assert sent.cseq.number == asked(phone).cseq.number - 2
