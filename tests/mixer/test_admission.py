from __future__ import annotations

from dataclasses import replace

import pytest

from mixer.rules.admission import Admitted, Locked, NoSuch, NotListed, Policy, TooEarly, admit
from mixer.rules.conference import Conference, Ending
from mixer.rules.orders import Orders
from tests.mixer.rehearsal import END, PLAN, START

OPEN = Conference(PLAN, started=START)
OVER = replace(OPEN, ended=Ending(END, "planned-end"))
POLICIES: tuple[Policy, ...] = ("code", "listed")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("caller", [None, "102", "+7000"])
def test_the_owner_code_admits_the_owner_from_any_phone(policy: Policy, caller: str | None) -> None:
    assert admit(OPEN, "471199", caller, policy, START) == Admitted("101", owner=True)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("caller", ["102", "+74955550102", "74955550102", "+7 (495) 555-01-02"])
def test_a_participant_is_known_by_any_number_however_the_exchange_writes_it(policy: Policy, caller: str) -> None:
    assert admit(OPEN, "4711", caller, policy, START) == Admitted("102", owner=False)


def test_the_owners_own_phone_is_the_owner_with_the_common_code_too() -> None:
    assert admit(OPEN, "4711", "+74955550101", "code", START) == Admitted("101", owner=True)


@pytest.mark.parametrize("caller", [None, "", "+", "999", "1", "10"])
def test_whom_nothing_identifies_is_a_guest_unless_only_those_listed_are_admitted(caller: str | None) -> None:
    assert admit(OPEN, "4711", caller, "code", START) == Admitted(None, owner=False)
    assert admit(OPEN, "4711", caller, "listed", START) == NotListed()


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("code", ["4711", "471199"])
def test_before_the_start_it_is_too_early_from_the_start_it_is_open(policy: Policy, code: str) -> None:
    planned = Conference(PLAN)
    assert admit(planned, code, "101", policy, START - 0.001) == TooEarly()
    assert admit(planned, code, "101", policy, START) == Admitted("101", owner=True)


@pytest.mark.parametrize("code", ["4711", "471199"])
def test_past_its_planned_end_it_is_open_while_it_still_runs(code: str) -> None:
    assert admit(OPEN, code, "101", "code", END + 9999) == Admitted("101", owner=True)


@pytest.mark.parametrize("code", ["4711", "471199"])
@pytest.mark.parametrize("now", [START - 1, START, END + 1])
def test_after_the_end_both_codes_are_dead_whatever_the_clock_says(code: str, now: float) -> None:
    assert admit(OVER, code, "101", "code", now) == NoSuch()


def test_a_conference_that_was_missed_is_over() -> None:
    assert admit(Conference(PLAN), "4711", "101", "code", END) == NoSuch()


@pytest.mark.parametrize("code", ["", "471", "47110", "4711*", "٤٧١١"])
def test_a_code_never_given_out_opens_nothing(code: str) -> None:
    assert admit(OPEN, code, "101", "code", START) == NoSuch()
    assert admit(None, code, "101", "code", START) == NoSuch()


def test_whom_a_crash_cut_off_is_let_in_where_it_is_locked_and_nobody_else_is() -> None:
    locked = replace(OPEN, orders=Orders(locked=True), cut_off=("79995550100", "103"))
    assert admit(locked, "4711", "8 999 555-01-00", "code", START) == Admitted(None, owner=False)
    assert admit(locked, "4711", "103", "code", START) == Admitted("103", owner=False)
    assert admit(locked, "4711", "102", "code", START) == Locked()
    assert admit(locked, "4711", None, "code", START) == Locked()


@pytest.mark.parametrize("caller", ["84955550102", "8 (495) 555-01-02"])
def test_a_russian_number_is_the_same_with_its_trunk_prefix(caller: str) -> None:
    assert admit(OPEN, "4711", caller, "listed", START) == Admitted("102", owner=False)


@pytest.mark.parametrize("caller", ["+84955550102", "user102", "84955550102x", "4955550102", "800 84955550102"])
def test_what_only_looks_like_it_is_another_number(caller: str) -> None:
    assert admit(OPEN, "4711", caller, "listed", START) == NotListed()
