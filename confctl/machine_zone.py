"""The time zone that the machine itself is set to."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from confctl.settings import wrong_zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def machine_zone(environ: Mapping[str, str], etc: Path = Path("/etc")) -> str | None:
    """The IANA name of a region; None if the machine is set to none, as servers on UTC are."""
    return next((name for name in _named(environ, etc) if "/" in name and _is_region(name)), None)


def _named(environ: Mapping[str, str], etc: Path) -> Iterator[str]:
    """By tzset(3), by Debian, by systemd and most others."""
    yield environ.get("TZ", "").removeprefix(":")
    with suppress(OSError, UnicodeDecodeError):
        yield (etc / "timezone").read_text(encoding="ascii").strip()
    with suppress(OSError):
        yield str((etc / "localtime").readlink()).rpartition("zoneinfo/")[2]


def _is_region(name: str) -> bool:
    return not name.startswith(("/", "Etc/", "posix/", "right/")) and wrong_zone(name) is None
