"""What was found, shown: of ``check`` and ``prompts check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from confctl.findings import Finding
    from confctl.session import Session


def show(session: Session, found: list[Finding], *, as_json: bool) -> None:
    """Ends the command with 1 where something is wrong."""
    if as_json:
        from confctl.terminal import as_json as in_json

        session.screen.json(in_json.findings(found))
    else:
        from confctl.terminal import render

        session.screen.table(render.findings(found, session.screen))
    if any(finding.wrong for finding in found):
        raise typer.Exit(1)
