"""What the mixer notes of who spoke, how each sounded, and who had the call on hold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from mixer import minutes
from mixer.minutes import Minutes
from mixer.rules.records import Kind, Record
from mixer.sound_records import Sound, Spoken, sounds_of, written
from tests.mixer.rehearsal import OWNER, START, Rehearsal, meeting

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True)
class Heard:
    codec: str = "PCMA"
    received: int = 500
    lost: int = 3
    late: int = 1
    jitter: float = 0.0061
    mos_on_average: float | None = 4.318
    mos_at_worst: float | None = 4.1


@dataclass
class Clerk:
    """A conference and its minutes, looked at every second."""

    play: Rehearsal
    sounds: dict[str, Heard] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    noted: list[Record] = field(default_factory=list)
    kept: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.minutes = Minutes(
            self.sounds.get,
            self.held.__contains__,
            lambda _, record: self.noted.append(record),
            lambda _, record: self.kept.append(record),
        )
        self.minutes.tick([self.play.conference], self.play.now)

    def speak(self, leg: str, seconds: float) -> None:
        self.minutes.hear(leg, True, self.play.now)
        self.wait(seconds)
        self.minutes.hear(leg, False, self.play.now)

    def wait(self, seconds: float) -> None:
        until = self.play.now + seconds
        while self.play.now < until:
            self.play.wait(min(1.0, until - self.play.now))
            self.minutes.tick([self.play.conference], self.play.now)

    def end(self) -> None:
        self.minutes.close([self.play.conference], self.play.now)

    def spoken(self) -> list[Spoken]:
        found = [Spoken.parse(record.detail) for record in self.kept if record.kind == Kind.SPOKE]
        return [each for each in found if each]

    def seconds(self, leg: str) -> float:
        return sum(sum(each.tenths.get(leg, ())) for each in self.spoken()) / 10


def test_who_spoke_is_noted_in_slots_of_ten_seconds_at_the_end_of_the_minute() -> None:
    play, owner, anna, _ = meeting()
    clerk = Clerk(play)
    clerk.wait(5)
    clerk.speak(anna, 7.5)
    clerk.speak(owner, 30)
    assert not clerk.kept
    clerk.wait(20)
    assert clerk.spoken() == [Spoken(int(START), {owner: (0, 75, 100, 100, 25), anna: (50, 25)})]


def test_whoever_speaks_on_is_noted_in_every_minute() -> None:
    play, owner, _, _ = meeting()
    clerk = Clerk(play)
    clerk.speak(owner, 150)
    clerk.end()
    assert [each.start - START for each in clerk.spoken()] == [0, 60, 120]
    assert clerk.seconds(owner) == 150


def test_a_minute_in_which_nobody_spoke_leaves_no_record() -> None:
    play, _, _, _ = meeting()
    clerk = Clerk(play)
    clerk.wait(600)
    assert not clerk.kept


def test_what_is_said_to_the_music_is_no_talk() -> None:
    play, owner, anna, _ = meeting()
    clerk = Clerk(play)
    play.leave(owner)
    clerk.speak(anna, 30)
    play.dial_in(OWNER)
    clerk.wait(1)
    clerk.speak(anna, 5)
    clerk.end()
    assert clerk.seconds(anna) == 5


def test_how_a_leg_was_heard_is_noted_when_it_leaves() -> None:
    play, _, anna, _ = meeting()
    clerk = Clerk(play)
    clerk.sounds[anna] = Heard()
    clerk.wait(5)
    play.leave(anna)
    clerk.wait(1)
    assert [(record.kind, record.detail) for record in clerk.kept] == [
        (Kind.QUALITY, f"{anna}:PCMA,500,3,1,6.1,4.32,4.10")
    ]


def test_how_a_few_are_heard_is_noted_every_minute_so_that_it_is_seen_when_it_was_bad() -> None:
    play, *legs = meeting()
    clerk = Clerk(play)
    clerk.sounds.update(dict.fromkeys(legs, Heard()))
    clerk.wait(301)
    found = [sounds_of(record.detail) for record in clerk.kept if record.kind == Kind.QUALITY]
    assert [sorted(sounds) for sounds in found] == [sorted(legs)] * 5


def test_how_many_are_heard_is_noted_every_five_minutes_so_that_no_minute_rates_them_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(minutes, "EACH_MINUTE", 0.5)
    play, *legs = meeting()
    clerk = Clerk(play)
    clerk.sounds.update(dict.fromkeys(legs, Heard()))
    clerk.wait(301)
    found = [sounds_of(record.detail) for record in clerk.kept if record.kind == Kind.QUALITY]
    assert sorted(leg for sounds in found for leg in sounds) == sorted(legs)


def test_a_leg_without_sound_leaves_no_record() -> None:
    play, _, anna, _ = meeting()
    clerk = Clerk(play)
    clerk.sounds[anna] = Heard(codec="", received=0)
    play.leave(anna)
    clerk.wait(2)
    assert not clerk.kept


def test_hold_is_noted_when_it_begins_and_when_it_ends() -> None:
    play, owner, anna, _ = meeting()
    clerk = Clerk(play)
    clerk.held.add(anna)
    clerk.wait(20)
    clerk.held.clear()
    clerk.wait(1)
    assert [(record.kind, record.at - START, record.leg) for record in clerk.noted] == [
        (Kind.HELD, 1, anna),
        (Kind.TAKEN_UP, 21, anna),
    ]
    clerk.held.add(owner)
    clerk.wait(1)
    play.leave(owner)
    clerk.wait(1)
    assert [record.kind for record in clerk.noted[2:]] == [Kind.HELD]


def test_the_end_writes_what_is_left() -> None:
    play, *legs = meeting()
    clerk = Clerk(play)
    clerk.sounds.update(dict.fromkeys(legs, Heard()))
    clerk.speak(legs[0], 12)
    play.leave(*legs)
    clerk.wait(1)
    assert play.ended
    assert clerk.seconds(legs[0]) == 12
    assert {leg for record in clerk.kept if record.kind == Kind.QUALITY for leg in sounds_of(record.detail)} == set(
        legs
    )
    before = list(clerk.kept)
    clerk.wait(5)
    assert clerk.kept == before


def test_a_clock_that_is_set_back_costs_a_second_and_makes_none_up() -> None:
    play, owner, _, _ = meeting()
    clerk = Clerk(play)
    clerk.minutes.hear(owner, True, play.now)
    clerk.wait(10)
    play.now -= 3600
    clerk.wait(10)
    clerk.end()
    assert 18 <= clerk.seconds(owner) <= 20


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0.1, 100)), max_size=12))
def test_all_that_is_said_is_noted_once(turns: list[tuple[int, float]]) -> None:
    play, *legs = meeting()
    clerk = Clerk(play)
    for who, seconds in turns:
        clerk.speak(legs[who], seconds)
    clerk.end()
    for number, leg in enumerate(legs):
        said = sum(seconds for who, seconds in turns if who == number)
        assert abs(clerk.seconds(leg) - said) <= 0.05 * (2 * len(turns) + said / 10 + 1)
    assert all(len(tenths) <= 6 and max(tenths) <= 100 for each in clerk.spoken() for tenths in each.tenths.values())


LEGS = st.from_regex(r"[a-z0-9-]{1,12}", fullmatch=True)
MOS = st.none() | st.integers(100, 450).map(lambda n: n / 100)
SOUNDS = st.builds(
    Sound,
    st.sampled_from(["PCMA", "OPUS", "G722"]),
    st.integers(0, 10**9),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.integers(0, 10**5).map(lambda n: n / 10),
    MOS,
    MOS,
)


@settings(deadline=None)
@given(st.dictionaries(LEGS, SOUNDS, max_size=5))
def test_what_is_written_of_the_sound_is_read_again(sounds: dict[str, Sound]) -> None:
    assert sounds_of(written(sounds)) == sounds


@settings(deadline=None)
@given(st.dictionaries(LEGS, st.lists(st.integers(0, 100), min_size=1, max_size=6).map(tuple), max_size=5))
def test_what_is_written_of_the_talk_is_read_again(tenths: dict[str, tuple[int, ...]]) -> None:
    spoken = Spoken(1764505800, tenths)
    assert Spoken.parse(str(spoken)) == spoken


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_as_something_or_nothing(text: str) -> None:
    Spoken.parse(text)
    sounds_of(text)


def test_a_hundred_speakers_fit_in_a_record_and_no_more() -> None:
    play, owner, _, _ = meeting()
    legs = [play.dial_in(None) for _ in range(150)]
    clerk = Clerk(play)
    for leg in (owner, *legs):
        clerk.minutes.hear(leg, True, play.now)
    clerk.wait(1)
    for leg in legs:
        clerk.minutes.hear(leg, False, play.now)
    clerk.wait(60)
    (record,) = clerk.kept
    spoken = Spoken.parse(record.detail)
    assert spoken is not None and len(spoken.tenths) == 100 and owner in spoken.tenths
    assert len(record.detail) < 4000


def test_a_conference_that_has_not_begun_has_no_minutes() -> None:
    play = Rehearsal(now=START - 30)
    clerk = Clerk(play)
    clerk.wait(5)
    clerk.end()
    assert not clerk.kept and not clerk.noted


def test_the_digits_that_are_kept_are_those_of_a_measurement() -> None:
    assert Sound.of(replace(Heard(), jitter=0.00614, mos_on_average=None)) == Sound("PCMA", 500, 3, 1, 6.1, None, 4.1)


def test_what_came_too_late_was_received_and_is_counted_once() -> None:
    before, after = Sound("PCMA", 100, 0, 0, 5.0, 4.4, 4.4), Sound("PCMA", 290, 10, 20, 5.0, 4.0, 4.0)
    assert after.loss_since(before) == 0.15
    assert after.loss_since(None) == 0.1
