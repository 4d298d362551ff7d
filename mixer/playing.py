"""Sounds that somebody on this machine plays to a running conference: ``play`` over the control socket.

``prompt`` names one of ours (:class:`media.prompt.Prompt`), said in each person's language; a file that goes along is
decoded aside, and ends what was played before; ``stop`` ends it too.  ``to`` is who hears it, else all who hear the
talk or music: beside the talk, which goes on softer, or instead of the music.  A file is no louder than our prompts.
The answer has ``heard``: how many do, or did.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from media.files import SoundFileError
from media.prompt import Prompt
from mixer.control import ControlError, Refused
from mixer.phrases import Phrase
from mixer.rules.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from mixer.control import Answers, Json, Request
    from mixer.request_words import RequestWords
    from mixer.rules.records import Record
    from mixer.running import Running
    from mixer.sound_library import SoundLibrary

_log = logging.getLogger(__name__)


class Playing:
    def __init__(self, words: RequestWords, library: SoundLibrary) -> None:
        self._words = words
        self._library = library
        self.answers: Answers = {"play": self._play}

    def hear(self, code: str | None, record: Record) -> None:
        """Of the journal: what is over keeps no sound."""
        if record.kind == Kind.ENDED and code is not None:
            self._library.forget_brought(code)

    async def _play(self, request: Request) -> Mapping[str, Json]:
        running, words = self._words.conference(request)
        if words:
            raise ControlError("“{do}” needs {example}", do=request.do, example='"to": ["text"]')
        told: dict[str, Json] = {"code": running.plan.code, "title": running.plan.title}
        if request.flag("stop"):
            heard = running.take_away()
            self._library.forget_brought(running.plan.code)
            if not heard:
                raise Refused(Phrase("nothing is being played"))
            return {**told, "heard": heard}
        to = request.texts("to")
        people = await self._words.on_the_line(running, to) if to else []
        sound = await self._sound(request, running)
        legs = [leg for each in people for leg in each.legs] if to else list(running.conference.legs)
        heard = running.bring(legs, sound)
        if not heard:
            if request.file is not None:  # it may be over by now: nothing would forget it any more
                self._library.forget_brought(running.plan.code)
            raise Refused(_why_not(running, legs))
        _log.info("“%s”: played on this machine by %s", running.plan.title, request.by)
        return {**told, "heard": heard}

    async def _sound(self, request: Request, running: Running) -> int | Prompt:
        if request.file is not None:
            return await self._brought(request.file, running)
        name = request.text("prompt")
        if name not in set(Prompt):
            raise Refused(Phrase("there is no prompt “%(name)s”; “confctl prompts list” shows all", {"name": name}))
        return Prompt(name)

    async def _brought(self, file: Path, running: Running) -> int:
        running.take_away()  # what was brought before is forgotten
        try:
            return await self._library.brought(running.plan.code, file)
        except SoundFileError as error:
            raise Refused(Phrase("the file can't be played: %(error)s", {"error": error})) from None
        except OSError as error:
            raise Refused(Phrase("there is no room for the sound: %(error)s", {"error": error.strerror})) from None


def _why_not(running: Running, legs: Iterable[str]) -> Phrase:
    """Why nobody of these hears it.  A greeting and the notice of a recording are heard whole."""
    there = (running.conference.legs.get(leg) for leg in legs)
    if any(leg is not None and not leg.called for leg in there):
        return Phrase("whoever is in hears the greeting or that it is recorded first; try again in some seconds")
    return Phrase("nobody of these can hear it now")
