"""A rehearsal: scenes whose outcome is known, and mistakes in the mixer that it finds by what phones hear."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest

import mixer.media_paths
import mixer.rules.step
from mixer.bridge.ears import Ears
from mixer.bridge.engine import Engine
from mixer.bridge.mix import Rooms
from mixer.key_table import DEFAULT_KEYS, KeyTable
from mixer.rehearsal.play import play
from mixer.rehearsal.scene import DialIn, Drop, Hold, Leave, Part, Press, Way, chance, usual, with_leaving
from mixer.rehearsal.verdict import Verdict, faults, verdicts
from mixer.rules.absence import AbsencePolicy, Remedy
from mixer.rules.call_policy import CallPolicy, PressOne
from mixer.rules.conference import EndReason
from mixer.rules.model import Person, Recorded
from mixer.rules.records import Kind
from tests.mixer.stage import ANNA, BORIS, CLARA, DORA, PEOPLE, START, greeting, house, plan, rehearse, settings

if TYPE_CHECKING:
    from pathlib import Path

    from mixer.bridge.protocol import AddLeg, Play
    from mixer.rehearsal.play import Played
    from mixer.rules.conference import Conference

OWNER_LATE = Part(answers_after=20.0)
HOLDS = Part(deeds=(Hold(100, 30),))


def found(played: Played) -> list[str]:
    """``Boris Chudnov: hears their own voice``"""
    of_people = [f"{each.person.name}: {fault.what}" for each in verdicts(played) for fault in each.faults]
    return of_people + [str(fault.what) for fault in faults(played)]


def of(person: object, played: Played) -> Verdict:
    return next(each for each in verdicts(played) if each.person is person)


# Scenes


def test_everybody_hears_what_they_should_when_all_goes_well(tmp_path: Path) -> None:
    played = rehearse(tmp_path, {ANNA.number: OWNER_LATE})
    assert found(played) == []
    for verdict in verdicts(played):
        assert verdict.greeting == pytest.approx(2.4)
        assert verdict.talk == pytest.approx(600 - 22.4, abs=6)
    assert of(ANNA, played).music == 0
    assert of(BORIS, played).music == pytest.approx(20 - 4, abs=3), "until the owner was in, and after she had left"


def test_each_is_reached_by_their_own_way_and_comes_back_by_it(tmp_path: Path) -> None:
    back = Part(deeds=(Leave(60), DialIn(90, wrong_first=True)))
    played = rehearse(tmp_path, {person.number: back for person in PEOPLE if person is not ANNA})
    assert found(played) == []
    entered = {record.person for record in played.records if record.kind == Kind.ENTERED}
    assert entered == {BORIS.number, DORA.number, None}, "Clara's phone calls from an address that proves nothing"


def test_who_is_busy_declines_or_is_not_there_is_no_fault_of_the_mixer(tmp_path: Path) -> None:
    played = rehearse(
        tmp_path,
        {BORIS.number: Part(Way.BUSY), CLARA.number: Part(Way.UNREACHABLE), DORA.number: Part(Way.DECLINES)},
    )
    assert found(played) == []
    assert [each.came for each in verdicts(played)] == [True, False, False, False]
    reasons = {record.person: record.detail for record in played.records if record.kind == Kind.NOT_REACHED}
    assert reasons[DORA.number].startswith("603")


def test_a_call_that_is_lost_is_placed_again_and_one_that_falters_goes_on(tmp_path: Path) -> None:
    played = rehearse(tmp_path, {BORIS.number: Part(deeds=(Drop(60, 45),)), CLARA.number: Part(deeds=(Drop(60, 10),))})
    assert found(played) == []
    calls = [record.person for record in played.records if record.kind == Kind.ANSWERED]
    assert (calls.count(BORIS.number), calls.count(CLARA.number)) == (2, 1)


def test_who_holds_the_call_hears_nothing_meanwhile(tmp_path: Path) -> None:
    played = rehearse(tmp_path, {BORIS.number: HOLDS})
    assert found(played) == []
    assert of(CLARA, played).talk - of(BORIS, played).talk == pytest.approx(30, abs=1)


def test_without_the_owner_there_is_music_until_all_have_gone(tmp_path: Path) -> None:
    played = rehearse(tmp_path, {ANNA.number: Part(Way.NO_ANSWER)})
    assert found(played) == []
    assert of(BORIS, played).talk == 0
    assert of(BORIS, played).music == pytest.approx(594, abs=3)


def test_who_keys_in_a_code_that_does_not_let_them_in_finds_out_here(tmp_path: Path) -> None:
    stranger = Part(Way.NO_ANSWER, until=60, deeds=(DialIn(60),))
    played = rehearse(tmp_path, {CLARA.number: stranger}, listed_only=True)
    assert found(played) == ["Clara Weiss: is not let in: not on the list"]


def test_whom_nobody_can_call_is_found(tmp_path: Path) -> None:
    assert "Dora Lang: is never called: 480 no trunk for this number" in found(rehearse(tmp_path, trunks=()))


def test_too_few_lines_are_found(tmp_path: Path) -> None:
    few = tuple(replace(trunk, max_calls=0) for trunk in settings(tmp_path).trunks)
    assert any(fault.startswith("Dora Lang: is never called") for fault in found(rehearse(tmp_path, trunks=few)))


def test_the_notice_of_a_recording_is_heard_and_nothing_is_recorded(tmp_path: Path) -> None:
    recorded = replace(plan(greeting(tmp_path)), record=Recorded.MIXED)
    played = rehearse(tmp_path, of=recorded)
    assert found(played) == []
    assert all(each.seconds["recorded"] > 1 for each in played.judge.listeners)
    assert not (tmp_path / "recordings").exists()


def test_a_conference_without_a_greeting_and_with_mailboxes(tmp_path: Path) -> None:
    policy = CallPolicy(press_one=PressOne.OUTSIDE)
    played = rehearse(tmp_path, {BORIS.number: Part(Way.MAILBOX)}, of=plan(), call_policy=policy)
    assert found(played) == []
    assert of(DORA, played).came, "she has pressed 1"


def test_a_deputy_stands_in_for_an_owner_who_does_not_come(tmp_path: Path) -> None:
    policy = CallPolicy(absence=AbsencePolicy(seconds=60.0))
    deputised = replace(plan(greeting(tmp_path)), deputy=BORIS.number)
    played = rehearse(tmp_path, {ANNA.number: Part(Way.NO_ANSWER)}, of=deputised, call_policy=policy)
    assert found(played) == []
    assert of(CLARA, played).music == pytest.approx(60 - 6.4, abs=3)


def test_a_conference_that_is_called_off_ends_with_everybody_in_it(tmp_path: Path) -> None:
    policy = CallPolicy(absence=AbsencePolicy(seconds=60.0, remedy=Remedy.CALL_OFF))
    played = rehearse(tmp_path, {ANNA.number: Part(Way.NO_ANSWER)}, call_policy=policy)
    assert found(played) == []
    assert played.ended == pytest.approx(START + 60, abs=5)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_people_do_the_mixer_does_right(tmp_path: Path, seed: int) -> None:
    short = plan(greeting(tmp_path), minutes=3)
    played = play(
        short, with_leaving(short, chance(short, Random(seed))), settings(tmp_path), house(), seed=seed, quick=True
    )
    assert found(played) == []


def test_the_same_seed_is_the_same_play_and_another_is_another(tmp_path: Path) -> None:
    short = plan(greeting(tmp_path), minutes=3)

    def records(seed: int) -> list[object]:
        scene = with_leaving(short, chance(short, Random(seed)))
        return [*play(short, scene, settings(tmp_path), house(), seed=seed, quick=True).records]

    once = records(1)
    assert once == records(1)
    assert once != records(2)


def test_the_usual_scene_shows_what_there_is(tmp_path: Path) -> None:
    usually = plan(greeting(tmp_path), minutes=15)
    played = play(usually, with_leaving(usually, usual(usually)), settings(tmp_path), house())
    assert found(played) == []
    moments = {str(moment.what) for actor in played.actors for moment in actor.moments}
    assert {"Boris Chudnov puts the call on hold", "Dora Lang has no network any more"} <= moments


def test_nothing_leaves_the_process_and_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> object:
        raise AssertionError("a rehearsal has no sockets")

    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(socket, "socketpair", forbidden)
    monkeypatch.setattr(threading.Thread, "start", forbidden)
    state = tmp_path / "state"
    played = play(
        plan(greeting(tmp_path)), {p.number: Part(deeds=(Leave(60),)) for p in PEOPLE}, settings(state), house()
    )
    assert found(played) == []
    assert not state.exists()
    assert played.ended == pytest.approx(START + 60, abs=1)


def test_an_hour_of_ten_is_over_in_seconds(tmp_path: Path) -> None:
    ten = tuple(Person(f"Number {n}", (f"{200 + n}",), sip=f"sip:{n}@pbx.example") for n in range(9))
    hour = replace(plan(greeting(tmp_path), minutes=60), participants=ten)
    played = play(hour, with_leaving(hour, usual(hour)), settings(tmp_path), house(), quick=True)
    assert found(played) == []
    assert played.ticks < 0.1 * 3600 * 50, "the others are left out"


def test_more_people_than_tones_are_told_apart(tmp_path: Path) -> None:
    forty = tuple(Person(f"Number {n}", (f"{200 + n}",), sip=f"sip:{n}@pbx.example") for n in range(40))
    short = replace(plan(greeting(tmp_path), minutes=2), participants=forty)
    played = play(short, {p.number: Part(deeds=(Leave(100),)) for p in short.people}, settings(tmp_path), house())
    assert found(played) == []


# Mistakes in the mixer


def test_it_hears_that_the_owners_leaving_is_not_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = mixer.rules.step._heard_anew

    def deaf(before: Conference, after: Conference, *more: object) -> object:
        return () if before.owner_in and not after.owner_in else right(before, after, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(mixer.rules.step, "_heard_anew", deaf)
    played = rehearse(tmp_path, {ANNA.number: Part(deeds=(Leave(60), DialIn(120)))})
    assert "Boris Chudnov: hears Clara Weiss though the owner is not in" in found(played)
    at = next(fault.at for fault in of(BORIS, played).faults)
    assert at == pytest.approx(START + 60, abs=0.5)


def test_it_hears_that_people_talk_before_the_owner_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = mixer.rules.step.hears
    monkeypatch.setattr(mixer.rules.step, "hears", lambda leg, **how: right(leg, **{**how, "owner_in": True}))
    played = rehearse(tmp_path, {ANNA.number: OWNER_LATE})
    assert "Boris Chudnov: hears Dora Lang though the owner is not in" in found(played)


@pytest.mark.parametrize(("ticks", "missing"), [(12, "0.24"), (50, "1.00")])
def test_it_hears_that_the_beginning_of_the_greeting_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ticks: int, missing: str
) -> None:
    right = Ears.play

    def late(self: Ears, row: int, what: Play, tick: int) -> None:
        right(self, row, what if what.loop else replace(what, since=tick - ticks), tick)

    monkeypatch.setattr(Ears, "play", late)
    assert f"Dora Lang: the first {missing} s of the greeting are missing" in found(rehearse(tmp_path))


def test_it_hears_that_the_end_of_the_greeting_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Ears.load

    def load(self: Ears, sound: int, frames: np.ndarray) -> None:
        right(self, sound, frames[:, :-10] if frames.shape[1] == 120 else frames)

    monkeypatch.setattr(Ears, "load", load)
    assert "Dora Lang: the greeting breaks off after 2.20 of 2.40 s" in found(rehearse(tmp_path))


def test_it_hears_ones_own_voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Rooms._audience_of

    def echoing(self: Rooms, speaker: np.ndarray) -> object:
        audience = right(self, speaker)
        rooms = len(audience.sums.rooms)
        heard = [(law, leg, np.where(mix >= rooms, 0, mix)) for law, leg, mix in audience.heard]
        return replace(audience, mix=np.where(audience.mix >= rooms, 0, audience.mix), heard=heard)

    monkeypatch.setattr(Rooms, "_audience_of", echoing)
    assert "Anna Petrova: hears their own voice" in found(rehearse(tmp_path))


def test_it_hears_the_hold_music_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = mixer.media_paths.media_of
    monkeypatch.setattr(mixer.media_paths, "media_of", lambda *told: replace(right(*told), receiving=True))
    played = rehearse(tmp_path, {BORIS.number: HOLDS})
    assert "Clara Weiss: hears the hold music of a phone" in found(played)
    assert "Boris Chudnov: hears the hold music of a phone" not in found(played)


def test_it_hears_that_somebody_is_not_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Engine.add

    def mute_the_third(self: Engine, command: AddLeg, tick: int) -> int:
        row = right(self, command, tick)
        self.legs.muted[row] = command.leg == 3
        return row

    monkeypatch.setattr(Engine, "add", mute_the_third)
    assert "Boris Chudnov: doesn't hear Clara Weiss" in found(rehearse(tmp_path))


def test_it_finds_who_is_not_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = mixer.rules.step.call
    monkeypatch.setattr(mixer.rules.step, "call", lambda conference, persons, now: right(conference, persons[:-1], now))
    assert "Dora Lang: is never called" in found(rehearse(tmp_path))


def test_it_finds_that_a_conference_ends_too_early_or_too_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = mixer.rules.step._over

    def early(conference: Conference, now: float) -> EndReason | None:
        return EndReason.LAST_LEFT if now >= conference.plan.start + 100 and not conference.closed else None

    monkeypatch.setattr(mixer.rules.step, "_over", early)
    said = found(rehearse(tmp_path))
    assert "the conference ends while Boris Chudnov is in" in said
    late = START + 600 + 40
    monkeypatch.setattr(
        mixer.rules.step, "_over", lambda conference, now: right(conference, now) if now > late else None
    )
    assert "the conference goes on for" in found(rehearse(tmp_path))[-1]


def test_keys_in_the_conference_are_no_fault(tmp_path: Path) -> None:
    table = KeyTable("*", DEFAULT_KEYS)
    pressing = Part(deeds=(Press(60, "*1"), Press(120, "*1")))
    played = rehearse(tmp_path, {BORIS.number: pressing}, keys=table)
    assert found(played) == []
    assert "Boris Chudnov presses *1" in [str(moment.what) for actor in played.actors for moment in actor.moments]
    assert Kind.SILENCED in [record.kind for record in played.records], "the menu has heard them"
    assert Kind.MUTED not in [record.kind for record in played.records], "what is muted by a key is no hold music"
