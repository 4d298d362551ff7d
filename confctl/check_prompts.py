"""What ``confctl check`` says of the sounds that callers hear: ours, and the company's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confctl.findings import Finding, fine, wrong
from confctl.words import Sentence, count, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from confctl.settings import Settings


def shipped(settings: Settings, languages: Iterable[str]) -> Iterator[Finding]:
    """Each that somebody may hear, in the company's language and in people's own."""
    from media.files import SoundFileError, read_pcm  # NumPy and libsndfile: not for who only imports this module
    from media.prompt import TONES, Prompt
    from media.prompts import FOLDER, MUSIC

    here = sorted({settings.company.language, *languages})
    spoken = [f"{language}/{prompt}" for language in here for prompt in Prompt if prompt not in TONES]
    damaged = False
    for name in (*spoken, *sorted(TONES), MUSIC):
        file = FOLDER / f"{name}.flac"
        try:
            read_pcm(file, _RATE)
        except SoundFileError as error:
            damaged = True
            reason = Sentence(error.reason, error.values)
            yield wrong(say("prompts"), say("{file}: {problem}; install confctl anew", file=file, problem=reason))
    if not damaged:
        yield fine(say("prompts"), say("all there, in: {languages}", languages=", ".join(here)))


def own(settings: Settings) -> Iterator[Finding]:
    """Nothing where there are none."""
    from confctl import own_prompts

    what, there, strays = say("own recordings"), own_prompts.found(settings), own_prompts.strays(settings)
    if not there and not strays:
        return
    unused = [*own_prompts.examined(settings), *strays]
    for each in unused:
        yield wrong(what, say("{file}: {problem}; ours is heard instead", file=each.file, problem=each.problem))
    if not unused:
        yield fine(what, count(len(there), "{n} in place of ours", "{n} in place of ours"))


_RATE = 16_000
