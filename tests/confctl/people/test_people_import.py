"""People from spreadsheets: however these write them, all of them or nobody."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.people.directory import Directory
from confctl.people.numbers import split_numbers
from confctl.people.people_csv import parse, write
from confctl.people.people_import import Rules, merged
from confctl.problems import BrokenFileError
from mixer.rules.model import Person
from tests.confctl.office import PEOPLE, Office

FILE = Path("staff.csv")
RULES = Rules(trunk=False, conference_number="500")


def rows(data: bytes) -> list[dict[str, str]]:
    return [dict(row.cells) for row in parse(FILE, data).rows]


def mistakes(data: str | bytes) -> list[str]:
    with pytest.raises(BrokenFileError) as caught:
        merged(
            parse(FILE, data if isinstance(data, bytes) else data.encode()),
            FILE,
            Directory.parse(FILE, PEOPLE, trunk=False),
            RULES,
        )
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_spreadsheet_is_read(encoding: str, delimiter: str, line_end: str) -> None:
    lines = ['Номера,"ИМЯ", Почта ', '"201; 202",Ольга,', "", '203,"Имя в', 'две строки",x@example.com', ",,"]
    data = line_end.join(line.replace(",", delimiter) for line in lines).encode(encoding)
    assert rows(data) == [
        {"numbers": "201; 202", "name": "Ольга"},
        {"numbers": "203", "name": f"Имя в{line_end}две строки", "email": "x@example.com"},
    ]


def test_the_line_that_tells_excel_its_delimiter_is_passed_over() -> None:
    assert rows(b"sep=;\r\nname;numbers\r\nOlga;201\r\n") == [{"name": "Olga", "numbers": "201"}]


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("101", ["101"]),
        ("101 102 103", ["101", "102", "103"]),
        ("101;102|103,104\n105", ["101", "102", "103", "104", "105"]),
        ("101 +7 495 123-45-67", ["101", "+7 495 123-45-67"]),
        ("+7 495 123-45-67 +74990000001", ["+7 495 123-45-67", "+74990000001"]),
        ("+74990000001 101", ["+74990000001", "101"]),
        ("8 (495) 123-45-67", ["8 (495) 123-45-67"]),
        ("8 495 123 45 67; 101", ["8 495 123 45 67", "101"]),
        ("8 495 123-45-67 101", ["8 495 123-45-67", "101"]),
        ("101 8(495)1234567", ["101", "8(495)1234567"]),
        ("495 123-45-67", ["495 123-45-67"]),
        ("801 802 80333", ["801", "802", "80333"]),
        ("+44 20 7946 0958", ["+44 20 7946 0958"]),
        ("101 +44 (0)20 7946 0958", ["101", "+44 (0)20 7946 0958"]),
        ("+7\u00a0495\u00a01234567", ["+7 495 1234567"]),
        ("'+74951234567", ["+74951234567"]),
        ('="+74951234567"', ["+74951234567"]),
        (" ; ", []),
    ],
)
def test_several_numbers_of_a_cell_are_told_from_one_with_spaces(cell: str, numbers: list[str]) -> None:
    assert split_numbers(cell) == numbers


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "staff.csv: this file is empty"),
        ("\ufeff\r\n\r\n".encode(), "staff.csv: this file is empty"),
        (b"Olga,201\n", "row 1 must name the columns"),
        (b"name,email\n", "row 1 must name the columns"),
        (b"name,numbers,emial\n", "row 1: column 3, “emial”, is unknown; known are: name, numbers"),
        ("имя,номер,ФИО\n".encode(), "row 1: columns “имя” and “ФИО” mean the same; keep one"),
        (b"name,numbers\nx,1,2\n", "row 2: there are more cells than headings"),
        (b"PK\3\4 a zip", "this is no CSV; save the sheet as CSV UTF-8"),
        ("имя,номера\nАнна Петрова,1\n".encode() + b"\xd0\n", "staff.csv:3: this is not UTF-8"),
        (b"name,numbers\nx\0,1\n", "this is no CSV"),
    ],
)
def test_what_is_no_table_of_people_is_refused(data: bytes, says: str) -> None:
    assert says in mistakes(data)[0]


def test_a_doubled_column_is_named_once() -> None:
    assert len(mistakes("имя,номер,ФИО\n")) == 1


def test_the_names_of_columns_are_told_in_the_language_of_the_reader(office: Office) -> None:
    (office.folder / "staff.csv").write_text("name,numbers,emial\n", encoding="utf-8")
    assert office.confctl("people", "import", "staff.csv").err.endswith(
        "known are: name, numbers, email, language, timezone, password, sip\n"
    )
    assert office.confctl("people", "import", "staff.csv", "--lang", "ru").err.endswith(
        "имя, номера, почта, язык, пояс, пароль, sip\n"
    )


def test_a_mistake_in_one_row_hides_none_in_another() -> None:
    found = mistakes('name,numbers,emial,password\na,1,,x,y\nb,bad,,x\nc,102,,,\nd,102,,,z\n"e')
    assert [problem.split(": ")[1].split(",")[0] for problem in found] == [
        *("row 1", "row 2", "row 3", "row 5", "row 5", "row 6"),
    ]


def test_a_number_that_the_spreadsheet_has_rounded_is_told_from_one_that_is_wrong() -> None:
    assert (
        "has rounded the number to “4.42079E+11”; format the column as text"
        in mistakes("name,numbers\na,4.42079E+11\n")[0]
    )
    assert "has rounded the number to “4,42079E+11”" in mistakes("имя;номера\na;4,42079E+11\n")[0]


@pytest.mark.parametrize(
    ("name", "page", "shown"),
    [
        ("François", "cp1252", "windows-1252"),
        ("Zoë Müller", "cp1252", "windows-1252"),
        ("Ольга", "cp1251", "windows-1251"),
    ],
)
def test_a_code_page_is_guessed_by_its_letters_and_named(office: Office, name: str, page: str, shown: str) -> None:
    (office.folder / "staff.csv").write_bytes(f"name;numbers;password\n{name};205;long enough\n".encode(page))
    said = office.confctl("people", "import", "staff.csv")
    assert said.err == f"confctl: staff.csv is not UTF-8: read as {shown}; --encoding names another.\n"
    assert said.out.startswith(f"{name}, 205: new\n")


def test_where_the_letters_leave_it_open_the_language_tells_the_code_page() -> None:
    data = "name;numbers\nBéa Ø;205\n".encode("cp1252")
    assert [row.cells["name"] for row in parse(FILE, data, language="en").rows] == ["Béa Ø"]
    assert [row.cells["name"] for row in parse(FILE, data, language="ru").rows] == ["Bйa Ш"]


def test_the_encoding_can_be_named(office: Office) -> None:
    (office.folder / "staff.csv").write_bytes("name;numbers;password\nŁukasz;205;long enough\n".encode("cp1250"))
    said = office.confctl("people", "import", "staff.csv", "--encoding", "windows-1250")
    assert (said.status, said.err) == (0, "") and "Łukasz, 205: new" in said.out
    said = office.confctl("people", "import", "staff.csv", "--encoding", "klingon")
    assert said.status == 2 and "There is no encoding “klingon”" in said.err
    said = office.confctl("people", "import", "staff.csv", "--encoding", "utf-8")
    assert (said.status, said.err) == (1, "confctl: staff.csv: this is not utf-8\n")


def test_every_mistake_is_named_by_row_and_column() -> None:
    found = mistakes(
        "Имя;номера;почта;язык;пояс;sip;пароль\n"
        "A;abc;;;;;x\n"
        "B;201;nowhere;;;;x\n"
        "C;202;;de;Moscow;;x\n"
        "D;203;;;;sip;x\n"
        "E;204;;;;;\n"
        ";205;;;;;x\n"
        "F;;;;;;x\n"
        "G;500;;;;;x\n"
        "H;206 8(495)123-45-67;;;;;x\n"
        "I;207;;;;;x\n"
        "J;207;;;;;x\n"
        "I;+7 495;;;;;x\n"
        "K;102;;;;;\n"
        "L;102;;;;;\n"
    )
    assert [problem.split(": ")[1] for problem in found] == [
        "row 2, column “номера”",
        "row 3, column “почта”",
        "row 4, column “пояс”",
        "row 4, column “язык”",
        "row 5, column “sip”",
        "row 5, column “sip”",
        "row 6",
        "row 7, column “Имя”",
        "row 8, column “номера”",
        "row 9, column “номера”",
        "row 10, column “номера”",
        "row 12, column “номера”",
        "row 13, column “номера”",
        "row 15, column “номера”",
    ]
    assert "add --account" in found[6]
    assert "is the number of Анна Петрова already" in found[10]
    assert "“+7 495” is too short for a number with a country code" in found[12]


def test_whose_first_number_is_known_is_changed_and_others_are_added(office: Office) -> None:
    (office.folder / "staff.csv").write_text(
        "name,numbers,email,timezone,password\n"
        "Анна Петрова,8 495 123-45-67 101,anna@example.com,,\n"
        "Борис Королёв,102,,,\n"
        "Ольга,205,,Asia/Tokyo,own\n"
        "Пётр,206,,,\n",
        encoding="utf-8",
    )
    planned = office.confctl("people", "import", "staff.csv", "--account", "--dry-run", "--json").json
    assert planned["dry_run"] is True and planned["unchanged"] == 1
    assert (office.folder / "people.toml").read_text(encoding="utf-8") == PEOPLE
    said = office.confctl("people", "import", "staff.csv", "--account", "--json")
    assert said.status == 0
    added, changed = said.json["added"], said.json["changed"]
    assert isinstance(added, list) and isinstance(changed, list)
    assert [(person["name"], bool(person["password"])) for person in added] == [("Ольга", False), ("Пётр", True)]
    assert [(person["name"], person["changed"]) for person in changed] == [("Анна Петрова", ["numbers", "email"])]
    text = (office.folder / "people.toml").read_text(encoding="utf-8")
    assert "# The staff" in text and "# the boss" in text and '"Борис Королёв"\nnumbers = ["102"]' in text
    directory = Directory.load(office.folder / "people.toml", trunk=False)
    assert directory.by_number("101").numbers == ("84951234567", "101")  # type: ignore[union-attr]  # she is there
    assert directory.by_number("206").password == added[1]["password"]  # type: ignore[union-attr]  # he is there
    again = office.confctl("people", "import", "staff.csv", "--account")
    assert again.out == "Added: 0, changed: 0, unchanged: 4.\n"


def test_what_an_import_changes_is_told_from_what_to_what(office: Office) -> None:
    office.confctl("people", "edit", "102", "--number", "102", "+74990000001")
    (office.folder / "staff.csv").write_text("name;numbers\nBoris;+74990000001\n", encoding="utf-8")
    said = office.confctl("people", "import", "staff.csv")
    assert said.out == (
        "Boris, +74990000001: name Борис Королёв → Boris; numbers 102, +74990000001 → +74990000001\n"
        "Its phone registers as +74990000001 now.\n"
        "Added: 0, changed: 1, unchanged: 0.\n"
    )


def test_namesakes_are_noted_once(office: Office) -> None:
    (office.folder / "staff.csv").write_text(
        "name;numbers;email;password\nБорис Королёв;102;b@example.com;\nOlga;205;;long enough\nOlga;206;;long enough\n"
        "борис королев;207;;long enough\n",
        encoding="utf-8",
    )
    assert office.confctl("people", "import", "staff.csv").err == (
        "confctl: There is another Olga: 206.\nconfctl: There is another борис королев: 102.\n"
    )


def test_numbers_can_change_hands_in_one_sheet() -> None:
    people = Directory([Person("A", ("1", "2"), password="x"), Person("B", ("3",), password="x")])
    result = merged(parse(FILE, b"name,numbers\nA,1\nB,3 2\n"), FILE, people, RULES)
    assert [after.numbers for _, after in result.changed] == [("1",), ("3", "2")]


def test_a_new_way_to_be_reached_takes_the_place_of_the_old_one() -> None:
    people = Directory([Person("A", ("1",), password="x")])
    sheet = parse(FILE, b"name,numbers,sip\nA,1,sip:a@192.0.2.1\n")
    [(_, after)] = merged(sheet, FILE, people, RULES).changed
    assert after == Person("A", ("1",), sip="sip:a@192.0.2.1")


def test_one_mistake_keeps_everybody_out(office: Office) -> None:
    lines = "".join(f"P{number},{number}x,y\n" for number in range(3000, 3030))
    (office.folder / "staff.csv").write_text(f"name,numbers,password\nOlga,205,x\n{lines}", encoding="utf-8")
    said = office.confctl("people", "import", "staff.csv")
    assert said.status == 1
    assert said.err.count("\n") == 21 and said.err.endswith("staff.csv: 10 more mistakes\n")
    assert (office.folder / "people.toml").read_text(encoding="utf-8") == PEOPLE


def test_an_owner_is_not_lost_by_an_import(office: Office) -> None:
    office.add()
    (office.folder / "staff.csv").write_text("name,numbers\nАнна,+74951234567\n", encoding="utf-8")
    said = office.confctl("people", "import", "staff.csv")
    assert said.status == 1 and "would lose their owner" in said.err
    assert office.confctl("people", "import", "staff.csv", "--force").status == 0


def test_a_sheet_comes_from_the_standard_input_too(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    exported = office.confctl("people", "export", "--passwords").out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(exported.encode())))
    assert office.confctl("people", "import", "-").out == "Added: 0, changed: 0, unchanged: 4.\n"


def test_an_export_has_passwords_only_if_they_are_asked_for(office: Office) -> None:
    assert "secret-of-anna" not in office.confctl("people", "export").out
    assert "secret-of-anna" in office.confctl("people", "export", "--passwords").out


def test_a_file_that_is_not_there_is_one_line(office: Office) -> None:
    said = office.confctl("people", "import", "nowhere.csv")
    assert (said.status, said.err.count("\n")) == (1, 1) and "nowhere.csv" in said.err


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).map(
    lambda text: " ".join(text.split())
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            WORDS.filter(bool),
            st.integers(1, 3),
            st.sampled_from([None, "ru", "en"]),
            WORDS.filter(bool).map(str.strip),
            st.sampled_from([None, "Asia/Tokyo"]),
        ),
        max_size=6,
    )
)
def test_what_is_exported_is_imported_as_it_was(drawn: list[tuple[str, int, str | None, str, str | None]]) -> None:
    people = [
        Person(
            name, tuple(f"{prefix}{200 + index}" for prefix in ("", "+7495000", "8")[:many]), None, language, password
        )
        for index, (name, many, language, password, _) in enumerate(drawn)
    ]
    sheet = parse(FILE, write(people, passwords=True).encode())
    assert merged(sheet, FILE, Directory([]), RULES).added == people
    assert merged(sheet, FILE, Directory(people), RULES).unchanged == len(people)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text('имяnumbers,;\t"\n1\r', max_size=60).map(str.encode), st.booleans())
def test_any_bytes_are_a_sheet_or_refused(data: bytes, headed: bool) -> None:
    with suppress(BrokenFileError):
        sheet = parse(FILE, (b"name,numbers\n" if headed else b"") + data)
        for person in merged(sheet, FILE, Directory([]), RULES).added:
            assert person.name and person.numbers


def test_a_field_that_is_too_long_is_refused() -> None:
    found = mistakes(b'name,numbers\n"' + b"x" * (csv.field_size_limit() + 1) + b'",1\n')
    assert found[0].startswith("staff.csv: row 2: field larger than field limit")


def test_what_a_spreadsheet_would_compute_is_exported_harmless_and_read_again_as_it_was(office: Office) -> None:
    names = ["=HYPERLINK(A1)", "-2+3", "@SUM(1)", "'=1", "+1 (the boss)", "O'Neill"]
    for number, name in enumerate(names, 300):
        office.confctl("people", "add", "--account", "--", name, str(number), f"+7495555{number}")
    exported = office.confctl("people", "export").out
    rows = list(csv.DictReader(io.StringIO(exported)))[-len(names) :]
    assert [row["name"] for row in rows] == [
        "'=HYPERLINK(A1)",
        "'-2+3",
        "'@SUM(1)",
        "''=1",
        "'+1 (the boss)",
        "O'Neill",
    ]
    assert rows[0]["numbers"] == "300; +7495555300"
    (office.folder / "again.csv").write_text(exported, encoding="utf-8")
    said = office.confctl("people", "import", "again.csv")
    assert said.out.endswith("Added: 0, changed: 0, unchanged: 10.\n")
