"""libopus, wherever it is: the system's, or one that a Python package brings along.

By cffi in ABI mode, so nothing is compiled; not by ctypes, which passes the variadic arguments of ``opus_encoder_ctl``
wrongly where they travel differently from others (Apple's arm64).  The calls let go of the GIL.

What is called stands parsed in ``libopus_abi.py``.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from media.codecs.libopus_abi import ffi

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE: Final = "CONFCTL_LIBOPUS"
"""Names the file of the library; then no other is looked for."""

_SYSTEM: Final = ("libopus.so.0", "libopus.0.dylib")


class OpusMissing(Exception):
    """No libopus can be loaded; the text is the file that should be one."""


class Libopus:
    """A library that is loaded, and has all that is declared in ``declare_libopus.py``."""

    def __init__(self, file: str) -> None:
        """Raises :class:`OpusMissing`."""
        try:
            self.calls = ffi.dlopen(file)
            for name in dir(self.calls):
                getattr(self.calls, name)
        except (OSError, ffi.error) as error:  # no such file, no library, another library
            raise OpusMissing(file) from error


def find() -> Libopus:
    """The first that can be loaded.  Raises :class:`OpusMissing`."""
    if named := os.environ.get(VARIABLE):
        return Libopus(named)
    for file in _files():
        with suppress(OpusMissing):
            return Libopus(file)
    raise OpusMissing(_SYSTEM[0])


def _files() -> Iterator[str]:
    yield from _SYSTEM
    from importlib.util import find_spec  # here, since they take 5 ms of each start
    from pathlib import Path

    if (package := find_spec("opuslib_next")) is not None and package.origin is not None:
        yield str(Path(package.origin).parent / "_native" / "libopus.so")
    if (package := find_spec("av")) is not None and package.origin is not None:
        yield from map(str, sorted((Path(package.origin).parent.parent / "av.libs").glob("libopus-*.so*")))


__all__ = ["VARIABLE", "Libopus", "OpusMissing", "ffi", "find"]
