"""Files that somebody left in the book's folder, and that are no conferences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl.book.strays import strays

if TYPE_CHECKING:
    from pathlib import Path

    from tests.confctl.office import Office

STRAYS = ("790074.bak", "copy.toml", "имя.toml")


def test_what_the_book_reads_or_made_or_hid_is_no_stray(office: Office) -> None:
    code = office.add()
    book = office.folder / "conferences"
    (book / "12x.toml").touch()  # its name is a mistake that the book itself tells of
    (book / f".{code}.toml.swp").touch()
    assert strays(book) == []
    assert strays(office.folder / "nowhere") == []


def test_check_names_what_is_not_read_and_minds_what_was_meant_to_be(office: Office) -> None:
    office.add()
    book: Path = office.folder / "conferences"
    for name in STRAYS:
        (book / name).touch()
    assert [file.name for file in strays(book)] == list(STRAYS)
    checks = office.confctl("check", "--json").json["checks"]
    found = {each["detail"]: each["ok"] for each in checks if "is not read" in each["detail"]}  # type: ignore[union-attr,index,call-overload,operator]  # as is documented
    ends = "is not read; a conference's file is called after its code, as 123456.toml"
    assert found == {
        f"conferences/790074.bak {ends}": True,
        f"conferences/copy.toml {ends}": False,
        f"conferences/имя.toml {ends}": False,
    }


def test_a_list_counts_what_is_unreadable_and_tells_scripts_why(office: Office) -> None:
    office.add()
    (office.folder / "conferences" / "4444.toml").write_text('title = "x"\nstart = 1\n', encoding="utf-8")
    said = office.confctl("list")
    assert said.out.startswith("0 running, 1 planned, 1 unreadable\n")
    assert office.confctl("--lang", "ru", "list").out.startswith("0 идёт, 1 запланирована, 1 не читается\n")
    listed = office.confctl("list", "--json").json
    problems = listed["problems"]
    assert isinstance(problems, list)
    assert problems and all(str(each).startswith("conferences/4444.toml:") for each in problems)
    assert len(listed["conferences"]) == 1  # type: ignore[arg-type]  # a list, as is documented
    assert office.confctl("list", "--past", "--json").json == {"conferences": [], "problems": []}
