"""One conference while it runs: tells the rules what happens, and does what they ask."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Protocol, assert_never

from mixer.control import Refused
from mixer.earpieces import Earpieces
from mixer.farewell import Farewell
from mixer.keypads import Keypads
from mixer.party import Arrived, Finished, Gone, LegEvent, NotReached, PlaysMusic, Pressed, Rang, Reached, Settled
from mixer.portions import Portions
from mixer.rules import call_rules
from mixer.rules import step as rules
from mixer.rules.act_rules import extends_from, why_not
from mixer.rules.acts import Act, Acted
from mixer.rules.announcement_rules import Announce
from mixer.rules.conference import Conference, Sound
from mixer.rules.hold_music_rules import KeyPressed, MusicEnded, MusicHeard, Mute, TellMuted
from mixer.rules.model import Recorded
from mixer.rules.recording_rules import Cut, CutReason, Pause, RecordingFailed, Roll
from mixer.rules.records import Kind, Record
from mixer.rules.roster import Stage

if TYPE_CHECKING:
    from media.prompt import Prompt
    from mixer.dial_in import Say
    from mixer.key_table import KeyTable
    from mixer.phrases import Phrase
    from mixer.recording.studio import Studio
    from mixer.rules.model import Person, Plan
    from mixer.switchboard import Switchboard

_log = logging.getLogger(__name__)

_ORDERLY = (CutReason.OVER, CutReason.UNWANTED, CutReason.STOPPING)
"""Why a recording may end that had not begun yet."""


class Write(Protocol):
    """Keeps records of the conference of this code in the journal."""

    def __call__(self, code: str, /, *records: Record) -> None: ...


Watch = Callable[["Running", LegEvent | None], None]
"""Is told that something has happened in a conference, and of each event of a leg, before it has an effect."""


LegAction = call_rules.Call | rules.Hear | call_rules.HangUp | Mute | TellMuted | rules.Dismiss
"""What concerns one leg."""


def _kind(action: rules.Action) -> str:
    match action:
        case call_rules.Note():
            return "note"
        case (
            call_rules.Call() | rules.Hear() | call_rules.HangUp() | Mute() | TellMuted() | Announce() | rules.Dismiss()
        ):
            return "leg"
        case Roll() | Pause() | Cut() | rules.End():
            return "conference"
        case _:
            assert_never(action)


class Running:
    """``music`` and ``greeting`` are numbers of sounds in the bridge; ``greeting`` None where there is none to play.
    ``say`` tells a leg something, and gives the token of that sound."""

    def __init__(
        self,
        conference: Conference,
        room: int,
        switchboard: Switchboard,
        write: Write,
        clock: Callable[[], float],
        *,
        music: int,
        greeting: int | None,
        say: Say,
        studio: Studio,
        keys: KeyTable,
        on_end: Callable[[], None],
    ) -> None:
        self.conference = conference
        self._switchboard = switchboard
        self._write = write
        self._clock = clock
        self._on_end = on_end
        self._say = say
        notice = conference.announcements.recording
        self._portions = Portions()
        self._earpieces = Earpieces(
            switchboard, say, self._portions, room=room, music=music, greeting=greeting, notice=notice
        )
        self._keypads = Keypads(keys, switchboard, self._earpieces, lambda act, leg: self.feed(Acted(act, leg)))
        self._named = Counter(person.name for person in conference.plan.people)
        self._tape = studio.tape(conference.plan, room, clock, self._lose_tape)
        self._events: deque[rules.Event] = deque()
        self._busy = False
        self.watch: Watch = lambda *_: None

    @property
    def plan(self) -> Plan:
        return self.conference.plan

    def begin(self, actions: rules.Actions) -> None:
        """What a resumption asks for, then whatever the clock does."""
        self._events.append(rules.Tick())
        self._go_on(actions)

    def feed(self, event: rules.Event) -> None:
        """Events that an action brings about at once wait until all actions of its own step are done."""
        self._events.append(event)
        if not self._busy:
            self._go_on(())

    @property
    def extends_from(self) -> float:
        """Seconds since the epoch, as :func:`mixer.rules.act_rules.extends_from`."""
        return extends_from(self.conference, self._clock())

    def why_not(self, act: Act, by: str = "") -> Phrase | None:
        """Why an act would be refused now; None: it would not."""
        return why_not(self.conference, act, by, self._clock())

    def act(self, act: Act, by: str = "", user: str = "") -> None:
        """Does it: for ``by``, the leg of who has pressed a key, or for ``user`` of the machine.  Raises Refused."""
        if (why := self.why_not(act, by)) is not None:
            raise Refused(why)
        self.feed(Acted(act, by, user))

    def bring(self, legs: Iterable[str], sound: int | Prompt) -> int:
        """Plays what somebody on the machine wants to be heard to those who hear the room or music: to how many."""
        return self._earpieces.bring(legs, sound)

    def catch_up(self) -> None:
        """To be called every second: whoever has taken the call up again hears what they have missed."""
        self._earpieces.catch_up()

    def take_away(self) -> int:
        """Ends that; how many heard it."""
        return self._earpieces.take_away()

    def take(self, event: LegEvent) -> None:
        """What a leg of this conference tells, in the rules' words."""
        self.watch(self, event)
        match event:
            case Reached(leg):
                self.feed(call_rules.Answered(leg))
            case NotReached(leg, status, reason):
                self.feed(call_rules.NotReached(leg, status, reason))
            case Gone(leg, reason, lost):
                self._forget(leg)
                self.feed(call_rules.Left(leg, reason, lost))
            case Finished(leg, token):
                self._finish(leg, token)
            case Rang(leg):
                self._write(self.plan.code, self._record(Kind.RINGING, leg))
            case Pressed(leg, key):
                self._press(leg, key)
            case PlaysMusic(leg, playing):
                self.feed(MusicHeard(leg) if playing else MusicEnded(leg))
            case Arrived() | Settled():
                pass
            case _:
                assert_never(event)

    def _go_on(self, actions: rules.Actions) -> None:
        self._busy = True
        try:
            self._perform(actions)
            while self._events:
                self.conference, actions = rules.step(self.conference, self._events.popleft(), self._clock())
                self._perform(actions)
        finally:
            self._busy = False  # also after a mistake of ours: what comes next is heard
        self.watch(self, None)

    def _perform(self, actions: rules.Actions) -> None:
        """In their order; notes that stand together are written together, as a thousand do at the start, and what
        concerns single legs is done in portions."""
        for kind, together in groupby(actions, _kind):
            match kind:
                case "note":
                    records = (action.record for action in together if isinstance(action, call_rules.Note))
                    self._write(self.plan.code, *records)
                case "leg":
                    self._portions.do(self._works(tuple(together)))
                case _:
                    for action in together:
                        self._do(action)

    def _do(self, action: rules.Action) -> None:
        match action:
            case Roll() | Pause() | Cut():
                self._handle_tape(action)
            case rules.End():
                self._on_end()
            case _:
                raise TypeError(action)  # _kind says otherwise

    def _works(self, actions: rules.Actions) -> Iterator[Callable[[], None]]:
        for action in actions:
            if isinstance(action, Announce):
                yield from (partial(self._earpieces.announce, leg, action.prompt) for leg in action.legs)
            elif isinstance(action, LegAction):
                yield partial(self._do_to_leg, action)

    def _do_to_leg(self, action: LegAction) -> None:
        """It may have hung up, or not be wanted any more, while thousands before it had their turn."""
        match action:
            case call_rules.Call(leg, person, address) if leg in self.conference.legs:
                self._call(leg, person, address)
            case rules.Hear(leg, what) if leg in self.conference.legs:
                self._hear(leg, what)
            case call_rules.HangUp(leg, reason):
                self._forget(leg)
                self._switchboard.hang_up(leg, str(reason))
            case Mute(leg, muted):
                self._mute(leg, muted)
            case TellMuted(leg) if leg in self.conference.legs:
                self._earpieces.warn(leg)
            case rules.Dismiss(leg, reason):
                self._forget(leg)
                Farewell(leg, reason, self._switchboard, self._say)
            case _:
                pass

    def _call(self, leg: str, number: str, address: int) -> None:
        person = self.plan.person(number)
        if person is None:
            self.feed(call_rules.NotReached(leg, 404, "not in this conference"))
        else:
            self._switchboard.dial(leg, person, self, address)

    def _hear(self, leg: str, what: Sound) -> None:
        self._keypads.close(leg)
        if what is Sound.ROOM:
            self._name_track(leg)
        if (happened := self._earpieces.hear(leg, what)) is not None:
            self.feed(happened)

    def _press(self, leg: str, key: str) -> None:
        """A key that the rules are waiting for, of whom it makes somebody who is heard or in, opens no menu."""
        before = self.conference
        self.feed(KeyPressed(leg, key))
        self._keypads.press(leg, key, before, self._clock())

    def _finish(self, leg: str, token: int) -> None:
        """A sound has come to its end; one that another has replaced meanwhile means nothing."""
        played = self._earpieces.finish(leg, token)
        if played is not None and played.then is not None:
            self.feed(played.then)
        elif played is not None:
            self._keypads.told(leg, self._clock())

    def _mute(self, leg: str, muted: bool) -> None:
        self._switchboard.mute(leg, muted)
        if not muted:
            self._earpieces.unmute(leg)

    def _forget(self, leg: str) -> None:
        self._earpieces.forget(leg)
        self._keypads.forget(leg)
        self._tape.leaves(leg)

    # The recording

    def _handle_tape(self, action: Roll | Pause | Cut) -> None:
        match action:
            case Roll(how):
                self._roll(how)
            case Pause():
                self._tape.pause()
                self._note_tape(Kind.RECORDING_PAUSED)
            case Cut(reason):
                if self._tape.cut() or reason not in _ORDERLY:
                    self._note_tape(Kind.RECORDING_STOPPED, reason)

    def _roll(self, how: Recorded) -> None:
        for leg in self.conference.legs.at(Stage.IN):
            self._name_track(leg.name)
        try:
            begun = self._tape.roll(how)
        except OSError as error:
            _log.warning("“%s” can't be recorded: %s", self.plan.title, error)
            self.feed(RecordingFailed(error.strerror or str(error)))
        else:
            self._note_tape(Kind.RECORDING_STARTED if begun else Kind.RECORDING_RESUMED, begun or "")

    def _lose_tape(self, reason: str, again: bool) -> None:
        """The recorder has ended by itself."""
        if not again:
            self.feed(RecordingFailed(reason))
        elif self.conference.taped:
            self._roll(self.conference.recorded)

    def _name_track(self, leg: str) -> None:
        if self.conference.recorded is not Recorded.TRACKS:
            return
        known = self.conference.legs.get(leg)
        person = known and known.person and self.plan.person(known.person)
        if (number := self._switchboard.number(leg)) is not None:
            self._tape.enters(leg, number, self._in_full(person) if person else "guest")

    def _in_full(self, person: Person) -> str:
        """The name, and where another one has it too, the number."""
        return person.name if self._named[person.name] == 1 else f"{person.name} {person.number}"

    def _note_tape(self, kind: Kind, detail: str = "") -> None:
        self._write(self.plan.code, Record(kind, self._clock(), detail=detail))

    def _record(self, kind: Kind, leg: str) -> Record:
        known = self.conference.legs.get(leg)
        return Record(kind, self._clock(), leg, known.person if known else None, known.owner if known else False)
