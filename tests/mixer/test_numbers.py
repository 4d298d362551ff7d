"""When two numbers are the same, and what a trunk's caller is called here."""

from __future__ import annotations

import time

import pytest

from mixer.rules.numbers import digits, key, received, same_number, with_country

OUTSIDE = (("+7", "8"), ("+375", "810375"), ("+44", "0"), ("+", "00"), ("", "9"))


@pytest.mark.parametrize(
    "spelled", ["+74955550100", "74955550100", "8 (495) 555-01-00", "8-495-555-01-00", " 84955550100"]
)
def test_a_russian_number_is_the_same_with_its_country_code_and_with_its_trunk_prefix(spelled: str) -> None:
    assert same_number(spelled, "+7 (495) 555 01 00")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+84912345678", "+74912345678"),
        ("+84912345678", "84912345678 ext 1"),
        ("8123", "7123"),
        ("user102", "102"),
        ("+", ""),
        ("anna", "boris"),
    ],
)
def test_what_only_looks_alike_is_not_the_same(one: str, other: str) -> None:
    assert not same_number(one, other)


def test_a_name_that_a_provider_calls_us_by_is_itself_and_no_number() -> None:
    assert same_number("trunk-7", "trunk-7")
    assert key("trunk-7") == key("") == ""


@pytest.mark.parametrize(
    ("number", "whose"),
    [
        ("84955550100", "+74955550100"),
        ("810375291234567", "+375291234567"),
        ("02079460000", "+442079460000"),
        ("004930123456", "+4930123456"),
        ("+74955550100", "+74955550100"),
        ("74955550100", "74955550100"),
        ("8123", "8123"),
        ("0", "0"),
        ("04711x9999", "04711x9999"),
        ("", ""),
    ],
)
def test_who_calls_is_spelled_as_who_is_called_through_the_same_trunk(number: str, whose: str) -> None:
    assert received(number, OUTSIDE) == whose


def test_without_rules_a_caller_stays_as_the_trunk_has_it() -> None:
    assert received("84955550100", ()) == "84955550100"


def test_the_trunk_prefix_is_not_dialled_where_the_country_code_is_allowed() -> None:
    assert with_country("8 (495) 555-01-00") == "+74955550100"
    assert [with_country(each) for each in ("+84912345678", "102", "74955550100")] == [
        "+84912345678",
        "102",
        "74955550100",
    ]


@pytest.mark.parametrize("piece", [" ", "+1 ", "001.", "+1", "(0)", "00", ".-"])
def test_a_number_as_long_as_a_message_holds_nobody_up_however_it_is_filled(piece: str) -> None:
    began = time.process_time()
    dialled = "1" + piece * (60_000 // len(piece))
    assert key(dialled) == digits(dialled)
    assert time.process_time() - began < 2, "a stranger's INVITE held the mixer for many seconds"
