"""What the words of a request mean: which of the conferences that run, and who.

Each request may name a conference by its ``code``.  Where that is left out, the first of ``who`` does if it is the code
of one (also in two groups of digits, as codes are shown), else the only one that runs is meant.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final, TypeVar

from mixer import whom
from mixer.control import Refused
from mixer.phrases import Phrase
from mixer.rules.model import Person
from mixer.rules.numbers import with_country

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mixer.control import Request
    from mixer.programme import Programme
    from mixer.running import Running
    from mixer.whom import LookUp, Someone

Found = TypeVar("Found")

MOST_NAMED: Final = 500
"""People in one request: each is looked for among thousands."""


class RequestWords:
    """``caller`` knows the number of a leg's phone; ``may_call`` whether a number of nobody's may be called.  Raises
    Refused for what means nothing, or several."""

    def __init__(
        self,
        programme: Programme,
        caller: Callable[[str], str | None],
        look_up: LookUp,
        may_call: Callable[[str], bool],
    ) -> None:
        self._programme = programme
        self._caller = caller
        self._look_up = look_up
        self._may_call = may_call
        self._looking = asyncio.Lock()

    def conference(self, request: Request) -> tuple[Running, tuple[str, ...]]:
        """The conference, and the words that say who."""
        words = request.texts("who")
        if "code" in request.args:
            return self._running(request.text("code")), words
        for groups in (1, 2):
            code = "".join(words[:groups])
            if len(words) >= groups and self._is_code(code):
                return self._running(code), words[groups:]
        running = self._programme.begun
        if len(running) == 1:
            return running[0], words
        if not running:
            raise Refused(Phrase("no conference runs"))
        listed = ", ".join(f"{each.plan.code} ({each.plan.title})" for each in running)
        raise Refused(Phrase("several conferences run; say which by its code: %(codes)s", {"codes": listed}))

    def _is_code(self, word: str) -> bool:
        return self._programme.has_codes_like(word) and self._programme.planned(word) is not None

    def _running(self, code: str) -> Running:
        """By its code, or its owner's."""
        running = self._programme.opened(code)
        if running is not None:
            return running
        if self._programme.planned(code) is not None:
            raise Refused(Phrase("the conference %(code)s has not begun yet", {"code": code}))
        raise Refused(Phrase("no conference with the code %(code)s runs", {"code": code}))

    def line(self, running: Running) -> tuple[Someone, ...]:
        """All who are in."""
        return whom.on_the_line(running.conference, self._caller)

    async def on_the_line(self, running: Running, words: Sequence[str], *, awaited: bool = False) -> list[Someone]:
        """``awaited``: or those who will be called again."""
        _wanted(words)
        conference = running.conference
        there = self.line(running)
        if awaited:
            there = (*there, *whom.awaited(conference))
        return await self._found(lambda: whom.among(words, conference, there, self._look_up))

    async def on_the_list(self, running: Running, words: Sequence[str]) -> Person:
        _wanted(words)
        text = " ".join(words)
        if len(words) > 1 and not whom.is_guest(text):
            raise Refused(Phrase("there is one owner and one deputy: name one person"))
        conference = running.conference
        there = self.line(running)
        return await self._found(lambda: whom.on_the_list(text, conference, there, self._look_up))

    async def to_call(self, running: Running, words: Sequence[str]) -> list[Person]:
        """Each once."""
        _wanted(words)
        people = await self._found(lambda: [self._callable(word, running) for word in words])
        return list(dict.fromkeys(people))

    def _callable(self, text: str, running: Running) -> Person:
        """Of the directory, else of the list, which knows people whom the directory has lost; else a number."""
        fitting = self._look_up([text])[0]
        if not fitting.people:
            listed = self._look_up([text], running.plan.people)[0]
            if not listed.people and (number := _number(text)) is not None:
                return self._outside(number)
            fitting = listed if listed.people else fitting
        return whom.one(text, fitting)

    def _outside(self, number: str) -> Person:
        allowed = next(filter(self._may_call, (number, with_country(number))), None)
        if allowed is not None:
            return Person(allowed, (allowed,))
        raise whom.WhoError(
            Phrase(
                "nobody has the number %(number)s, and numbers that begin so are not called; see control.call",
                {"number": number},
            )
        )

    async def _found(self, look: Callable[[], Found]) -> Found:
        """Aside, for thousands of names take a while, and one after the other: there are few threads, and calls need
        their share of the processor.  Raises Refused for what fits nobody, or several."""
        try:
            async with self._looking:
                return await asyncio.to_thread(look)
        except whom.WhoError as error:
            raise Refused(error.phrase) from None


def _wanted(words: Sequence[str]) -> None:
    if not words:
        raise Refused(Phrase("say who: a number, a name, or a part of one that fits one person"))
    if len(words) > MOST_NAMED:
        raise Refused(Phrase("name %(most)d people at once at most", {"most": MOST_NAMED}))


def _number(text: str) -> str | None:
    """What could be dialled, without what people write between the digits."""
    return _BETWEEN.sub("", text) if _NUMBER.fullmatch(text) else None


_NUMBER: Final = re.compile(r"\+?[0-9][0-9 ().-]*[0-9]")
_BETWEEN: Final = re.compile(r"[ ().-]")
