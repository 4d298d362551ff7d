"""Conferences of a mixer whose sounds are gone: somebody may hear nothing for a moment, and no call ends by it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from media.prompt import Prompt
from media.prompts import FOLDER, Prompts
from mixer.rehearsal.play import play
from mixer.rehearsal.scene import DialIn, Leave, Part, with_leaving
from mixer.rehearsal.verdict import verdicts
from mixer.rules.call_policy import CallPolicy, PressOne
from mixer.rules.records import Kind
from tests.mixer.stage import ANNA, BORIS, CLARA, DORA, house, plan, settings

if TYPE_CHECKING:
    from pathlib import Path


BACK = Part(deeds=(Leave(40), DialIn(50)))


def broken_own(folder: Path) -> Path:
    """A company's own recording of every sound, none of which can be read."""
    for name in (*Prompt, *(f"{language}/{prompt}" for language in ("en", "ru") for prompt in Prompt), "music"):
        file = folder / f"{name}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"RIFF and then nothing")
    return folder


@pytest.mark.parametrize("ours", [True, False])
def test_everybody_comes_in_and_talks_though_no_own_sound_can_be_read_and_perhaps_none_of_ours(
    tmp_path: Path, ours: bool
) -> None:
    prompts = Prompts("en", FOLDER if ours else tmp_path / "nothing", own=broken_own(tmp_path / "own"))
    of = plan(minutes=2)
    told = settings(tmp_path, call_policy=CallPolicy(press_one=PressOne.ALWAYS))
    scene = with_leaving(of, {ANNA.number: Part(answers_after=10.0), BORIS.number: BACK})
    played = play(of, scene, told, replace(house(), prompts=prompts))
    assert all(verdict.talk > 50 for verdict in verdicts(played)), [verdict.talk for verdict in verdicts(played)]
    joined = sorted(str(record.person) for record in played.records if record.kind == Kind.JOINED)
    expected = sorted(person.number for person in (ANNA, BORIS, BORIS, CLARA, DORA))
    assert joined == expected, "one has keyed in the code and come back"
