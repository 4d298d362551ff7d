"""The roster as phones read it: valid by the rules of RFC 4575's schema, and nobody's number but one's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.conference_info import MOST_LISTED, NAMESPACE, Bulletin, Member, masked

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

URI = "sip:room@conf.example"
_USER_PARTS = ["display-text", "associated-aors", "roles", "languages", "cascaded-focus", "endpoint"]
_ENDPOINT_PARTS = ["display-text", "referred", "status", "joining-method", "joining-info", "media"]
_STATUSES = ("dialing-out", "alerting", "connected", "on-hold", "muted-via-focus")


def member(number: str, status: str = "connected", *, owner: bool = False, name: str = "") -> Member:
    return Member(
        f"sip:p{crc32(number.encode()):x}@conf.example",
        name,
        number,
        f"sip:{number}@conf.example",
        owner,
        dialled=True,
        status=status,
    )


ANNA = member("101", owner=True, name="Anna Petrova")
BORIS = member("+74955550100", name="Boris <b@c> & Co")


def read(document: bytes, uri: str | None = URI) -> Element:
    """The root, once the document has been held against the schema's rules."""
    root = ElementTree.fromstring(document)
    assert root.tag == f"{{{NAMESPACE}}}conference-info"
    assert root.get("entity") == (uri or root.get("entity")) and root.get("state") in ("full", "partial")
    assert int(root.get("version", "")) >= 0
    assert [_name(part) for part in root] in (
        ["conference-description", "conference-state", "users"],
        ["conference-state", "users"],
    )
    for user in users(root):
        assert user.get("entity", "").startswith("sip:") and user.get("state") in ("full", "deleted")
        _in_order(user, _USER_PARTS)
        for endpoint in _parts(user, "endpoint"):
            assert endpoint.get("entity")
            _in_order(endpoint, _ENDPOINT_PARTS)
            assert next(each.text for each in _parts(endpoint, "status")) in _STATUSES
            for media in _parts(endpoint, "media"):
                assert media.get("id") == "1" and [_name(part) for part in media] == ["type", "status"]
    entities = [user.get("entity") for user in users(root)]
    assert len(entities) == len(set(entities))
    return root


def users(root: Element) -> list[Element]:
    return [user for part in _parts(root, "users") for user in part]


def said(root: Element) -> dict[str | None, str]:
    """Status by entity."""
    return {
        user.get("entity"): next((s.text or "" for e in _parts(user, "endpoint") for s in _parts(e, "status")), "gone")
        for user in users(root)
    }


def _name(part: Element) -> str:
    return part.tag.partition("}")[2]


def _parts(of: Element, name: str) -> list[Element]:
    return [part for part in of if _name(part) == name]


def _in_order(of: Element, order: list[str]) -> None:
    places = [order.index(_name(part)) for part in of]
    assert places == sorted(places)


def published(*members: Member) -> Bulletin:
    bulletin = Bulletin(URI, "Weekly <meeting>")
    bulletin.publish({each.entity: each for each in members})
    return bulletin


def test_the_first_document_has_everybody_and_the_title() -> None:
    root = read(published(ANNA, BORIS).full("somebody"))
    assert (root.get("state"), root.get("version")) == ("full", "1")
    assert root.findtext(f".//{{{NAMESPACE}}}subject") == "Weekly <meeting>"
    assert root.findtext(f".//{{{NAMESPACE}}}user-count") == "2"
    assert said(root) == {ANNA.entity: "connected", BORIS.entity: "connected"}


def test_nobody_sees_a_whole_number_but_their_own() -> None:
    bulletin = published(ANNA, BORIS)
    assert b"+74955550100" not in bulletin.full(ANNA.entity)
    assert b"+7495*****00" in bulletin.full(ANNA.entity)
    assert b"sip:+74955550100@conf.example" in bulletin.full(BORIS.entity)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("101", "101"),
        ("12345", "12345"),
        ("123456", "****56"),
        ("+74955550100", "+7495*****00"),
        ("8 (495) 555-01-00", "8 (495) ***-**-00"),
        ("anna", "anna"),
    ],
)
def test_a_masked_number_keeps_its_end(number: str, shown: str) -> None:
    assert masked(number) == shown


def test_a_later_document_has_only_what_has_changed_and_the_next_number() -> None:
    bulletin = published(ANNA, BORIS)
    assert bulletin.publish({ANNA.entity: replace(ANNA, status="on-hold"), BORIS.entity: BORIS})
    root = read(bulletin.changes(BORIS.entity))
    assert (root.get("state"), root.get("version"), said(root)) == ("partial", "2", {ANNA.entity: "on-hold"})
    assert not bulletin.publish({ANNA.entity: replace(ANNA, status="on-hold"), BORIS.entity: BORIS})
    assert bulletin.publish({BORIS.entity: BORIS})
    gone = read(bulletin.changes(BORIS.entity))
    assert said(gone) == {ANNA.entity: "gone"}
    assert [user.get("state") for user in users(gone)] == ["deleted"]


def test_a_thousand_subscribers_share_what_does_not_name_them() -> None:
    crowd = {f"leg-{n}": member(f"+7495{n:07}") for n in range(1000)}
    bulletin = Bulletin(URI, "Crowd")
    bulletin.publish(crowd)
    bulletin.publish({**crowd, "leg-5": replace(crowd["leg-5"], status="on-hold")})
    documents = {leg: bulletin.changes(leg) for leg in crowd}
    assert len({id(document) for document in documents.values()}) == 2
    assert b"+74950000005" in documents["leg-5"]


def test_of_a_crowd_the_owner_and_oneself_are_always_listed() -> None:
    crowd = {f"leg-{n}": member(f"+7495{n:07}", owner=n == 700) for n in range(1000)}
    bulletin = Bulletin(URI, "Crowd")
    bulletin.publish(crowd)
    document = bulletin.full("leg-900")
    assert len(document) < 60_000
    assert len(users(read(document))) == MOST_LISTED + 1
    assert {crowd["leg-700"].entity, crowd["leg-900"].address} <= said(read(document)).keys()
    bulletin.publish({**crowd, "leg-900": replace(crowd["leg-900"], status="on-hold")})
    assert said(read(bulletin.changes("leg-900"))) == {crowd["leg-900"].address: "on-hold"}
    assert said(read(bulletin.changes("leg-1"))) == {}


def test_no_name_breaks_the_document() -> None:
    name = 'Evil</user> & "x" \x00\x1b\ud800\uffff Ж'
    root = read(published(replace(ANNA, name=name)).full("somebody"))
    assert root.findtext(f".//{{{NAMESPACE}}}display-text") == 'Evil</user> & "x" \ufffd\ufffd\ufffd\ufffd Ж'


states = st.dictionaries(
    st.sampled_from([f"leg-{n}" for n in range(5)]),
    st.builds(
        lambda number, status, owner: member(str(number), status, owner=owner),
        st.integers(100, 104),
        st.sampled_from(_STATUSES),
        st.booleans(),
    ),
).map(lambda legs: {leg: replace(each, entity=f"sip:{leg}@x", address=None) for leg, each in legs.items()})


@settings(max_examples=100, deadline=None)
@given(st.lists(states, min_size=2, max_size=6))
def test_whoever_follows_the_changes_knows_what_a_full_document_says(history: list[dict[str, Member]]) -> None:
    bulletin = Bulletin(URI, "Any")
    bulletin.publish(history[0])
    known, version = said(read(bulletin.full("leg-0"))), bulletin.edition
    for roster in history[1:]:
        if not bulletin.publish(roster):
            continue
        root = read(bulletin.changes("leg-0"))
        version += 1
        assert root.get("version") == str(version)
        known |= said(root)
        known = {entity: status for entity, status in known.items() if status != "gone"}
        if "leg-0" in roster:  # else its subscription is over
            assert known == said(read(bulletin.full("leg-0")))
        else:
            known.pop("sip:leg-0@x", None)
