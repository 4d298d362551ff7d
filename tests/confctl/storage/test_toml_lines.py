from __future__ import annotations

from typing import TYPE_CHECKING

import tomli
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from confctl.storage.toml_lines import KeyLines

if TYPE_CHECKING:
    from confctl.storage.toml_lines import Key

TEXT = '''\
title = "a # b = c"   # [not] = "a key"
multi = """
[[fake]]
fake = 1 \\
""" # after
raw = \'\'\'
fake = 2
\'\'\'
list = [ # comment ]
  "x = 1",
  { y = 2 },
]

[company]   # comment
name = "x"
"odd key.1" = 1
a.b.c = { d = 1, e = [1, 2] }

[[trunk]]
uri = "one"
[[trunk]]
uri = "two"
[trunk.limits]
calls = 3
[[trunk.via]]
host = "h1"
[[trunk.via]]
host = "h2"
[ "sp aced" . x ]
y = 1'''


def test_each_key_is_found_on_its_line() -> None:
    lines = KeyLines(TEXT)
    expected: dict[Key, int] = {
        ("title",): 1,
        ("multi",): 2,
        ("raw",): 6,
        ("list",): 9,
        ("company",): 14,
        ("company", "name"): 15,
        ("company", "odd key.1"): 16,
        ("company", "a", "b", "c"): 17,
        ("trunk", 0): 19,
        ("trunk", 0, "uri"): 20,
        ("trunk", 1, "uri"): 22,
        ("trunk", 1, "limits", "calls"): 24,
        ("trunk", 1, "via", 0, "host"): 26,
        ("trunk", 1, "via", 1, "host"): 28,
        ("sp aced", "x", "y"): 30,
    }
    assert {key: lines.line(key) for key in expected} == expected


def test_what_has_no_line_of_its_own_has_that_of_what_is_around_it() -> None:
    lines = KeyLines(TEXT)
    assert lines.line(("company", "missing")) == 14
    assert lines.line(("company", "a", "b", "c", "d")) == 17
    assert lines.line(("trunk", 1, "via", 1, "missing")) == 27
    assert lines.line(("absent", "key")) is None


def test_windows_line_ends_count_once() -> None:
    assert KeyLines("a = 1\r\n\r\nb = 2\r\n").line(("b",)) == 3


SCALARS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n"), max_size=12),
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
KEYS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
TABLES = st.dictionaries(KEYS, VALUES, max_size=4)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYS, st.one_of(TABLES, st.lists(TABLES, min_size=1, max_size=3)), max_size=3), TABLES)
def test_a_key_is_there_from_its_line_on_and_not_before(tables: dict[str, object], root: dict[str, object]) -> None:
    text = tomlkit.dumps({**root, **{name: table for name, table in tables.items() if name not in root}})
    lines = KeyLines(text)
    for key in _keys(tomli.loads(text)):
        line = lines.line(key)
        assert line is not None
        until = "\n".join(text.split("\n")[:line])
        before = "\n".join(text.split("\n")[: line - 1])
        assert _has(until, key) in (True, None)
        assert _has(before, key) in (False, None)


def _keys(table: dict[str, object], way: Key = ()) -> list[Key]:
    found: list[Key] = []
    for name, value in table.items():
        found.append((*way, name))
        if isinstance(value, dict):
            found += _keys(value, (*way, name))
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            for number, item in enumerate(value):
                found += _keys(item, (*way, name, number))
    return found


def _has(text: str, key: Key) -> bool | None:
    """None if the text is cut within a value and can't be parsed."""
    value: object
    try:
        value = tomli.loads(text)
    except tomli.TOMLDecodeError:
        return None
    for part in key:
        match value:
            case dict() if part in value:
                value = value[part]
            case list() if isinstance(part, int) and part < len(value):
                value = value[part]
            case _:
                return False
    return True
