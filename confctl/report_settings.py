"""``[report]`` of ``confctl.toml``: who is told afterwards how a conference went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confctl.storage.toml_table import Table


@dataclass(frozen=True, slots=True)
class Reports:
    mail: bool = False
    """Whether the owner is mailed the report after the end."""
    mask_numbers: bool = False
    """Whether reports have only the last two digits of telephone numbers."""


def reports_of(table: Table) -> Reports:
    reports = Reports(mail=table.flag("mail", default=False), mask_numbers=table.flag("mask_numbers", default=False))
    table.finish()
    return reports
