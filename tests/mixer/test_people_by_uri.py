"""Whom a URI names, and that everybody else is nobody."""

from __future__ import annotations

import pytest

from mixer.people_by_uri import person_named
from mixer.rules.model import Person, Plan
from sip.uri import Uri
from tests.mixer.desk import People

ANNA = Person("Anna", ("101", "+7 495 555-01-01"), password="secret")
BORIS = Person("Boris", ("102",), sip="sip:boris@10.0.0.8")
GUEST = Person("Guest of the book", ("+74955550199",))
PLAN = Plan("4711", "471199", "Any", ANNA, (GUEST,), 0.0, 1.0, "UTC")
OURS = {"conf.example", "provider.example"}


def named(text: str) -> Person | None:
    def account_at(uri: Uri) -> str | None:
        return "101" if (uri.user, uri.host) == ("x7", "10.0.0.9") else None

    return person_named(Uri.parse(text), PLAN, People(ANNA, BORIS), OURS, account_at)


@pytest.mark.parametrize(
    ("uri", "person"),
    [
        ("sip:101@conf.example", ANNA),
        ("sip:+74955550101@provider.example", ANNA),
        ("sips:101@CONF.example", ANNA),
        ("tel:+7-495-555-01-01", ANNA),
        ("sip:x7@10.0.0.9", ANNA),
        ("sip:102@conf.example", BORIS),
        ("sip:boris@10.0.0.8", BORIS),
        ("tel:+74955550199", GUEST),
        ("sip:%2B74955550199@conf.example", GUEST),
    ],
)
def test_somebody_of_the_directory_or_the_book_is_known_by_number_address_or_contact(uri: str, person: Person) -> None:
    assert named(uri) == person


@pytest.mark.parametrize(
    "uri",
    [
        "sip:101@elsewhere.example",
        "sip:boris@10.0.0.9",
        "sip:boris@10.0.0.8:5070",
        "sip:x7@10.0.0.10",
        "sip:+79005550000@conf.example",
        "tel:+79005550000",
        "sip:conf.example",
        "http://conf.example/101",
        "urn:service:sos",
    ],
)
def test_everybody_else_is_nobody(uri: str) -> None:
    assert named(uri) is None
