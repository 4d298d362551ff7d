from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.digest import Authenticator, Challenge, Credentials, Verdict, authorize, response_to
from sip.errors import LocalError, RemoteError
from tests.sip.strategies import free_text, tokens

MUFASA = Credentials(
    username="Mufasa",
    realm="testrealm@host.com",
    nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
    uri="/dir/index.html",
    response="6629fae49393a05397450978507c4ef1",
    cnonce="0a4f113b",
    opaque="5ccc069c403ebaf9f0171e9517f40e41",
    qop="auth",
    nc=1,
)
RFC_7616 = replace(
    MUFASA,
    realm="http-auth@example.org",
    nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
    response="8ca523f5e9506fed4657c9700eebdbec",
)


@pytest.mark.parametrize(
    ("credentials", "password"),
    [
        (MUFASA, "Circle Of Life"),  # RFC 2617 §3.5
        (RFC_7616, "Circle of Life"),  # RFC 7616 §3.9.1
        (
            replace(
                RFC_7616,
                algorithm="SHA-256",
                response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
            "Circle of Life",
        ),
    ],
    ids=["RFC 2617", "RFC 7616 MD5", "RFC 7616 SHA-256"],
)
def test_the_vectors_of_the_rfcs(credentials: Credentials, password: str) -> None:
    assert response_to(credentials, "GET", password) == credentials.response


def test_rfc_2069_without_qop() -> None:
    """The example of RFC 2069 §2.4 with the digest that its erratum 749 corrects."""
    old = Credentials(
        "Mufasa", "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "/dir/index.html", response=""
    )
    assert response_to(old, "GET", "CircleOfLife") == "1949323746fe6a43ef61f9606e7febea"


def test_auth_int_covers_the_body_and_session_algorithms_the_cnonce() -> None:
    base = replace(MUFASA, qop="auth-int")
    assert response_to(base, "GET", "x", b"one") != response_to(base, "GET", "x", b"two")
    session = replace(MUFASA, algorithm="MD5-sess")
    assert response_to(session, "GET", "x") != response_to(replace(session, cnonce="other"), "GET", "x")
    assert len(response_to(replace(MUFASA, algorithm="SHA-256-sess"), "GET", "x")) == 64


def challenge(algorithm: str, *qop: str, realm: str = "r") -> Challenge:
    return Challenge(realm, f"nonce-{algorithm}", algorithm, qop)


def authorized(*challenges: Challenge) -> Credentials | None:
    return authorize(challenges, "REGISTER", "sip:h", "101", "secret", b"body", "c0", 1)


def test_the_strongest_known_challenge_is_answered() -> None:
    credentials = authorized(challenge("MD5", "auth"), challenge("SHA-512-256", "auth"), challenge("SHA-256", "auth"))
    assert credentials is not None
    assert (credentials.algorithm, credentials.nonce, credentials.nc) == ("SHA-256", "nonce-SHA-256", 1)
    assert credentials.response == response_to(credentials, "REGISTER", "secret")


def test_nothing_is_answered_that_we_do_not_know() -> None:
    assert authorized(challenge("SHA-512-256", "auth"), challenge("MD5", "token")) is None
    assert authorized() is None


@pytest.mark.parametrize(
    ("offered", "qop", "has_cnonce"),
    [
        (challenge("MD5"), None, False),
        (challenge("MD5-sess"), None, True),
        (challenge("MD5", "auth-int", "auth"), "auth", True),
        (challenge("md5", "auth-int"), "auth-int", True),
        (challenge("SHA-256-sess", "auth"), "auth", True),
    ],
)
def test_the_quality_of_protection_follows_the_challenge(offered: Challenge, qop: str | None, has_cnonce: bool) -> None:
    credentials = authorized(offered)
    assert credentials is not None
    assert credentials.qop == qop
    assert (credentials.cnonce is not None) == has_cnonce
    assert credentials.response == response_to(credentials, "REGISTER", "secret", b"body")
    assert Credentials.parse(str(credentials)) == credentials


@given(
    st.builds(
        Challenge,
        free_text,
        free_text,
        tokens,
        st.lists(tokens.map(str.lower), max_size=2).map(tuple),
        st.none() | free_text,
        st.booleans(),
    )
)
@settings(deadline=None)
def test_a_challenge_survives_printing(original: Challenge) -> None:
    assert Challenge.parse(str(original)) == original


@given(st.text(max_size=200))
@settings(deadline=None)
def test_any_text_is_credentials_or_a_remote_error(text: str) -> None:
    for candidate in (
        text,
        f"Digest {text}",
        f'Digest username="a", realm="r", nonce="n", uri="u", response="0", {text}',
    ):
        for kind in (Challenge, Credentials):
            with suppress(RemoteError):
                kind.parse(candidate)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'Digest realm="asterisk", nonce="1a2b", algorithm=md5, qop="auth,auth-int", opaque=""',
            Challenge("asterisk", "1a2b", "md5", ("auth", "auth-int"), ""),
        ),
        ('DIGEST  realm = "a \\"b\\"" ,nonce=n,stale=TRUE,domain="sip:x"', Challenge('a "b"', "n", stale=True)),
        ('Digest realm="a",nonce="n",qop=auth', Challenge("a", "n", qop=("auth",))),
    ],
)
def test_challenges_as_servers_write_them(text: str, expected: Challenge) -> None:
    assert Challenge.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "Digest",
            "Digest ",
            'Basic realm="a"',
            'Digest realm="a"',
            'Digest nonce="n"',
            'Digest realm="a", nonce="n',
        ),
        *('Digest realm="a" nonce="n"', 'Digest realm="a", realm="b", nonce="n"', 'Digest realm="a", nonce="n",'),
    ],
)
def test_malformed_challenges_are_refused(text: str) -> None:
    with pytest.raises(RemoteError):
        Challenge.parse(text)


@pytest.mark.parametrize("nc", ["1", "+0000001", "0000000g", "٠٠٠٠٠٠٠١"])
def test_a_nonce_count_is_eight_hexadecimal_digits(nc: str) -> None:
    with pytest.raises(RemoteError):
        Credentials.parse(str(MUFASA).replace("nc=00000001", f'nc="{nc}"'))


def test_nothing_can_break_out_of_a_header() -> None:
    with pytest.raises(LocalError):
        str(replace(MUFASA, username="a\r\nX: y"))


# the server's side


def server(**options: float) -> Authenticator:
    return Authenticator(
        "conf.example.com",
        b"secret of this run",
        lifetime=options.get("lifetime", 300.0),
        capacity=int(options.get("capacity", 100)),
    )


def answer(offered: Challenge, password: str = "pw", nc: int = 1, cnonce: str = "c") -> Credentials:
    credentials = authorize([offered], "INVITE", "sip:500@h", "101", password, b"", cnonce, nc)
    assert credentials is not None
    return credentials


def test_sha_256_is_offered_before_md5_rfc_8760() -> None:
    assert [offered.algorithm for offered in server().challenges(0.0)] == ["SHA-256", "MD5"]


@pytest.mark.parametrize("index", [0, 1])
def test_the_right_password_is_right_once(index: int) -> None:
    guard = server()
    credentials = answer(guard.challenges(1000.0)[index])
    assert guard.verify(credentials, "INVITE", "pw", 1000.1) is Verdict.RIGHT
    assert guard.verify(credentials, "INVITE", "pw", 1000.2) is Verdict.STALE, "a replay"


def test_the_count_has_to_rise() -> None:
    guard = server()
    offered = guard.challenges(0.0)[0]
    verdicts = [guard.verify(answer(offered, nc=nc), "INVITE", "pw", 1.0) for nc in (1, 5, 4, 5, 6)]
    assert verdicts == [Verdict.RIGHT, Verdict.RIGHT, Verdict.STALE, Verdict.STALE, Verdict.RIGHT]


def test_what_is_wrong_is_wrong() -> None:
    guard = server()
    offered = guard.challenges(0.0)[0]
    right = answer(offered)
    assert guard.verify(answer(offered, "guess"), "INVITE", "pw", 1.0) is Verdict.WRONG
    assert guard.verify(right, "BYE", "pw", 1.0) is Verdict.WRONG
    assert guard.verify(right, "INVITE", None, 1.0) is Verdict.WRONG
    assert guard.verify(answer(offered, ""), "INVITE", None, 1.0) is Verdict.WRONG, "no user has no password"
    assert guard.verify(replace(right, response="я"), "INVITE", "pw", 1.0) is Verdict.WRONG
    assert guard.verify(replace(right, algorithm="MD4"), "INVITE", "pw", 1.0) is Verdict.WRONG
    assert guard.verify(answer(replace(offered, realm="other")), "INVITE", "pw", 1.0) is Verdict.WRONG
    assert guard.verify(right, "INVITE", "pw", 1.0) is Verdict.RIGHT, "none of that used it up"


def test_a_nonce_is_stale_after_its_lifetime_and_before_its_time() -> None:
    guard = server(lifetime=60.0)
    offered = guard.challenges(1000.0)[0]
    assert guard.verify(answer(offered), "INVITE", "pw", 1060.1) is Verdict.STALE
    assert guard.verify(answer(offered), "INVITE", "pw", 900.0) is Verdict.STALE
    assert guard.verify(answer(offered), "INVITE", "pw", 1059.9) is Verdict.RIGHT


def test_a_nonce_of_another_secret_or_of_nobody_is_stale() -> None:
    other = Authenticator("conf.example.com", b"before the restart").challenges(0.0)[0]
    made_up = replace(other, nonce="0-0-" + "0" * 32)
    assert [server().verify(answer(offered), "INVITE", "pw", 1.0) for offered in (other, made_up)] == [
        Verdict.STALE
    ] * 2


def test_a_client_of_rfc_2069_is_let_in_without_a_count() -> None:
    guard = server()
    credentials = answer(replace(guard.challenges(0.0)[1], qop=()))
    assert guard.verify(credentials, "INVITE", "pw", 1.0) is Verdict.RIGHT


def test_a_full_store_makes_old_nonces_stale_and_replays_no_easier() -> None:
    guard = server(capacity=10)
    old = answer(guard.challenges(0.0)[0])
    assert guard.verify(old, "INVITE", "pw", 0.0) is Verdict.RIGHT
    for second in range(1, 30):
        assert guard.verify(answer(guard.challenges(float(second))[0]), "INVITE", "pw", float(second)) is Verdict.RIGHT
    assert guard.verify(old, "INVITE", "pw", 30.0) is Verdict.STALE
    assert len(guard._counts) == 10


def test_two_telephones_challenged_at_once_get_different_nonces() -> None:
    guard = server()
    assert guard.challenges(0.0)[0].nonce != guard.challenges(0.0)[0].nonce
