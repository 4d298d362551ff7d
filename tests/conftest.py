"""How many tests run side by side (``-n auto``)."""

from __future__ import annotations

import os

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Three for two processors: calls with real phones wait most of the time."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)
