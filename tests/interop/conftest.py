"""One mixer for all flows that a process runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop.house import House
from tests.phones.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE = 40
"""Seconds: a phone whose program had to be killed is gone after 30."""


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Whatever the flows do to the mixer: nobody stays in it, and it says nothing that a programmer has to look at."""
    house = House(tmp_path_factory.mktemp("interop"))
    with house.mixer:
        yield house
        until(lambda: house.legs == [], _PATIENCE, lambda: f"nobody is left: {house.legs}")
    assert "Traceback" not in house.mixer.log.read_text()
