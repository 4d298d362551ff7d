"""What those who ring say before anybody answers: each fork of our INVITE has a dialog of its own (RFC 3262 §4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sip.asking import Asking
from sip.body import session_description, unanswerable_description
from sip.deeds import Answer, Ask, Deed
from sip.dialog import Dialog
from sip.message import Request, Response, respond
from sip.reliable import RAck, number_of

if TYPE_CHECKING:
    from sip.challenged import Login
    from sip.effects import Peer
    from sip.origin import Origin
    from sip.transactions.layer import Key

MAX_BRANCHES: Final = 32
"""Of one fork, told apart by their tags: what more of them say is not kept, nor answered."""


@dataclass(slots=True)
class Early:
    dialog: Dialog
    asking: Asking
    number: int
    """The RSeq of the last response that was acknowledged."""


class EarlyDialogs:
    """Of one call that we place."""

    __slots__ = ("_by_tag", "_call", "_descriptions", "_origin")

    def __init__(self, call: str, origin: Origin) -> None:
        self._call = call
        self._origin = origin
        self._by_tag: dict[str, Early] = {}
        self._descriptions: dict[str, bytes] = {}

    def hear(self, invite: Request, response: Response, source: Peer, login: Login | None) -> list[Deed] | None:
        """A provisional response: the PRACK, where it wants one.  None: it came before, or too early; forget it."""
        number, tag = number_of(response), response.to.tag or ""
        deeds: list[Deed] = []
        if number is not None:
            early = self._by_tag.get(tag)
            if early is None:
                if len(self._by_tag) >= MAX_BRANCHES:
                    return None
                dialog = Dialog.of_response(invite, response, source)
                early = self._by_tag[tag] = Early(dialog, Asking(dialog, self._origin, login), number)
            elif number != early.number + 1 or early.asking.full:
                return None
            early.number = number
            deeds = [early.asking.ask("PRACK", [("RAck", str(RAck(number, response.cseq)))])]
        sdp = unanswerable_description(response)
        if sdp and (tag in self._descriptions or len(self._descriptions) < MAX_BRANCHES):
            self._descriptions[tag] = sdp
        return deeds

    def replied(self, request: Request, response: Response) -> list[Deed]:
        """To a PRACK.  Whatever is said, the INVITE goes on: its own final response decides."""
        for early in self._by_tag.values():
            if request in early.asking:
                again = early.asking.replied(request, response)
                return [again] if isinstance(again, Ask) else []
        return []

    def unanswered(self, request: Request) -> None:
        for early in self._by_tag.values():
            early.asking.unanswered(request)

    def receive(self, request: Request, transaction: Key, source: Peer) -> list[Deed]:
        """A request from someone who rings: an UPDATE moves the target, but no sound, which nobody hears yet.

        RFC 3311 §5.2: an offer meets ours (491), or has to wait (500) since it is for us to say when sound begins.
        """
        early = self._by_tag.get(request.from_.tag or "")
        if early is None or request.method != "UPDATE":
            return [Answer(transaction, respond(request, 491 if request.method in ("INVITE", "UPDATE") else 481))]
        early.dialog.follow(request)
        if session_description(request) is None:
            early.dialog.refresh(request, source)
            contact = ("Contact", self._origin.focus(source, self._call))
            return [Answer(transaction, respond(request, 200, headers=[contact, *self._origin.about()]))]
        if request.from_.tag not in self._descriptions:
            return [Answer(transaction, respond(request, 491))]
        later = [("Retry-After", str(self._origin.random.randint(0, 10)))]
        return [Answer(transaction, respond(request, 500, headers=later))]

    def description(self, tag: str) -> bytes | None:
        """The answer to our offer, if it came before the 2xx."""
        return self._descriptions.get(tag)

    def confirmed(self, dialog: Dialog) -> Dialog:
        """That of a 2xx, which goes on counting where the PRACKs of its branch have stopped."""
        early = self._by_tag.get(dialog.remote.tag or "")
        if early is not None:
            dialog.local_seq = max(dialog.local_seq, early.dialog.local_seq)
            dialog.remote_seq = early.dialog.remote_seq
        return dialog
