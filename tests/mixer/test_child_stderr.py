"""What processes complain of is lines of the log, whatever it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mixer.child_stderr import overhear

if TYPE_CHECKING:
    import pytest


async def test_each_line_is_told_once_and_what_is_no_line_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    stream = asyncio.StreamReader(limit=100)
    listening = asyncio.create_task(overhear(stream, "bridge"))
    for data in (b"leg 3 stays silent\n\n", b"x" * 300 + b"\n", b"\xff no text\n", b"the last"):
        stream.feed_data(data)
        await asyncio.sleep(0)
    stream.feed_eof()
    await listening
    assert caplog.messages[0] == "bridge: leg 3 stays silent"
    assert caplog.messages[-2:] == ["bridge: � no text", "bridge: the last"]
