"""What every call test starts from: a company whose mixer runs.

They run side by side with everything else, for they wait most of the time.  Who measures how late something comes, or
that not a frame is missing, is marked ``alone``: that depends on what else the machine does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.calls.company import Company

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    company = Company(tmp_path)
    with company.mixer:
        yield company
