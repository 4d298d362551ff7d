"""200 writers and readers at one book for half a minute, some killed at any moment: nothing lost, torn or doubled."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from confctl.book.greeting import DECODING
from tests.confctl.book.book_writer import book
from tests.confctl.book.storm import drafted, wrong_with

SECONDS = float(os.environ.get("STORM_SECONDS", "30"))
PROCESSES = 200


@pytest.mark.alone
@pytest.mark.timeout(SECONDS * 2 + 60)
def test_a_storm_of_writers_and_readers_loses_and_tears_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "conferences"
    (tmp_path / "said").mkdir()
    (folder / "greetings").mkdir(parents=True)
    command = [sys.executable, "-m", "tests.confctl.book.storm", str(folder), str(SECONDS), str(PROCESSES)]
    subprocess.run(command, cwd=Path(__file__).parents[3], check=True)
    said = [line for log in (tmp_path / "said").iterdir() for line in log.read_text(encoding="utf-8").split("\n")]
    assert [line for line in said if line.startswith("torn")] == []

    done: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    tried: dict[str, Counter[str]] = defaultdict(Counter)
    for words in map(str.split, said):
        match words:
            case ["done", ("add" | "change" | "delete" | "end") as act, code, version]:
                done[act][code].append(int(version))
            case [("try" | "refused") as how, act, code]:
                tried[act][code] += 1 if how == "try" else -1
    counts = {act: sum(map(len, codes.values())) for act, codes in done.items()}
    killed = sum(tried["add"].values()) - counts["add"]
    print(f"\n{len(list((tmp_path / 'said').iterdir()))} processes; {counts}; {killed} killed while they added")

    target = book(folder)
    last = target.add(drafted(0, None), 0.0)  # whatever was left behind is cleared away by now
    current, past, deleted = (
        _codes(folder, "*.toml"),
        _codes(folder, "past/*/*/*.toml"),
        _codes(folder, "deleted/*.toml"),
    )
    everywhere = Counter([*current, *past, *deleted])
    assert set(everywhere.values()) == {1}, "each is in one place"

    assert all(len(times) == 1 for times in done["add"].values()), "no code is given out twice"
    assert set(done["add"]) <= set(everywhere)
    assert len(set(everywhere) - set(done["add"]) - {last.plan.code}) <= killed
    assert set(done["delete"]) <= set(deleted) <= set(tried["delete"])
    assert set(past) <= set(tried["end"])
    assert not set(done["end"]) & set(current)
    ledger = [line.split() for line in (folder / "codes").read_text(encoding="ascii").split("\n") if line]
    assert len({owner for _, owner in ledger}) == len(ledger)

    (entries, problems), (ended, more) = target.entries(), target.past()
    assert problems == more == []
    assert {entry.plan.code for entry in entries} == set(current)
    assert {entry.plan.code for entry in ended} == set(past)
    greetings = {DECODING}
    for entry in (*entries, *ended):
        assert wrong_with(entry) is None
        version = int(entry.plan.title)
        acknowledged = sorted(done["change"][entry.plan.code])
        assert acknowledged == sorted(set(acknowledged)), "no change undid another"
        assert max(acknowledged, default=0) <= version <= tried["change"][entry.plan.code]
        if entry.greeting:
            assert entry.greeting.copy.read_text(encoding="ascii") == entry.plan.title
            greetings.add(entry.greeting.copy.name)
    assert {file.name for file in (folder / "greetings").iterdir()} == greetings
    assert not list(folder.rglob("*.tmp"))
    assert (folder / ".lock").read_text(encoding="ascii") == ""


def _codes(folder: Path, pattern: str) -> list[str]:
    return [file.stem for file in folder.glob(pattern)]
