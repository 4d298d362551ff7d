"""What the check before a conference has found, so that it is done and told once: ``state/checks/CODE.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from confctl.storage.files import make_folder, write_whole

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from mixer.rules.model import Plan


@dataclass(frozen=True, slots=True)
class Checked:
    plan: str
    """What was checked (:func:`as_planned`)."""
    wrong: tuple[str, ...]
    """In English, without what differs from one look to the next."""


def as_planned(plan: Plan) -> str:
    """Differs once the conference has changed in what a check looks at."""
    numbers = ",".join(person.number for person in plan.people)
    return f"{plan.start:.0f} {plan.end:.0f} {plan.record} {plan.greeting and plan.greeting.name} {numbers}"


class Checks:
    """Methods raise OSError."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "checks"

    def read(self, code: str) -> Checked | None:
        """None if there is none, or if the file is none of ours."""
        try:
            found = json.loads(self._file(code).read_text(encoding="utf-8"))
            return Checked(str(found["plan"]), tuple(map(str, found["wrong"])))
        except (FileNotFoundError, ValueError, LookupError, TypeError):
            return None

    def write(self, code: str, checked: Checked) -> None:
        make_folder(self._folder)
        text = json.dumps({"plan": checked.plan, "wrong": checked.wrong}, ensure_ascii=False, indent=1)
        write_whole(self._file(code), f"{text}\n")

    def forget_all_but(self, codes: Container[str]) -> None:
        for file in self._folder.glob("[0-9]*.json"):
            if file.stem not in codes:
                file.unlink(missing_ok=True)

    def _file(self, code: str) -> Path:
        return self._folder / f"{code}.json"
