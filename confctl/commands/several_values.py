"""``--with 102 boris`` is ``--with 102 --with boris``: people are listed as one says them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.core import TyperCommand, TyperOption

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typer._click import Context  # what a command parses into; Typer gives it no public name


class SeveralValues(TyperCommand):
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
