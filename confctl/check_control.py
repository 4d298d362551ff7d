"""What ``confctl check`` says of who can reach the running mixer."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from confctl.findings import Finding, fine, wrong
from confctl.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from confctl.settings import Settings


def findings(settings: Settings) -> Iterator[Finding]:
    """Only where a group is to reach it."""
    from grp import getgrnam

    group, folder = settings.control.group, settings.paths.socket.parent
    if group is None:
        return
    what = say("control socket")
    try:
        number = getgrnam(group).gr_gid
    except KeyError:
        yield wrong(what, say("there is no group {group}; make it with “groupadd --system {group}”", group=group))
        return
    barred = _barred(folder, number)
    if barred is None:
        yield fine(what, say("{path} is for the group {group}", path=settings.paths.socket, group=group))
    else:
        yield wrong(
            what,
            say(
                "the group {group} can't come through {folder} to {path}; “chmod o+x {folder}”, or choose another "
                "control.socket",
                group=group,
                folder=barred,
                path=settings.paths.socket,
            ),
        )


def _barred(folder: Path, group: int) -> Path | None:
    """The first folder on the way from the root that members of the group can't pass; what is not there yet is not
    judged."""
    for each in (*reversed(folder.absolute().parents), folder.absolute()):
        try:
            found = each.stat()
        except FileNotFoundError:
            return None
        except PermissionError:
            return each.parent
        passing = stat.S_IXGRP if found.st_gid == group else stat.S_IXOTH
        if not found.st_mode & passing:
            return each
    return None
