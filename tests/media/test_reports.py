"""Reports of many legs at once are those that are built one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from media.reports import Received, sender_reports
from media.rtcp import ReceptionReport, SenderReport, build

word = st.integers(0, 2**32 - 1)
legs = st.tuples(
    word, word, word, word, word, st.integers(0, 255), st.integers(-0x800000, 0x7FFFFF), word, word, word, word
)


@settings(deadline=None)
@given(st.lists(legs, max_size=5), st.integers(0, 2**64 - 1))
def test_many_at_once_are_as_one_by_one(rows: list[tuple[int, ...]], ntp: int) -> None:
    columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)] or [np.zeros(0, np.int64)] * 11
    ssrc, timestamp, packets, octets, source, fraction, lost, highest, jitter, last, delay = columns
    received = Received(source, fraction, lost, highest, jitter)
    built = sender_reports(ssrc, ntp, timestamp, (packets, octets), received, (last, delay))
    assert built == [build((SenderReport(row[0], ntp, *row[1:4], (ReceptionReport(*row[4:]),)),)) for row in rows]
