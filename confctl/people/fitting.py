"""Whom texts fit, in the mixer's words (:mod:`mixer.whom`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from confctl.people.directory import Directory, Found, Nobody, Several
from mixer.whom import Fitting

if TYPE_CHECKING:
    from collections.abc import Sequence


def fitting(texts: Sequence[str], directory: Directory) -> list[Fitting]:
    return [_fitting(directory.find(text)) for text in texts]


def _fitting(found: Found | Several | Nobody) -> Fitting:
    match found:
        case Found(person):
            return Fitting((person,))
        case Several(people):
            return Fitting(people)
        case Nobody(nearest):
            return Fitting((), nearest)
        case _:
            assert_never(found)
