"""A conference with many people, as a mixer tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.confctl.live.test_conference_status import HEAD, person, sound

if TYPE_CHECKING:
    from mixer.control import Json


def told(count: int, *, speaking: int = 0, **head: Json) -> dict[str, Json]:
    """The first line of a stream: everybody is in, ``speaking`` of them speak."""
    rows: list[Json] = [
        {**person(f"Person {n}", str(100 + n), "in", **sound(leg=f"123456-{n}", speaking=n < speaking)), "row": n}
        for n in range(count)
    ]
    return {"head": {**HEAD, **head}, "rows": count, "people": rows}


def row(place: int, **changed: Json) -> dict[str, Json]:
    """One of them, changed."""
    known = person(f"Person {place}", str(100 + place), "in", **sound(leg=f"123456-{place}"))
    return {"people": [{**known, "row": place, **changed}]}
