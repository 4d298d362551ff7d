"""Lines typed on a terminal with what may be meant shown in a menu as one types (prompt_toolkit)."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prompt_toolkit.completion import Completer, Completion, PathCompleter
from prompt_toolkit.data_structures import Size
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.input.defaults import create_input
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.shortcuts import PromptSession
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import get_cwidth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document
    from prompt_toolkit.input.base import Input
    from prompt_toolkit.output.base import Output

    from confctl.terminal.questions import Offer

MENU_LINES: Final = 6

_STYLE: Final = Style(
    [
        # The terminal's own colours, so that it is readable on light and on dark.
        ("completion-menu", "bg:default fg:default"),
        ("completion-menu.completion.current", "bg:default fg:default reverse"),
        ("completion-menu.meta.completion", "bg:default fg:default"),
        ("completion-menu.meta.completion.current", "bg:default fg:default reverse"),
        ("scrollbar.background", "bg:default"),
        ("scrollbar.button", "bg:default reverse"),
        ("window-too-small", "bg:default fg:default"),
    ]
)


class LineEditor:
    shows_offers = True

    def __init__(self, keys: Input | None = None, screen: Output | None = None) -> None:
        self._prompt: PromptSession[str] = PromptSession(
            input=keys or create_input(sys.stdin),
            output=screen or _output(),
            style=_STYLE,
            include_default_pygments_style=False,
            reserve_space_for_menu=MENU_LINES,
            erase_when_done=True,  # what was understood is then shown in full in its place
        )

    def line(self, question: str, typed: str, offers: Callable[[str], Iterable[Offer]]) -> str:
        return self._read(question, typed, _Offers(offers))

    def file(self, question: str, typed: str) -> str:
        return self._read(question, typed, PathCompleter(expanduser=True, file_filter=_is_sound_or_folder))

    def erase(self, text: str) -> None:
        output = self._prompt.output
        columns = output.get_size().columns
        output.cursor_up(sum(-(-get_cwidth(line) // columns) for line in text.rstrip("\n").split("\n")))
        output.erase_down()
        output.flush()

    def _read(self, question: str, typed: str, completer: Completer) -> str:
        answer = self._prompt.prompt(FormattedText([("bold", question)]), default=typed, completer=completer)
        return answer.replace("\n", " ")  # pasted


class _Offers(Completer):
    def __init__(self, offers: Callable[[str], Iterable[Offer]]) -> None:
        self._offers = offers

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        del complete_event
        typed = document.text_before_cursor
        for offer in self._offers(typed):
            yield Completion(offer.text, -len(typed), display=offer.shown, display_meta=offer.beside)


def _is_sound_or_folder(path: str) -> bool:
    return Path(path).is_dir() or path.lower().endswith((".wav", ".mp3"))


def _output() -> Output:
    """The terminal isn't asked where its cursor is: some never answer, and a late answer is taken for typing."""

    def size() -> Size:
        columns, rows = os.get_terminal_size(sys.stderr.fileno())
        return Size(rows=rows or 24, columns=columns or 80)

    return Vt100_Output(
        sys.stderr,
        size,
        term=os.environ.get("TERM"),
        default_color_depth=ColorDepth.from_env() or ColorDepth.ANSI_COLORS_ONLY,
        enable_cpr=False,
    )
