"""The messages of one call as a ladder: we stand on the left, whom we spoke with on the right.

>>> invite = Step(0.0, True, "udp:192.0.2.7:5060", "INVITE")
>>> ok = Step(0.25, False, "udp:192.0.2.7:5060", "200 OK")
>>> print("\\n".join(ladder([invite, ok], lambda at: "15:30:00.000", 62)))
               confctl                      udp:192.0.2.7:5060
 15:30:00.000  |------------------ INVITE ------------------>|
       +0.250  |<----------------- 200 OK -------------------|
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from confctl.clean import clean
from confctl.terminal.folding import cells
from confctl.words import Language, Sentence, in_a_row, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_TIME: Final = 15
"""Cells before the first rung."""
_NARROWEST: Final = 24
"""Cells between two lanes."""


@dataclass(frozen=True, slots=True)
class Step:
    at: float
    """Seconds since the epoch."""
    sent: bool
    peer: str
    label: str


def ladder(steps: Sequence[Step], clock: Callable[[float], str], width: int) -> Iterator[str]:
    """Lines of ``width`` cells, or more where there are many peers.  ``clock`` writes the first time; the others are
    told in seconds after it."""
    peers = list(dict.fromkeys(step.peer for step in steps))
    gap = max(_NARROWEST, (width - _TIME - 1) // max(1, len(peers)) - 1)
    yield _head(peers, gap)
    for step in steps:
        time = clock(step.at) if step is steps[0] else f"+{step.at - steps[0].at:.3f}"
        yield f"{time:>{_TIME - 2}}  " + _rung(step, peers.index(step.peer), len(peers), gap)


def _head(peers: Sequence[str], gap: int) -> str:
    line = " " * _TIME + "confctl"
    for number, peer in enumerate(peers, 1):
        end = _TIME + number * (gap + 1) + 1
        line = f"{line}  {peer.rjust(end - len(line) - 2)}"
    return line


def _rung(step: Step, lane: int, lanes: int, gap: int) -> str:
    length = (lane + 1) * gap + lane
    label = _cut(clean(step.label), length - 6)
    room = length - cells(label) - 2
    left, right = "-" * (room // 2), "-" * (room - room // 2)
    arrow = f"{left} {label} {right[:-1]}>" if step.sent else f"<{left[:-1]} {label} {right}"
    return "|" + arrow + "|" + (" " * gap + "|") * (lanes - lane - 1)


def _cut(text: str, most: int) -> str:
    while cells(text) > most:
        text = text.removesuffix("...")[:-1] + "..."
    return text


# What a message is, in a few words


def label(text: str, language: Language, *, again: bool) -> str:
    """``INVITE, offers opus G722 PCMU``; ``again``: the same was there before."""
    start, _, rest = text.partition("\n")
    request = re.fullmatch(r"(\S+) \S+ SIP/2\.0", start.strip())
    words = request.group(1) if request else start.strip().removeprefix("SIP/2.0 ")
    return ", ".join([words, *(each.in_language(language) for each in _notes(rest, words, again=again))])


def _notes(rest: str, words: str, *, again: bool) -> Iterator[Sentence]:
    head, _, body = rest.partition("\n\n")
    if re.search(r"(?im)^(?:proxy-)?authorization[ \t]*:", head):
        yield say("with password")
    if codecs := _codecs(body):
        if re.search(r"(?m)^a=(sendonly|inactive)\s*$", body):
            yield say("on hold")
        named = " ".join(codecs)
        yield (
            say("offers {codecs}", codecs=named)
            if words.isupper() and words.isalpha()
            else say("takes {codecs}", codecs=named)
        )
    for header in ("Reason", "Retry-After", "Refer-To", "Replaces", "Warning"):
        if (found := re.search(rf"(?im)^{header}[ \t]*:(.*)$", head)) and (told := found.group(1).strip()):
            yield say("{key}: {problem}", key=header, problem=told)
    if again:
        yield in_a_row([say("again")])


def _codecs(body: str) -> list[str]:
    """The names of an offer's or an answer's first audio stream, in its order (RFC 4566 §5.14, §6)."""
    line = re.search(r"(?m)^m=audio \d+ \S+ ([0-9 ]+)", body)
    if line is None:
        return []
    names = {**_STATIC, **dict(re.findall(r"(?m)^a=rtpmap:(\d+) ([^/\s]+)", body))}
    found = (names.get(number, number) for number in line.group(1).split())
    return [name for name in dict.fromkeys(found) if name not in ("telephone-event", "CN")]


_STATIC: Final = {"0": "PCMU", "3": "GSM", "8": "PCMA", "9": "G722", "13": "CN", "18": "G729"}
"""RFC 3551 §6."""
