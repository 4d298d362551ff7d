"""pyVoIP 1.6.8 as a phone: a widespread client that gets much of SIP wrong, and must be served all the same.

It sends no digits and cannot be refused with anything but 404 and 503 when it dials; its sound has 8 bits.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Self

from tests.phones import ports
from tests.phones.child_phone import ChildPhone
from tests.phones.pyvoip_child import Settings

if TYPE_CHECKING:
    from pathlib import Path

WHY_NOT = (
    "pyVoIP needs the audioop module, which Python 3.13 dropped: use Python 3.11 or 3.12 for this"
    if sys.version_info >= (3, 13)
    else None
)
"""A reason that pyVoIP cannot run here, or None."""
_RTP_PORTS = 20


class PyVoipPhone(ChildPhone):
    """It dials user parts at the server: pyVoIP dials no URI."""

    def __init__(
        self,
        folder: Path,
        server: tuple[str, int],
        user: str,
        password: str,
        *,
        answer_after: float | None = 0.0,
        decline: bool = False,
    ) -> None:
        """Rings at least one second whatever ``answer_after`` says: so pyVoIP is.  None answers only when told."""
        settings = Settings(
            *server, user, password, ports.take(), ports.take(_RTP_PORTS), _RTP_PORTS, answer_after, decline
        )
        super().__init__(
            f"pyVoIP {user}", folder / f"pyvoip-{user}", "tests.phones.pyvoip_child", json.dumps(asdict(settings))
        )

    def __enter__(self) -> Self:
        if WHY_NOT is not None:
            raise RuntimeError(WHY_NOT)
        return super().__enter__()
