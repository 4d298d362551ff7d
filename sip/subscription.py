"""One subscription, as its notifier has it (RFC 6665 §4.2): when a NOTIFY is due, and when it is over.

One NOTIFY is under way at a time, and none follows another sooner than :attr:`Subscription.pause`: what happens
meanwhile is told by the next.  What is told is its user's, asked for when it is about to be sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from sip.errors import RemoteError
from sip.grammar import get_param, is_token, parse_params

if TYPE_CHECKING:
    from sip.dialog import Dialog
    from sip.message import Request, Response
    from sip.origin import Origin


class State(Enum):
    NEW = auto()  # its user has not said yet whether it is to be
    QUIET = auto()
    PAUSING = auto()  # there is news, but the last NOTIFY was only just sent
    DUE = auto()  # its user is asked for the news
    SENT = auto()
    STALE = auto()  # sent, and there is news already
    PARTING = auto()  # sent, and the next one is the last
    LAST = auto()  # the last one is sent
    OVER = auto()


class Input(Enum):
    ADMITTED = auto()
    NEWS = auto()
    EARLY_NEWS = auto()  # before the pause is over
    PAUSE_ENDS = auto()
    TOLD = auto()  # the user has said the news
    TAKEN = auto()  # a 2xx
    FAILED = auto()  # any other final response, or none
    END = auto()


class Action(Enum):
    ASK = auto()  # the user for the news
    NOTIFY = auto()
    PART = auto()  # the last NOTIFY


class Transition(NamedTuple):
    to: State
    actions: tuple[Action, ...] = ()


# A pair absent from the table changes nothing.
SUBSCRIPTION: Final[dict[tuple[State, Input], Transition]] = {
    (State.NEW, Input.ADMITTED): Transition(State.DUE, (Action.ASK,)),
    (State.NEW, Input.END): Transition(State.OVER),
    (State.QUIET, Input.NEWS): Transition(State.DUE, (Action.ASK,)),
    (State.QUIET, Input.EARLY_NEWS): Transition(State.PAUSING),
    (State.QUIET, Input.END): Transition(State.LAST, (Action.PART,)),
    (State.PAUSING, Input.NEWS): Transition(State.DUE, (Action.ASK,)),
    (State.PAUSING, Input.PAUSE_ENDS): Transition(State.DUE, (Action.ASK,)),
    (State.PAUSING, Input.END): Transition(State.LAST, (Action.PART,)),
    (State.DUE, Input.TOLD): Transition(State.SENT, (Action.NOTIFY,)),
    (State.DUE, Input.END): Transition(State.LAST, (Action.PART,)),
    (State.SENT, Input.NEWS): Transition(State.STALE),
    (State.SENT, Input.EARLY_NEWS): Transition(State.STALE),
    (State.SENT, Input.TAKEN): Transition(State.QUIET),
    (State.SENT, Input.FAILED): Transition(State.OVER),
    (State.SENT, Input.END): Transition(State.PARTING),
    (State.STALE, Input.TAKEN): Transition(State.PAUSING),
    (State.STALE, Input.FAILED): Transition(State.OVER),
    (State.STALE, Input.END): Transition(State.PARTING),
    (State.PARTING, Input.TAKEN): Transition(State.LAST, (Action.PART,)),
    (State.PARTING, Input.FAILED): Transition(State.OVER),
    (State.LAST, Input.TAKEN): Transition(State.OVER),
    (State.LAST, Input.FAILED): Transition(State.OVER),
}


@dataclass(frozen=True, slots=True)
class Event:
    """What a subscription is about (RFC 6665 §8.2.1)."""

    package: str
    id: str | None = None

    @classmethod
    def of(cls, request: Request) -> Event:
        """RemoteError(489) without one that can be read, RemoteError(400) for an id that can't."""
        package, semicolon, params = (request.headers.get("Event") or "").partition(";")
        if not is_token(package := package.strip(" \t")):
            raise RemoteError(489, "Bad Event")
        identifier = get_param(parse_params(f"{semicolon}{params}", "Event"), "id")
        if identifier is not None and not is_token(identifier):
            raise RemoteError(400, "Bad Event")
        return cls(package, identifier)

    def __str__(self) -> str:
        return self.package if self.id is None else f"{self.package};id={self.id}"


@dataclass(frozen=True, slots=True)
class News:
    """The body of a NOTIFY."""

    content_type: str
    body: bytes


class Subscription:
    """``pause``: seconds between two NOTIFYs.  Inputs return the NOTIFY to send, if one is to be sent now."""

    __slots__ = (
        *("_contact", "_expires_at", "_news", "_not_before", "_origin", "_reason", "_sent", "call", "dialog"),
        *("event", "name", "pause", "state", "wants_news"),
    )

    def __init__(
        self, name: str, event: Event, dialog: Dialog, origin: Origin, *, call: str | None, pause: float
    ) -> None:
        self.name = name
        self.event = event
        self.dialog = dialog
        """Shared with the call, where it was asked for in one (RFC 5057)."""
        self.call = call
        self.pause = pause
        self.state = State.NEW
        self.wants_news = False
        """Its user is to be asked for the news; whoever asks takes this back."""
        self._origin = origin
        self._contact = call or name
        self._reason: str | None = None
        """Why it ends (§4.1.3), as soon as that is certain."""
        self._news: News | None = None
        self._sent: Request | None = None
        self._not_before = 0.0
        self._expires_at = 0.0

    def __repr__(self) -> str:
        return f"<Subscription {self.name} {self.event} {self.state.name.lower()}, next wake {self.deadline()}>"

    def admit(self, seconds: int, now: float) -> None:
        """For so long, or for one NOTIFY where that is 0; again: from now on."""
        self._expires_at = now + seconds
        if seconds == 0:
            self._reason = "timeout"
        self._apply(Input.ADMITTED if self.state is State.NEW else Input.NEWS, now)

    def news(self, now: float) -> None:
        """There is something to tell."""
        self._apply(Input.EARLY_NEWS if now < self._not_before else Input.NEWS, now)

    def tell(self, news: News, now: float) -> Request | None:
        """What its user wants told, having been asked."""
        self._news = news
        return self._apply(Input.TOLD, now)

    def end(self, reason: str, now: float, news: News | None = None) -> Request | None:
        """``reason``: one of §4.1.3's, as ``noresource``."""
        if self._reason is None:
            self._reason = reason
        self._news = news
        return self._apply(Input.END, now)

    def lose(self) -> None:
        """Nobody can be told any more."""
        self.state = State.OVER

    def replied(self, request: Request, response: Response, now: float) -> Request | None:
        if request is not self._sent or response.status < 200:
            return None
        return self._apply(Input.TAKEN if response.status < 300 else Input.FAILED, now)

    def unanswered(self, request: Request, now: float) -> Request | None:
        return self._apply(Input.FAILED, now) if request is self._sent else None

    def tick(self, now: float) -> Request | None:
        if self.state is State.PAUSING and now >= self._not_before:
            return self._apply(Input.PAUSE_ENDS, now)
        if self._expires and now >= self._expires_at:
            return self.end("timeout", now)
        return None

    def deadline(self) -> float | None:
        pause = [self._not_before] if self.state is State.PAUSING else []
        return min([*pause, *([self._expires_at] if self._expires else [])], default=None)

    @property
    def over(self) -> bool:
        return self.state is State.OVER

    @property
    def ending(self) -> bool:
        return self._reason is not None

    @property
    def contact(self) -> str:
        """Ours."""
        return self._origin.focus(self.dialog.peer, self._contact)

    @property
    def _expires(self) -> bool:
        return self.state not in (State.NEW, State.PARTING, State.LAST, State.OVER) and self._reason is None

    def _apply(self, stimulus: Input, now: float) -> Request | None:
        transition = SUBSCRIPTION.get((self.state, stimulus))
        if transition is None:
            return None
        self.state = transition.to
        for action in transition.actions:
            match action:
                case Action.ASK:
                    self.wants_news = True
                case Action.NOTIFY | Action.PART:
                    return self._notify(now)
        return None

    def _notify(self, now: float) -> Request:
        if self._reason is not None:
            self.state = State.LAST  # a subscription of one NOTIFY, or one that ends with its news
        self.wants_news = False
        self._not_before = now + self.pause
        news, self._news = self._news, None
        headers = [
            ("Contact", self.contact),
            ("Event", str(self.event)),
            ("Subscription-State", self._standing(now)),
        ]
        if news is None:
            self._sent = self.dialog.request("NOTIFY", self._origin, headers)
        else:
            headers.append(("Content-Type", news.content_type))
            self._sent = self.dialog.request("NOTIFY", self._origin, headers, news.body)
        return self._sent

    def _standing(self, now: float) -> str:
        if self._reason is not None:
            return f"terminated;reason={self._reason}"
        return f"active;expires={max(0, round(self._expires_at - now))}"
