"""A command of ours in a process of its own, which the mixer starts for what would hold its calls up."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confctl.settings import Settings

AT_STOP = 5.0
"""Seconds that it has to end in order when the mixer stops: nobody waits longer for that."""


@dataclass(frozen=True, slots=True)
class Outcome:
    status: int | None
    said: str
    complaints: str


async def confctl(settings: Settings, *words: str, longest: float, grace: float) -> Outcome:
    """What the command said.  After ``longest`` seconds it is asked to end, and has ``grace`` seconds for that.

    Raises OSError where no process can be started.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", "confctl"),  # -P: what lies in the working folder is none of Python's business
        *("--config", str(settings.file), "--lang", settings.company.language, *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the mixer, which then ends this in order
    )
    told = asyncio.create_task(process.communicate())
    try:
        await asyncio.wait({told}, timeout=longest)
        await _end(process, told, grace)
    except asyncio.CancelledError:
        await _end(process, told, AT_STOP)
        raise
    said, complaints = await told
    return Outcome(process.returncode, said.decode(errors="replace"), complaints.decode(errors="replace"))


async def _end(process: asyncio.subprocess.Process, told: asyncio.Task[tuple[bytes, bytes]], grace: float) -> None:
    """Sees to it that the process is gone after ``grace`` seconds at most."""
    if told.done():
        return
    with suppress(ProcessLookupError):
        process.terminate()
    await asyncio.wait({told}, timeout=grace)
    if not told.done():
        with suppress(ProcessLookupError):
            process.kill()
        await told
