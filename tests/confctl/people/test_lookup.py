"""Who is meant by what somebody types: in either alphabet, in the wrong keyboard layout, at each keystroke."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.people.directory import Directory, Found, Nobody, Several
from confctl.people.lookup import Lookup, folded
from confctl.people.translit import latin, other_layout
from mixer.rules.model import Person

ANNA = Person("Анна Петрова", ("101", "+74951234567"))
BORIS = Person("Борис Королёв", ("102",))
CAROL = Person("Carol Smith", ("1020",))
IVAN = Person("Иван Петров", ("104",))
JULIA = Person("Юлия Щербакова", ("205",))
XENIA = Person("Xenia Petrova-Vodkina", ("206",))
STAFF = Directory([ANNA, BORIS, CAROL, IVAN, JULIA, XENIA])


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("anna", ANNA),
        ("Anna Petrova", ANNA),
        ("petr ann", ANNA),
        ("korolev", BORIS),
        ("Korolyov", BORIS),
        ("СМИТ", CAROL),
        ("yulia", JULIA),
        ("Iuliia", JULIA),
        ("Julia", JULIA),
        ("shcherbakova", JULIA),
        ("Scherbakova", JULIA),
        ("Шербакова", JULIA),
        ("Ксения", XENIA),
        ("водкина", XENIA),
        ("ivan petrov", IVAN),
    ],
)
def test_a_name_is_found_in_the_other_alphabet(text: str, person: Person) -> None:
    assert STAFF.find(text) == Found(person)


@pytest.mark.parametrize(
    ("cyrillic", "spellings"),
    [
        ("Юлия", "Yulia Yuliya Iuliia Julia"),
        ("Фёдор", "Fyodor Fedor Fiodor"),
        ("Соловьёв", "Solovyov Solovyev Solovev Solov'ev"),
        ("Дмитрий", "Dmitry Dmitri Dmitriy Dmitrii"),
        ("Сергей", "Sergey Sergei Sergej"),
        ("Екатерина", "Ekaterina Yekaterina"),
        ("Чайковский", "Tchaikovsky Chaykovskiy Chaikovskii"),
        ("Хабаров", "Khabarov Habarov"),
        ("Цой", "Tsoy Tzoi"),
        ("Жуков", "Zhukov"),
        ("Филипп", "Philip Filipp"),
        ("Наталья", "Natalya Natalia"),
        ("Объедков", "Obyedkov Obedkov Ob'edkov"),
        ("Рене", "René Rene"),
    ],
)
def test_spellings_of_a_name_have_one_key(cyrillic: str, spellings: str) -> None:
    assert {latin(folded(spelling)) for spelling in spellings.split()} == {latin(folded(cyrillic))}


def test_who_is_called_so_goes_before_who_only_sounds_so() -> None:
    petrov, native = Person("Petr Petrov", ("301",)), Person("Пётр Петров", ("302",))
    both = Directory([petrov, native])
    assert both.find("петров") == Found(native)
    assert both.find("PETROV") == Found(petrov)
    assert STAFF.find("petrova") == Found(XENIA)
    assert STAFF.find("петр") == Several((ANNA, IVAN))


def test_what_was_typed_in_the_wrong_layout_is_taken_where_it_fits_one_person_and_nothing_else_fits() -> None:
    assert other_layout("fyyf") == "анна" and other_layout("СФКЩД") == "carol"
    assert STAFF.find("fyyf") == Found(ANNA)
    assert STAFF.find(",jhbc") == Found(BORIS)
    assert STAFF.find("gtnh") == Nobody((ANNA, IVAN))
    assert STAFF.matches("gtnh") == (ANNA, IVAN)
    assert STAFF.find(";") == Nobody(())
    taken = Person("Fyyf", ("301",))
    assert Directory([ANNA, taken]).find("fyyf") == Found(taken)


def test_no_letter_of_a_sound_is_a_sound_of_its_own() -> None:
    olga, kuznetsov = Person("Ольга Смирнова-Преображенская", ("301",)), Person("Кузнецов", ("302",))
    staff = Directory([olga, kuznetsov])
    for text in ("z", "zz", "zzz", "zzzz", "ззз"):
        assert olga not in staff.matches(text)
    assert staff.find("z") == Found(kuznetsov)
    assert staff.find("zzzz") == staff.find("zz") == Nobody(())
    assert staff.find("preobrazh") == Found(olga)


def test_a_slip_in_either_alphabet_comes_with_the_nearest_names() -> None:
    for slip in ("Пертов", "Pertov"):
        found = STAFF.find(slip)
        assert isinstance(found, Nobody)
        assert found.nearest[:2] == (IVAN, ANNA)
    assert STAFF.find("Carlo") == Nobody((CAROL,))
    found = STAFF.find("Кэрол")
    assert isinstance(found, Nobody) and found.nearest[0] == CAROL
    assert STAFF.find("nobody") == Nobody(())


def test_matches_come_with_the_likeliest_first() -> None:
    assert STAFF.matches("") == STAFF.people
    assert STAFF.matches("10") == (ANNA, BORIS, CAROL, IVAN)
    assert STAFF.matches("102") == (BORIS, CAROL)
    assert STAFF.matches("20") == (JULIA, XENIA, CAROL)
    assert STAFF.matches("петров") == (ANNA, IVAN, XENIA)
    assert STAFF.matches("petrov") == (XENIA, ANNA, IVAN)
    assert STAFF.matches("и") == (IVAN, BORIS, JULIA, CAROL, XENIA)
    assert STAFF.matches("8495") == (ANNA,)
    assert STAFF.matches("zzz") == ()


TYPED = st.text("анющйьё annshcyu'105 -+", max_size=8)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("анющЬё anShcy'-", min_size=1, max_size=8).filter(str.strip), max_size=5), TYPED)
def test_whoever_is_found_is_among_the_matches_and_each_is_there_once(names: list[str], text: str) -> None:
    directory = Directory(
        [Person(name, (str(100 + index), f"+749512345{index:02}")) for index, name in enumerate(names)]
    )
    matches = directory.matches(text)
    assert len({person.number for person in matches}) == len(matches)
    match directory.find(text):
        case Found(person):
            assert person in matches
        case Several(people):
            assert set(people) <= set(matches)
        case Nobody(nearest):
            assert not text.strip() or set(matches) >= set(nearest) or matches == ()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20))
def test_any_text_can_be_looked_up(text: str) -> None:
    STAFF.find(text)
    STAFF.matches(text)
    assert folded(folded(text)) == folded(text)


def test_a_keystroke_costs_a_fraction_of_the_first_one() -> None:
    """What folds thousands of names does so once: the rest follows the typing."""
    people = [Person(f"Имя{index} Фамилия{index % 700}", (str(10000 + index),)) for index in range(5000)]

    def seconds(lookup: Lookup, *texts: str) -> float:
        began = time.perf_counter()
        for text in texts:
            lookup.matches(text)
        return time.perf_counter() - began

    known = Lookup(people)
    first = min(seconds(Lookup(people), "ф") for _ in range(3))
    further = min(seconds(known, "фа", "фам", "имя7 ф", "fam", "101") / 5 for _ in range(3))
    assert further < first / 3
