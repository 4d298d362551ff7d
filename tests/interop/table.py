"""What README.md lists: ``python -m tests.interop.table`` prints it anew, with the versions of the phones here.

What it says was seen is what :mod:`tests.interop.test_phones` tries: it has a test for each cell with a tick.
"""

from __future__ import annotations

import re

from tests.interop.house import SCENARIOS
from tests.interop.phone_flows import FLOWS
from tests.interop.phone_kinds import KINDS


def versions() -> str:
    return ", ".join(f"{kind.name} {kind.version()}" for kind in KINDS)


def phones() -> str:
    """A flow a row: what it is, then a tick or a reason for each phone."""
    lines = [["the phone …", *(kind.name for kind in KINDS)], ["---"] * (len(KINDS) + 1)]
    for name, flow in FLOWS.items():
        lines.append([" ".join(str(flow.__doc__).split()), *(kind.cannot.get(name, "✓") for kind in KINDS)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def scenarios() -> str:
    """One a line, with what its comment says."""
    return "\n".join(f"- `{path.stem}`: {_comment(path.read_text())}" for path in sorted(SCENARIOS.glob("*.xml")))


def _comment(scenario: str) -> str:
    found = re.search(r"<!-- (.*?) -->", scenario, re.DOTALL)
    assert found is not None
    return " ".join(found[1].split())


if __name__ == "__main__":
    print(f"{phones()}\n\nSeen with {versions()}.\n\n{scenarios()}")
