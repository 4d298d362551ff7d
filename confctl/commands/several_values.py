"""Words as one says them: ``show 790 074`` is ``show 790074``, ``--with 102 boris`` is ``--with 102 --with boris``."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from typer.core import TyperCommand, TyperOption

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from typer._click import Context  # what a command parses into; Typer gives it no public name


class WithCode(TyperCommand):
    """A command that takes a code, in two groups of digits too, as it is shown."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        parameters = self.get_params(ctx)
        takes_code = any(parameter.name == "code" for parameter in parameters)
        valued = {
            name
            for option in parameters
            if isinstance(option, TyperOption) and not option.is_flag
            for name in option.opts
        }
        return super().parse_args(ctx, in_one(args, valued) if takes_code else args)


class SeveralValues(WithCode):
    """A command whose repeatable options take every word up to the next option, or up to ``--``.

    Typer would take the second word for an argument: of ``--without 102 103`` the one would leave, the other not.
    """

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        repeatable = {
            name
            for option in self.get_params(ctx)
            if isinstance(option, TyperOption) and option.multiple
            for name in option.opts
        }
        return super().parse_args(ctx, one_each(args, repeatable))


def in_one(words: list[str], valued: Container[str]) -> list[str]:
    """The words, each option with one value at most, with a code that is written in two groups put together."""
    value = False
    for place, (word, following) in enumerate(pairwise(words)):
        if not value and _THREE_DIGITS.fullmatch(word) and _THREE_DIGITS.fullmatch(following):
            return [*words[:place], word + following, *words[place + 2 :]]
        value = not value and word in valued
    return words


_THREE_DIGITS: Final = re.compile("[0-9]{3}")


def one_each(words: Iterable[str], repeatable: set[str]) -> list[str]:
    """The words with the option repeated before each of its values."""
    single: list[str] = []
    option, values = "", 0
    rest = iter(words)
    for word in rest:
        if word == "--":
            return [*single, word, *rest]
        if word.startswith("-") and word != "-":
            option, values = word.split("=", 1)[0], int("=" in word)
            single.append(word)
        elif option in repeatable and values:
            single += [option, word]
        else:
            single.append(word)
            values += 1
    return single
