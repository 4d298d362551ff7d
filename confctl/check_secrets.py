"""What ``confctl check`` says of files with passwords and codes in them that every user of the machine may read."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING

from confctl.findings import Finding, wrong
from confctl.words import count, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from confctl.settings import Settings

_PASSWORD = re.compile(rb"^\s*password\s*=", re.MULTILINE)


def secrets(settings: Settings) -> Iterator[Finding]:
    what = say("secrets")
    for file in (settings.file, settings.paths.people):
        if _everybody_reads(file) and _PASSWORD.search(file.read_bytes()):
            yield wrong(
                what,
                say("every user of this machine can read {file} with its passwords: chmod o= {file}", file=file),
            )
    key = settings.sip.certificates.private_key
    if key is not None and _everybody_reads(key):
        yield wrong(what, say("every user of this machine can read the key {file}: chmod o= {file}", file=key))
    folder = settings.paths.conferences
    open_ones = [file for file in sorted(folder.glob("[0-9]*.toml")) if _everybody_reads(file)]
    if open_ones:
        yield wrong(
            what,
            count(
                len(open_ones),
                "every user of this machine can read {n} conference with its codes: chmod o= {folder}",
                "every user of this machine can read {n} conferences with their codes: chmod o= {folder}",
                folder=folder,
            ),
        )


def _everybody_reads(file: Path) -> bool:
    """Of a file that is there, and that we may look at."""
    try:
        real = file.resolve(strict=True)
        ways = all(folder.stat().st_mode & stat.S_IXOTH for folder in real.parents)
        return ways and bool(real.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False
