"""What is asked over the control socket is done in the conference that is meant, or refused in a sentence."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import pytest

from confctl.people.directory import Directory
from confctl.people.fitting import fitting
from mixer.acting import Acting
from mixer.control import Refused, Request
from mixer.party import NotReached
from mixer.request_words import RequestWords
from mixer.rules.absence import AbsencePolicy
from mixer.rules.call_policy import CallPolicy
from mixer.rules.model import Person, Recorded
from mixer.rules.records import Kind
from tests.mixer.house import House, open_house
from tests.mixer.rehearsal import ANNA, BORIS, END, OWNER, PLAN, START
from tests.mixer.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mixer.control import Json
    from mixer.whom import Fitting

CAROL = Person("Carol Smith", ("104",), sip="sip:carol@192.0.2.9")
LATER = replace(PLAN, code="4712", owner_code="471299", title="Later")
Result = TypeVar("Result")


async def at_once(work: Callable[[], Result]) -> Result:
    """Virtual time knows no threads."""
    return work()


class Console:
    """Somebody at it, in a house."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(asyncio, "to_thread", at_once)
        self.house = house
        programme = house.conductor.programme
        self.words = RequestWords(programme, house.board.caller, _look_up, lambda number: number.startswith("+7495"))
        self.acting = Acting(programme, self.words)

    async def __call__(self, do: str, *who: str, **args: Json) -> Mapping[str, Json]:
        told = self.acting.answers[do](Request(do, {**({"who": who} if who else {}), **args}, "root"))
        return told if not asyncio.iscoroutine(told) else await told

    async def refusal(self, do: str, *who: str, **args: Json) -> str:
        with pytest.raises(Refused) as refused:
            await self(do, *who, **args)
        return str(refused.value)


def _look_up(texts: Sequence[str], among: Sequence[Person] | None = None) -> list[Fitting]:
    return fitting(texts, Directory((OWNER, ANNA, BORIS, CAROL) if among is None else among))


async def begun(house: House) -> None:
    """All three are in."""
    await house.until(START + 1)
    for person in (OWNER, ANNA, BORIS):
        house.answers(person)


def muted(house: House) -> set[str]:
    names = {leg: number for number, leg in house.board.leg_of.items()}
    return {names[leg] for leg in house.board.muted}


@in_virtual_time
async def test_people_are_muted_and_heard_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await begun(house)
        tell = Console(house, monkeypatch)
        told = await tell("mute", "anna", "103")
        assert told["people"] == [
            {"name": "Anna Petrova", "number": "102"},
            {"name": "Boris Chudnov", "number": "103"},
        ]
        assert muted(house) == {"102", "103"}
        await tell("unmute", "anna")
        assert muted(house) == {"103"}
        await tell("unmute", all=True)
        await tell("mute", others=True)
        assert muted(house) == {"102", "103"}
        await tell("mute", all=True)
        assert muted(house) == {"101", "102", "103"}
        await tell("unmute", all=True)
        assert muted(house) == set()
        assert "not muted" in await tell.refusal("unmute", all=True)


@in_virtual_time
async def test_a_conference_is_meant_by_its_code_or_because_it_is_the_only_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        tell = Console(house, monkeypatch)
        assert await tell.refusal("lock") == "no conference runs"
        assert "has not begun yet" in await tell.refusal("lock", code=PLAN.code)
        await begun(house)
        for args in ({}, {"code": "4711"}, {"code": "471199"}):
            assert (await tell("lock", **args))["code"] == "4711"
            await tell("unlock")
        for who in (["anna"], ["4711", "anna"], ["47", "11", "anna"]):
            assert (await tell("mute", *who))["title"] == "Projects"
            await tell("unmute", "anna")
        assert await tell.refusal("lock", code="9999") == "no conference with the code 9999 runs"
        house.book.change(PLAN, LATER)
        await asyncio.sleep(2)
        assert await tell.refusal("lock") == (
            "several conferences run; say which by its code: 4711 (Projects), 4712 (Later)"
        )


@in_virtual_time
async def test_not_more_people_are_looked_for_at_once_than_there_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await begun(house)
        tell = Console(house, monkeypatch)
        for do in ("mute", "kick", "call"):
            assert await tell.refusal(do, *["anna"] * 501) == "name 500 people at once at most"
        assert not muted(house)


@in_virtual_time
async def test_people_are_looked_for_by_one_thread_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_work = most = 0

    async def slowly(work: Callable[[], Result]) -> Result:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(1)
        at_work -= 1
        return work()

    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await begun(house)
        tell = Console(house, monkeypatch)
        monkeypatch.setattr(asyncio, "to_thread", slowly)
        await asyncio.gather(tell("mute", "anna"), tell("mute", "boris"), tell("kick", "103"))
    assert most == 1


@in_virtual_time
async def test_who_is_kicked_is_hung_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await begun(house)
        await Console(house, monkeypatch)("kick", "chudnov")
        assert list(house.board.hung_up) == [house.board.leg_of["103"]]


@in_virtual_time
async def test_who_is_kicked_while_calls_are_still_to_come_is_called_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(tmp_path, PLAN, now=START - 5, policy=CallPolicy(trunk=False)) as house:
        await house.until(START + 1)
        tell = Console(house, monkeypatch)
        house.answers(OWNER)
        house.answers(ANNA)
        boris = house.board.leg_of[BORIS.number]
        house.board.parties.pop(boris).take(NotReached(boris, 486, "Busy Here"))
        assert await tell.refusal("mute", "boris") == "Boris Chudnov is not on the line"
        assert (await tell("kick", "boris"))["people"] == [{"name": "Boris Chudnov", "number": "103"}]
        assert await tell.refusal("kick", "boris") == "Boris Chudnov is not on the line"
        await house.until(END - 60)
        assert house.called.count("103") == 1
        await tell("call", "boris")
        assert house.called.count("103") == 2, "who asks for it has them called"


@in_virtual_time
async def test_an_owner_who_is_called_until_they_come_can_not_be_spared_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = CallPolicy(trunk=False, absence=AbsencePolicy(call_again_seconds=60))
    async with open_house(tmp_path, PLAN, now=START - 5, policy=policy) as house:
        await house.until(START + 1)
        house.answers(ANNA)
        owner = house.board.leg_of[OWNER.number]
        house.board.parties.pop(owner).take(NotReached(owner, 486, "Busy Here"))
        assert "is not on the line" in await Console(house, monkeypatch).refusal("kick", OWNER.number)


@in_virtual_time
async def test_people_of_the_list_and_of_the_directory_and_allowed_numbers_are_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await house.until(START + 1)
        tell = Console(house, monkeypatch)
        house.answers(OWNER)
        house.declines(ANNA)
        house.declines(BORIS)
        await tell("call", "anna", "carol")
        assert house.called[3:] == ["102", "104"]
        assert "is being called already" in await tell.refusal("call", "103", "carol")
        assert house.called[5:] == [], "all or none"
        assert "see control.call" in await tell.refusal("call", "+4420 79460123")
        for spelled in ("+7495 1234567", "8 (495) 123-45-67"):
            assert await tell.refusal("call", spelled) == "there is no trunk to call +74951234567 through"
        house.declines(CAROL)
        await tell("call", missing=True)
        assert sorted(house.called[5:]) == ["103", "104"]


@in_virtual_time
async def test_of_a_new_owner_who_only_rings_it_is_told_that_they_are_not_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await house.until(START + 1)
        house.answers(OWNER)
        assert (await Console(house, monkeypatch)("owner", "anna"))["here"] is False


@in_virtual_time
async def test_roles_recordings_the_end_and_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await begun(house)
        tell = Console(house, monkeypatch)
        await tell("deputy", "boris")
        await tell("deputy", none=True)
        assert await tell.refusal("owner", "anna", "boris") == "there is one owner and one deputy: name one person"
        assert "a guest can't be the owner" in await tell.refusal("owner", "guest", "17")
        assert (await tell("owner", "anna"))["here"] is True
        assert (await tell("record", on=True))["record"] == Recorded.MIXED
        assert (await tell("record", on=True, tracks=True))["record"] == Recorded.TRACKS
        assert (await tell("record", on=False))["record"] == Recorded.NOT
        assert (await tell("extend", minutes=15))["end"] == END + 900
        assert (await tell("extend", until="17:00"))["end"] == END + 1800
        assert (await tell("extend", until="00:30"))["end"] == END + 8 * 3600
        assert await tell.refusal("extend", until="00:10") == "its end can only be put off"
        assert "no time of the day" in await tell.refusal("extend", until="25:61")
        assert (await tell("look"))["present"] == 3
        await tell("end")
        assert {Kind.DEPUTY_NAMED, Kind.HANDED_OVER, Kind.RECORDING_WANTED, Kind.EXTENDED} <= set(house.kinds("4711"))
        assert await tell.refusal("end") == "no conference runs"


@in_virtual_time
async def test_the_journal_says_who_on_the_machine_has_asked_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await begun(house)
        tell = Console(house, monkeypatch)
        await tell("lock")
        await tell("mute", "anna")
        await tell("kick", "anna")
        acted = [record for record in house.journal.read("4711") if record.user]
        assert [(record.kind, record.user) for record in acted] == [
            (kind, "root") for kind in (Kind.LOCKED, Kind.SILENCED, Kind.KICKED)
        ]


@in_virtual_time
async def test_past_its_planned_end_it_is_extended_from_now_and_the_answer_says_until_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await begun(house)
        tell = Console(house, monkeypatch)
        await house.until(END + 600)
        assert (await tell("extend", minutes=15))["end"] == pytest.approx(END + 1500, abs=1)
        await house.until(END + 1860)
        assert await tell.refusal("extend", until="16:59") == "its end can only be put off"
        assert (await tell("extend", until="17:30"))["end"] == END + 3600
        assert (await tell("extend", minutes=1))["end"] == END + 3660


@pytest.mark.parametrize(
    ("end", "until", "later"),
    [
        ("2026-10-25T02:40+02:00", "02:50", 600),
        ("2026-10-25T02:40+02:00", "02:10", 1800),
        ("2026-10-25T02:40+01:00", "02:50", 600),
        ("2026-10-25T01:50+02:00", "03:10", 8400),
        ("2026-03-29T01:50+01:00", "03:10", 1200),
        ("2026-03-29T01:50+01:00", "02:10", None),
    ],
)
@in_virtual_time
async def test_in_the_night_in_which_the_clocks_change_the_end_is_put_off_until_the_nearer_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str, until: str, later: int | None
) -> None:
    over = datetime.fromisoformat(end).timestamp()
    plan = replace(PLAN, start=over - 600, end=over, zone="Europe/Berlin")
    async with open_house(tmp_path, plan, now=plan.start - 5) as house:
        await house.until(plan.start + 1)
        house.answers(OWNER)
        tell = Console(house, monkeypatch)
        if later is None:
            refused = "there is no 02:10 that day in Europe/Berlin: the clocks go forward"
            assert await tell.refusal("extend", until=until) == refused
        else:
            assert (await tell("extend", until=until))["end"] == over + later


@in_virtual_time
async def test_nobody_named_is_refused_not_everybody_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_house(tmp_path, PLAN, now=START - 5) as house:
        await begun(house)
        tell = Console(house, monkeypatch)
        for do in ("mute", "unmute", "kick", "call", "owner", "deputy"):
            assert "say who" in await tell.refusal(do)
