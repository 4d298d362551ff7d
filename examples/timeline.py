"""What happens, on the terminal as it happens: read from the journal of the conference, as any report would be."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from rich.console import Console

    from tests.calls.mixer_process import MixerProcess, Record

_COLOURS = ("cyan", "green", "magenta", "yellow", "blue")
_SENTENCES = {
    "calling": "is called",
    "ringing": "has a telephone that rings",
    "answered": "answers",
    "entered": "dials in with the code",
    "left": "has hung up",
    "taken_back": "is not called any longer",
}


class Timeline:
    """``with Timeline(…)``: follows the journal and prints each record with its time."""

    def __init__(self, console: Console, mixer: MixerProcess, code: str, names: dict[str, str]) -> None:
        self._console, self._mixer, self._code = console, mixer, code
        self._names = names
        self._width = max(map(len, names.values()))
        self._shown: list[Record] = []
        self._owner_is_in = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="timeline", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join(timeout=2)
        self._show_news()

    def _follow(self) -> None:
        while not self._closing.wait(0.05):
            self._show_news()

    def _show_news(self) -> None:
        for record in self._mixer.journal(self._code)[len(self._shown) :]:
            self._shown.append(record)
            if record.kind in {"spoke", "quality"}:  # for the report alone
                continue
            text = self._sentence(record)
            seconds = record.at - self._shown[0].at
            self._console.print(Text(f" {seconds:5.1f} s  ", style="dim").append_text(text))

    def _sentence(self, record: Record) -> Text:
        match record.kind:
            case "started":
                return Text("the conference begins", style="bold")
            case "owner_in":
                self._owner_is_in = True
                return Text("the owner is in: everybody is connected", style="bold")
            case "owner_out":
                self._owner_is_in = False
                return Text("the owner has left: music for everybody", style="bold")
            case "ended":
                return Text(f"the conference is over: {record.detail.replace('-', ' ')}", style="bold")
            case "joined" if record.owner:
                return self._of(record, "is in")
            case "joined":
                return self._of(record, "is in the talk" if self._owner_is_in else "waits to music, alone")
            case "not_reached":
                return self._of(record, f"is not reached: {record.detail}")
            case kind:
                return self._of(record, _SENTENCES.get(kind, kind.replace("_", " ")))

    def _of(self, record: Record, sentence: str) -> Text:
        numbers = list(self._names)
        name = self._names.get(record.person or "", "a guest")
        colour = _COLOURS[numbers.index(record.person)] if record.person in self._names else "white"
        return Text(f"{name:<{self._width}}  ", style=colour).append(sentence, style="default")
