"""Hypothesis at every target; for hours, and led by coverage: ``python -m tests.fuzz.run``."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import SEEDS, TARGETS

LINES = st.lists(
    st.sampled_from([b"v=0", b"c=IN IP4 1.2.3.4", b"m=audio 4000 RTP/AVP 0 8", b"a=rtpmap:0 PCMU/8000", b"a=ptime:"])
    | st.binary(max_size=40),
    max_size=12,
).map(b"\r\n".join)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=400) | LINES)
def test_any_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    TARGETS[name](data)


@pytest.mark.parametrize("name", SEEDS)
def test_what_the_fuzzer_begins_with_is_read_or_refused(name: str) -> None:
    for seed in SEEDS[name]:
        TARGETS[name](seed)
