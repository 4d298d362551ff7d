"""Changing and removing people on the command line, and what becomes of the conferences that name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from confctl.people.directory import Directory
from tests.confctl.office import PEOPLE, SETTINGS, Office

if TYPE_CHECKING:
    from confctl.session import Session
    from confctl.words import Sentence


def people_of(office: Office) -> Directory:
    return Directory.load(office.folder / "people.toml", trunk=False)


def text_of(office: Office) -> str:
    return (office.folder / "people.toml").read_text(encoding="utf-8")


def test_each_field_can_be_changed_and_the_rest_of_the_file_stays(office: Office) -> None:
    said = office.confctl(
        *("people", "edit", "борис", "--name", "Boris", "--add-number", "105", "+7 499 000-00-01"),
        *("--email", "b@example.com", "--language", "en", "--timezone", "tokyo", "--ring", "all"),
    )
    assert (said.status, said.err) == (0, "")
    assert said.out == (
        "Boris, 102: name Борис Королёв → Boris; numbers 102 → 102, 105, +74990000001; mail — → b@example.com;"
        " language — → en; time zone — → Asia/Tokyo; several numbers are rung — → all\n"
    )
    assert text_of(office) == PEOPLE.replace(
        'name = "Борис Королёв"\nnumbers = ["102"]\npassword = "b"\n',
        'name = "Boris"\nnumbers = ["102", "105", "+74990000001"]\npassword = "b"\n'
        'email = "b@example.com"\nlanguage = "en"\ntimezone = "Asia/Tokyo"\nring = "all"\n',
    )
    listed = office.confctl("people", "find", "102", "--json").json["people"]
    assert isinstance(listed, list)
    assert listed[0] == {
        "name": "Boris",
        "numbers": ["102", "105", "+74990000001"],
        "email": "b@example.com",
        "language": "en",
        "timezone": "Asia/Tokyo",
        "reached": "account",
        "sip": None,
        "ring": "all",
    }
    office.confctl(
        "people", "edit", "102", "--no-email", "--no-language", "--no-timezone", "--no-ring", "--number", "102"
    )
    assert text_of(office) == PEOPLE.replace("Борис Королёв", "Boris")


def test_a_new_way_to_reach_somebody_takes_the_place_of_the_old_one(office: Office) -> None:
    assert office.confctl("people", "edit", "102", "--sip", "sip:b@192.0.2.1").status == 0
    assert people_of(office).by_number("102").password is None  # type: ignore[union-attr]  # he is there
    said = office.confctl("people", "edit", "102", "--account")
    boris = people_of(office).by_number("102")
    assert boris and boris.sip is None and boris.password and boris.password in said.out
    assert office.confctl("people", "edit", "102", "--password", "own", "--json").json["password"] is None
    said = office.confctl("people", "edit", "102", "--trunk")
    assert (said.status, "no way to call" in said.err) == (1, True)
    file = office.folder / "confctl.toml"
    file.write_text(SETTINGS + '[[trunk]]\nname = "t"\nuri = "sip:t.example"\n', encoding="utf-8")
    assert office.confctl("people", "edit", "102", "--trunk").status == 0
    assert office.confctl("people", "find", "102", "--json").json["people"][0]["reached"] == "trunk"  # type: ignore[index]  # JSON


def test_whoever_changes_nothing_is_told_so(office: Office) -> None:
    said = office.confctl("people", "edit", "102", "--name", "Борис Королёв", "--add-number", "102")
    assert said.out == "Nothing is changed: that is how Борис Королёв is already.\n"
    assert text_of(office) == PEOPLE
    assert office.confctl("people", "edit", "102").status == 2


def test_the_new_user_name_of_a_phone_is_told(office: Office) -> None:
    said = office.confctl("people", "edit", "101", "--remove-number", "101")
    assert "Its phone registers as +74951234567 now." in said.out


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("nobody-of-us", "--no-email"), 1, "Nobody is found"),
        (("петров", "--no-email"), 1, "fits several people"),
        (("102", "--email", "nowhere"), 1, "no mail address"),
        (("102", "--email", ""), 1, "no mail address"),
        (("102", "--name", " "), 1, "Somebody needs a name."),
        (("102", "--password", ""), 1, "A password must not be empty."),
        (("102", "--add-number", "+7", "495", "123-45-67"), 2, "in quotation marks: '+7 495 123-45-67'."),
        (("102", "--timezone", "Nowhere"), 2, "There is no time zone “Nowhere”"),
        (("102", "--sip", "boris"), 1, "no SIP URI"),
        (("102", "--add-number", "abc"), 2, "no number"),
        (("102", "--add-number", "8 495 123-45-67"), 1, "is the number of Анна Петрова already"),
        (("102", "--number", "500"), 1, "500 is the conference number"),
        (("102", "--remove-number", "103"), 1, "has no number 103"),
        (("102", "--remove-number", "102"), 1, "no number left"),
        (("102", "--email", "b@example.com", "--no-email"), 2, "--email and --no-email can't both be"),
        (("102", "--sip", "sip:b@h", "--account"), 2, "Give one of"),
        (("102", "--language", "de"), 2, "--language"),
    ],
)
def test_what_could_not_be_used_is_refused_in_one_line(
    office: Office, words: tuple[str, ...], status: int, says: str
) -> None:
    said = office.confctl("people", "edit", *words)
    assert (said.status, said.err.count("\n"), said.out) == (status, 1, "")
    assert says in said.err
    assert text_of(office) == PEOPLE


def test_a_number_of_somebody_further_down_is_refused_to_whoever_asks_for_it(office: Office) -> None:
    said = office.confctl("people", "edit", "101", "--add-number", "104")
    assert said.err == "confctl: 104 is the number of Иван Петров already.\n"


def test_a_password_is_told_as_new_and_never_shown(office: Office) -> None:
    said = office.confctl("people", "edit", "102", "--password", "short")
    assert said.out == (
        "Борис Королёв, 102: new password\nIts phone registers as 102 at conf.example.com with the password given.\n"
    )
    assert said.err == "confctl: Passwords of fewer than 8 characters are easily guessed: Борис Королёв (102).\n"
    said = office.confctl("people", "edit", "102", "--sip", "sip:b@192.0.2.1")
    assert said.out == "Борис Королёв, 102: no password; SIP URI — → sip:b@192.0.2.1\n"
    assert said.err == ""


def test_a_language_is_written_as_in_a_spreadsheet(office: Office) -> None:
    for written, language in (("русский", "ru"), ("English", "en"), ("RU", "ru")):
        said = office.confctl("people", "edit", "102", "--language", written, "--json")
        assert said.json["language"] == language


def test_somebody_is_removed_and_nothing_else(office: Office) -> None:
    said = office.confctl("people", "remove", "борис", "--yes", "--json")
    assert said.status == 0 and said.json["removed"]["numbers"] == ["102"]  # type: ignore[index]  # JSON
    boris = '[[person]]\nname = "Борис Королёв"\nnumbers = ["102"]\npassword = "b"\n\n'
    assert text_of(office) == PEOPLE.replace(boris, "")


def test_nobody_is_removed_where_nobody_can_be_asked(office: Office) -> None:
    said = office.confctl("people", "remove", "102")
    assert (said.status, said.err) == (1, "confctl: Nobody can be asked here; add --yes to remove Борис Королёв.\n")
    assert text_of(office) == PEOPLE


def test_on_a_terminal_it_is_asked_first(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answers = iter((False, True))

    class Asker:
        def __init__(self, _: Session) -> None:
            pass

        @staticmethod
        def possible() -> bool:
            return True

        def yes(self, question: Sentence, *, default: bool) -> bool:
            asked.append(str(question))
            assert not default
            return next(answers)

    monkeypatch.setattr("confctl.terminal.asking.Asker", Asker)
    said = office.confctl("people", "remove", "102")
    assert (said.status, said.err) == (1, "confctl: Борис Королёв is not removed.\n")
    assert office.confctl("people", "remove", "102").out == "Борис Королёв, 102, is removed.\n"
    assert asked == ["Remove Борис Королёв, 102, from the directory?"] * 2


def test_whoever_owns_a_planned_conference_stays_unless_it_is_forced(office: Office) -> None:
    code = office.add("--with", "102")
    said = office.confctl("people", "remove", "101", "--yes")
    assert said.status == 1 and f"would lose their owner: {code} “Weekly” (Анна Петрова, 101)" in said.err
    said = office.confctl("people", "edit", "101", "--number", "+74951234567")
    assert said.status == 1 and "would lose their owner" in said.err
    assert text_of(office) == PEOPLE
    said = office.confctl("people", "remove", "101", "--yes", "--force")
    assert said.status == 0 and f"still call who leaves the directory: {code}" in said.err
    shown = office.confctl("show", code, "--json").json
    assert shown["owner"] == {"name": "Анна Петрова", "number": "101"}


def test_a_participant_who_goes_stays_in_planned_conferences_which_are_named(office: Office) -> None:
    code = office.add("--with", "102")
    said = office.confctl("people", "remove", "102", "--yes")
    assert said.status == 0
    assert f"{code} “Weekly” (Борис Королёв, 102)" in said.err and "edit CODE --without NUMBER" in said.err
    shown = office.confctl("show", code, "--json").json
    assert shown["participants"] == [{"name": "Борис Королёв", "number": "102"}]


def test_a_new_name_or_one_more_number_takes_nobody_from_a_conference(office: Office) -> None:
    code = office.add("--with", "102")
    said = office.confctl("people", "edit", "101", "--name", "Anna", "--number", "+74951234567", "101")
    assert (said.status, said.err) == (0, "")
    assert office.confctl("show", code, "--json").json["owner"] == {"name": "Anna", "number": "+74951234567"}


def test_a_past_conference_holds_nobody(office: Office) -> None:
    code = office.add()
    office.confctl("delete", code, "--yes")
    assert office.confctl("people", "remove", "101", "--yes").err == ""


def test_the_directory_speaks_russian(office: Office) -> None:
    said = office.confctl("people", "edit", "102", "--email", "b@example.com", "--lang", "ru")
    assert said.out == "Борис Королёв, 102: почта — → b@example.com\n"
    assert (
        office.confctl("people", "remove", "102", "--yes", "--lang", "ru").out
        == "Абонент удалён: Борис Королёв, 102.\n"
    )


def test_conferences_are_quoted_as_the_language_has_it(office: Office) -> None:
    code = office.add("--with", "102")
    said = office.confctl("people", "remove", "102", "--yes", "--lang", "ru")
    assert f"{code} «Weekly» (Борис Королёв, 102)" in said.err
