"""Callers who want in: those who key in a code, those who have dialled one, and those who guess."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, assert_never

from media.prompt import Prompt
from mixer import code_entry
from mixer.code_entry import Answer
from mixer.code_guard import HELD_SECONDS, CodeGuard
from mixer.dial_in import Announcement, Caller, CodeCall, Entrance
from mixer.phrases import Phrase, masked
from mixer.rules import admission, call_rules
from mixer.rules.admission import Admitted, Locked, NoSuch, NotListed, TooEarly
from mixer.rules.conference import Conference
from mixer.rules.numbers import same_number
from mixer.rules.records import Kind, Record
from mixer.stranger_log import quoted
from sip.throttle import source_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mixer.chronicle import Chronicle
    from mixer.code_guard import Source
    from mixer.dial_in import Say
    from mixer.party import Arrived
    from mixer.programme import Programme
    from mixer.running import Running
    from mixer.settings import MixerSettings
    from mixer.stranger_log import StrangerLog
    from mixer.switchboard import Switchboard

_log = logging.getLogger(__name__)

STRANGERS_OF_A_HOST: Final = 200
STRANGERS: Final = 1000
"""Callers that nobody vouches for, and who have not keyed in a right code yet."""


class Reception:
    """``clock`` is the wall's, ``steady`` one that is not set."""

    def __init__(
        self,
        settings: MixerSettings,
        switchboard: Switchboard,
        programme: Programme,
        chronicle: Chronicle,
        strangers: StrangerLog,
        say: Say,
        clock: Callable[[], float],
        steady: Callable[[], float],
    ) -> None:
        self.settings = settings
        """May be replaced by newer ones."""
        self._switchboard = switchboard
        self._programme = programme
        self._chronicle = chronicle
        self._strangers = strangers
        self._say = say
        self._clock = clock
        self._steady = steady
        self._guard = CodeGuard()
        self._code_calls: list[CodeCall] = []

    def tick(self) -> None:
        self._forget_the_gone()
        for call in self._code_calls:
            if (due := code_entry.deadline(call.entry)) is not None and due <= self._steady():
                call.tick()

    def arrived(self, event: Arrived) -> None:
        """Somebody calls: the conference number, a code, or nothing that exists."""
        if any(same_number(event.number, door) for door in self.settings.doors):
            self._receive(event)
        else:
            self._direct(event)

    # The conference number

    def _receive(self, event: Arrived) -> None:
        if self._crowded(event.source):
            self._switchboard.refuse(event.leg, 503, "Service Unavailable")
            return
        caller = Caller(event.leg, event.caller, event.source)
        call = CodeCall(caller, self._switchboard, self._say, self._key, self._steady)
        self._code_calls.append(call)
        self._switchboard.answer(event.leg, call)

    def _crowded(self, source: Source) -> bool:
        """Whether a stranger is one too many: each takes a port and listens to our prompts."""
        if source.trunk is not None or source.number is not None or len(self._code_calls) < STRANGERS_OF_A_HOST:
            return False
        self._forget_the_gone()
        strangers = [call.caller.source for call in self._code_calls if call.caller.source.number is None]
        host = source_of(source.host)
        of_the_host = sum(source_of(each.host) == host for each in strangers if each.trunk is None)
        return of_the_host >= STRANGERS_OF_A_HOST or len(strangers) >= STRANGERS

    def _forget_the_gone(self) -> None:
        self._code_calls = [call for call in self._code_calls if self._switchboard.party(call.caller.leg) is call]

    def _key(self, caller: Caller, code: str, held: bool) -> Answer | float:
        """What becomes of a code that was keyed in, or for how many seconds it is to be held first."""
        wait = self._wait(caller, code)
        if not wait:
            return self._look_up(caller, code)
        return Answer.NO_SUCH if held else min(wait, HELD_SECONDS)

    # A code that was dialled

    def _direct(self, event: Arrived) -> None:
        """A call to ``sip:CODE@domain`` joins without the prompt."""
        caller = Caller(event.leg, event.caller, event.source)
        match NoSuch() if self._wait(caller, event.number) else self._admission(caller, event.number):
            case Admitted():
                entrance = Entrance(caller, event.number, self._switchboard, self._look_up)
                self._switchboard.answer(event.leg, entrance)
            case TooEarly():
                self._announce(event.leg, Prompt.NOT_STARTED, "too-early")
            case NotListed():
                self._announce(event.leg, Prompt.NOT_ADMITTED, "not-admitted")
            case Locked():
                self._announce(event.leg, Prompt.LOCKED, "locked")
            case NoSuch():
                self._switchboard.refuse(event.leg, 404, "Not Found")

    def _announce(self, leg: str, prompt: Prompt, reason: str) -> None:
        self._switchboard.answer(leg, Announcement(leg, prompt, reason, self._switchboard, self._say))

    # Who has which code

    def _look_up(self, caller: Caller, code: str) -> Answer:
        """Lets the caller into the conference of this code, if that may be."""
        verdict = self._admission(caller, code)
        match verdict:
            case Admitted(person, owner):
                self._enter(self._programme.opened(code), caller, person, owner)
                return Answer.OK
            case TooEarly():
                return Answer.TOO_EARLY
            case NotListed():
                return Answer.NOT_LISTED
            case Locked():
                return Answer.LOCKED
            case NoSuch():
                return Answer.NO_SUCH
            case _:
                assert_never(verdict)

    def _enter(self, running: Running | None, caller: Caller, person: str | None, owner: bool) -> None:
        if running is None:
            return
        self._switchboard.hand_over(caller.leg, running)
        running.feed(call_rules.Entered(caller.leg, person, owner, caller.number))

    def _admission(self, caller: Caller, code: str) -> admission.Admission:
        now = self._clock()
        plan = self._programme.planned(code)
        running = self._programme.opened(code)
        conference = running.conference if running else None if plan is None else Conference(plan)
        policy: admission.Policy = "listed" if self.settings.listed_only else "code"
        verdict = admission.admit(conference, code, caller.number, policy, now)
        if isinstance(verdict, Admitted) and running is None:
            verdict = TooEarly()  # its time has come this very moment, and its sounds are not ready yet
        told = False
        if isinstance(verdict, NoSuch):
            told = self._note_wrong(caller, code)
        else:
            self._guard.right(caller.source, self._steady())
        if not isinstance(verdict, Admitted) and (plan is not None or self._programme.has_codes_like(code)):
            refused = Record(Kind.REFUSED, now, caller.leg, caller.number, detail=type(verdict).__name__)
            self._chronicle.write(None if plan is None else plan.code, refused, told=told)
        return verdict

    # Guesses

    def _wait(self, caller: Caller, code: str) -> float:
        wait = self._guard.wait(caller.source, self._listed(caller), self._steady())
        if wait:
            self._tell(caller, Phrase("gives codes faster than they are looked at"))
        return wait

    def _note_wrong(self, caller: Caller, code: str) -> bool:
        """Whether it was told as a stranger's doing.

        What can't be a code is no guess: the Internet dials numbers of all lengths, which must keep nobody out."""
        if not self._programme.has_codes_like(code):
            number = masked(quoted(code))  # it may be a code but for a slip of the finger
            return self._tell(caller, Phrase("calls “%(number)s”, which is no number of ours", {"number": number}))
        alarm = self._guard.wrong(caller.source, self._listed(caller), self._steady())
        told = self._tell(caller, Phrase("gives a code that no conference has"))
        if alarm:
            _log.warning(
                "somebody guesses codes: %d wrong ones within an hour; whoever guesses waits ever longer", alarm
            )
        return told

    def _tell(self, caller: Caller, what: Phrase) -> bool:
        """Whether the caller is a stranger.  Not of a trunk: it is not to be shut out for what its callers do."""
        if caller.source.trunk is not None or caller.source.number is not None:
            return False
        self._strangers.tell(caller.source.host, what, caller.leg)
        return True

    def _listed(self, caller: Caller) -> Callable[[], bool]:
        return lambda: caller.number is not None and self._programme.lists(caller.number)
