from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from sip.errors import LocalError, RemoteError
from sip.uri import Uri, escape_user, parse_hostport
from tests.sip.strategies import free_text, uris

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "text",
    [
        "sip:101@conf.example.com",
        "sips:alice:secretword@atlanta.com;transport=tcp",
        "sip:+1-212-555-1212:1234@gateway.com;user=phone",
        "sip:alice;day=tuesday@atlanta.com",
        "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
        "sip:1212@gateway.com?subject=project%20x&priority=urgent",
        "sip:[2001:db8::10]:5070;lr",
        "sip:user@[::ffff:192.0.2.1]",
        "sip:0.0.0.0:0",
        "tel:+7-495-555-01-00",
        "tel:7042;phone-context=example.com",
        "tel:*21#",
        "urn:service:sos",
    ],
)
def test_a_uri_prints_as_it_was_written(text: str) -> None:
    assert str(Uri.parse(text)) == text


@given(uris())
@settings(deadline=None)
def test_a_uri_survives_printing(uri: Uri) -> None:
    assert Uri.parse(str(uri)) == uri
    assert uri.equivalent(Uri.parse(str(uri)))


@given(free_text.filter(bool))
@settings(deadline=None)
def test_any_text_can_be_escaped_to_a_user(text: str) -> None:
    assert Uri.parse(str(Uri("sip", escape_user(text), host="h"))).user == escape_user(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "sip",
            "sip:",
            "sip:@",
            "sip:a@",
            "sip:@h",
            "sip:a@b@c",
            "sip:a b@c",
            "sip:a@b c",
            "sip:a@b:",
            "sip:a@b:x",
        ),
        *(
            "sip:a@b:65536",
            "sip:a@b:123456",
            "sip:a@b;",
            "sip:a@b;=x",
            "sip:a@b?",
            "sip:a@b?x",
            "sip:a@b?x=1&",
            "sip:a@b&x=1",
        ),
        *(
            "sip:%zz@h",
            "sip:a%4@h",
            "sip:a@-h",
            "sip:a@h-",
            "sip:a@h..:5060x",
            "sip:<a>@h",
            'sip:"a"@h',
            "sip:a@h\r\nX: y",
        ),
        *(
            "sip:a@[::1",
            "sip:a@::1",
            "sip:2001:db8::10",
            "sip:a@[1:2]",
            "sip:a@[fe80::1%25eth0]",
            "sip:a@[::g]",
            "sip:a\0@h",
        ),
        *("tel:", "tel:anna", "tel:+1 2", "tel:1;", "1sip:a@b", "Анна", "mailto:", "mailto:a b", "sip:a@h;x=\x80"),
    ],
)
def test_what_is_no_uri_is_refused(text: str) -> None:
    with pytest.raises(RemoteError) as caught:
        Uri.parse(text)
    assert caught.value.status == 400


def test_the_parts_of_a_uri() -> None:
    uri = Uri.parse("SIPS:%61lice:pw@[2001:DB8::1]:5061;Transport=TLS;lr?Subject=x")
    assert (uri.scheme, uri.user, uri.password, uri.host, uri.port) == ("sips", "alice", "pw", "2001:DB8::1", 5061)
    assert uri.param("transport") == "TLS"
    assert uri.param("lr") == ""
    assert uri.param("maddr") is None
    assert uri.headers == (("Subject", "x"),)


def test_ipv6_with_and_without_a_port_rfc_5118() -> None:
    assert parse_hostport("[2001:db8::10:5070]", "x") == ("2001:db8::10:5070", None)
    assert parse_hostport("[2001:db8::10]:5070", "x") == ("2001:db8::10", 5070)


def test_a_user_in_raw_utf_8_is_read_as_its_escapes() -> None:
    assert Uri.parse("sip:анна@h").user == "%D0%B0%D0%BD%D0%BD%D0%B0"
    assert Uri.parse("sip:\udcff@h").user == "%FF"


@pytest.mark.parametrize(
    ("one", "other"),
    [  # RFC 3261 §19.1.4
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
        ("tel:+7(495)555-01-00", "tel:+74955550100"),
        ("sip:a@[2001:db8::9:1]", "sip:a@[2001:DB8:0:0::9:01]"),
    ],
)
def test_equivalent_uris(one: str, other: str) -> None:
    assert Uri.parse(one).equivalent(Uri.parse(other))
    assert Uri.parse(other).equivalent(Uri.parse(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [  # RFC 3261 §19.1.4
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:bob@biloxi.com;transport=udp", "sip:bob@biloxi.com;transport=tcp"),
        ("sip:bob@biloxi.com", "sips:bob@biloxi.com"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ("sip:carol@chicago.com;user=phone", "sip:carol@chicago.com"),
        ("sip:carol@chicago.com;maddr=239.255.255.1", "sip:carol@chicago.com"),
        ("sip:carol@chicago.com", "sip:chicago.com"),
        ("sip:74955550100@h", "tel:74955550100"),
        ("tel:7042;phone-context=a.example", "tel:7042;phone-context=b.example"),
        ("urn:service:sos", "urn:service:sos.fire"),
    ],
)
def test_different_uris(one: str, other: str) -> None:
    assert not Uri.parse(one).equivalent(Uri.parse(other))
    assert not Uri.parse(other).equivalent(Uri.parse(one))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Uri("sip", "a b", host="h"),
        lambda: Uri("sip", host="h\r\nX: y"),
        lambda: Uri("sip", host=""),
        lambda: Uri("sip", "анна", host="h"),
        lambda: Uri("sip", "anna", "пароль", host="h"),
        lambda: Uri("sip", host="h", port=70000),
        lambda: Uri("sip", host="h", params=(("a;b", None),)),
        lambda: Uri("sip", host="h", headers=(("a", "b c"),)),
        lambda: Uri("sip", host="h", opaque="x"),
        lambda: Uri("tel", "anna"),
        lambda: Uri("http", host="h"),
    ],
)
def test_we_cannot_make_a_uri_that_would_not_parse(make: Callable[[], Uri]) -> None:
    with pytest.raises(LocalError):
        make()


def test_with_changes_what_it_is_told_to_and_checks_it() -> None:
    uri = Uri.parse("sip:a@h;lr").with_(user="b", port=5062)
    assert str(uri) == "sip:b@h:5062;lr"
    with pytest.raises(LocalError):
        uri.with_(user="b@c")
