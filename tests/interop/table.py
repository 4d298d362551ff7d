"""The table of README.md: ``python -m tests.interop.table`` prints it anew, with the versions of the phones here.

What it says was seen is what :mod:`tests.interop.test_phones` tries: it has a test for each cell with a tick.
"""

from __future__ import annotations

from tests.interop.phone_flows import FLOWS
from tests.interop.phone_kinds import KINDS


def columns() -> list[str]:
    return [f"{kind.name}" for kind in KINDS]


def rows() -> list[list[str]]:
    """A flow each: what it is, then a tick or a reason for each phone."""
    return [[_says(flow.__doc__), *(kind.cannot.get(name, "✓") for kind in KINDS)] for name, flow in FLOWS.items()]


def versions() -> str:
    return ", ".join(f"{kind.name} {kind.version()}" for kind in KINDS)


def markdown() -> str:
    lines = [["the phone …", *columns()], ["---"] * (len(KINDS) + 1), *rows()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _says(doc: str | None) -> str:
    assert doc is not None
    return " ".join(doc.split())


if __name__ == "__main__":
    print(f"{markdown()}\n\nSeen with {versions()}.")
