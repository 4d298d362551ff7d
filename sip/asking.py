"""Requests of ours inside a dialog, each until its final response (RFC 3261 §12.2.1, §22.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sip.challenged import MAX_CHALLENGES, Login, with_credentials
from sip.deeds import Ask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sip.dialog import Dialog
    from sip.message import Request, Response
    from sip.origin import Origin

MAX_PENDING: Final = 64
"""Requests of ours in one dialog that wait for their answer: more would pile up behind a phone that is gone."""


@dataclass(slots=True)
class Asked:
    request: Request
    """As it was sent last."""
    challenges: int = 0


class Asking:
    """``login`` answers challenges; None: nothing does, as in every dialog that somebody else has started."""

    __slots__ = ("_dialog", "_login", "_origin", "_pending")

    def __init__(self, dialog: Dialog, origin: Origin, login: Login | None) -> None:
        self._dialog = dialog
        self._origin = origin
        self._login = login
        self._pending: list[Asked] = []

    def __contains__(self, request: Request) -> bool:
        return self._find(request) is not None

    @property
    def full(self) -> bool:
        return len(self._pending) >= MAX_PENDING

    def ask(self, method: str, headers: Iterable[tuple[str, str]], body: bytes = b"") -> Ask:
        request = self._dialog.request(method, self._origin, list(headers), body)
        self._pending.append(Asked(request))
        return Ask(request, self._dialog.peer)

    def replied(self, request: Request, response: Response) -> Ask | Response | None:
        """The request once more, with credentials; or its response, if that is final.  None: neither."""
        asked = self._find(request)
        if asked is None or response.status < 200:
            return None
        again = self._with_credentials(asked, response)
        if again is not None:
            asked.request = again
            asked.challenges += 1
            return Ask(again, self._dialog.peer)
        self._pending.remove(asked)
        return response

    def unanswered(self, request: Request) -> None:
        """It will never have a response."""
        asked = self._find(request)
        if asked is not None:
            self._pending.remove(asked)

    def _find(self, request: Request) -> Asked | None:
        return next((each for each in self._pending if each.request is request), None)

    def _with_credentials(self, asked: Asked, response: Response) -> Request | None:
        if response.status not in (401, 407) or self._login is None or asked.challenges == MAX_CHALLENGES:
            return None
        again = with_credentials(asked.request, response, self._login, self._origin, self._dialog.local_seq + 1)
        if again is None:
            return None
        self._dialog.local_seq += 1
        return again[0]
