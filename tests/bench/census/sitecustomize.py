"""Loaded by each Python process of a soak with ``--census``: at SIGUSR1 it writes down what it has in memory.

At the first signal the tracing of allocations begins; what was there before is not counted among them.
"""

import os
import signal
from types import FrameType

_FOLDER = os.environ.get("SOAK_CENSUS")
_MOST = 300


def _count(_: int, __: FrameType | None) -> None:
    import gc
    import json
    import tracemalloc
    from collections import Counter
    from pathlib import Path

    types = Counter(f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())
    lines: dict[str, tuple[int, int]] = {}
    if tracemalloc.is_tracing():
        found = tracemalloc.take_snapshot().statistics("lineno")
        for each in found[:_MOST]:
            where = each.traceback[0]
            lines[f"{where.filename}:{where.lineno}"] = (each.size, each.count)
    else:
        tracemalloc.start()
    with Path(f"{_FOLDER}/{os.getpid()}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"types": dict(types.most_common(_MOST)), "lines": lines}) + "\n")


if _FOLDER:
    signal.signal(signal.SIGUSR1, _count)
