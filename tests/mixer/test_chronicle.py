"""What a mixer that begins is told of the past."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mixer.chronicle import Chronicle
from mixer.journal import Journal
from mixer.rules.records import Kind, Record
from mixer.rules.resumption import IMMATERIAL, resume
from mixer.whereabouts import Whereabouts
from tests.confctl.report.held import story
from tests.mixer.rehearsal import PLAN, START

if TYPE_CHECKING:
    from pathlib import Path

STORY = tuple(story().play.journal)


@pytest.mark.parametrize("count", range(len(STORY) + 1))
def test_what_is_left_out_of_the_past_changes_nothing_of_how_it_goes_on(tmp_path: Path, count: int) -> None:
    journal, records = Journal(tmp_path), STORY[:count]
    journal.write(PLAN.code, *records)
    past = asyncio.run(Chronicle(journal, lambda _: PLAN).past(PLAN))
    now = (records[-1].at if records else START) + 60
    for last_seen in (None, now - 30):
        assert resume(PLAN, past, now, last_seen) == resume(PLAN, records, now, last_seen)
    assert Whereabouts.of(past) == Whereabouts.of(records)


async def test_others_go_on_while_a_long_past_is_read_and_little_of_it_is_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(PLAN.code, STORY[0], *[Record(Kind.SPOKE, START + 60, detail="1764505800")] * 5000)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    past = await Chronicle(journal, lambda _: PLAN).past(PLAN)
    beside.cancel()
    assert turns >= 10
    assert [record.kind for record in past if record.kind not in IMMATERIAL] == [STORY[0].kind]
    assert len(past) == 2
