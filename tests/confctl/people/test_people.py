"""The directory: who can be called, who is meant, and what is wrong with people.toml."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.people.directory import Directory, Found, Nobody, Several
from confctl.people.lookup import folded
from mixer.rules.model import Person
from tests.confctl.office import PEOPLE, Office

STAFF = Directory.parse(Path("people.toml"), PEOPLE, trunk=False)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("101", "101"),
        ("102", "102"),  # also a part of 1020: a whole number goes first
        ("1020", "1020"),
        ("+7 (495) 123-45-67", "101"),
        ("8 495 123 45 67", "101"),
        ("84951234567", "101"),
        ("8495", "101"),
        ("1234567", "101"),
        ("анна петрова", "101"),
        ("АННА", "101"),
        ("пет анна", "101"),
        ("Королев", "102"),
        ("королё", "102"),
        ("Королёв", "102"),
        ("carol", "1020"),
        ("mith", "1020"),
    ],
)
def test_a_number_a_name_or_a_part_of_either_finds_the_one_it_fits(text: str, number: str) -> None:
    assert STAFF.find(text) == Found(STAFF.by_number(number))  # type: ignore[arg-type]  # it is there


def test_a_part_that_fits_several_finds_several() -> None:
    found = STAFF.find("петров")
    assert isinstance(found, Several)
    assert [person.number for person in found.people] == ["101", "104"]


def test_a_whole_name_goes_before_the_same_as_a_part() -> None:
    ann, anna = Person("Ann", ("1",)), Person("Anna", ("2",))
    assert Directory([ann, anna]).find("ann") == Found(ann)
    assert Directory([ann, Person("ann", ("3",))]).find("Ann") == Several((ann, Person("ann", ("3",))))


def test_nobody_comes_with_the_nearest_names() -> None:
    found = STAFF.find("Пертов")
    assert isinstance(found, Nobody)
    assert [person.number for person in found.nearest] == ["104", "101"]
    assert STAFF.find("Xyz") == Nobody(())
    assert STAFF.find("nobody") == Nobody(())
    assert isinstance(STAFF.find("  "), Nobody)


NAMES = st.text("абвё АБ-1 ", min_size=1, max_size=8).filter(str.strip)


@settings(max_examples=200, deadline=None)
@given(NAMES, st.data())
def test_any_part_of_a_name_finds_the_only_person(name: str, data: st.DataObject) -> None:
    person = Person(name, ("500",))
    begin = data.draw(st.integers(0, len(name) - 1))
    part = name[begin : data.draw(st.integers(begin + 1, len(name)))]
    assert Directory([person]).find(part.upper()) == (Found(person) if part.strip() else Nobody(()))


@settings(max_examples=200, deadline=None)
@given(st.lists(NAMES, min_size=2, max_size=5), NAMES)
def test_who_is_found_fits_and_who_fits_better_is_found(names: list[str], text: str) -> None:
    people = [Person(name, (str(500 + index),)) for index, name in enumerate(names)]
    match Directory(people).find(text):
        case Nobody():
            assert not any(folded(text) in folded(name) for name in names)
        case Found(person):
            assert all(folded(other.name) != folded(text) for other in people if other != person)
        case Several(several):
            assert len(several) > 1
            assert len({folded(person.name) == folded(text) for person in several}) == 1


def test_somebody_with_a_mistake_is_named_by_line_and_the_others_stay(office: Office) -> None:
    file = office.folder / "people.toml"
    file.write_text(
        PEOPLE
        + """
[[person]]
name = "Twice"
numbers = ["8 (495) 123-45-67"]
password = "x"

[[person]]
name = "Unreachable"
numbers = ["201"]

[[person]]
name = "Typo"
numbers = ["202"]
pasword = "x"
sip = "sip:typo@192.0.2.1"

[[person]]
numbers = "203"
password = "x"
sip = "sip:both@192.0.2.1"
""",
        encoding="utf-8",
    )
    said = office.confctl("people", "list", "--json")
    assert len(said.json["people"]) == 4  # type: ignore[arg-type]  # a list, as JSON has it
    lines = said.err.splitlines()
    assert [line.split(": ")[1].removeprefix("people.toml") for line in lines] == [
        ":24",
        ":27",
        ":34",
        ":37",
        ":38",
        ":40",
    ]
    assert "is the number of Анна Петрова already" in lines[0]
    assert "no way to call Unreachable" in lines[1]
    assert "is “password” meant?" in lines[2]
    assert office.confctl("check").status == 1


@pytest.mark.parametrize(
    ("uri", "right"),
    [
        ("sip:room@192.0.2.1:5080", True),
        ("sips:room@pbx.example", True),
        ("sip:room@pbx.example;transport=tcp", True),
        ("room@192.0.2.1", False),
        ("sip:room@192.0.2.1:99999", False),
        ("sip:room@[2001:db8::1", False),
    ],
)
def test_a_fixed_address_is_one_that_the_mixer_can_read(uri: str, right: bool) -> None:
    room = f'[[person]]\nname = "Room"\nnumbers = ["150"]\nsip = "{uri}"\n'
    problems = Directory.parse(Path("people.toml"), room, trunk=False).problems
    told = f"people.toml:4: person.sip: “{uri}” is no SIP URI; write for example: sip:anna@198.51.100.4"
    assert list(map(str, problems)) == ([] if right else [told])


def test_with_a_trunk_a_number_alone_is_enough(office: Office) -> None:
    bare = '[[person]]\nname = "Far"\nnumbers = ["+74990000000"]\n'
    assert Directory.parse(Path("p"), bare, trunk=True).people[0].name == "Far"
    assert Directory.parse(Path("p"), bare, trunk=False).people == ()


def test_passwords_are_never_shown(office: Office) -> None:
    for words in (("people", "list"), ("people", "list", "--json"), ("people", "find", "анна", "--json")):
        assert "secret-of-anna" not in office.confctl(*words).out
    assert "secret-of-anna" not in repr(STAFF.people)


def test_find_lists_all_that_fit_and_fails_when_there_is_nobody(office: Office) -> None:
    said = office.confctl("people", "find", "петров")
    assert said.status == 0
    assert "Анна Петрова" in said.out and "Иван Петров" in said.out
    said = office.confctl("people", "find", "zzz")
    assert said.status == 1 and "Nobody is found" in said.err


def test_add_keeps_every_letter_of_the_file(office: Office) -> None:
    file = office.folder / "people.toml"
    file.chmod(0o640)
    before = file.read_text(encoding="utf-8")
    said = office.confctl(
        "people", "add", 'Ольга "О" \x1b', "+7 (499) 000-00-01", "205", "--account", "--email", "o@example.com"
    )
    assert said.status == 0
    after = file.read_text(encoding="utf-8")
    assert after.startswith(before)
    assert file.stat().st_mode & 0o777 == 0o640
    person = Directory.load(file, trunk=False).by_number("205")
    assert person is not None
    assert person.numbers == ("+74990000001", "205")
    assert person.name == 'Ольга "О" \x1b'
    assert person.password is not None and person.password in said.out


def test_somebody_has_a_time_zone(office: Office) -> None:
    words = ("people", "add", "Olga", "205", "--account", "--timezone", "Asia/Tokyo", "--json")
    assert office.confctl(*words).json["timezone"] == "Asia/Tokyo"
    (office.folder / "people.toml").write_text(PEOPLE + 'timezone = "Moscow"\n', encoding="utf-8")
    said = office.confctl("people", "list")
    assert "people.toml:21: person.timezone: there is no time zone “Moscow”" in said.err


def test_add_makes_the_file_if_there_is_none(office: Office) -> None:
    (office.folder / "people.toml").unlink()
    assert office.confctl("people", "add", "Olga", "205", "--password", "x", "--json").json["numbers"] == ["205"]
    assert "Olga" in office.confctl("people", "list").out


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("Olga", "8 495 123-45-67", "--account"), 1, "confctl: 84951234567 is the number of Анна Петрова already.\n"),
        (("Olga", "205"), 1, "There is no way to call Olga: add --account, --password or --sip, or set up a trunk in"),
        (("Olga", "abc", "--account"), 2, "no number"),
        (("Olga", "205", "--account", "--email", "nowhere"), 1, "no mail address"),
        (("Olga", "205", "--sip", "olga"), 1, "no SIP URI"),
        (("Olga", "205", "--sip", "sip:o@h", "--password", "x"), 1, "Give --password or --sip"),
        (("", "205", "--account"), 1, "confctl: Somebody needs a name."),
        (("Olga", "205", "--password", ""), 1, "A password must not be empty."),
        (("Olga", "205", "--account", "--language", "de"), 2, "--language: “de” is none of: ru, en."),
        (("Olga", "205", "--account", "--timezone", "Nowhere"), 2, "There is no time zone “Nowhere”"),
        (("Olga", "205", "+7", "495", "123-45-67", "--account"), 2, "quotation marks: '+7 495 123-45-67'."),
        (("Olga", "205", "8", "(495)", "123-45-67", "--account"), 2, "quotation marks: '8 (495) 123-45-67'."),
        (("Olga", "205", "+7", "--account"), 2, "“+7” is too short for a number with a country code; put"),
        (("Olga",), 2, "NUMBER"),
        (("Olga", "500", "--account"), 1, "500 is the conference number"),
    ],
)
def test_who_could_not_be_used_is_not_added(office: Office, words: tuple[str, ...], status: int, says: str) -> None:
    said = office.confctl("people", "add", *words)
    assert (said.status, said.err.count("\n")) == (status, 1)
    assert says in said.err
    assert (office.folder / "people.toml").read_text(encoding="utf-8") == PEOPLE


def test_a_file_that_is_no_toml_is_not_added_to(office: Office) -> None:
    (office.folder / "people.toml").write_text("[[person\n", encoding="utf-8")
    assert office.confctl("people", "add", "Olga", "205", "--account").status == 1
    assert (office.folder / "people.toml").read_text(encoding="utf-8") == "[[person\n"


def test_numbers_are_told_from_one_with_spaces(office: Office) -> None:
    said = office.confctl("people", "add", "Olga", "402 403", "105 +44 (0)20 7946 0958", "--password", "long enough")
    assert (said.status, said.err) == (0, "")
    assert said.out == (
        "Olga is added, numbers 402, 403, 105, +442079460958.\n"
        "Its phone registers as 402 at conf.example.com with the password given.\n"
    )


def test_a_password_that_was_made_has_a_line_of_its_own(office: Office) -> None:
    lines = office.confctl("people", "add", "Olga", "205", "--account").out.split("\n")
    olga = Directory.load(office.folder / "people.toml", trunk=False).by_number("205")
    assert olga and lines == [
        "Olga is added, number 205.",
        "Its phone registers as 205 at conf.example.com with this password:",
        olga.password,
        "",
    ]


def test_a_second_person_of_a_name_and_a_short_password_are_warned_of(office: Office) -> None:
    said = office.confctl("people", "add", "анна Петрова", "205", "--password", "1234567")
    assert said.status == 0
    assert said.err == (
        "confctl: There is another анна Петрова: 101.\n"
        "confctl: Passwords of fewer than 8 characters are easily guessed: анна Петрова (205).\n"
    )
    said = office.confctl("people", "find", "анна петрво")
    assert said.status == 1 and "is it one of these: Анна Петрова (101), анна Петрова (205)" in said.err


def test_the_columns_of_language_and_time_zone_are_there_if_somebody_has_one(office: Office) -> None:
    assert office.confctl("people", "list").out.split("\n")[0].split() == ["Name", "Numbers", "Reached", "by", "Mail"]
    office.confctl("people", "edit", "102", "--timezone", "Asia/Tokyo", "--language", "en")
    headings, *people = office.confctl("people", "list").out.split("\n")
    assert headings.split("  ")[-1] == "Time zone" and "Language" in headings
    assert people[1].split()[-2:] == ["en", "Asia/Tokyo"]


@pytest.mark.parametrize("words", [["list"], ["list", "--json"], ["export"]])
def test_a_directory_that_can_not_be_read_is_not_shown_as_an_empty_one(office: Office, words: list[str]) -> None:
    file = office.folder / "people.toml"
    whole = file.read_text(encoding="utf-8")
    file.write_text(f"{whole}nonsense\n", encoding="utf-8")
    said = office.confctl("people", *words)
    assert (said.status, said.out) == (1, "") and said.err.startswith("confctl: people.toml:21: ")
    file.write_text(whole.replace('password = "b"', 'pasword = "b"'), encoding="utf-8")
    said = office.confctl("people", *words)
    assert said.status == 0 and "Анна" in said.out and "pasword" in said.err
