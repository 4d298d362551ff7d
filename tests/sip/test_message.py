from __future__ import annotations

import pytest
from hypothesis import given, settings

from sip.errors import LocalError, RemoteError
from sip.message import MAX_SECONDS, Fragment, Headers, Request, Response, canonical, respond
from sip.parser import parse
from sip.uri import Uri
from tests.sip.strategies import requests, responses

INVITE = Request(
    "INVITE",
    Uri.parse("sip:500@conf.example.com"),
    Headers(
        [
            ("v", "SIP/2.0/UDP b;branch=z9hG4bK2, SIP/2.0/UDP a;branch=z9hG4bK1"),
            ("Record-Route", "<sip:p1;lr>"),
            ("f", "<sip:101@conf.example.com>;tag=theirs"),
            ("t", "<sip:500@conf.example.com>"),
            ("i", "abc"),
            ("CSeq", "7 INVITE"),
            ("Timestamp", "54"),
        ]
    ),
    b"v=0",
)


@given(requests())
@settings(deadline=None)
def test_a_request_survives_printing(request: Request) -> None:
    assert parse(bytes(request)) == request


@given(responses())
@settings(deadline=None)
def test_a_response_survives_printing(response: Response) -> None:
    assert parse(bytes(response)) == response


def test_content_length_is_always_the_bodys() -> None:
    assert bytes(INVITE).endswith(b"\r\nContent-Length: 3\r\n\r\nv=0")


@pytest.mark.parametrize(
    ("name", "spelling"),
    [
        *(("call-id", "Call-ID"), ("CSEQ", "CSeq"), ("www-authenticate", "WWW-Authenticate"), ("min-se", "Min-SE")),
        *(
            ("m", "Contact"),
            ("X", "Session-Expires"),
            ("L", "Content-Length"),
            ("record-ROUTE", "Record-Route"),
            (" v\t", "Via"),
        ),
    ],
)
def test_names_of_headers_have_one_spelling(name: str, spelling: str) -> None:
    assert canonical(name) == spelling


def test_headers_are_found_by_any_spelling_and_keep_their_order() -> None:
    headers = Headers([("v", "a"), ("Subject", "s"), ("VIA", "b")])
    assert headers.get("Via") == "a"
    assert headers.get_all("v") == ("a", "b")
    assert list(headers) == [("Via", "a"), ("Subject", "s"), ("Via", "b")]
    assert "s" in headers
    assert headers.get("To") is None


def test_headers_are_replaced_where_they_stood() -> None:
    headers = Headers([("Xa", "1"), ("Via", "a"), ("Xb", "2"), ("Via", "b")])
    assert list(headers.with_("v", "x", "y")) == [("Xa", "1"), ("Via", "x"), ("Via", "y"), ("Xb", "2")]
    assert list(headers.with_("Xc", "3").without("via", "xa")) == [("Xb", "2"), ("Xc", "3")]
    assert list(headers.adding("Xa", "4").only("xa")) == [("Xa", "1"), ("Xa", "4")]
    assert len(headers) == 4


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\rb", "a\0"])
def test_no_value_can_start_another_header(value: str) -> None:
    with pytest.raises(LocalError):
        Headers([("Subject", value)])
    with pytest.raises(LocalError):
        Headers().with_("Subject", value)
    with pytest.raises(LocalError):
        Headers().adding("Subject", value)
    with pytest.raises(LocalError):
        Response(200, value)


def test_names_methods_statuses_and_lengths_are_checked() -> None:
    for name in ("", "a b", "a:b", "Content-Length", "l"):
        with pytest.raises(LocalError):
            Headers([(name, "1")])
    with pytest.raises(LocalError):
        Request("IN VITE", INVITE.uri)
    with pytest.raises(LocalError):
        Response(99, "Low")


def test_a_response_repeats_what_the_rfc_says() -> None:
    ok = respond(INVITE, 200, to_tag="ours", headers=[("Contact", "<sip:us>")], body=b"x")
    assert (ok.status, ok.reason, ok.body) == (200, "OK", b"x")
    assert [via.host for via in ok.vias] == ["b", "a"]
    assert (ok.from_.tag, ok.to.tag, ok.call_id, str(ok.cseq)) == ("theirs", "ours", "abc", "7 INVITE")
    assert ok.record_routes[0].uri.host == "p1"
    assert ok.contacts[0].uri.host == "us"
    assert "Timestamp" not in ok.headers


def test_100_carries_the_timestamp_and_no_tag_and_a_refusal_no_record_route() -> None:
    trying = respond(INVITE, 100, to_tag="ours")
    assert trying.to.tag is None
    assert trying.headers.get("Timestamp") == "54"
    assert "Record-Route" not in respond(INVITE, 404).headers


def test_a_tag_that_is_there_stays() -> None:
    request = INVITE.with_headers(INVITE.headers.with_("To", "<sip:500@h>;tag=old"))
    assert respond(request, 200, to_tag="new").to.tag == "old"


def test_a_fragment_without_to_is_answered_without_one() -> None:
    answer = respond(Fragment("INVITE", INVITE.headers.without("To")), 400, "Missing To", to_tag="ours")
    assert answer.headers.get("To") is None
    assert answer.reason == "Missing To"


def test_typed_headers() -> None:
    request = INVITE.with_headers(
        Headers(
            [
                ("Max-Forwards", "070"),
                ("Expires", "99999999999999999999999999"),
                ("Retry-After", "18000;duration=3600 (in a meeting)"),
                ("k", "timer, 100rel"),
                ("Supported", "replaces"),
                ("x", "1800;refresher=uas"),
                ("c", "Application / SDP;charset=utf-8"),
                ("Contact", "*"),
            ]
        )
    )
    assert request.max_forwards == 70
    assert request.expires == MAX_SECONDS
    assert request.seconds("Retry-After") == 18000
    assert request.tokens("Supported") == ("timer", "100rel", "replaces")
    assert request.session_expires is not None
    assert request.session_expires.refresher == "uas"
    assert request.content_type == "application/sdp"
    assert request.wildcard_contact
    assert request.contacts == ()
    with pytest.raises(RemoteError, match="Missing Via"):
        _ = request.via


@pytest.mark.parametrize("value", ["256", "-1", "1_0", "٣", "", "1.5", "9" * 5000])
def test_numbers_are_ascii_digits_in_range(value: str) -> None:
    request = INVITE.with_headers(Headers([("Max-Forwards", value)]))
    with pytest.raises(RemoteError):
        _ = request.max_forwards


def test_messages_hash_and_compare_as_values() -> None:
    assert len({INVITE, parse(bytes(INVITE))}) == 1
    assert "Headers([('Via'" in repr(INVITE.headers)
