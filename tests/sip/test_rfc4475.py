"""The torture messages of RFC 4475, all 49, each with the verdict of the parser alone.

``None`` is a message that parses: what it asks for may still be refused by those who act on it (416, 420, 415, 482…).
A status is how the parser refuses it; ``DROP`` one that cannot be answered.  Where the RFC leaves a choice between
leniency and refusal, the choice made here is noted.
"""

from __future__ import annotations

import pytest

from sip.errors import RemoteError
from sip.message import Request, Response, respond
from sip.parser import parse
from sip.uri import Uri
from tests.sip.strategies import RFC_4475

DROP = 0
VERDICTS = {
    # 3.1.1 valid messages
    "wsinv": None,
    "intmeth": None,
    "esc01": None,
    "escnull": None,
    "esc02": None,
    "lwsdisp": None,
    "longreq": None,
    "dblreq": None,
    "semiuri": None,
    "transports": None,
    "mpart01": None,
    "unreason": None,
    "noreason": None,
    # 3.1.2 invalid messages
    "badinv01": 400,
    "clerr": 400,
    "ncl": 400,
    "scalar02": 400,
    "scalarlg": DROP,
    "quotbal": 400,
    "ltgtruri": 400,
    "lwsruri": 400,
    "lwsstart": 400,
    "trws": 400,
    "escruri": 400,
    "baddate": None,  # nobody here reads Date, and the RFC lets such an element ignore it
    "regbadct": 400,
    "badaspec": 400,  # may be inferred; refused, for what a scanner sends is worth no guess
    "baddn": 400,  # likewise
    "badvers": 505,
    "mismatch01": 400,
    "mismatch02": 400,  # 501 is allowed too
    "bigcode": DROP,
    # 3.2 to 3.4: well-formed, and a matter for the layers above
    "badbranch": None,
    "insuf": 400,
    "unkscm": None,
    "novelsc": None,
    "unksm2": None,
    "bext01": None,
    "invut": None,
    "regaut01": None,
    "multi01": 400,
    "mcl01": 400,
    "bcast": None,
    "zeromf": None,
    "cparam01": None,
    "cparam02": None,
    "regescrt": None,
    "sdp01": None,
    "inv2543": None,
}


def test_every_message_of_the_rfc_has_a_verdict() -> None:
    assert VERDICTS.keys() == RFC_4475.keys()
    assert len(VERDICTS) == 49


@pytest.mark.parametrize("name", [name for name, verdict in VERDICTS.items() if verdict is None])
def test_well_formed_messages_parse_and_survive_printing(name: str) -> None:
    message = parse(RFC_4475[name])
    assert parse(bytes(message)) == message


@pytest.mark.parametrize(("name", "status"), [(name, verdict) for name, verdict in VERDICTS.items() if verdict])
def test_malformed_requests_are_refused_with_an_answer_that_parses(name: str, status: int) -> None:
    with pytest.raises(RemoteError) as caught:
        parse(RFC_4475[name])
    assert caught.value.status == status
    assert caught.value.request is not None
    answer = bytes(respond(caught.value.request, status, caught.value.reason, to_tag="ours"))
    assert answer.startswith(b"SIP/2.0 %d " % status)
    assert b"\r\nVia:" in answer


@pytest.mark.parametrize("name", [name for name, verdict in VERDICTS.items() if verdict == DROP])
def test_malformed_responses_are_dropped(name: str) -> None:
    with pytest.raises(RemoteError) as caught:
        parse(RFC_4475[name])
    assert caught.value.request is None


def request(name: str) -> Request:
    message = parse(RFC_4475[name])
    assert isinstance(message, Request)
    return message


def test_wsinv_says_what_the_rfc_says_it_says() -> None:
    invite = request("wsinv")
    assert (invite.method, str(invite.uri)) == ("INVITE", "sip:vivekg@chair-dnrc.example.com;unknownparam")
    assert invite.to.tag == "1918181833n"
    assert (invite.from_.display, invite.from_.tag) == ('J Rosenberg \\"', "98asjd8")
    assert invite.max_forwards == 68
    assert (invite.cseq.number, invite.cseq.method) == (9, "INVITE")
    assert [(via.transport, via.host, via.branch) for via in invite.vias] == [
        ("UDP", "192.0.2.2", "390skdjuw"),
        ("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
        ("UDP", "192.168.255.111", "z9hG4bK30239"),
    ]
    assert invite.headers.get("Subject") == ""
    assert invite.headers.get("newfangledheader") == "newfangled value continued newfangled value"
    assert invite.headers.get("UnknownHeaderWithUnusualValue") == ";;,,;;,;"
    assert invite.routes[0].uri.param("lr") == ""
    assert invite.contacts[0].display == 'Quoted string ""'
    assert [invite.contacts[0].param(name) for name in ("newparam", "secondparam", "q")] == ["newvalue", "", "0.33"]
    assert len(invite.body) == 150


def test_intmeth_keeps_every_character_that_the_grammar_allows() -> None:
    odd = request("intmeth")
    assert odd.method == "!interesting-Method0123456789_*+`.%indeed'~"
    assert odd.uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    assert odd.uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    assert odd.to.display == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert odd.from_.display == "token1~` token2'+_ token3*%!.-"
    assert odd.from_.param("fromparam''~+*_!.-%") == "работающий"
    assert odd.call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"
    assert odd.headers.get("extensionHeader-!.%*+_`'~") == "\ufeff大停電"


def test_esc01_shows_which_escapes_mean_the_same() -> None:
    invite = request("esc01")
    assert invite.uri.user == "sips%3Auser%40example.com"
    assert invite.to.uri.equivalent(Uri.parse("sip:user@example.com"))
    contact = invite.contacts[0].uri
    assert contact.user == "caller"
    assert contact.param("lr") == ""
    assert contact.param("name") == "value%2541"  # an escaped "%", then an escaped "41"


def test_esc02_unescapes_neither_methods_nor_names_of_headers() -> None:
    odd = request("esc02")
    assert odd.method == "RE%47IST%45R"
    assert odd.to.display == "%Z%45"
    assert [contact.uri.user for contact in odd.contacts] == ["alias1", "alias3"]


def test_dblreq_is_one_request_and_what_follows_is_ignored() -> None:
    assert request("dblreq").body == b""


def test_longreq_has_all_its_vias() -> None:
    assert len(request("longreq").vias) == 34


def test_unreason_and_noreason_keep_their_reason_phrases() -> None:
    phrases = []
    for name in ("unreason", "noreason"):
        message = parse(RFC_4475[name])
        assert isinstance(message, Response)
        phrases.append(message.reason)
    assert phrases == ["= 2**3 * 5**2 но сто девяносто девять - простое", ""]


def test_unknown_schemes_are_left_for_those_who_route() -> None:
    assert request("unkscm").uri.scheme == "nobodyknowsthisscheme"
    assert str(request("novelsc").uri) == "soap.beep://192.0.2.103:3002"
    assert request("unksm2").to.uri.scheme == "isbn"


def test_parameters_inside_brackets_are_the_uris_and_outside_the_headers() -> None:
    assert request("cparam01").contacts[0].param("unknownparam") == ""
    assert request("cparam01").contacts[0].uri.params == ()
    assert request("cparam02").contacts[0].uri.param("unknownparam") == ""
    assert request("regescrt").contacts[0].uri.headers == (("Route", "%3Csip:sip.example.com%3E"),)


def test_multi01_is_answered_with_one_header_of_each_kind() -> None:
    with pytest.raises(RemoteError) as caught:
        parse(RFC_4475["multi01"])
    assert caught.value.request is not None
    answer = respond(caught.value.request, 400, to_tag="ours")
    assert [answer.headers.get_all(name) for name in ("To", "From", "Call-ID", "CSeq")] == [
        ("sip:user@example.com;tag=ours",),
        ("sip:caller@example.com;tag=3413415",),
        ("multi01.98asdh@192.0.2.1",),
        ("5 INVITE",),
    ]
