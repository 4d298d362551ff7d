"""SIGHUP: what changes at once, what after a restart, and that a broken file changes nothing."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from confctl import settings
from confctl.reloading import Reloading, changes, merged
from confctl.systemd import ServiceManager

if TYPE_CHECKING:
    from pathlib import Path

    from confctl.settings import Settings
    from tests.confctl.office import Office


@pytest.fixture
def config(office: Office, caplog: pytest.LogCaptureFixture) -> Config:
    caplog.set_level(logging.INFO)
    return Config(office, caplog)


class Config:
    """The settings' file, and what was taken of it."""

    def __init__(self, office: Office, caplog: pytest.LogCaptureFixture) -> None:
        self._log = caplog
        self.file = office.folder / "confctl.toml"
        self.text = self.file.read_text(encoding="utf-8")
        self.first = settings.load(self.file)
        self.taken: list[Settings] = []
        self.reloading = Reloading(self.first, ServiceManager(None, None), self.taken.append)

    async def reload(self, *pairs: tuple[str, str], more: str = "") -> None:
        text = self.text
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        self.file.write_text(text + more, encoding="utf-8")
        running = asyncio.create_task(self.reloading.run())
        self.reloading.ask()
        before = len(self.taken)
        async with asyncio.timeout(10):
            while len(self.taken) == before and not self.told:  # noqa: ASYNC110  a thread reads
                await asyncio.sleep(0.01)
        running.cancel()

    @property
    def told(self) -> list[str]:
        return self._log.messages


async def test_what_can_change_does_at_once_and_is_named(config: Config) -> None:
    await config.reload(more='[conference]\nring_seconds = 20\nadmit = "listed"\n[log]\nlevel = "debug"\n')
    (taken,) = config.taken
    assert (taken.conference.ring_seconds, taken.conference.admit, taken.log.level) == (20, "listed", "debug")
    assert config.told == ["the settings are read anew; changed: conference.admit, conference.ring_seconds, log.level"]


async def test_what_can_not_is_named_and_stays_until_a_restart(config: Config) -> None:
    await config.reload(
        ("26000-26009", "26000-26109"),
        ("25060", "25062"),
        more="[conference]\nhold_music_guard = false\ncall_again = false\n",
    )
    (taken,) = config.taken
    assert (taken.sip, taken.media) == (config.first.sip, config.first.media)
    assert taken.conference.hold_music_guard and not taken.conference.call_again
    assert config.told == [
        "the settings are read anew; changed: conference.call_again",
        "takes effect after a restart: sip.listen, media.ports, conference.hold_music_guard",
    ]


TRUNK = """
[[trunk]]
name = "line"
uri = "sip:sip.provider.example"
username = "1"
password = "old"
"""


async def test_of_a_trunk_what_calls_look_at_changes_and_what_is_said_to_it_waits(config: Config) -> None:
    config.text += TRUNK
    config.file.write_text(config.text, encoding="utf-8")
    config.first = settings.load(config.file)
    config.reloading = Reloading(config.first, ServiceManager(None, None), config.taken.append)
    more = 'max_calls = 3\nrewrite = [{ prefix = "+7", by = "8" }]\n'
    other = '[[trunk]]\nname = "other"\nuri = "sip:192.0.2.9"\n'
    await config.reload(('"old"', '"new"'), more=more + other)
    (taken,) = config.taken
    (trunk,) = taken.trunks
    assert (trunk.password, trunk.max_calls, trunk.rewrite) == ("old", 3, (("+7", "8"),))
    assert config.told == [
        "the settings are read anew; changed: trunk.rewrite, trunk.max_calls",
        "takes effect after a restart: trunk, trunk.password",
    ]


async def test_recordings_that_begin_from_now_on_are_kept_as_is_set_now(config: Config) -> None:
    await config.reload(more='[recording]\nfolder = "elsewhere"\nformat = "flac"\nkeep_free = 5000\n')
    (taken,) = config.taken
    assert (taken.recording.folder, taken.recording.format) == (config.file.parent / "elsewhere", "flac")
    assert config.told == [
        "the settings are read anew; changed: recording.format, recording.folder, recording.keep_free"
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[log]\nlevel = "loud"\n', ":15: log.level: “loud” is none of: info, debug, warning, error"),
        ("[log\n", ":14: this is not TOML"),
        ("[log]\nlevel = 1\nfrmat = 1\n", "(mistakes beside this one: 1)"),
    ],
)
async def test_a_broken_file_is_one_line_and_changes_nothing(config: Config, text: str, line: str) -> None:
    await config.reload(more=text)
    assert config.taken == []
    (told,) = config.told
    assert told.startswith("the settings stay as they were: ") and line in told


async def test_a_file_that_is_gone_changes_nothing(config: Config) -> None:
    config.file.rename(config.file.with_suffix(".bak"))
    running = asyncio.create_task(config.reloading.run())
    config.reloading.ask()
    while not config.told:  # noqa: ASYNC110  a thread reads
        await asyncio.sleep(0.01)
    running.cancel()
    assert config.told == [f"the settings stay as they were: {config.file}: No such file or directory"]


async def test_a_mistake_of_ours_is_told_and_the_next_reading_is_as_ever(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(file: Path) -> Settings:
        monkeypatch.undo()
        raise RecursionError(file.name)

    monkeypatch.setattr("confctl.reloading.load", mistaken)
    running = asyncio.create_task(config.reloading.run())
    async with asyncio.timeout(10):
        for lines in (1, 2):
            config.reloading.ask()
            while len(config.told) < lines and not running.done():  # noqa: ASYNC110  a thread reads
                await asyncio.sleep(0.01)
    running.cancel()
    assert config.told == [
        "the settings stay as they were: RecursionError('confctl.toml')",
        "the settings are read anew; nothing has changed",
    ]


def test_every_setting_either_changes_or_is_named(config: Config) -> None:
    """Whatever differs is in the one list or in the other."""
    config.file.write_text(
        config.text.replace("Example Ltd", "Other Ltd").replace('"en"', '"ru"')
        + '[recording]\nformat = "wav"\nalways = true\n[paths]\ndata = "elsewhere"\n',
        encoding="utf-8",
    )
    found = settings.load(config.file)
    in_force = merged(config.first, found)
    assert set(changes(config.first, in_force)) == {"company.name", "recording.always", "recording.format"}
    assert set(changes(in_force, found)) >= {"company.language", "paths.data", "prompts.folder", "recording.folder"}
    assert merged(in_force, in_force) == in_force
