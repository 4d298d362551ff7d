"""What has happened in a conference, for whoever watches it, as lines.

Whoever may ask the mixer need not be allowed to read the settings, the book or the journal; they watch without news.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl.live.narrator import Narrator
from confctl.live.tail import Tail
from confctl.problems import RefusedError
from confctl.words import say

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from confctl.session import Session


class News:
    """Of the conference ``code``, since a moment."""

    def __init__(self, session: Session, code: str, zone: ZoneInfo, since: float) -> None:
        self._unread = say("What happens can't be shown: you are not allowed to read the journal.")
        self._language = session.language
        self._told = False
        self._sources: tuple[Tail, Narrator] | None = None
        try:
            tail = Tail(session.settings.paths.journal, code, since)
            self._sources = tail, Narrator(session.book, session.language, zone)
        except (RefusedError, OSError):
            pass  # said at the first look

    def read(self) -> list[str]:
        """What is new."""
        try:
            if self._sources is not None:
                tail, narrator = self._sources
                return [narrator.short(entry) for entry in tail.read()]
        except OSError:
            self._sources = None
        told, self._told = self._told, True
        return [] if told else [self._unread.in_language(self._language)]
