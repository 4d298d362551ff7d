"""What the four transactions share: a table of transitions, timers that belong to states, and bytes to send again.

A transaction owns no socket, no task and no clock.  Each of its inputs returns what follows from it, in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from sip.message import Request, Response
from sip.timers import RETRANSMISSIONS, Deadlines, Timer, TimerValues

if TYPE_CHECKING:
    from sip.effects import Peer


class State(Enum):
    CALLING = auto()
    TRYING = auto()
    LET_GO = auto()  # nobody waits for it any more: the user has gone to another target (RFC 3263 §4.3)
    PROCEEDING = auto()
    ACCEPTED = auto()  # RFC 6026: an INVITE had its 2xx
    COMPLETED = auto()
    CONFIRMED = auto()
    TERMINATED = auto()


class Input(Enum):
    """What comes from the network; the responses of a server come from its user."""

    REQUEST = auto()
    ACK = auto()
    PROVISIONAL = auto()
    SUCCESS = auto()
    FAILURE = auto()
    TRANSPORT_ERROR = auto()
    LET_GO = auto()


class Action(Enum):
    DELIVER = auto()  # pass the message to the transaction's user
    SEND = auto()  # the user's response, from now on the one to retransmit
    RETRANSMIT = auto()  # what was sent last: a client's request, a server's response
    SEND_ACK = auto()
    REPORT_TIMEOUT = auto()
    REPORT_TRANSPORT = auto()


class Transition(NamedTuple):
    to: State
    actions: tuple[Action, ...] = ()


Transitions = Mapping[tuple[State, Input | Timer], Transition]


@dataclass(frozen=True, slots=True)
class Table:
    """A pair absent from ``transitions`` changes nothing: on UDP a late or repeated message is weather, no error."""

    initial: State
    transitions: Transitions
    timers: Mapping[State, frozenset[Timer]]
    """The timers of each state; entering it stops all others and starts those that do not run yet."""
    repeating: frozenset[State] = field(init=False)
    """The states in which what was sent last may have to be sent again."""

    def __post_init__(self) -> None:
        repeating = {state for (state, _), (_, actions) in self.transitions.items() if Action.RETRANSMIT in actions}
        object.__setattr__(self, "repeating", frozenset(repeating))


@dataclass(frozen=True, slots=True)
class Transmit:
    data: bytes


@dataclass(frozen=True, slots=True)
class Deliver:
    message: Request | Response


@dataclass(frozen=True, slots=True)
class Failed:
    """Nobody answered (408), or nothing could be sent (503): RFC 3261 §8.1.3.1."""

    status: int


Outcome = Transmit | Deliver | Failed


class Transaction:
    """One request and its responses, on one side.

    Each lives for 32 s after its call has ended, so it keeps what it may still have to send, and nothing else.
    """

    __slots__ = ("_deadlines", "_interval", "_sent", "_values", "peer", "state")
    table: ClassVar[Table]

    def __init__(self, peer: Peer, values: TimerValues, now: float) -> None:
        self.peer = peer
        """Where this side's messages go."""
        self.state = self.table.initial
        self._values = values
        self._sent = b""
        self._deadlines = Deadlines()
        self._interval = values.t1
        self._enter(self.state, now)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.state.name.lower()}, next timer {self._deadlines.next()}>"

    def transport_failed(self, now: float) -> list[Outcome]:
        return self._apply(Input.TRANSPORT_ERROR, now)

    def tick(self, now: float) -> list[Outcome]:
        outcomes: list[Outcome] = []
        while fired := self._deadlines.pop_due(now):
            timer, due = fired
            if timer in RETRANSMISSIONS:
                # From when it was due, not from now: a process that was stopped for a while catches up only once.
                self._interval = self._next_interval(timer)
                self._deadlines.start(
                    timer, due + self._interval if due + self._interval > now else now + self._interval
                )
            outcomes += self._apply(timer, now)
        return outcomes

    def deadline(self) -> float | None:
        """When :meth:`tick` is next needed; None when no timer runs."""
        return self._deadlines.next()

    def _apply(self, stimulus: Input | Timer, now: float, message: Request | Response | None = None) -> list[Outcome]:
        transition = self.table.transitions.get((self.state, stimulus))
        if transition is None:
            return []
        if transition.to is not self.state:
            self.state = transition.to
            self._enter(self.state, now)
        outcomes = [outcome for action in transition.actions for outcome in self._perform(action, message)]
        if self.state not in self.table.repeating:
            self._sent = b""
        return outcomes

    def _enter(self, state: State, now: float) -> None:
        timers = self.table.timers[state]
        self._deadlines.keep(timers)
        for timer in timers:
            first = self._values.first(timer, reliable=self.peer.transport != "udp")
            if timer not in self._deadlines and first is not None:
                self._deadlines.start(timer, now + first)

    def _next_interval(self, timer: Timer) -> float:
        if timer is Timer.E and self.state is State.PROCEEDING:
            return self._values.t2  # §17.1.2.2: someone works on it, ask rarely
        return self._values.again(timer, self._interval)

    def _perform(self, action: Action, message: Request | Response | None) -> list[Outcome]:
        match action:
            case Action.DELIVER:
                assert message is not None
                return [Deliver(message)]
            case Action.SEND:
                assert message is not None
                self._sent = bytes(message)
                return [Transmit(self._sent)]
            case Action.RETRANSMIT:
                return [Transmit(self._sent)] if self._sent else []
            case Action.SEND_ACK:
                assert isinstance(message, Response)
                return [Transmit(bytes(self._ack(message)))]
            case Action.REPORT_TIMEOUT:
                return [Failed(408)]
            case Action.REPORT_TRANSPORT:
                return [Failed(503)]

    def _ack(self, response: Response) -> Request:
        raise NotImplementedError(f"{type(self).__name__} sends no ACK to {response.status}")


def kind(status: int) -> Input:
    if status < 200:
        return Input.PROVISIONAL
    return Input.SUCCESS if status < 300 else Input.FAILURE
