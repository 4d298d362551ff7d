"""What every call test starts from: a company whose mixer runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.calls.company import Company

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    company = Company(tmp_path)
    with company.mixer:
        yield company


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is heard in a call depends on what else the machine does."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("alone")
