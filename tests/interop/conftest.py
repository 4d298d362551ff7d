"""One mixer for all flows that a process runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop.house import House

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """What any of the flows does to the mixer, it says nothing that a programmer would have to look at."""
    house = House(tmp_path_factory.mktemp("interop"))
    with house.mixer:
        yield house
    assert "Traceback" not in house.mixer.log.read_text()
