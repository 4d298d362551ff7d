"""The mixer's prompts, watched: whatever it takes of them is known from then on when it is heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.prompts import Prompts
from mixer.rehearsal.repertoire import MUSIC, RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from media.prompt import Prompt
    from mixer.rehearsal.repertoire import Repertoire


class Watched(Prompts):
    """The same prompts, whose sounds are in the repertoire as soon as they are used."""

    def __init__(self, prompts: Prompts, repertoire: Repertoire) -> None:
        vars(self).update(vars(prompts))  # the same, wherever they come from
        self._repertoire = repertoire

    def pcm(self, prompt: Prompt, language: str, rate: int = RATE) -> NDArray[np.int16]:
        return self._noted(str(prompt), super().pcm(prompt, language, rate), rate)

    def music(self, rate: int = RATE) -> NDArray[np.int16]:
        return self._noted(MUSIC, super().music(rate), rate)

    def _noted(self, name: str, pcm: NDArray[np.int16], rate: int) -> NDArray[np.int16]:
        if rate == RATE:
            self._repertoire.add(name, pcm)
        return pcm
