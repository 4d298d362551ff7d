"""Two conferences of twenty for ten seconds.  The figures of a full load are the bench's: tests/bench/README.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bench.mixer_load import Result, measure
from tests.bench.whole_mixer import Rooms

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.alone

_SOUND_MS = 45
"""Through the mixer: up to 20 ms until a tick takes the packet, 20 ms in the jitter buffer, the tick itself."""
_RESIDENT_MB = 250
_LATE_MS = 20
"""The machine that runs tests does other things too: a bound that only a mixer which ticks wrongly goes beyond."""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder: Path = tmp_path_factory.mktemp("load")
    return measure(folder, Rooms(count=2, size=20), seconds=10)


def test_everybody_is_in_soon_after_the_start(result: Result) -> None:
    assert 0 < result.all_in < 5


def test_every_phone_gets_fifty_packets_a_second(result: Result) -> None:
    assert result.heard.rates.least >= 49
    assert result.heard.rates.most <= 51


def test_no_packet_is_missing_doubled_or_out_of_order(result: Result) -> None:
    heard = result.heard
    assert (heard.missing, heard.disordered, heard.strange) == (0, 0, 0)


def test_nearly_all_packets_come_at_an_even_twenty_milliseconds(result: Result) -> None:
    assert result.heard.late.p99 < _LATE_MS


def test_sound_takes_no_longer_than_two_frames_and_a_bit_from_phone_to_phone(result: Result) -> None:
    heard = result.heard
    assert heard.clicks_heard == heard.clicks > 0
    assert heard.delay is not None
    assert heard.delay.p50 <= _SOUND_MS


def test_both_processes_are_small(result: Result) -> None:
    assert result.resident.both < _RESIDENT_MB
