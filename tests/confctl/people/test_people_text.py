"""people.toml as a person wrote it: whatever commands do to somebody, all the rest stays letter for letter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.people.directory import Directory
from confctl.people.people_text import PeopleText
from confctl.problems import RefusedError
from mixer.rules.model import Person

FILE = Path("people.toml")

BY_HAND = '''\
# The staff; ask Olga before you change it.

# the boss
[[person]]   # since 2020
name    = "Анна Петрова" # "the" boss
numbers = [
    "101",              # desk
    # the next one is private
    "+7 495 123-45-67", # mobile
]
password = "secret-of-anna"
# email = "anna@example.com"

# --- guests ---

[["person"]]
sip = "sip:carol@198.51.100.4"
"name" = """
Carol
# Smith"""
numbers = ["1020"]
[[person]]
name = 'Борис'
numbers = [ '102' , "103" ]
password = "b"
language = "ru"
# of the third floor

[[person]]
name = "Typo"
pasword = "x"

# the end
'''


def parsed(text: str) -> PeopleText:
    return PeopleText(FILE, text, trunk=True)


def by_number(people: PeopleText, number: str) -> Person:
    person = people.directory.by_number(number)
    assert person is not None
    return person


def changed(text: str, number: str, **fields: object) -> str:
    people = parsed(text)
    person = by_number(people, number)
    people.change(person, replace(person, **fields))  # type: ignore[arg-type]  # fields of a person, by their names
    return people.text


def removed(text: str, number: str) -> str:
    people = parsed(text)
    people.remove(by_number(people, number))
    return people.text


def test_a_value_is_changed_where_it_stands() -> None:
    assert changed(BY_HAND, "101", name="Anna") == BY_HAND.replace('"Анна Петрова"', '"Anna"')
    assert changed(BY_HAND, "1020", name="Carol") == BY_HAND.replace('"""\nCarol\n# Smith"""', '"Carol"')


def test_a_number_comes_and_goes_with_its_own_line() -> None:
    more = changed(BY_HAND, "101", numbers=("101", "+74951234567", "105"))
    assert more == BY_HAND.replace("# mobile\n", '# mobile\n    "105",\n')
    assert changed(BY_HAND, "101", numbers=("+74951234567",)) == BY_HAND.replace('    "101",              # desk\n', "")
    assert changed(BY_HAND, "102", numbers=("103", "7")) == BY_HAND.replace("[ '102' , \"103\" ]", '["103", "7"]')
    assert '["103", "102"]' in changed(BY_HAND, "102", numbers=("103", "102"))


def test_a_new_value_comes_after_the_last_one_and_an_old_one_goes_with_its_line() -> None:
    after = changed(BY_HAND, "101", timezone="Asia/Tokyo")
    assert after == BY_HAND.replace('-anna"\n', '-anna"\ntimezone = "Asia/Tokyo"\n')
    assert changed(BY_HAND, "102", language=None) == BY_HAND.replace('language = "ru"\n', "")


def test_somebody_goes_with_the_comments_among_their_lines_only() -> None:
    assert removed(BY_HAND, "101") == BY_HAND.replace(
        BY_HAND[BY_HAND.index("[[person]]   #") : BY_HAND.index("\n# ---")], ""
    )
    after = removed(BY_HAND, "102")
    assert "of the third floor" not in after and "# the end" in after and "Typo" in after
    assert parsed(after).directory.by_number("102") is None


def test_the_last_one_leaves_no_empty_line_behind() -> None:
    one = '[[person]]\nname = "A"\nnumbers = ["1"]\n'
    two = one + '\n[[person]]\nname = "B"\nnumbers = ["2"]\n'
    assert removed(two, "2") == one
    assert removed(two, "1") == two.split("\n\n")[1]
    assert removed(one, "1") == ""


def test_line_ends_of_windows_stay_so() -> None:
    text = BY_HAND.replace("\n", "\r\n")
    people = parsed(text)
    people.add(Person("New", ("300",), email="n@example.com"))
    anna = by_number(people, "101")
    people.change(anna, replace(anna, email="a@example.com", numbers=("101", "105")))
    assert people.text.count("\n") == people.text.count("\r\n") == text.count("\n") + 6
    assert [person.name for person in Directory.parse(FILE, people.text, trunk=True).people] == [
        person.name for person in people.people
    ]


def test_people_who_are_no_tables_of_their_own_are_left_to_the_hand() -> None:
    with pytest.raises(RefusedError, match=r"\[\[person\]\] of its own"):
        parsed('person = [{ name = "A", numbers = ["1"] }]\n')


def test_somebody_new_comes_last_also_where_the_last_line_has_no_end() -> None:
    people = parsed(BY_HAND.rstrip("\n"))
    people.add(Person("New", ("300",)))
    assert people.text == BY_HAND + '\n[[person]]\nname = "New"\nnumbers = ["300"]\n'


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6).filter(str.strip)
OPTIONAL = st.none() | st.just("x@example.com")


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[str, int, Person]]:
    """What to do, to which of the people of then, and how they are to be."""
    return [
        (
            draw(st.sampled_from(["add", "change", "remove"])),
            draw(st.integers(0, 9)),
            Person(
                draw(TEXTS),
                tuple(f"{400 + index * 10 + extra}" for extra in range(draw(st.integers(1, 3)))),
                draw(OPTIONAL),
                draw(st.sampled_from([None, "ru", "en"])),
                draw(st.none() | TEXTS),
            ),
        )
        for index in range(draw(st.integers(1, 6)))
    ]


@settings(max_examples=100, deadline=None)
@given(steps(), st.sampled_from(["\n", "\r\n"]))
def test_whatever_is_done_everybody_else_stays_letter_for_letter(
    done: list[tuple[str, int, Person]], line_end: str
) -> None:
    text = BY_HAND.replace("\n", line_end)
    touched: set[str] = set()
    for what, index, wanted in done:
        people = parsed(text)
        before = people.people
        person = before[index % len(before)] if before else None
        if what == "add" or person is None:
            people.add(wanted)
            expected = [*before, wanted]
        elif what == "change":
            to = replace(wanted, sip=person.sip) if not wanted.password else wanted
            people.change(person, to)
            expected = [to if each is person else each for each in before]
        else:
            people.remove(person)
            expected = [each for each in before if each is not person]
        if what != "add" and person is not None:
            touched.update(person.numbers)
        text = people.text
        assert list(Directory.parse(FILE, text, trunk=True).people) == expected
    for number, piece in PIECES.items():
        assert number in touched or piece.replace("\n", line_end) in text
    for comment in ("# The staff; ask Olga before you change it.", "# the boss", "# --- guests ---", "# the end"):
        assert comment in text
    if not any(what == "remove" for what, *_ in done):
        assert all(comment in text for comment in ("# since 2020", "# the next one is private", "# of the third floor"))


PIECES = {
    "101": BY_HAND[BY_HAND.index("[[person]]   #") : BY_HAND.index("\n# --- guests")],
    "1020": BY_HAND[BY_HAND.index('[["person"]]') : BY_HAND.index("[[person]]\nname = 'Бор")],
    "102": BY_HAND[BY_HAND.index("[[person]]\nname = 'Бор") : BY_HAND.index('\n[[person]]\nname = "Typo"')],
    "nobody": BY_HAND[BY_HAND.index('[[person]]\nname = "Typo"') : BY_HAND.index("\n# the end")],
}
