"""Atheris at one of the targets, led by what each input reaches.

    pip install atheris
    python -m tests.fuzz.run message -max_total_time=60

Targets: message, agent, stream, sdp, headers, rtp, rtcp, control.  What follows is libFuzzer's; it writes what fails
to a file ``crash-…``, and ``python -m tests.fuzz.run message crash-…`` shows it again.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path


def main() -> None:
    import atheris  # not among what the tests install

    with atheris.instrument_imports(include=["sip", "media", "mixer"]):
        from tests.fuzz.targets import SEEDS, TARGETS
    name, *options = sys.argv[1:] or [""]
    if name not in TARGETS:
        sys.exit(f"a target is needed: {', '.join(TARGETS)}")
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(SEEDS.get(name, [])):
            (Path(corpus) / str(number)).write_bytes(seed)
        again = any(not option.startswith("-") for option in options)
        atheris.Setup([sys.argv[0], *options, *([] if again else [corpus])], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
