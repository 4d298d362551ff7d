"""A call with several targets: when the next one is asked, and what becomes of those given up (RFC 3263 §4.3)."""

from __future__ import annotations

import pytest

from sip.effects import Answered, Peer, Refused, Ringing, Send
from sip.message import Request, Response
from sip.parser import parse
from sip.suspects import LONGEST, MOST, SUSPECTED, Suspects
from sip.uri import Uri
from tests.sip.link import ALICE, ANSWER, OFFER, said
from tests.sip.script import agent, answer

TARGET = Uri.parse("sip:101@pbx.example")
FIRST, SECOND, THIRD = (Peer("udp", f"10.0.0.{number}", 5060) for number in (8, 9, 10))


class Line:
    """A call, and what each target is sent."""

    def __init__(self, *peers: Peer, **login: str) -> None:
        self.agent = agent()
        self.told: list[object] = []
        self.sent: list[tuple[float, Peer, Request | Response]] = []
        self.call = self.agent.invite(TARGET, caller=ALICE, offer=OFFER, peers=peers, now=0.0, **login)  # type: ignore[arg-type]  # two of its options
        self.look(0.0)

    def look(self, now: float) -> list[str]:
        words = []
        for effect in self.agent.effects():
            if isinstance(effect, Send):
                message = parse(effect.data)
                self.sent.append((now, effect.peer, message))
                words.append(f"{said(message)} {effect.peer.host[-1]}")
            else:
                self.told.append(effect)
        return words

    def say(self, response: Response, source: Peer, now: float) -> list[str]:
        self.agent.receive(bytes(response), source, now)
        return self.look(now)

    def wait(self, until: float) -> list[str]:
        words = []
        while (at := self.agent.deadline()) is not None and at <= until:
            self.agent.tick(at)
            words += self.look(at)
        return words

    def invite(self, peer: Peer) -> Request:
        message = next(message for _, to, message in reversed(self.sent) if to == peer and said(message) == "INVITE")
        assert isinstance(message, Request)
        return message


def test_a_target_that_says_nothing_for_three_seconds_gives_way_to_the_next_and_is_not_sent_anything_more() -> None:
    line = Line(FIRST, SECOND)
    assert line.wait(2.9) == ["INVITE 8", "INVITE 8"]
    assert line.wait(3.0) == ["INVITE 9"]
    assert line.say(answer(line.invite(SECOND), 180), SECOND, 3.1) == []
    assert line.wait(60) == []
    assert line.told == [Ringing(line.call, 180)]


def test_the_next_target_gets_the_same_invite_with_a_branch_of_its_own() -> None:
    line = Line(FIRST, SECOND)
    line.wait(3.0)
    first, second = line.invite(FIRST), line.invite(SECOND)
    assert first.via.branch != second.via.branch
    assert (first.call_id, str(first.from_), first.cseq, first.body) == (
        second.call_id,
        str(second.from_),
        second.cseq,
        second.body,
    )


def test_a_503_and_a_transport_error_go_on_to_the_next_target_at_once() -> None:
    line = Line(FIRST, SECOND, THIRD)
    assert line.say(answer(line.invite(FIRST), 503), FIRST, 0.1) == ["ACK 8", "INVITE 9"]
    line.agent.transport_failed(SECOND, 0.2)
    assert line.look(0.2) == ["INVITE 0"]
    assert line.say(answer(line.invite(THIRD), 200, body=ANSWER), THIRD, 0.3) == ["ACK 0"]
    assert line.told == [Answered(line.call, ANSWER, THIRD)]


def test_the_last_target_is_waited_for_as_long_as_the_rfc_says() -> None:
    line = Line(FIRST, SECOND)
    line.wait(100)
    assert line.told == [Refused(line.call, 408, "Request Timeout")]
    assert line.sent[-1][0] == 3 + 31.5
    assert len(line.agent._calls) == 0


@pytest.mark.parametrize("status", [486, 500, 603])
def test_who_has_been_reached_and_refuses_is_not_asked_elsewhere(status: int) -> None:
    line = Line(FIRST, SECOND)
    assert line.say(answer(line.invite(FIRST), status), FIRST, 0.1) == ["ACK 8"]
    assert [type(effect) for effect in line.told] == [Refused]


def test_a_phone_that_has_rung_is_not_made_to_ring_again_elsewhere() -> None:
    line = Line(FIRST, SECOND)
    line.say(answer(line.invite(FIRST), 180), FIRST, 0.1)
    assert line.say(answer(line.invite(FIRST), 503), FIRST, 5.0) == ["ACK 8"]
    assert line.told == [Ringing(line.call, 180), Refused(line.call, 503, "Service Unavailable")]


def test_a_proxy_that_is_trying_is_not_silent_and_its_503_goes_on() -> None:
    line = Line(FIRST, SECOND)
    line.say(answer(line.invite(FIRST), 100, None), FIRST, 0.1)
    assert line.wait(10) == []
    assert line.say(answer(line.invite(FIRST), 503), FIRST, 10.0) == ["ACK 8", "INVITE 9"]


def test_a_target_that_wakes_up_too_late_is_told_to_stop_ringing() -> None:
    line = Line(FIRST, SECOND)
    line.wait(3.0)
    assert line.say(answer(line.invite(FIRST), 180), FIRST, 4.0) == ["CANCEL 8"]
    cancel = line.sent[-1][2]
    assert cancel.via.branch == line.invite(FIRST).via.branch
    line.say(answer(line.invite(SECOND), 200, body=ANSWER), SECOND, 4.1)
    assert line.say(answer(line.invite(FIRST), 487), FIRST, 4.2) == ["ACK 8"]
    assert line.told == [Answered(line.call, ANSWER, SECOND)]


@pytest.mark.parametrize("answered", [False, True])
def test_a_target_that_answers_too_late_is_hung_up(answered: bool) -> None:
    line = Line(FIRST, SECOND)
    line.wait(3.0)
    if answered:
        line.say(answer(line.invite(SECOND), 200, "second", ANSWER), SECOND, 3.5)
    late = answer(line.invite(FIRST), 200, "first", ANSWER, headers=(("Record-Route", "<sip:10.0.0.8;lr>"),))
    assert line.say(late, FIRST, 4.0) == ["ACK 8", "BYE 8"]
    assert line.say(late, FIRST, 4.5) == ["ACK 8"]
    assert line.told == ([Answered(line.call, ANSWER, SECOND)] if answered else [])


def test_hanging_up_cancels_what_rings_now() -> None:
    line = Line(FIRST, SECOND)
    line.wait(3.0)
    line.say(answer(line.invite(SECOND), 180), SECOND, 3.1)
    line.agent.hang_up(line.call, 3.2)
    assert line.look(3.2) == ["CANCEL 9"]


def test_hanging_up_before_anybody_has_answered_asks_nobody_else() -> None:
    line = Line(FIRST, SECOND)
    line.agent.hang_up(line.call, 1.0)
    words = line.wait(40)
    assert "INVITE 9" not in words
    assert line.told == [Refused(line.call, 487, "Request Terminated")]


def test_credentials_go_to_whichever_target_asks_for_them() -> None:
    line = Line(FIRST, SECOND, username="line", password="secret")
    line.wait(3.0)
    challenge = ("WWW-Authenticate", 'Digest realm="pbx", nonce="1"')
    assert line.say(answer(line.invite(SECOND), 401, headers=(challenge,)), SECOND, 3.1) == ["ACK 9", "INVITE 9"]
    assert 'username="line"' in (line.invite(SECOND).headers.get("Authorization") or "")


def test_a_target_that_failed_is_tried_last_for_a_while() -> None:
    line = Line(FIRST, SECOND)
    line.wait(3.0)
    line.agent.invite(TARGET, caller=ALICE, offer=OFFER, peers=(FIRST, SECOND), now=3.5)
    assert line.look(3.5) == ["INVITE 9"]
    later = 3 + SUSPECTED
    line.wait(later)
    line.agent.invite(TARGET, caller=ALICE, offer=OFFER, peers=(FIRST, SECOND), now=later)
    assert line.look(later) == ["INVITE 8"]


def test_whatever_a_suspect_says_clears_it_and_few_are_remembered() -> None:
    suspects = Suspects()
    suspects.add(FIRST, 0.0)
    assert suspects.last((FIRST, SECOND), 1.0) == (SECOND, FIRST)
    suspects.clear(Peer("udp", FIRST.host, FIRST.port, "a.name"))
    assert suspects.last((FIRST, SECOND), 1.0) == (FIRST, SECOND)
    for number in range(MOST + 1):
        suspects.add(Peer("udp", "10.1.1.1", number), 0.0)
    assert suspects.last((Peer("udp", "10.1.1.1", 0), SECOND), 1.0)[1] == SECOND


def test_who_knows_another_way_is_told_of_silence_after_three_seconds_and_nobody_rings_late() -> None:
    line = Line(FIRST, elsewhere=True)  # type: ignore[arg-type]  # an option of invite()
    assert line.wait(3.0) == ["INVITE 8", "INVITE 8"]
    assert line.told == [Refused(line.call, 408, "Request Timeout")]
    assert line.say(answer(line.invite(FIRST), 180), FIRST, 4.0) == ["CANCEL 8"]
    assert line.say(answer(line.invite(FIRST), 200, body=ANSWER), FIRST, 4.1) == ["ACK 8", "BYE 8"]
    assert len(line.told) == 1


@pytest.mark.parametrize(("said", "seconds"), [("60", 60), ("999999", LONGEST), ("soon", SUSPECTED)])
def test_a_target_that_wants_to_be_left_alone_is_tried_last_for_so_long_and_no_longer_than_ten_minutes(
    said: str, seconds: float
) -> None:
    line = Line(FIRST, SECOND)
    line.say(answer(line.invite(FIRST), 503, headers=(("Retry-After", said),)), FIRST, 0.0)
    line.say(answer(line.invite(SECOND), 486), SECOND, 0.1)
    for now, first in ((seconds - 1, SECOND), (seconds + 1, FIRST)):
        line.wait(now)
        line.agent.invite(TARGET, caller=ALICE, offer=OFFER, peers=(FIRST, SECOND), now=now)
        line.look(now)
        invites = [(to, message) for at, to, message in line.sent if at == now and said_of(message) == "INVITE"]
        assert invites[-1][0] == first


def said_of(message: Request | Response) -> str:
    return message.method if isinstance(message, Request) else str(message.status)


@pytest.mark.parametrize(
    ("realm", "answered"), [("Provider.Example", True), ("pbx", True), ("evil.example", False), ("", False)]
)
def test_only_the_realms_of_a_trunk_get_an_answer_to_their_challenge(realm: str, answered: bool) -> None:
    line = Line(FIRST, username="line", password="secret", realms=("pbx", "provider.example"))  # type: ignore[arg-type]  # an option of invite()
    challenge = ("Proxy-Authenticate", f'Digest realm="{realm}", nonce="1"')
    words = line.say(answer(line.invite(FIRST), 407, headers=(challenge,)), FIRST, 0.1)
    assert words == (["ACK 8", "INVITE 8"] if answered else ["ACK 8"])
