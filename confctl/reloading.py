"""SIGHUP: the settings are read anew.  What can change while calls go on does; what can't is named.

A file that is broken changes nothing.  People and the book need none of this: they are looked at as they change.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Final

from confctl import check_encryption
from confctl.mixer_settings import mixer_settings
from confctl.problems import BrokenFileError, RefusedError, reason
from confctl.settings import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _typeshed import DataclassInstance

    from confctl.settings import Settings
    from confctl.systemd import ServiceManager
    from confctl.trunk_settings import Trunk

_log = logging.getLogger(__name__)

_NAMES: Final = {
    "own_sounds.folder": "prompts.folder",
    "own_sounds.music": "music.file",
    "media.first_port": "media.ports",
    "media.last_port": "media.ports",
    "sip.certificates": "sip.certificate",
    "sip.external_addresses": "sip.external_address",
    "conference.owner_absence": "conference.owner_absent",
    "metrics.host": "metrics.listen",
    "metrics.port": "metrics.listen",
    **dict.fromkeys(("paths.conferences", "paths.journal", "paths.state", "paths.outbox"), "paths.data"),
    "paths.socket": "control.socket",
}
"""What is called otherwise in the file."""


class Reloading:
    """``change`` is told what is in force from now on."""

    def __init__(self, settings: Settings, manager: ServiceManager, change: Callable[[Settings], None]) -> None:
        self._settings = settings
        self._manager = manager
        self._change = change
        self._asked = asyncio.Event()

    def ask(self) -> None:
        self._asked.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            self._manager.reloading()
            try:
                await self._reload()
            except Exception as error:  # noqa: BLE001  a mistake of ours costs one reading of the settings, and no other
                _log.exception("the settings stay as they were: %s", repr(error))
            self._manager.ready()

    async def _reload(self) -> None:
        language = self._settings.company.language
        try:
            found = await asyncio.to_thread(_read, self._settings)
        except BrokenFileError as broken:
            problem, more = broken.problems[0].in_language(language), len(broken.problems) - 1
            if more:
                _log.error("the settings stay as they were: %s (mistakes beside this one: %d)", problem, more)
            else:
                _log.error("the settings stay as they were: %s", problem)
        except RefusedError as refused:
            _log.error("the settings stay as they were: %s", refused.sentence.in_language(language))
        except OSError as error:
            _log.error("the settings stay as they were: %s: %s", error.filename or self._settings.file, reason(error))
        else:
            self._take(found)

    def _take(self, found: Settings) -> None:
        in_force = merged(self._settings, found)
        now, later = changes(self._settings, in_force), changes(in_force, found)
        self._settings = in_force
        self._change(in_force)
        if now:
            _log.info("the settings are read anew; changed: %s", ", ".join(now))
        elif not later:
            _log.info("the settings are read anew; nothing has changed")
        if later:
            _log.warning("takes effect after a restart: %s", ", ".join(later))


def _read(former: Settings) -> Settings:
    """Raises OSError or RefusedError."""
    found = load(former.file)
    mixer_settings(found)
    if problem := check_encryption.missing(found):
        raise RefusedError(problem)
    return found


def merged(old: Settings, new: Settings) -> Settings:
    """The new ones, but for what takes effect after a restart."""
    among_data = new.paths == old.paths  # what is there unless it is set elsewhere stays with the data
    return replace(
        new,
        company=replace(new.company, language=old.company.language),
        sip=old.sip,
        trunks=tuple(_trunk(trunk, new.trunks) for trunk in old.trunks),
        media=old.media,
        conference=replace(new.conference, hold_music_guard=old.conference.hold_music_guard),
        recording=new.recording if among_data else replace(new.recording, folder=old.recording.folder),
        control=old.control,
        metrics=old.metrics,
        own_sounds=new.own_sounds if among_data else old.own_sounds,
        paths=old.paths,
    )


def _trunk(old: Trunk, found: tuple[Trunk, ...]) -> Trunk:
    """What is looked at with each call is in force from now on; all else was said to it, or of it, at the start."""
    new = next((each for each in found if each.name == old.name), old)
    return replace(old, rewrite=new.rewrite, max_calls=new.max_calls, caller_id=new.caller_id)


def changes(old: Settings, new: Settings) -> tuple[str, ...]:
    """What differs, as it is called in the file: ``conference.ring_seconds``, ``trunk``."""
    return tuple(dict.fromkeys(_NAMES.get(name, name) for name in _changes(old, new)))


def _changes(old: Settings, new: Settings) -> Iterator[str]:
    for table in fields(old):
        before, after = getattr(old, table.name), getattr(new, table.name)
        if before == after:
            continue
        if table.name == "trunks":
            yield from _of_trunks(before, after)
        elif is_dataclass(before) and not isinstance(before, type) and type(before) is type(after):
            yield from (f"{table.name}.{name}" for name in _differing(before, after))
        else:
            yield table.name


def _of_trunks(before: tuple[Trunk, ...], after: tuple[Trunk, ...]) -> Iterator[str]:
    """``trunk`` where there are others, or in another order."""
    if [each.name for each in before] != [each.name for each in after]:
        yield "trunk"
    for old in before:
        yield from (f"trunk.{name}" for new in after if new.name == old.name for name in _differing(old, new))


def _differing(old: DataclassInstance, new: DataclassInstance) -> Iterator[str]:
    return (each.name for each in fields(old) if getattr(old, each.name) != getattr(new, each.name))
