"""The headers of transfers: Replaces (RFC 3891) and Refer-To (RFC 3515)."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.errors import RemoteError
from sip.referral import Referral, fragment
from sip.replaces import Replaces, replaced_by
from tests.sip.script import invite, request
from tests.sip.strategies import tokens


def refer(to: str, *more: tuple[str, str]) -> Referral:
    return Referral.of(request("REFER", headers=(("Refer-To", to), *more)))


@settings(max_examples=50, deadline=None)
@given(st.builds(Replaces, tokens, tokens, tokens, st.booleans()))
def test_what_is_printed_is_read_again(replaces: Replaces) -> None:
    assert Replaces.parse(str(replaces)) == replaces


def test_the_tags_come_in_any_order_and_the_call_id_with_any_letters() -> None:
    read = Replaces.parse("98732@sip.example.com ;from-tag=r33th4x0r ; to-tag=ff87ff;early-only")
    assert read == Replaces("98732@sip.example.com", "ff87ff", "r33th4x0r", early_only=True)
    assert Replaces.parse("{a}<b>;to-tag=1;from-tag=0").call_id == "{a}<b>"


@pytest.mark.parametrize(
    "text",
    [
        *("", ";to-tag=1;from-tag=2", "id", "id;to-tag=1", "id;from-tag=1", "id;to-tag;from-tag=1"),
        *("id\r\nX: y;to-tag=1;from-tag=2", "id\0;to-tag=1;from-tag=2", 'id;to-tag="1\r\nX: y";from-tag=2'),
        'id;to-tag="1;early-only";from-tag=2',
    ],
)
def test_what_names_no_dialog_is_an_error(text: str) -> None:
    with pytest.raises(RemoteError):
        Replaces.parse(text)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_dialog_or_an_error(text: str) -> None:
    with suppress(RemoteError):
        assert Replaces.parse(text).to_tag


def test_a_refer_to_writes_no_lines_of_its_own_into_our_invite() -> None:
    with pytest.raises(RemoteError):
        refer("<sip:101@conf.example?Replaces=a%0D%0ARoute:%20%3Csip:10.0.0.77;lr%3E%3Bto-tag%3D1%3Bfrom-tag%3D2>")


def test_an_invite_replaces_one_dialog_and_joins_none() -> None:
    one = ("Replaces", "a;to-tag=1;from-tag=2")
    assert replaced_by(invite()) is None
    assert replaced_by(invite(headers=(one,))) == Replaces("a", "1", "2")
    for both in ((one, one), (one, ("Join", "a;to-tag=1;from-tag=2"))):
        with pytest.raises(RemoteError):
            replaced_by(invite(headers=both))


def test_a_blind_transfer_names_only_whom_to_call() -> None:
    read = refer("Anna <sip:101@conf.example;transport=udp>")
    assert (str(read.target), read.method, read.replaces, read.silent) == (
        "sip:101@conf.example;transport=udp",
        "INVITE",
        None,
        False,
    )


def test_an_attended_transfer_names_the_dialog_to_replace() -> None:
    read = refer("<sip:101@10.0.0.8?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE-3994>")
    assert str(read.target) == "sip:101@10.0.0.8"
    assert read.replaces == Replaces("12345@192.168.118.3", "12345", "5FFE-3994")


def test_a_method_is_the_uris_and_no_part_of_whom_it_names() -> None:
    read = refer("<sip:101@conf.example;method=bye>")
    assert (str(read.target), read.method) == ("sip:101@conf.example", "BYE")


def test_whoever_wants_no_news_says_so() -> None:
    assert refer("<sip:101@conf.example>", ("Refer-Sub", "false")).silent
    assert not refer("<sip:101@conf.example>", ("Refer-Sub", "true")).silent


@pytest.mark.parametrize(
    "to",
    [
        "<sip:1@a>, <sip:2@a>",
        "<sip:@@@>",
        "<sip:1@a;method=a/b>",
        "<sip:1@a?Replaces=x>",
        "<sip:1@a?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2&replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2>",
    ],
)
def test_a_refer_that_cannot_be_followed_is_an_error(to: str) -> None:
    with pytest.raises(RemoteError):
        refer(to)
    with pytest.raises(RemoteError):
        Referral.of(request("REFER"))


def test_news_are_a_status_line() -> None:
    assert fragment(100) == b"SIP/2.0 100 Trying\r\n"
    assert fragment(486, "Busy Here") == b"SIP/2.0 486 Busy Here\r\n"
