"""A process that changes a company's people and, if told so, is killed at a certain step of it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from confctl import settings
from confctl.people.people_file import changing
from mixer.rules.model import Person
from tests.confctl.book.book_writer import die_at


def main() -> None:
    what, folder, *arguments = sys.argv[1:]
    company = settings.load(Path(folder) / "confctl.toml")
    if what == "add-many":
        first, many = map(int, arguments)
        for number in range(first, first + many):
            with changing(company) as people:
                people.add(Person(f"Person {number}", (str(number),), password="x"))
        return
    die_at(int(arguments[0]))
    with changing(company) as people:
        anna = people.directory.people[0]
        people.change(anna, replace(anna, name="Changed"))
        people.add(Person("Olga", ("205",), password="x"))
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main()
