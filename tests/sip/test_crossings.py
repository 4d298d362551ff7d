"""What crosses, comes twice, comes too early or too late: one line each, as the wire has it.

A line is what happens and, behind the arrow, all that the agent says to it.  ``INVITE 2`` is a request of the phone
with that CSeq number (``late``, ``bare``: without a description), ``200`` its answer to our last request (``INVITE``:
to our last of those), ``we …`` a command, ``later`` what time brings, ``again`` the phone's last message once more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from sip.effects import Answered, Confirmed, Effect, Ended, Incoming, Offered, Refused
from sip.message import Request, Response
from tests.sip.link import ALICE, ANSWER, OFFER, Phone
from tests.sip.script import agent, answer, invite, request

THEY_CALL = """
    INVITE 1      -> 100 INVITE
    we accept     -> 200 INVITE
    ACK 1         ->
"""
WE_CALL = """
    we call       -> INVITE
    200           -> ACK
"""

# What becomes of it: whether the call lives, or why it ended.
ALIVE = "alive"

SCENES: dict[str, tuple[str, str]] = {
    # row 9: a re-INVITE before the ACK
    "a re-INVITE before the ACK": (
        """
        INVITE 1      -> 100 INVITE
        we accept     -> 200 INVITE
        INVITE 2      -> 491 INVITE
        ACK 2         ->
        ACK 1         ->
        INVITE 3      -> 100 INVITE
        we accept     -> 200 INVITE
        ACK 3         ->
        """,
        ALIVE,
    ),
    # row 21: a BYE before the ACK, and twice
    "a BYE before the ACK": (
        """
        INVITE 1      -> 100 INVITE
        we accept     -> 200 INVITE
        BYE 2         -> 200 BYE
        again         -> 200 BYE
        ACK 1         ->
        BYE 3         -> 481 BYE
        """,
        "hung up",
    ),
    "everything comes twice": (
        """
        INVITE 1      -> 100 INVITE
        again         -> 100 INVITE
        we ring       -> 180 INVITE
        again         -> 180 INVITE
        we accept     -> 200 INVITE
        again         ->
        ACK 1         ->
        again         ->
        UPDATE 2 bare -> 200 UPDATE
        again         -> 200 UPDATE
        INVITE 3      -> 100 INVITE
        again         -> 100 INVITE
        we accept     -> 200 INVITE
        again         ->
        ACK 3         ->
        again         ->
        BYE 4         -> 200 BYE
        again         -> 200 BYE
        """,
        "hung up",
    ),
    # row 20: a CANCEL too late
    "a CANCEL after the answer": (
        """
        INVITE 1      -> 100 INVITE
        we accept     -> 200 INVITE
        CANCEL 1      -> 200 CANCEL
        ACK 1         ->
        """,
        ALIVE,
    ),
    "a CANCEL after the ACK": (THEY_CALL + "CANCEL 1 -> 200 CANCEL", ALIVE),
    "a CANCEL while it rings": (
        """
        INVITE 1      -> 100 INVITE
        we ring       -> 180 INVITE
        CANCEL 1      -> 200 CANCEL, 487 INVITE
        again         -> 200 CANCEL
        we accept     ->
        """,
        "cancelled",
    ),
    "a CANCEL that crosses our refusal": (
        """
        INVITE 1      -> 100 INVITE
        we reject     -> 486 INVITE
        CANCEL 1      -> 200 CANCEL
        """,
        "nothing told",
    ),
    # row 10: glare
    "both want to change it at once": (
        THEY_CALL
        + """
        we offer      -> INVITE
        INVITE 2      -> 491 INVITE
        ACK 2         ->
        491           -> ACK
        INVITE 3      -> 100 INVITE
        we accept     -> 200 INVITE
        ACK 3         ->
        later         -> INVITE
        200           -> ACK
        """,
        ALIVE,
    ),
    "both want to change it at once in a call of ours": (
        WE_CALL
        + """
        we offer      -> INVITE
        INVITE 1      -> 491 INVITE
        ACK 1         ->
        491           -> ACK
        INVITE 2      -> 100 INVITE
        we accept     -> 200 INVITE
        ACK 2         ->
        later         -> INVITE
        200           -> ACK
        """,
        ALIVE,
    ),
    "their UPDATE crosses our re-INVITE": (
        THEY_CALL + "we offer -> INVITE \n UPDATE 2 -> 491 UPDATE \n UPDATE 3 bare -> 200 UPDATE \n 200 -> ACK",
        ALIVE,
    ),
    "a BYE crosses our re-INVITE": (
        THEY_CALL + "we offer -> INVITE \n BYE 2 -> 200 BYE \n 487 -> ACK",
        "hung up",
    ),
    "our BYE crosses theirs": (THEY_CALL + "we leave -> BYE \n BYE 2 -> 200 BYE \n 200 ->", "nothing told"),
    "our BYE overtakes the answer to our re-INVITE": (
        THEY_CALL + "we offer -> INVITE \n we leave -> BYE \n 200 INVITE -> ACK \n again -> ACK",
        "nothing told",
    ),
    "our BYE crosses their re-INVITE": (
        THEY_CALL + "INVITE 2 -> 100 INVITE \n we leave -> 487 INVITE, BYE \n INVITE 3 -> 481 INVITE",
        "nothing told",
    ),
    "their re-INVITE after our BYE has an old number": (
        THEY_CALL
        + "INVITE 7 -> 100 INVITE \n we accept -> 200 INVITE \n ACK 7 -> \n we leave -> BYE \n INVITE 6 -> 500 INVITE",
        "nothing told",
    ),
    "a re-INVITE without a description after their BYE": (  # CVE-2021-31878
        THEY_CALL + "BYE 2 -> 200 BYE \n INVITE 3 late -> 481 INVITE",
        "hung up",
    ),
    "a re-INVITE is cancelled": (
        THEY_CALL + "INVITE 2 -> 100 INVITE \n CANCEL 2 -> 200 CANCEL, 487 INVITE \n we accept ->",
        ALIVE,
    ),
    # rows 2 and 6: late offers
    "a late offer": (
        "INVITE 1 late -> 100 INVITE \n we accept -> 200 INVITE \n ACK 1 answer ->",
        ALIVE,
    ),
    "a late offer without an answer": (
        "INVITE 1 late -> 100 INVITE \n we accept -> 200 INVITE \n ACK 1 -> BYE",
        "no answer to our offer",
    ),
    "a late offer in a re-INVITE": (
        THEY_CALL
        + "INVITE 2 late -> 100 INVITE \n we accept -> 200 INVITE \n UPDATE 3 -> 491 UPDATE \n ACK 2 answer ->",
        ALIVE,
    ),
    "an UPDATE while our late offer waits for its answer": (
        THEY_CALL
        + "INVITE 2 late -> 100 INVITE \n we accept -> 200 INVITE \n UPDATE 3 -> 491 UPDATE \n ACK 2 answer ->",
        ALIVE,
    ),
    "a late offer in a re-INVITE without an answer": (
        THEY_CALL + "INVITE 2 late -> 100 INVITE \n we accept -> 200 INVITE \n ACK 2 -> BYE",
        "no answer to our offer",
    ),
    # row 22 of FAULTS: a bad offer changes nothing
    "an offer that cannot be had": (THEY_CALL + "INVITE 2 -> 100 INVITE \n we reject -> 486 INVITE \n ACK 2 ->", ALIVE),
    # rows 48 to 52, 57, 60: calls of ours
    "the same 2xx again and again": (WE_CALL + "again -> ACK \n again -> ACK", ALIVE),
    "a phone that hangs up at once": (WE_CALL + "BYE 1 -> 200 BYE", "hung up"),
    "a BYE overtakes the 2xx": ("we call -> INVITE \n 180 -> \n BYE 1 -> 481 BYE \n 200 -> ACK", ALIVE),
    "180 after 183, and others": (
        "we call -> INVITE \n 100 -> \n 183 -> \n 180 -> \n 181 -> \n 182 -> \n 199 -> \n 180 bare -> \n 200 -> ACK",
        ALIVE,
    ),
    "a provisional response after the 2xx": (WE_CALL + "180 INVITE ->", ALIVE),
    "a refusal after the 2xx": (WE_CALL + "486 INVITE ->", ALIVE),
    "a 2xx after a refusal": ("we call -> INVITE \n 486 -> ACK \n 200 ->", "486"),
    "a 2xx that crosses our CANCEL": (
        "we call -> INVITE \n 180 -> \n we leave -> CANCEL \n 200 INVITE -> ACK, BYE \n again -> ACK",
        "487",
    ),
    "a 2xx before our CANCEL may go out": (
        "we call -> INVITE \n we leave -> \n 200 INVITE -> ACK, BYE",
        "487",
    ),
    "our CANCEL is answered 481 and a 2xx comes": (
        "we call -> INVITE \n 180 -> \n we leave -> CANCEL \n 481 -> \n 200 INVITE -> ACK, BYE",
        "487",
    ),
    "hold before our ACK can have arrived": (
        WE_CALL + "INVITE 1 -> 100 INVITE \n we accept -> 200 INVITE \n ACK 1 ->",
        ALIVE,
    ),
}


@dataclass
class Play:
    phone: Phone = field(default_factory=lambda: Phone(agent()))
    call: str = ""
    now: float = 0.0
    placed: Request | None = None
    """Our INVITE, if the call is ours."""
    invites: dict[int, Request] = field(default_factory=dict)
    """Theirs, by number."""
    last: Request | Response | None = None

    def do(self, what: str) -> list[str]:
        head, *rest = what.split()
        if head == "later":
            return self.later()
        if head == "we":
            return self.command(rest[0])
        if head != "again":
            self.last = self.reply(int(head), rest) if head.isdigit() else self.request(head, int(rest[0]), rest[1:])
        assert self.last is not None
        words = self.phone.say(self.last, self.now)
        for effect in self.phone.effects:
            if isinstance(effect, Incoming):
                self.call = effect.call
        return words

    def later(self) -> list[str]:
        words: list[str] = []
        while not words:
            at = self.phone.agent.deadline()
            assert at is not None, "nothing follows"
            self.now = at
            words = self.phone.wait(at)
        return words

    def command(self, what: str) -> list[str]:
        us, now = self.phone.agent, self.now
        match what:
            case "call":
                self.call = us.invite(invite().uri, caller=ALICE, offer=OFFER, peers=(self.phone.peer,), now=now)
            case "ring":
                us.ring(self.call, now)
            case "accept":
                us.accept(self.call, ANSWER, now)
            case "reject":
                us.reject(self.call, 486, now)
            case "offer":
                us.offer(self.call, OFFER, now)
            case "leave":
                us.hang_up(self.call, now, "enough")
        words = self.phone.listen(now)
        if what == "call":
            self.placed = self.asked("INVITE")
        return words

    def asked(self, method: str | None = None) -> Request:
        requests = [message for message in self.phone.heard if isinstance(message, Request)]
        return [each for each in requests if method is None or each.method == method][-1]

    def reply(self, status: int, rest: list[str]) -> Response:
        body = b"" if "bare" in rest or status >= 300 else ANSWER
        methods = ("INVITE", "BYE", "CANCEL", "UPDATE")
        to = self.asked(rest[0] if rest and rest[0] in methods else None)
        if to.method == "ACK":
            to = self.asked("INVITE")
        return answer(to, status, None if status == 100 else "phone", body if to.method == "INVITE" else b"")

    def request(self, method: str, number: int, rest: list[str]) -> Request:
        described = method in ("INVITE", "UPDATE") and not {"late", "bare"} & set(rest)
        body = OFFER if described else ANSWER if "answer" in rest else b""
        refused = [each.cseq.number for each in self.phone.heard if isinstance(each, Response) and each.status >= 300]
        same = method == "CANCEL" or (method == "ACK" and number in refused)
        via = self.invites[number].via.branch if same else None
        if self.placed is not None:
            placed = self.placed
            made = request(method, number, call_id=placed.call_id, to_tag=placed.from_.tag, via=via, body=body)
        else:
            tags = [each.to.tag for each in self.phone.heard if each.to.tag and isinstance(each, Response)]
            made = request(method, number, to_tag=tags[0] if tags else None, via=via, body=body)
        if method == "INVITE":
            self.invites[number] = made
        return made

    def outcome(self) -> str:
        ends = [effect for effect in self.phone.effects if isinstance(effect, (Ended, Refused))]
        found = self.phone.agent._calls.get(self.call)
        if found is not None and found.phase.name == "TALKING":
            return ALIVE if not ends else f"alive, and {ends}"
        assert len(ends) <= 1
        if not ends:
            return "nothing told"
        return ends[0].reason if isinstance(ends[0], Ended) else str(ends[0].status)


@pytest.mark.parametrize(("lines", "outcome"), SCENES.values(), ids=SCENES)
def test_whatever_crosses_is_answered_as_the_rfc_says_and_leaves_nothing_open(lines: str, outcome: str) -> None:
    play = Play()
    for line in filter(None, map(str.strip, lines.split("\n"))):
        what, _, said = line.partition("->")
        assert play.do(what) == [word.strip() for word in said.split(",") if word.strip()], line
    assert play.outcome() == outcome
    if outcome != ALIVE:
        play.phone.wait(1000.0)
        assert (len(play.phone.agent._calls), len(play.phone.agent._layer)) == (0, 0)


def told(effects: list[Effect]) -> list[str]:
    return [type(effect).__name__ for effect in effects]


def test_each_thing_that_crosses_is_told_once() -> None:
    play = Play()
    for line in SCENES["everything comes twice"][0].strip().split("\n"):
        play.do(line.partition("->")[0])
    kinds = [Incoming, Confirmed, Offered, Ended]
    assert told(play.phone.effects) == [kind.__name__ for kind in kinds]
    play = Play()
    for line in SCENES["180 after 183, and others"][0].strip().split("\n"):
        play.do(line.partition("->")[0])
    assert told(play.phone.effects) == ["Ringing"] * 6 + [Answered.__name__]
