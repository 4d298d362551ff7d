"""``delete``: only before the start, and only by somebody who means it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from confctl.terminal.asking import Asker
from mixer.rules.records import Kind
from tests.confctl.commands.past import ended
from tests.confctl.terminal.keyboard import typed

if TYPE_CHECKING:
    from tests.confctl.office import Office


def test_delete_wants_yes_where_nobody_can_be_asked(office: Office) -> None:
    code = office.add()
    said = office.confctl("delete", code)
    assert (said.status, said.out) == (1, "")
    assert said.err == f"confctl: Nobody can be asked here; add --yes to delete conference {code}.\n"
    assert office.confctl("delete", code, "--yes").status == 0
    assert office.confctl("list", "--json").conferences() == []
    assert office.confctl("show", code).status == 1


def test_with_json_nobody_is_asked_even_on_a_terminal(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    code = office.add()
    typed(monkeypatch, "y")
    assert office.confctl("delete", code, "--json").status == 1
    assert office.confctl("delete", code, "--json", "--yes").json["deleted"] == code


@pytest.mark.parametrize(("answer", "deleted"), [("y", True), ("да", True), ("", False), ("n", False), ("нет", False)])
def test_delete_asks_on_a_terminal(office: Office, monkeypatch: pytest.MonkeyPatch, answer: str, deleted: bool) -> None:
    code = office.add("--with", "102", title="Budget")
    typed(monkeypatch, answer)
    said = office.confctl("delete", code)
    assert (
        f"Delete conference {code} “Budget”, Monday, 30 November 2026, 15:30–16:30 Europe/Moscow (UTC+3),"
        " with 2 people? [y/N]"
    ) in said.err
    assert (said.status == 0) is deleted
    assert (office.confctl("show", code).status == 1) is deleted


def test_who_leaves_the_question_deletes_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    code = office.add()
    typed(monkeypatch)
    assert office.confctl("delete", code).status == 130
    assert office.confctl("show", code).status == 0


def test_a_conference_that_has_begun_or_is_past_is_neither_changed_nor_deleted(office: Office) -> None:
    code = office.add(start="12:00", end="13:00")
    before = office.confctl("show", code, "--json").json
    changes = (("delete", code, "--yes"), ("edit", code, "--title", "New"), ("edit", code))
    for command in changes:
        said = office.confctl(*command)
        assert (said.status, said.err) == (
            1,
            f"confctl: The start of conference {code} has come, Monday, 30 November 2026, 12:00–13:00 Europe/Moscow"
            " (UTC+3): it can be neither changed nor deleted; no mixer runs: “confctl run” starts it.\n",
        )
    office.mixer_noted(code, Kind.STARTED)
    for command in changes:
        said = office.confctl(*command)
        assert (said.status, said.err) == (
            1,
            f"confctl: Conference {code} has begun: it can be neither changed nor deleted; no mixer runs:"
            " “confctl run” carries it on.\n",
        )
    with office.mixer():
        for command in changes:
            said = office.confctl(*command)
            assert (said.status, said.err) == (
                1,
                f"confctl: Conference {code} has begun: it can be neither changed nor deleted.\n",
            )
    ended(office, code, "2026-11-30 13:00", "planned-end")
    for command in (("delete", code, "--yes"), ("edit", code, "--title", "New")):
        said = office.confctl(*command)
        assert said.status == 1 and "is past" in said.err
    assert office.confctl("show", code, "--json").json["title"] == before["title"]


def test_it_is_not_deleted_if_it_begins_while_the_question_stands(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object, default: bool) -> bool:
        office.now += 7200
        return not default

    code = office.add(start="13:00", end="16:00")
    typed(monkeypatch)
    monkeypatch.setattr(Asker, "yes", slow)
    assert "has begun" in office.confctl("delete", code).err
    assert office.confctl("show", code).status == 0
