"""The mixer's look at own recordings: copies are made when a file has come to rest, what is no good is told once."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from confctl import child, own_prompts, prompt_keeper
from confctl.prompt_keeper import PromptKeeper
from confctl.settings import load

if TYPE_CHECKING:
    import pytest

    from tests.confctl.office import Office


class Prompts:
    looks = 0

    def look(self) -> None:
        self.looks += 1


class Keeping:
    def __init__(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stamps: list[dict[str, list[int]]] = []
        self.now: dict[str, list[int]] = {}
        self.said = '{"used": 1, "unused": []}'
        self.rounds = self.looks = 0
        self.prompts = Prompts()
        self.keeper = PromptKeeper(load(office.folder / "confctl.toml"), self.prompts)  # type: ignore[arg-type]  # all of it that is used
        monkeypatch.setattr(own_prompts, "stamp", self.stamp)
        monkeypatch.setattr(child, "confctl", self.child)
        monkeypatch.setattr(prompt_keeper, "LOOK_SECONDS", 0.001)

    def stamp(self, _: object) -> dict[str, list[int]]:
        self.looks += 1
        return self.stamps.pop(0) if self.stamps else self.now

    async def child(self, _: object, *words: str, longest: float, grace: float) -> child.Outcome:
        assert words == ("prompts", "prepare")
        self.rounds += 1
        return child.Outcome(0, self.said, "")

    async def go_on(self) -> None:
        """Until it has looked at all of them, and some times more."""
        enough = self.looks + len(self.stamps) + 4
        for _ in range(5000):
            if self.looks >= enough:
                return
            await asyncio.sleep(0.001)
        raise AssertionError("it does not look any more")


async def test_copies_are_made_once_files_rest_and_again_when_they_change_or_go(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = Keeping(office, monkeypatch)
    keeping.keeper.start()
    await keeping.go_on()
    assert keeping.rounds == 0, "there are none"
    keeping.stamps = [{"tone": [size]} for size in range(5)]
    keeping.now = {"tone": [5]}
    await keeping.go_on()
    assert (keeping.rounds, keeping.prompts.looks) == (1, 1)
    keeping.now = {}
    await keeping.go_on()
    assert (keeping.rounds, keeping.prompts.looks) == (2, 2)
    await keeping.keeper.stop()


async def test_what_is_no_good_is_logged_once_and_a_child_that_broke_changes_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    keeping = Keeping(office, monkeypatch)
    keeping.said = '{"used": 0, "unused": [{"file": "a.wav", "problem": "it is silent"}]}'
    keeping.keeper.start()
    for size in (1, 2, 3):
        keeping.now = {"tone": [size]}
        await keeping.go_on()
    assert caplog.messages == ["own recording a.wav is not used, and ours is heard: it is silent"]
    keeping.said, keeping.now = "", {"tone": [4]}
    await keeping.go_on()
    assert caplog.messages[1:] == ["own recordings could not be read (exit status 0); ours are heard"]
    assert keeping.prompts.looks == 3
    await keeping.keeper.stop()
