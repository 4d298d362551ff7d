"""What those are told who look at a conference, in virtual time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mixer.bridge.protocol import Levels, WatchLevels
from mixer.control import Refused, Request
from mixer.observations import Observations
from mixer.rules.call_rules import Answered
from mixer.rules.records import Kind, Record
from mixer.spectators import MOST_WAITING, Spectators
from tests.mixer.rehearsal import ANNA, OWNER, Rehearsal
from tests.mixer.test_whereabouts import Lines
from tests.mixer.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mixer.rules.conference import Conference

ASKED = Request("watch", {"code": "4711"})


class Theatre:
    """A conference with the owner and Anna in it, and who looks at it."""

    def __init__(self) -> None:
        self.stage = Rehearsal()
        self.stage.wait(1)
        self.legs = {1: self.stage.leg(OWNER), 2: self.stage.leg(ANNA)}
        for leg in self.legs.values():
            self.stage.do(Answered(leg))
        self.over = False
        self.sent: list[object] = []
        loop = asyncio.get_running_loop()
        self.observations = Observations(self.sent.append, self._known, loop.time)
        self.opened = {"4711"}
        self.spectators = Spectators(self._runs, self.opened, Lines(), self.observations)
        self.spectators.open("4711", self.stage.journal)

    def _known(self, number: int) -> tuple[str, str] | None:
        return (self.legs[number], "PCMA") if number in self.legs else None

    def _runs(self, code: str) -> Conference | None:
        return None if self.over or code != "4711" else self.stage.conference

    def write(self, *records: Record) -> None:
        for record in records:
            self.spectators.take("4711", record)


@in_virtual_time
async def test_one_look_has_everybody_and_a_conference_that_does_not_run_is_refused() -> None:
    theatre = Theatre()
    told = await theatre.spectators.look(Request("conference", {"code": "4711"}))
    assert [person["state"] for person in told["people"]] == ["in", "in", "calling"]  # type: ignore[index, union-attr]  # JSON
    with pytest.raises(Refused, match="no conference with the code 4712 runs"):
        await theatre.spectators.look(Request("conference", {"code": "4712"}))


@in_virtual_time
async def test_of_two_conferences_that_begin_at_one_time_both_are_told_of() -> None:
    theatre = Theatre()
    theatre.over = True  # as one that is opened a minute ahead, when another one is
    theatre.opened.add("4712")
    theatre.spectators.open("4712", [])
    theatre.over = False
    told = await theatre.spectators.look(Request("conference", {"code": "4711"}))
    assert len(told["people"]) == 3  # type: ignore[arg-type]  # JSON
    assert len(theatre.spectators.absent("4711")) == 0


@in_virtual_time
async def test_who_watches_is_told_everything_once_and_then_what_changes() -> None:
    theatre = Theatre()
    watching = theatre.spectators.watch(ASKED)
    head, people, rows = [await anext(watching) for _ in range(3)]
    assert head["head"]["in"] == 2 and len(people["people"]) == 3 and rows == {"rows": 3}  # type: ignore[arg-type, call-overload, index]  # JSON
    assert theatre.sent == [WatchLevels(True)]
    theatre.observations.hear(Levels((2,), (-21,)))
    assert await anext(watching) == {"levels": {theatre.legs[2]: -21}}
    later = [await anext(watching) for _ in range(14)]
    assert 1 <= len([each for each in later if "head" in each]) <= 3, "a look a second, and levels five times as often"
    assert not any(person["row"] == 2 for each in later for person in each.get("people", ()))  # type: ignore[index, union-attr]  # JSON
    theatre.over = True
    assert [each async for each in watching][-1] == {"over": True}
    assert theatre.sent == [WatchLevels(True), WatchLevels(False)]


@in_virtual_time
async def test_who_goes_is_not_told_any_more_and_levels_are_not_asked_for() -> None:
    theatre = Theatre()
    watching = theatre.spectators.watch(ASKED)
    await anext(watching)
    await watching.aclose()  # type: ignore[attr-defined]  # a generator
    assert theatre.sent[-1] == WatchLevels(False)


async def heard(following: object, count: int) -> Sequence[dict[str, object]]:
    return [await anext(following) for _ in range(count)]  # type: ignore[call-overload]  # a generator


@in_virtual_time
async def test_events_are_told_of_one_conference_or_of_all() -> None:
    theatre = Theatre()
    of_all = theatre.spectators.events(Request("events"))
    of_another = theatre.spectators.events(Request("events", {"code": "9"}))
    tasks = [asyncio.create_task(heard(each, 2)) for each in (of_all, of_another)]
    await asyncio.sleep(0)
    theatre.write(Record(Kind.LOCKED, 5.0), Record(Kind.UNLOCKED, 6.0))
    await asyncio.sleep(1)
    told = tasks[0].result()
    assert [each["record"]["kind"] for each in told] == ["locked", "unlocked"]  # type: ignore[index]  # JSON
    assert not tasks[1].done()
    tasks[1].cancel()


@in_virtual_time
async def test_who_does_not_read_for_long_is_told_how_much_they_have_missed() -> None:
    theatre = Theatre()
    following = theatre.spectators.events(Request("events"))
    first = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0)
    theatre.write(*(Record(Kind.LOCKED, at) for at in range(MOST_WAITING + 7)))
    assert await first == {"missed": 7}
    await following.aclose()  # type: ignore[attr-defined]  # a generator
