"""The control socket: how commands ask a running mixer.  Here is its language, and a command's side of it.

A Unix stream socket for whom its permissions let in (:mod:`mixer.control_socket`).  JSON in UTF-8, one object a line of
at most ``LONGEST_LINE`` octets.  A request names what to do; the other members are its arguments:

>>> decode(b'{"do": "status"}')
Request(do='status', args={}, by='', file=None)
>>> decode(b'{"protocol": 2, "do": "mute", "code": "4711", "who": ["anna", "102"]}').texts("who")
('anna', '102')

``protocol`` is what the client speaks; one who leaves it out speaks the first, which knows ``status`` alone.  A later,
incompatible protocol counts up, and a mixer refuses what is later than its own:

>>> decode(b'{"protocol": 3, "do": "status"}')
Traceback (most recent call last):
mixer.control.ControlError: it speaks protocol 2 and you speak 3: it was started before confctl was updated; restart it

Each request has one answer, and a connection may bear any number of them, one after the other.  An answer holds ``"ok":
true`` and what was asked for, or ``"ok": false`` and ``"error"``, one line for a person:

>>> encode({"ok": True, "status": {}})
b'{"protocol": 2, "ok": true, "status": {}}\\n'
>>> encode(refusal(ControlError("this mixer can't {do}; it knows: {known}", do="fly", known="status")))
b'{"protocol": 2, "ok": false, "error": "this mixer can\\'t fly; it knows: status"}\\n'

Where the rules of a conference say no, ``says`` has the same as a text with places and what fills them, for whoever
would have it in another language; a value may be such a phrase itself:

>>> refusal(Refused(Phrase("%(who)s is not in", {"who": "Anna"})))["says"]
{'text': '%(who)s is not in', 'values': {'who': 'Anna'}}

Some requests are answered by a stream: first by ``"follows"`` and its name, then by a line for each thing that happens,
until the client closes its connection (also its writing side alone).  Nothing else can be asked on that connection:

>>> encode({"ok": True, "follows": "events"})
b'{"protocol": 2, "ok": true, "follows": "events"}\\n'

A request that brings a file along names its length, and its octets follow the line; only ``play`` takes one:

>>> decode(b'{"protocol": 2, "do": "play", "octets": 40044}').args
{'octets': 40044}

A client that asks nothing for a while, or does not read what it is sent, is parted from.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import isfinite
from stat import S_IWGRP
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from mixer.phrases import Phrase

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from io import BufferedReader
    from pathlib import Path
    from typing import BinaryIO

PROTOCOL = 2
LONGEST_LINE = 65536
"""Octets of a request."""
LONGEST_PATH = 107
"""Octets of the socket's (``sun_path`` of unix(7), and the zero after it)."""
LARGEST_FILE = 25_000_000
"""Octets."""

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None


class ControlError(Exception):
    """The other side of the socket does not answer, or said no; one line for a person, with places to fill."""

    def __init__(self, reason: str, /, **values: object) -> None:
        super().__init__(reason.format_map(values))
        self.reason = reason
        self.values = values


class NotRunning(ControlError):
    """There is no mixer on this socket."""


class NotPermitted(ControlError):
    """There may be a mixer, and whoever asks may not speak to it."""


class Refused(ControlError):
    """What was asked for can't be done now; the phrase says why."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__("{why}", why=phrase)
        self.phrase = phrase


@dataclass(frozen=True, slots=True)
class Request:
    do: str
    args: Mapping[str, Json] = field(default_factory=dict)
    by: str = ""
    """The name of the user on this machine who asks."""
    file: Path | None = None
    """What it brings along; gone when it is answered."""

    def text(self, name: str) -> str:
        """Raises ControlError where there is none, as the others do."""
        found = self.args.get(name)
        return found if isinstance(found, str) else self._lacks(name, '"text"')

    def texts(self, name: str) -> tuple[str, ...]:
        """None at all where it is left out."""
        found = self.args.get(name, ())
        if isinstance(found, Sequence) and not isinstance(found, str):
            texts = tuple(each for each in found if isinstance(each, str))
            if len(texts) == len(found):
                return texts
        return self._lacks(name, '["text"]')

    def flag(self, name: str) -> bool:
        """False where it is left out."""
        found = self.args.get(name, False)
        return found if isinstance(found, bool) else self._lacks(name, "true")

    def number(self, name: str) -> float:
        found = self.args.get(name)
        if isinstance(found, int | float) and not isinstance(found, bool):
            with suppress(OverflowError):  # 400 digits
                return float(found)
        return self._lacks(name, "1.5")

    def _lacks(self, name: str, example: str) -> NoReturn:
        raise ControlError("“{do}” needs {example}", do=self.do, example=f'"{name}": {example}')


Answers: TypeAlias = "Mapping[str, Callable[[Request], Mapping[str, Json] | Awaitable[Mapping[str, Json]]]]"
"""By what is to be done.  They raise ControlError to refuse it."""
Streams: TypeAlias = "Mapping[str, Callable[[Request], AsyncIterator[Mapping[str, Json]]]]"
"""What happens, as it happens; an async generator is closed when its client goes.  While a client is behind with its
reading, which it may be for a few seconds, its stream is asked for nothing: what waits for it meanwhile must be bounded
where it comes from.  They raise ControlError to refuse, or to end it with a reason."""


def decode(line: bytes, by: str = "") -> Request:
    """Raises ControlError for what is no request, or one of a later protocol."""
    try:
        raw = json.loads(line, parse_constant=_no_number)
        line.decode()  # JSON in another of Unicode's encodings has no such lines
        json.dumps(raw, ensure_ascii=False).encode()  # half of a surrogate pair is no text, and no log could write it
    except (ValueError, RecursionError):
        raise ControlError("a request is one JSON object a line") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("do"), str):
        raise ControlError("a request names what to do: {example}", example='{"do": "status"}')
    theirs = raw.pop("protocol", 1)
    if not isinstance(theirs, int) or theirs > PROTOCOL:
        raise ControlError(
            "it speaks protocol {ours} and you speak {theirs}: it was started before confctl was updated; restart it",
            ours=PROTOCOL,
            theirs=theirs,
        )
    return Request(raw.pop("do"), raw, by)


def encode(answer: Mapping[str, Json]) -> bytes:
    return json.dumps({"protocol": PROTOCOL, **answer}).encode() + b"\n"


def refusal(error: ControlError) -> dict[str, Json]:
    """The answer that tells of it."""
    told: dict[str, Json] = {"ok": False, "error": str(error)}
    return {**told, "says": _phrase_as_json(error.phrase)} if isinstance(error, Refused) else told


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)  # NaN and the infinities, which JSON does not have


def _phrase_as_json(phrase: Phrase) -> dict[str, Json]:
    return {"text": phrase.text, "values": {name: _value_as_json(each) for name, each in phrase.values.items()}}


def _value_as_json(value: object) -> Json:
    if isinstance(value, Phrase):
        return _phrase_as_json(value)
    return value if isinstance(value, int | float) and isfinite(value) else str(value)


# A command's side, without asyncio


def ask(path: Path, do: str, /, *, timeout: float = 5.0, **args: Json) -> dict[str, Json]:
    """The answer to one request.

    Raises NotRunning, NotPermitted, Refused, or ControlError for no answer or another refusal.
    """
    with _errors_explained(path), _asked(path, timeout, do, args) as (_, lines):
        return _checked(lines.readline())


def bring(path: Path, do: str, file: BinaryIO, /, *, timeout: float, **args: Json) -> dict[str, Json]:
    """As :func:`ask`, and the file goes along."""
    octets = os.fstat(file.fileno()).st_size
    with _errors_explained(path), _asked(path, timeout, do, {**args, "octets": octets}) as (connection, lines):
        with suppress(BrokenPipeError):  # it is refused: the answer says why
            connection.sendfile(file)
        return _checked(lines.readline())


def follow(path: Path, do: str, /, *, timeout: float = 5.0, **args: Json) -> Iterator[dict[str, Json]]:
    """What a stream has, as it comes; it ends when the mixer ends it.  ``timeout`` is for its beginning.

    Raises as :func:`ask`.
    """
    with _errors_explained(path), _asked(path, timeout, do, args) as (connection, lines):
        _checked(lines.readline())
        connection.settimeout(None)
        for line in lines:
            yield _checked(line)


@contextmanager
def _asked(
    path: Path, timeout: float, do: str, args: Mapping[str, Json]
) -> Iterator[tuple[socket.socket, BufferedReader]]:
    """The connection, and the lines that come on it."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(str(path))
        connection.sendall(json.dumps({"protocol": PROTOCOL, "do": do, **args}).encode() + b"\n")
        with connection.makefile("rb") as lines:
            yield connection, lines


def _checked(line: bytes) -> dict[str, Json]:
    """Raises ControlError for a refusal, ValueError for what is no answer."""
    if not line:
        raise ControlError("the mixer does not answer; its log may say why")
    answer = json.loads(line)
    if not isinstance(answer, dict):
        raise ValueError(repr(answer))
    if answer.get("ok"):
        return answer
    if isinstance(answer.get("says"), dict):
        raise Refused(_phrase(answer["says"]))
    raise ControlError("the mixer refuses: {error}", error=answer.get("error"))


def _phrase(told: Mapping[str, Json]) -> Phrase:
    """Raises ValueError for what is none."""
    values = told.get("values")
    if not isinstance(values, Mapping):
        raise ValueError(repr(told))
    phrase = Phrase(
        str(told.get("text")),
        {name: _phrase(each) if isinstance(each, Mapping) else each for name, each in values.items()},
    )
    try:
        str(phrase)
    except (LookupError, TypeError) as error:
        raise ValueError(repr(told)) from error
    return phrase


@contextmanager
def _errors_explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, ConnectionRefusedError):
        raise NotRunning("the mixer is not running") from None
    except PermissionError:
        raise _not_permitted(path) from None
    except (OSError, ValueError) as error:
        raise ControlError("the mixer does not answer on {path}: {error}", path=path, error=error) from None


def _not_permitted(path: Path) -> NotPermitted:
    """Says whom to join, where the socket can be seen and is a group's."""
    from grp import getgrgid  # seldom needed

    with suppress(OSError, KeyError):
        found = path.stat()
        if found.st_mode & S_IWGRP:
            return NotPermitted(
                "only the group {group} may ask the mixer; join it (usermod -aG {group} NAME) and log in again",
                group=getgrgid(found.st_gid).gr_name,
            )
    return NotPermitted("only the user whom the mixer runs as may ask it, on {path}; see [control] group", path=path)
