"""A bench whose mixer can't be stopped keeps its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.whole_mixer import GOODBYE, stop_patiently
from tests.calls.mixer_process import DidNotStopError, MixerProcess

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


class Stubborn(MixerProcess):
    """Runs on, whatever it is told."""

    def stop(self, patience: float = 10) -> int:
        assert patience == GOODBYE
        raise DidNotStopError("and here would be\nthe whole log")


def test_a_mixer_that_does_not_stop_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stop_patiently(Stubborn(tmp_path / "confctl.toml", 5060))
    assert capsys.readouterr().err == "the mixer did not stop within 60 s of SIGTERM, and was killed\n"
