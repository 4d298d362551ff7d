"""The two kinds of protocol error: ours, which is a bug and rises, and theirs, which is answered or dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sip.message import Fragment, Request


class LocalError(ValueError):
    """Our own code asked for something that the protocol forbids."""


class RemoteError(Exception):
    """The peer broke the protocol, or asks for what we cannot do: answer ``status`` where an answer is possible."""

    def __init__(self, status: int, reason: str, request: Request | Fragment | None = None) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason
        self.request = request
        """What :func:`sip.message.respond` needs to answer; None when there is nothing to answer."""
