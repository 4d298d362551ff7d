"""What the mixer has done beside its calls: a mistake of ours in it is told when it is made, and ends nothing."""

from __future__ import annotations

import asyncio
import itertools
import logging
from typing import TYPE_CHECKING

import pytest

from confctl import caretaker, child, errand, own_prompts, prompt_keeper
from confctl.caretaker import Caretaker
from confctl.preflight import Preflight
from confctl.prompt_keeper import PromptKeeper
from confctl.settings import Settings, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from confctl.errand import Errand
    from tests.confctl.office import Office

KEEP = "\n[retention]\nmails = 1\n"


@pytest.fixture
def settings(office: Office, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(errand, "AFTER_A_MISTAKE", 0.001)
    monkeypatch.setattr(caretaker, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(prompt_keeper, "LOOK_SECONDS", 0.001)
    file = office.folder / "confctl.toml"
    file.write_text(file.read_text(encoding="utf-8") + KEEP, encoding="utf-8")
    return load(file)


@pytest.mark.parametrize(
    ("made", "not_done"),
    [
        (lambda settings, mistaken: Preflight(settings, mistaken), "conferences are not checked ahead"),
        (lambda settings, _: PromptKeeper(settings, None), "own recordings are not looked at"),
        (lambda settings, _: Caretaker(settings), "what is too old is not removed"),
    ],
    ids=["preflight", "prompt keeper", "caretaker"],
)
async def test_a_mistake_in_one_is_told_at_once_and_it_goes_on(
    settings: Settings,
    made: Callable[[Settings, Callable[[], NoReturn]], Errand],
    not_done: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop, twice, times = asyncio.get_running_loop(), asyncio.Event(), itertools.count(1)

    def mistaken(*_: object, **__: object) -> NoReturn:
        if next(times) == 2:
            loop.call_soon_threadsafe(twice.set)  # stamps are taken in a thread
        raise ZeroDivisionError

    monkeypatch.setattr(own_prompts, "stamp", mistaken)
    monkeypatch.setattr(child, "confctl", mistaken)
    caplog.set_level(logging.ERROR)
    one = made(settings, mistaken)
    one.start()
    await asyncio.wait_for(twice.wait(), 10)
    await one.stop()
    (record, *_) = caplog.records
    assert record.getMessage() == f"{not_done}, by a mistake in confctl; trying again in 0 s"
    assert record.exc_info is not None and record.exc_info[0] is ZeroDivisionError
