"""What the next mixer needs to know of the phones: where they are registered, and which calls a crash left open."""

from __future__ import annotations

import json
import logging
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sip.dialog import StoredDialog
    from sip.registrar import StoredBinding

_log = logging.getLogger(__name__)


class Keepsakes:
    """``bindings.json`` is written whole; ``calls.jsonl`` grows by a line for each call answered and each ended.

    When no call is open, ``calls.jsonl`` begins anew.  A disk that refuses is told in the log, and no call suffers.
    """

    def __init__(self, folder: Path) -> None:
        self._bindings = folder / "bindings.json"
        self._calls = folder / "calls.jsonl"
        self._open: set[str] = set()

    def keep_bindings(self, bindings: Sequence[StoredBinding]) -> None:
        temporary = self._bindings.with_suffix(".tmp")
        try:
            with temporary.open("w", encoding="utf-8") as file:
                json.dump({"at": time.time(), "bindings": bindings}, file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._bindings)
        except OSError as error:
            _log.error("%s: not written, %s: a restart would forget who is registered", self._bindings, error.strerror)

    def bindings(self) -> tuple[list[StoredBinding], float]:
        """The last ones kept, and how many seconds ago that was; none when there is nothing to read."""
        try:
            kept = json.loads(self._bindings.read_bytes())
            return list(kept["bindings"]), time.time() - float(kept["at"])
        except FileNotFoundError:
            return [], 0.0
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("%s can't be used, so the phones must register again: %s", self._bindings, error)
            return [], 0.0

    def call_answered(self, call: str, dialog: StoredDialog) -> None:
        self._open.add(call)
        self._append({"call": call, "dialog": dialog})

    def call_ended(self, call: str) -> None:
        self._open.discard(call)
        if self._open:
            self._append({"call": call})
        else:
            self._clear()

    def take_open_calls(self) -> list[StoredDialog]:
        """Those that the former mixer neither ended nor saw ended; from now on nothing is known of them."""
        found: dict[str, StoredDialog] = {}
        try:
            for line in self._calls.read_bytes().split(b"\n"):
                _apply(line, found)
        except FileNotFoundError:
            return []
        except OSError as error:
            _log.warning("%s can't be read: %s", self._calls, error)
        self._clear()
        return list(found.values())

    def _clear(self) -> None:
        try:
            self._calls.unlink(missing_ok=True)
        except OSError as error:
            _log.error("%s: not removed, %s: a restart would end calls that have ended", self._calls, error.strerror)

    def _append(self, entry: dict[str, object]) -> None:
        """Each line brings its own beginning: one that a full disk cut short costs only itself."""
        try:
            with self._calls.open("ab") as file:
                file.write(b"\n" + json.dumps(entry).encode())
        except OSError as error:
            _log.error("%s: not written, %s: a crash would leave a call open", self._calls, error.strerror)


def _apply(line: bytes, found: dict[str, StoredDialog]) -> None:
    """A line that a crash cut short tells nothing."""
    try:
        entry = json.loads(line)
    except ValueError:
        return
    if isinstance(entry, dict) and isinstance(entry.get("call"), str):
        if "dialog" in entry:
            found[entry["call"]] = entry["dialog"]
        else:
            found.pop(entry["call"], None)
