"""The keys of a call: what one leg's keys do, told on request; a table of state and time, without sound.

The menu's key opens it, and it is told what can be done by which keys; they can be pressed before that is over.  The
menu closes when one of them has done something, when its own key is pressed again, or after a while in which nothing
was: so nobody gets stuck in it.  Louder and softer leave it open, to be pressed again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from media.prompt import Prompt, keys, number
from mixer.key_table import OWNERS, KeyAction
from mixer.rules.act_rules import why_not
from mixer.rules.acts import CallAgain, Extend, Kick, Lock, Silence, SilenceOthers, WantRecording
from mixer.rules.model import Recorded
from mixer.rules.roster import Stage

if TYPE_CHECKING:
    from mixer.key_table import KeyTable
    from mixer.rules.acts import Act
    from mixer.rules.conference import Conference
    from mixer.rules.roster import Leg

IDLE_SECONDS: Final = 8.0
"""In which nothing is pressed, nor said by us: then the menu closes."""
LONGEST_PROMPT: Final = 90.0
"""Seconds, longer than the whole menu: should its end never be told, it closes all the same."""
EXTENSION: Final = 15 * 60.0
_COUNTED: Final = 21
"""People: of more, few conferences hear the number."""
STEP: Final = 4.0
"""dB: one hears that it is louder."""
MOST: Final = 12.0
"""dB, up or down, as the automatic gain has it."""


@dataclass(frozen=True, slots=True)
class Pad:
    """``Pad()`` is a leg that has pressed nothing."""

    closes: float | None = None
    """When the menu closes by itself; None: it is not open."""
    keyed: str = ""
    """The beginning of what does something."""
    answered: bool = False
    """A key was answered, and the menu is open still: its own key then begins anew."""
    listening: float = 0.0
    talking: float = 0.0
    """dB by which the leg hears, and is heard, louder than others."""


# What is to be done


@dataclass(frozen=True, slots=True)
class Tell:
    """Instead of what is being told."""

    prompts: tuple[Prompt, ...]


@dataclass(frozen=True, slots=True)
class Hush:
    """Tell nothing more."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How loud the leg hears and is heard from now on, dB."""

    listening: float
    talking: float


@dataclass(frozen=True, slots=True)
class Do:
    """Nothing that would be refused."""

    act: Act


Deed = Tell | Hush | Turn | Do
Change = tuple[Pad, tuple[Deed, ...]]


def prompts(table: KeyTable) -> tuple[Prompt, ...]:
    """All that may be told by these keys."""
    actions = table.actions(owner=True)
    if not actions:
        return ()
    pressed = [prompt for some in actions.values() for prompt in keys(some)]
    labels = [_label_of(action) for action in actions]
    others = [each[action] for each in (_UNDO_LABELS, _DONE, _UNDONE) for action in actions if action in each]
    counted = [Prompt.PEOPLE_IN, *(prompt for count in range(_COUNTED) for prompt in number(count))]
    always = (Prompt.NOT_POSSIBLE, Prompt.OWNER_MUTES_YOU, Prompt.DONE)
    return tuple(dict.fromkeys((*labels, *pressed, *others, *always, *(counted if KeyAction.COUNT in actions else ()))))


# What changes it


def press(pad: Pad, key: str, leg: Leg, conference: Conference, table: KeyTable, now: float) -> Change:
    """A key of a leg that is in; others have no menu."""
    if leg.stage is not Stage.IN or not table.menu:
        return pad, ()
    # What is open closes within LONGEST_PROMPT; more than that is left if the clock has been set back meanwhile.
    is_open = pad.closes is not None and pad.closes - LONGEST_PROMPT <= now < pad.closes
    if key == table.menu:
        return (close(pad), (Hush(),)) if is_open and not pad.answered else _open(pad, leg, conference, table, now)
    if not is_open:
        return close(pad), ()
    return _go_on(replace(pad, keyed=pad.keyed + key, closes=now + IDLE_SECONDS), leg, conference, table, now)


def told(pad: Pad, now: float) -> Pad:
    """What was being told has come to its end."""
    return pad if pad.closes is None else replace(pad, closes=now + IDLE_SECONDS)


def close(pad: Pad) -> Pad:
    """Nobody has pressed anything for a while, or hears something else from now on."""
    return replace(pad, closes=None, keyed="", answered=False)


def _open(pad: Pad, leg: Leg, conference: Conference, table: KeyTable, now: float) -> Change:
    said = [
        prompt
        for action, pressed in table.actions(owner=leg.owner).items()
        if action not in _ACTS or _refusal(_act(action, leg, conference), leg, conference, now) is None
        for prompt in (_label(action, leg, conference), *keys(pressed))
    ]
    return replace(close(pad), closes=now + LONGEST_PROMPT), (Tell(tuple(said)),)


def _go_on(pad: Pad, leg: Leg, conference: Conference, table: KeyTable, now: float) -> Change:
    # Whoever is no owner is not told "no" in the middle of an owner's keys: the next of them would be one of their own.
    keyed = next((action for action, pressed in table.actions(owner=True).items() if pressed == pad.keyed), None)
    if keyed is not None and (leg.owner or keyed not in OWNERS):
        return _do(keyed, replace(pad, keyed="", answered=True), leg, conference, now)
    if keyed is None and any(pressed.startswith(pad.keyed) for pressed in table.actions(owner=True).values()):
        return pad, (Hush(),)
    return replace(pad, keyed="", answered=True), (Tell((Prompt.NOT_POSSIBLE,)),)


# What the keys do


def _do(action: KeyAction, pad: Pad, leg: Leg, conference: Conference, now: float) -> Change:
    if action in _VOLUMES:
        return _turn(pad, action)
    if action is KeyAction.COUNT:
        return close(pad), (Tell((Prompt.PEOPLE_IN, *number(conference.present))),)
    act = _act(action, leg, conference)
    refusal = _refusal(act, leg, conference, now)
    if act is None or refusal is not None:
        return close(pad), (Tell((refusal or Prompt.NOT_POSSIBLE,)),)
    if action is KeyAction.LEAVE:
        return close(pad), (Do(act),)
    return close(pad), (Do(act), Tell((_done(action, leg, conference),)))


def _refusal(act: Act | None, leg: Leg, conference: Conference, now: float) -> Prompt | None:
    if act is None or why_not(conference, act, leg.name, now) is not None:
        return Prompt.NOT_POSSIBLE
    muted = isinstance(act, Silence) and act.silent and leg.silenced
    return Prompt.OWNER_MUTES_YOU if muted else None


_ACTS: Final = frozenset({KeyAction.MUTE, KeyAction.LEAVE, *OWNERS})


def _act(action: KeyAction, leg: Leg, conference: Conference) -> Act | None:
    """None: there is nobody whom it could be done to."""
    match action:
        case KeyAction.MUTE:
            return Silence((leg.name,), not leg.quiet)
        case KeyAction.LEAVE:
            return Kick((leg.name,))
        case KeyAction.MUTE_OTHERS:
            return SilenceOthers(not conference.orders.others_silenced)
        case KeyAction.LOCK:
            return Lock(not conference.orders.locked)
        case KeyAction.KICK_LAST:
            return _kick_last(leg, conference)
        case KeyAction.CALL_AGAIN:
            return CallAgain()
        case KeyAction.RECORD:
            planned = Recorded.MIXED if conference.plan.record is Recorded.NOT else conference.plan.record
            return WantRecording(planned if conference.recorded is Recorded.NOT else Recorded.NOT)
        case KeyAction.EXTEND:
            return Extend(EXTENSION)
        case _:
            return None


def _kick_last(leg: Leg, conference: Conference) -> Kick | None:
    there = (each for each in conference.legs.at(Stage.IN, Stage.GREETING) if not each.owner and each.name != leg.name)
    last = max(there, key=lambda each: each.since, default=None)
    return None if last is None else Kick((last.name,))


def _turn(pad: Pad, action: KeyAction) -> Change:
    side, step = _VOLUMES[action]
    now = pad.listening if side == "listening" else pad.talking
    volume = 0.0 if step == 0 else max(-MOST, min(MOST, now + step))
    if volume == now and step:
        return pad, (Tell((Prompt.NOT_POSSIBLE,)),)
    turned = replace(pad, listening=volume) if side == "listening" else replace(pad, talking=volume)
    return turned, (Turn(turned.listening, turned.talking), Tell((Prompt.DONE,)))


_VOLUMES: Final = {
    KeyAction.LISTEN_LOUDER: ("listening", STEP),
    KeyAction.LISTEN_SOFTER: ("listening", -STEP),
    KeyAction.LISTEN_RESET: ("listening", 0.0),
    KeyAction.TALK_LOUDER: ("talking", STEP),
    KeyAction.TALK_SOFTER: ("talking", -STEP),
    KeyAction.TALK_RESET: ("talking", 0.0),
}


# What is said


def _label(action: KeyAction, leg: Leg, conference: Conference) -> Prompt:
    """What the key would do now."""
    return _UNDO_LABELS[action] if _undoes(action, leg, conference) else _label_of(action)


def _label_of(action: KeyAction) -> Prompt:
    return Prompt(f"menu-{action.replace('_', '-')}")


def _done(action: KeyAction, leg: Leg, conference: Conference) -> Prompt:
    if action is KeyAction.MUTE and leg.quiet and leg.silenced:
        return Prompt.OWNER_MUTES_YOU
    return _UNDONE[action] if _undoes(action, leg, conference) else _DONE[action]


def _undoes(action: KeyAction, leg: Leg, conference: Conference) -> bool:
    """Whether the key takes back what it did the time before."""
    match action:
        case KeyAction.MUTE:
            return leg.quiet
        case KeyAction.MUTE_OTHERS:
            return conference.orders.others_silenced
        case KeyAction.LOCK:
            return conference.orders.locked
        case KeyAction.RECORD:
            return conference.recorded is not Recorded.NOT
        case _:
            return False


_UNDO_LABELS: Final = {
    KeyAction.MUTE: Prompt.MENU_UNMUTE,
    KeyAction.MUTE_OTHERS: Prompt.MENU_UNMUTE_OTHERS,
    KeyAction.LOCK: Prompt.MENU_UNLOCK,
    KeyAction.RECORD: Prompt.MENU_STOP_RECORDING,
}
_DONE: Final = {
    KeyAction.MUTE: Prompt.YOU_ARE_MUTED,
    KeyAction.MUTE_OTHERS: Prompt.OTHERS_MUTED,
    KeyAction.LOCK: Prompt.NOW_LOCKED,
    KeyAction.KICK_LAST: Prompt.KICKED,
    KeyAction.CALL_AGAIN: Prompt.CALLING_AGAIN,
    KeyAction.RECORD: Prompt.RECORDING_STARTS,
    KeyAction.EXTEND: Prompt.EXTENDED,
}
_UNDONE: Final = {
    KeyAction.MUTE: Prompt.YOU_ARE_HEARD,
    KeyAction.MUTE_OTHERS: Prompt.OTHERS_HEARD,
    KeyAction.LOCK: Prompt.NOW_UNLOCKED,
    KeyAction.RECORD: Prompt.RECORDING_STOPPED,
}
