from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.confctl.mail.desk import Desk
from tests.confctl.mail.post_office import PostOffice, open_post_office
from tests.confctl.office import Office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Office:
    return Office(tmp_path, monkeypatch, capsys)


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(office)


@pytest.fixture
def post() -> Iterator[PostOffice]:
    with open_post_office() as open_now:
        yield open_now
