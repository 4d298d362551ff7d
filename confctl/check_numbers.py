"""What ``confctl check`` says of how the trunks rewrite the numbers of the directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl.findings import Finding, wrong
from confctl.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confctl.people.directory import Directory
    from confctl.settings import Settings


def rewritten(settings: Settings, directory: Directory) -> Iterator[Finding]:
    """Only prefixes that fit nobody's number and would fit somebody's with + in front: others may be for later."""
    numbers = [number for person in directory.people for number in person.numbers]
    for trunk in settings.trunks:
        for prefix, _ in trunk.rewrite:
            if not any(number.startswith(prefix) for number in numbers) and any(
                number.startswith(f"+{prefix}") for number in numbers
            ):
                what = say("trunk {name}", name=trunk.name)
                yield wrong(what, say("no number begins with the prefix {prefix}; write +{prefix}", prefix=prefix))
