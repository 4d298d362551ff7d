"""What Hypothesis draws SIP from: parts that are valid, and what the network makes of them."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from sip.grammar import quote
from sip.headers import CSeq, NameAddr, Via
from sip.message import Headers, Request, Response
from sip.uri import Uri, escape_user

RFC_4475 = {path.stem: path.read_bytes() for path in sorted((Path(__file__).parent / "rfc4475").glob("*.sip"))}

tokens = st.text("abcXYZ0189-.!%*_+`'~", min_size=1, max_size=12)
hosts = st.sampled_from(["example.com", "a", "192.0.2.1", "2001:db8::10", "::1", "pbx_1.local", "localhost."])
ports = st.none() | st.integers(0, 65535)
free_text = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=30)
param_values = st.none() | tokens | free_text.map(quote)
params = st.lists(st.tuples(tokens.map(str.lower), param_values), max_size=4, unique_by=lambda item: item[0]).map(tuple)

_uri_words = st.text("abcXYZ0189-_.!~*'()[]/:&+$", min_size=1, max_size=8)
uri_params = st.lists(st.tuples(_uri_words.map(str.lower), st.none() | _uri_words), max_size=3).map(tuple)


@st.composite
def uris(draw: st.DrawFn) -> Uri:
    user = draw(st.none() | free_text.filter(bool).map(escape_user))
    return Uri(
        draw(st.sampled_from(["sip", "sips"])),
        user,
        None if user is None else draw(st.none() | free_text.map(escape_user)),
        draw(hosts),
        draw(ports),
        draw(uri_params),
        tuple(draw(st.lists(st.tuples(_uri_words.filter(lambda word: "&" not in word), tokens_in_uri), max_size=2))),
    )


tokens_in_uri = st.text("abc019-_.!~*'()[]/?:+$", max_size=8)
addresses = st.builds(NameAddr, uris(), free_text.map(str.strip), params)
vias = st.builds(Via, tokens.map(str.upper), hosts, ports, params)
cseqs = st.builds(CSeq, st.integers(0, 2**31 - 1), tokens)
field_values = free_text.map(lambda text: text.replace("\0", "").strip(" \t"))


@st.composite
def headers(draw: st.DrawFn, method: str) -> Headers:
    fields = [("Via", str(via)) for via in draw(st.lists(vias, min_size=1, max_size=3))]
    fields += [("From", str(draw(addresses))), ("To", str(draw(addresses))), ("Call-ID", draw(tokens))]
    fields += [("CSeq", str(CSeq(draw(st.integers(0, 2**31 - 1)), method)))]
    fields += [("Contact", str(contact)) for contact in draw(st.lists(addresses, max_size=2))]
    fields += [("X-" + name, value) for name, value in draw(st.lists(st.tuples(tokens, field_values), max_size=3))]
    return Headers(fields)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    method = draw(st.sampled_from(["INVITE", "ACK", "BYE", "REGISTER"]) | tokens)
    uri = draw(uris()).with_(headers=())
    return Request(method, uri, draw(headers(method)), draw(st.binary(max_size=40)))


@st.composite
def responses(draw: st.DrawFn) -> Response:
    status = draw(st.integers(100, 699))
    return Response(status, draw(field_values), draw(headers("INVITE")), draw(st.binary(max_size=40)))


@st.composite
def mutilated(draw: st.DrawFn) -> bytes:
    """A valid message after some accidents: bytes changed, cut out, doubled, spliced with another message."""
    data = bytearray(draw(st.sampled_from(list(RFC_4475.values()))))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        data[start:end] = draw(
            st.binary(max_size=4)
            | st.sampled_from([b"\r\n", b"\n", b"\r", b"\0", b" ", b",", b";", b'"', b"<", b">", b":", b"%", b"\\"])
            | st.just(bytes(data[start:end] * 2))
            | st.sampled_from(list(RFC_4475.values())).map(lambda other: other[: len(other) // 2])
        )
    return bytes(data)
