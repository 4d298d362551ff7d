from __future__ import annotations

import pytest
from hypothesis import given, settings

from sip.errors import LocalError, RemoteError
from sip.grammar import MAX_VALUES, quote, split_list, unquote
from sip.headers import CSeq, NameAddr, Reason, SessionExpires, Via
from sip.message import Headers, Request
from sip.uri import Uri
from tests.sip.strategies import addresses, cseqs, free_text, vias


@given(addresses)
@settings(deadline=None)
def test_an_address_survives_printing(address: NameAddr) -> None:
    assert NameAddr.parse(str(address)) == address


@given(vias)
@settings(deadline=None)
def test_a_via_survives_printing(via: Via) -> None:
    assert Via.parse(str(via)) == via


@given(cseqs)
@settings(deadline=None)
def test_a_cseq_survives_printing(cseq: CSeq) -> None:
    assert CSeq.parse(str(cseq)) == cseq


@given(free_text)
@settings(deadline=None)
def test_any_text_survives_quoting(text: str) -> None:
    assert unquote(quote(text)) == text
    assert split_list(f"{quote(text)},x") == [quote(text), "x"]


@pytest.mark.parametrize("last", ["x", '"x"', "<x>"])
def test_a_list_of_words_is_read_as_one_with_quotes_or_brackets_and_is_bounded_likewise(last: str) -> None:
    assert split_list(f" a ,,\tb c,{last}") == ["a", "", "b c", last]
    assert split_list(f",{last}") == ["", last]
    assert len(split_list("a," * (MAX_VALUES - 1) + last)) == MAX_VALUES
    with pytest.raises(RemoteError, match="Too many values"):
        split_list("a," * MAX_VALUES + last)


@pytest.mark.parametrize(
    ("text", "display", "uri", "params"),
    [
        ("sip:a@b", "", "sip:a@b", ()),
        ("sip:a@b;tag=1", "", "sip:a@b", (("tag", "1"),)),
        ("<sip:a@b;lr>;tag=1", "", "sip:a@b;lr", (("tag", "1"),)),
        ('"Anna \\"A\\" B, C; <x>" <sip:a@b>', 'Anna "A" B, C; <x>', "sip:a@b", ()),
        ("Anna Petrova <sip:a@b>", "Anna Petrova", "sip:a@b", ()),
        ("Анна (отдел продаж)<sip:a@b>", "Анна (отдел продаж)", "sip:a@b", ()),
        ("\udcc0\udced\udced\udce0 <sip:a@b>", "\ufffd" * 4, "sip:a@b", ()),
        (
            '<sip:a@b> ; +sip.instance="<urn:uuid:1>" ; reg-id = 1',
            "",
            "sip:a@b",
            (("+sip.instance", '"<urn:uuid:1>"'), ("reg-id", "1")),
        ),
        ("<sip:a@b>;tag=Zm9v/YmFy+==", "", "sip:a@b", (("tag", "Zm9v/YmFy+=="),)),
        ("  <tel:+74955550100>  ", "", "tel:+74955550100", ()),
    ],
)
def test_addresses_as_telephones_write_them(
    text: str, display: str, uri: str, params: tuple[tuple[str, str | None], ...]
) -> None:
    address = NameAddr.parse(text)
    assert (address.display, str(address.uri), address.params) == (display, uri, params)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "<>",
            "<sip:a@b",
            "sip:a@b>",
            '"A <sip:a@b>',
            '"A" sip:a@b',
            "A, B <sip:a@b>",
            "<sip:a@b>;",
            "<sip:a@b>;;x",
        ),
        *(
            "<sip:a@b>;=1",
            "<sip:a@b> x",
            "<sip:a@b>;x=",
            "sip:a@b?x=1",
            "<<sip:a@b>>",
            "anna",
            "<sip:a@b>,",
            '<sip:a@b>;x="',
        ),
    ],
)
def test_what_is_no_address_is_refused_with_its_name(text: str) -> None:
    with pytest.raises(RemoteError, match="From"):
        NameAddr.parse(text, "From")


def test_a_list_of_addresses_is_cut_at_its_own_commas_only() -> None:
    text = '"A, \\"B\\"" <sip:a@b;x=1,2>;q=0.5 , sip:c@d,<sip:e@f>'.replace("1,2", "1")
    assert [str(address) for address in NameAddr.parse_list(text)] == [
        '"A, \\"B\\"" <sip:a@b;x=1>;q=0.5',
        "<sip:c@d>",
        "<sip:e@f>",
    ]


def test_a_tag_is_set_once_and_in_its_place() -> None:
    address = NameAddr.parse("<sip:a@b>;x=1")
    assert address.tag is None
    assert str(address.with_tag("one")) == "<sip:a@b>;x=1;tag=one"
    assert str(address.with_tag("one").with_param("x", None).with_tag("two")) == "<sip:a@b>;x;tag=two"


@pytest.mark.parametrize("text", ["\r\nX: y", "a;b", "a b", "", 'a"', "a\0"])
def test_no_parameter_can_break_out_of_its_header(text: str) -> None:
    with pytest.raises(LocalError):
        NameAddr.parse("<sip:a@b>").with_tag(text)
    with pytest.raises(LocalError):
        NameAddr(Uri.parse("sip:a@b"), params=(("tag", text),))


def test_no_display_name_can_break_out_of_its_header() -> None:
    with pytest.raises(LocalError):
        str(NameAddr(Uri.parse("sip:a@b"), "x\r\nBcc: y"))
    assert str(NameAddr(Uri.parse("sip:a@b"), 'a"\\\0')) == '"a\\"\\\\\\\0" <sip:a@b>'


def test_via_of_a_telephone_behind_nat() -> None:
    via = Via.parse("SIP/2.0/UDP 192.168.1.5:5062;rport;branch=z9hG4bK1")
    assert via.wants_rport
    assert via.rport is None
    stamped = via.with_source("203.0.113.9", 40123)
    assert str(stamped) == "SIP/2.0/UDP 192.168.1.5:5062;rport=40123;branch=z9hG4bK1;received=203.0.113.9"
    assert (stamped.received, stamped.rport) == ("203.0.113.9", 40123)


def test_via_without_rport_is_stamped_only_where_the_address_differs() -> None:
    via = Via.parse("SIP/2.0/UDP 192.0.2.1")
    assert via.with_source("192.0.2.1", 1).params == ()
    assert via.with_source("192.0.2.2", 1).params == (("received", "192.0.2.2"),)
    assert via.branch is None


@pytest.mark.parametrize("value", ["[2001:db8::9:255]", "2001:db8::9:255"])
def test_received_is_read_with_and_without_brackets_rfc_5118(value: str) -> None:
    via = Via.parse(f"SIP/2.0/UDP [2001:db8::9:1]:6050;received={value};branch=z9hG4bKas3-111")
    assert (via.host, via.port, via.received) == ("2001:db8::9:1", 6050, "2001:db8::9:255")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "SIP/2.0/UDP",
            "SIP/2.0 h",
            "SIP/2.0/UDP h:x",
            "SIP/2.0/UDP h:99999",
            "SIP/2.0/UDP h;",
            "SIP/2.0/UDP h x",
        ),
        *("SIP/2.0/UDP 2001:db8::1", "SIP/2.0/UDP h;branch=", "/2.0/UDP h", "SIP/2.0/UDP <h>"),
    ],
)
def test_what_is_no_via_is_refused(text: str) -> None:
    with pytest.raises(RemoteError):
        Via.parse(text)


@pytest.mark.parametrize(
    "text", ["", "1", "INVITE", "-1 INVITE", "+1 INVITE", "1_0 INVITE", "٣ INVITE", "2147483648 INVITE", "1 INVITE x"]
)
def test_what_is_no_cseq_is_refused(text: str) -> None:
    with pytest.raises(RemoteError):
        CSeq.parse(text)


def test_session_expires_with_and_without_a_refresher() -> None:
    assert SessionExpires.parse("1800;refresher=UAC") == SessionExpires(1800, "uac")
    assert str(SessionExpires.parse("90 ; x=y")) == "90"
    with pytest.raises(RemoteError):
        SessionExpires.parse("soon")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('SIP;cause=200;text="Call completed elsewhere"', "Call completed elsewhere"),
        ("SIP ; cause=486", "Busy Here"),
        ("Q.850;cause=16", "Q.850 16"),
        ("SIP;cause=299", "SIP 299"),
        ('Q.850;cause=16;text="gone home", SIP;cause=200', "gone home"),
        ("preemption", None),
        ("preemption, SIP;cause=600", "Busy Everywhere"),
        ('SIP;text=""', None),
        ('SIP;text="\u202eevil\x07"', "evil"),
        ("SIP;cause=x", None),
        ("SIP;text=" + '"' + 200 * "x" + '"', 100 * "x"),
        (";cause=1", None),
        ("", None),
    ],
)
def test_why_it_ends_is_told_in_words(text: str, words: str | None) -> None:
    bye = Request("BYE", Uri.parse("sip:x@y"), Headers([("Reason", text)]))
    assert bye.why == words


def test_a_reason_is_read_as_it_is_written() -> None:
    for reason in (Reason("SIP", 408, 'not "refreshed"'), Reason("SIP", None, "over"), Reason("Q.850", 16)):
        assert Reason.parse_list(str(reason)) == (reason,)
