"""A network of this thread's own, and of the processes and threads that it starts: nobody else's packets are in it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.calls.behind_nat import Place, run

if TYPE_CHECKING:
    from collections.abc import Iterator


class Link:
    """Its loopback, over which everybody there speaks to everybody."""

    @contextmanager
    def slow(self, kilobits: int) -> Iterator[None]:
        """So many a second, and 50 ms of patience: of what comes faster, the rest is dropped."""
        limit = ("tbf", "rate", f"{kilobits}kbit", "burst", "3000", "latency", "50ms")
        run("tc", "qdisc", "add", "dev", "lo", "root", *limit)
        yield
        run("tc", "qdisc", "del", "dev", "lo", "root")

    def up(self) -> None:
        run("ip", "link", "set", "lo", "up", "mtu", "1500")

    def down(self) -> None:
        run("ip", "link", "set", "lo", "down")


@contextmanager
def own_network() -> Iterator[Link]:
    """Skips the test where the machine does not allow it."""
    place = Place()
    try:
        with place.here():
            link = Link()
            link.up()
            yield link
    finally:
        place.close()
