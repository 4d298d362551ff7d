"""All calls of an agent, and which of them a request is for (RFC 3261 §12.2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sip.call import Phase
from sip.errors import RemoteError
from sip.replaces import replaced_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sip.call import Call
    from sip.effects import Peer
    from sip.message import Request


class Calls:
    def __init__(self) -> None:
        self._by_name: dict[str, Call] = {}
        self._by_local: dict[tuple[str, str], Call] = {}
        """By Call-ID and our tag, which is ours alone."""
        self._by_remote: dict[tuple[str, str], Call] = {}
        """By Call-ID and their tag."""
        self._tags: set[str] = set()
        """Ours."""
        self._placed: set[str] = set()
        """Those of the calls that we placed."""

    def __len__(self) -> int:
        return len(self._by_name)

    def named_by(self, tag: str) -> bool:
        """Whether it is our tag in a call: only who is in the call can know it."""
        return tag in self._tags

    def placed_by(self, tag: str) -> bool:
        """Whether it is our tag in a call that we placed."""
        return tag in self._placed

    def get(self, name: str) -> Call | None:
        return self._by_name.get(name)

    def peers(self) -> Iterator[Peer]:
        """Where the requests of each call go, as soon as it has a dialog."""
        return (call.dialog.peer for call in self._by_name.values() if call.dialog is not None)

    def add(self, call: Call, *, placed: bool = False) -> None:
        self._by_name[call.name] = call
        self._by_local[call.call_id, call.local_tag] = call
        self._tags.add(call.local_tag)
        if placed:
            self._placed.add(call.local_tag)

    def settle(self, call: Call) -> None:
        """Once their tag is known, find it by that too."""
        if call.remote_tag is not None:
            self._by_remote.setdefault((call.call_id, call.remote_tag), call)

    def remove(self, call: Call) -> None:
        del self._by_name[call.name]
        del self._by_local[call.call_id, call.local_tag]
        self._tags.discard(call.local_tag)
        self._placed.discard(call.local_tag)
        if call.remote_tag is not None and self._by_remote.get((call.call_id, call.remote_tag)) is call:
            del self._by_remote[call.call_id, call.remote_tag]

    def in_dialog(self, request: Request) -> Call | None:
        return self._by_local.get((request.call_id, request.to.tag or ""))

    def replaced(self, invite: Request) -> Call | None:
        """The call that an INVITE asks to take the place of (RFC 3891 §3).  RemoteError where that can't be.

        One that is not confirmed yet is none that can be replaced: nobody has sound there to take over.
        """
        wanted = replaced_by(invite)
        if wanted is None:
            return None
        call = self._by_local.get((wanted.call_id, wanted.to_tag))
        if call is None or call.remote_tag != wanted.from_tag or call.phase in (Phase.SETUP, Phase.LEAVING):
            raise RemoteError(481, "Call/Transaction Does Not Exist")
        if call.phase is Phase.OVER:
            raise RemoteError(603, "Decline")
        if wanted.early_only:
            raise RemoteError(486, "Busy Here")
        return call

    def acknowledged(self, ack: Request) -> Call | None:
        """Also one whose ACK has a To tag that nobody gave out: pyVoIP draws a new one.  The call decides on that."""
        return self.in_dialog(ack) or self._by_remote.get((ack.call_id, ack.from_.tag or ""))
