"""Who is meant by what somebody types: one, or nobody and a sentence that says whom it could be."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.people.directory import Directory
from confctl.people.fitting import fitting
from mixer import whom
from mixer.phrases import Phrase
from mixer.rules.conference import Conference
from mixer.rules.model import Person, Plan
from mixer.rules.roster import Leg, Roster, Stage
from mixer.whom import WhoError, among, on_the_line, on_the_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mixer.whom import Fitting

ANNA, BORIS = Person("Anna Petrova", ("101", "+74951112233")), Person("Boris Ivanov", ("102",))
CAROL, OTHER = Person("Carol Smith", ("103",)), Person("Boris Petrov", ("104",))


def find(texts: Sequence[str], people: Sequence[Person] | None = None) -> list[Fitting]:
    return fitting(texts, Directory(people or ()))


def conference(*people: Person, legs: Sequence[Leg]) -> Conference:
    plan = Plan("471100", "471199", "Weekly", people[0], people[1:], 0.0, 3600.0, "UTC")
    return Conference(plan, Roster(legs), started=0.0)


def leg(name: str, person: str | None = None, stage: Stage = Stage.IN) -> Leg:
    return Leg(name, person, owner=person == "101", stage=stage, since=0.0)


FOUR = conference(
    *(ANNA, BORIS, CAROL, OTHER),
    legs=[leg("a1", "101"), leg("b1", "102"), leg("b2", "102", Stage.RINGING), leg("d1", "104"), leg("in-5f3a-17")],
)


def legs_of(*texts: str, number: str | None = None) -> list[tuple[str, ...]]:
    there = on_the_line(FOUR, lambda name: number)
    return [each.legs for each in among(texts, FOUR, there, find)]


@pytest.mark.parametrize("text", ["101", "anna", "Anna Petrova", "+7 495 111-22-33", "ann pet", "анна"])
def test_a_number_a_name_or_a_part_that_fits_one_is_enough(text: str) -> None:
    assert legs_of(text) == [("a1",)]


def test_all_legs_of_somebody_are_meant_and_each_person_once() -> None:
    assert legs_of("102", "ivanov") == [("b1", "b2")]


def test_a_guest_is_called_by_the_number_or_by_the_order_in_which_they_called() -> None:
    assert legs_of("guest 17") == legs_of("Guest 17") == legs_of("guest") == [("in-5f3a-17",)]
    assert refusal("guest 1") == "guest 1 is not on the line", "who has left is not somebody else"
    assert legs_of("+7999", number="+79991234567") == legs_of("guest +79991234567", number="+79991234567")


def test_two_calls_from_one_unlisted_number_are_one_guest() -> None:
    both = conference(ANNA, legs=[leg("in-5f3a-17"), leg("in-5f3a-18")])
    (one,) = on_the_line(both, lambda _: "+79991234567")
    assert (one.person.name, one.legs) == ("guest +79991234567", ("in-5f3a-17", "in-5f3a-18"))


def test_however_the_exchange_spells_the_number_it_is_one_guest() -> None:
    both = conference(ANNA, legs=[leg("in-5f3a-17"), leg("in-5f3a-18"), leg("in-5f3a-19")])
    spelled = {"in-5f3a-17": "+79991234567", "in-5f3a-18": "89991234567", "in-5f3a-19": "anonymous"}
    one, other = on_the_line(both, spelled.get)
    assert one.legs == ("in-5f3a-17", "in-5f3a-18")
    assert among(["8 (999) 123-45-67"], both, [one, other], find) == [one]


def refusal(*texts: str) -> str:
    with pytest.raises(WhoError) as refused:
        legs_of(*texts)
    return str(refused.value)


def test_what_fits_several_lists_them() -> None:
    assert refusal("101", "boris") == (
        "“boris” fits several people: Boris Ivanov (102), Boris Petrov (104); write more of the name, or a number"
    )


def test_who_is_on_the_list_and_not_on_the_line_is_told_apart_from_nobody() -> None:
    assert refusal("carol") == "Carol Smith is not on the line"
    assert refusal("zoe") == (
        "nobody on the line is found by “zoe”; "
        "there are: Anna Petrova (101), Boris Ivanov (102), Boris Petrov (104), guest 17"
    )
    with pytest.raises(WhoError, match="nobody is on the line"):
        among(["zoe"], conference(ANNA, legs=[]), (), find)


def test_of_the_list_whoever_is_not_in_can_be_meant_too() -> None:
    assert on_the_list("carol", FOUR, (), find) == CAROL
    with pytest.raises(WhoError, match="nobody is found by “caxol”; perhaps one of these is meant: Carol Smith"):
        on_the_list("caxol", FOUR, (), find)


@pytest.mark.parametrize("text", ["guest", "Guest 17", "guest 1", "+7999"])
def test_that_a_guest_is_on_no_list_is_said_as_the_reason(text: str) -> None:
    there = on_the_line(FOUR, lambda _: "+79991234567")
    with pytest.raises(WhoError, match="a guest can't be the owner or the deputy: only people of the conference's"):
        on_the_list(text, FOUR, there, find)


def test_a_refusal_names_guests_in_words_that_can_be_put_into_the_readers_language() -> None:
    said = {"guest %(number)s": "гость %(number)s", "guest": "гость"}

    def russian(value: object) -> object:
        if not isinstance(value, Phrase):
            return value
        return said.get(value.text, value.text) % {name: russian(each) for name, each in value.values.items()}

    def refused(running: Conference, text: str) -> object:
        with pytest.raises(WhoError) as why:
            among([text], running, on_the_line(running, lambda _: None), find)
        return russian(why.value.phrase)

    two = conference(ANNA, legs=[leg("in-5f3a-17"), leg("in-5f3a-18")])
    assert refused(two, "guest 903") == "гость 903 is not on the line"
    assert refused(two, "guest") == (
        "“гость” fits several people: гость 17, гость 18; write more of the name, or a number"
    )


names = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(str.strip)


@given(people=st.lists(names, min_size=1, max_size=8, unique_by=str.casefold), text=names)
@settings(max_examples=80, deadline=None)
def test_whatever_people_are_called_each_is_found_by_number_and_any_text_is_one_or_a_sentence(
    people: list[str], text: str
) -> None:
    listed = [Person(name, (str(2000 + number),)) for number, name in enumerate(people)]
    legs = [leg(f"leg-{each.number}", each.number) for each in listed]
    running = conference(*listed, legs=legs)
    there = on_the_line(running, lambda _: None)
    for each in listed:
        assert [one.legs for one in among([each.number], running, there, find)] == [(f"leg-{each.number}",)]
    with suppress(WhoError):
        assert among([text], running, there, find)[0] in there
    assert len(str(whom.listed(listed)).split("(2")) <= whom.MOST_NAMED + 1
