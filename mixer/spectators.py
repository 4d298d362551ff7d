"""Whoever looks at a conference while it runs: what they are told over the control socket, and how often.

``conference`` is one look.  ``watch`` goes on: first everything, then what has changed, every second (of very many
people less often), and five times a second who is how loud.  ``events`` is each record as it is written.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from mixer import presence
from mixer.control import Refused
from mixer.phrases import Phrase
from mixer.whereabouts import Whereabouts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping

    from mixer.control import Json, Request
    from mixer.observations import Observations
    from mixer.presence import Lines, Row
    from mixer.rules.conference import Conference
    from mixer.rules.records import Record

LEVELS_SECONDS: Final = 0.2
LOOK_SECONDS: Final = 1.0
SECONDS_A_LEG: Final = 0.001
"""A look at so many people lasts; of 2000, 20 ms every two seconds are a hundredth of the loop's time."""
MOST_WAITING: Final = 1000
"""Records that wait for one who follows; the oldest beyond that are left out, and it is said how many."""
MOST_PEOPLE: Final = 100
"""In one line of a stream: the loop is not held up, and nobody has to read a line without end."""


@dataclass(eq=False, slots=True)
class _Follower:
    waiting: deque[tuple[str | None, Record]] = field(default_factory=deque)
    missed: int = 0
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Spectators:
    """``running`` is the conference of a code that runs now; ``opened`` are, at any time, the codes of those that run,
    or are about to."""

    def __init__(
        self,
        running: Callable[[str], Conference | None],
        opened: Collection[str],
        lines: Lines,
        observations: Observations,
    ) -> None:
        self._running = running
        self._opened = opened
        self._lines = lines
        self._observations = observations
        self._whereabouts: dict[str, Whereabouts] = {}
        self._followers: set[_Follower] = set()

    def open(self, code: str, past: Iterable[Record]) -> None:
        """A conference is opened; ``past`` is what its journal has."""
        self._whereabouts = {each: known for each, known in self._whereabouts.items() if each in self._opened}
        self._whereabouts[code] = Whereabouts.of(past)

    def take(self, code: str | None, record: Record) -> None:
        """A record has been written."""
        if code is not None and (known := self._whereabouts.get(code)) is not None:
            known.take(record)
        for follower in self._followers:
            follower.waiting.append((code, record))
            if len(follower.waiting) > MOST_WAITING:
                follower.waiting.popleft()
                follower.missed += 1
            follower.wake.set()

    # What is answered

    async def look(self, request: Request) -> Mapping[str, Json]:
        """Some people at a time: of thousands it takes a while, in which calls go on."""
        conference = self._conference(request.text("code"))
        known, people = self._whereabouts[conference.plan.code], []
        for row in presence.people(conference, known, self._lines, self._observations):
            people.append(row)
            if len(people) % MOST_PEOPLE == 0:
                await asyncio.sleep(0)
        return {"conference": presence.head(conference, known), "people": people}

    def absent(self, code: str) -> list[Json]:
        """Who is on the list of a conference that runs, and neither in it nor being called."""
        fields = ("name", "number", "state", "since", "reason", "again_at")
        missing = presence.missing(self._conference(code), self._whereabouts[code])
        return [{name: each[name] for name in fields} for each in missing]

    async def watch(self, request: Request) -> AsyncIterator[Mapping[str, Json]]:
        """``head``, ``people`` (some of them at a time, each with its place in ``row``), ``rows``, which is how many
        people there are, and ``levels`` by leg.  Ends with ``over`` when the conference has."""
        code = request.text("code")
        self._conference(code)
        told: list[Row] = []
        next_look = 0.0
        loop = asyncio.get_running_loop()
        with self._observations.watched():
            while (conference := self._running(code)) is not None:
                if loop.time() >= next_look:
                    next_look = loop.time() + max(LOOK_SECONDS, SECONDS_A_LEG * len(conference.legs))
                    for part in self._changed(conference, told):
                        if part.get("people") == []:
                            await asyncio.sleep(0)  # nothing to say, and the loop is not held up
                        else:
                            yield part
                yield {"levels": self._levels(conference)}
                await asyncio.sleep(LEVELS_SECONDS)
        yield {"over": True}

    async def events(self, request: Request) -> AsyncIterator[Mapping[str, Json]]:
        """Of one conference or, without ``code``, of all."""
        only = request.text("code") if "code" in request.args else None
        with self._following() as follower:
            while True:
                await follower.wake.wait()
                follower.wake.clear()
                if follower.missed:
                    yield {"missed": follower.missed}
                    follower.missed = 0
                while follower.waiting:
                    code, record = follower.waiting.popleft()
                    if only is None or code == only:
                        yield {"code": code, "record": asdict(record)}

    # Parts

    def _conference(self, code: str) -> Conference:
        if (conference := self._running(code)) is None:
            raise Refused(Phrase("no conference with the code %(code)s runs now", {"code": code}))
        return conference

    def _changed(self, conference: Conference, told: list[Row]) -> Iterator[Mapping[str, Json]]:
        """What is new of the people since ``told``, which becomes what is told now."""
        known = self._whereabouts[conference.plan.code]
        rows = presence.people(conference, known, self._lines, self._observations)
        yield {"head": presence.head(conference, known)}
        count = 0
        while some := [presence.brief(row) for row in islice(rows, MOST_PEOPLE)]:
            places = enumerate(some, count)
            changed: list[Json] = [{"row": at, **row} for at, row in places if at >= len(told) or row != told[at]]
            told[count : count + len(some)] = some
            count += len(some)
            yield {"people": changed}
        del told[count:]
        yield {"rows": count}

    def _levels(self, conference: Conference) -> dict[str, Json]:
        return {leg: level for leg, level in self._observations.levels.items() if leg in conference.legs}

    @contextmanager
    def _following(self) -> Iterator[_Follower]:
        follower = _Follower()
        self._followers.add(follower)
        try:
            yield follower
        finally:
            self._followers.discard(follower)
