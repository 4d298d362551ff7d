"""bash, zsh and fish: what each runs at TAB, how it hands over the words, and how it wants the completions.

Nothing that comes from the book or the directory is ever evaluated by a shell: the scripts read lines, as data.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from confctl.terminal.completion import FILES, completions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confctl.session import Session
    from confctl.terminal.completion import Completion

Shell = Literal["bash", "zsh", "fish"]

VARIABLE: Final = "CONFCTL_COMPLETE"
"""Names the shell that asks; the arguments are then the words up to the cursor, quoted as they were typed."""

BASH: Final = r"""# bash completion of confctl
_confctl() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            compopt -o default
            return
        fi
        COMPREPLY+=("$line")
    done < <(COLUMNS="$COLUMNS" CONFCTL_COMPLETE=bash CONFCTL_COMPLETE_TYPE="$COMP_TYPE" "${1/#\~\//$HOME/}" \
        "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o nosort -F _confctl confctl
"""

ZSH: Final = r"""#compdef confctl
_confctl() {
    local line
    local -a words_before values shown
    words_before=("${(@)words[2,CURRENT-1]}")
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            _files
            return
        fi
        values+=("${line%%$'\t'*}")
        shown+=("${line#*$'\t'}")
    done < <(COLUMNS="$COLUMNS" CONFCTL_COMPLETE=zsh "${(Q)words[1]/#\~\//$HOME/}" \
        "${words_before[@]}" "$IPREFIX$PREFIX" 2>/dev/null)
    (( $#values )) || return 1
    # What fits need not begin with what was typed: it is then chosen from a menu.
    [[ -n ${values:#${(b)${(Q)PREFIX}}*} ]] && (( $#values > 1 )) && compstate[insert]=menu
    compadd -U -V confctl -l -d shown -a values
}
if [[ ${funcstack[1]} == _confctl ]]; then
    _confctl "$@"
else
    compdef _confctl confctl
fi
"""

FISH: Final = r"""# fish completion of confctl
function __confctl_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    set -l lines (CONFCTL_COMPLETE=fish confctl (string escape -- $words) "$current" 2>/dev/null)
    if test "$lines[1]" = ":files"
        __fish_complete_path "$current"
    else
        printf '%s\n' $lines
    end
end
complete -c confctl -f -k -a '(__confctl_complete)'
"""

SCRIPTS: Final[dict[Shell, str]] = {"bash": BASH, "zsh": ZSH, "fish": FISH}


@dataclass(frozen=True, slots=True)
class Line:
    """A command line up to the cursor."""

    before: list[str]
    """Its words without the program's name, as the program would get them."""
    typed: str
    """The beginning of the word that is to be completed."""
    quote: str
    """With which that one was begun, if it was."""

    @classmethod
    def read(cls, raw: Sequence[str]) -> Line:
        """Of words in the quotes in which they were typed."""
        whole = _whole(raw)
        *before, typed = map(_unquoted, whole)
        last = whole[-1].rpartition("=")[2]
        return cls(before, typed, last[:1] if last[:1] in ("'", '"') else "")


def answer(shell: str, line: Line, everywhere: Sequence[str], words: Sequence[str], session: Session) -> None:
    """Prints what may stand in place of the line's last word; nothing if anything at all is wrong.

    ``everywhere``: of the words before it the options that are global to all commands; ``words``: the others.
    """
    value_awaited = len(everywhere) % 2 == 1
    try:
        from confctl import app

        found = completions(app.root(), everywhere[-1:] if value_awaited else words, line.typed, session)
        lines = _lines(shell, line, found)
    except Exception:  # noqa: BLE001  at TAB there is nobody to tell: broken settings or book complete to nothing
        return
    sys.stdout.write("".join(f"{each}\n" for each in lines))


def _lines(shell: str, line: Line, found: Sequence[Completion]) -> list[str]:
    if list(found) == [FILES]:
        return [FILES.word]
    option, equals, value = line.typed.partition("=") if line.typed.startswith("--") else (line.typed, "", "")
    if shell == "bash":
        return _for_bash(found, value if equals else line.typed, line.quote)
    words = [f"{option}={each.word}" if equals else each.word for each in found]
    if shell == "zsh":
        beside = _listed([each.word for each in found], found, " -- {}")
    else:
        beside = [each.help for each in found]  # fish has its own way with it
    return [f"{word}\t{about}" if about else word for word, about in zip(words, beside, strict=True)]


def _for_bash(found: Sequence[Completion], typed: str, quote: str) -> list[str]:
    """Quoted as the word was begun.  With help if bash lists them, and only then: else it would be inserted too."""
    words = [quoted(each.word, quote) for each in found]
    if len(found) > 1 and os.environ.get("CONFCTL_COMPLETE_TYPE") == _LISTS:
        return _listed(words, found, " ({})")
    if len(found) > 1 and not all(each.word.casefold().startswith(typed.casefold()) for each in found):
        words.append(" ")  # or bash would put what they have in common in place of what was typed
    return words


def _listed(words: Sequence[str], found: Sequence[Completion], beside: str) -> list[str]:
    """Each with its help, a line of the terminal at most."""
    width = max(map(len, words), default=0)
    room = max(10, shutil.get_terminal_size().columns - width - len(beside.format("")) - 2)
    helps = [each.help if len(each.help) <= room else f"{each.help[: room - 1]}…" for each in found]
    return [
        f"{word:{width}} {beside.format(about)}" if about else word for word, about in zip(words, helps, strict=True)
    ]


_LISTS: Final = str(ord("?"))
"""COMP_TYPE at the second TAB."""


def quoted(word: str, quote: str) -> str:
    """For bash, in quotes that were opened already or in none."""
    if quote == "'":
        return word.replace("'", r"'\''")
    if quote == '"':  # the history's ! keeps its backslash in double quotes, so it stands outside
        return re.sub(r'(["\\$`])', r"\\\1", word).replace("!", r'"\!"')
    return re.sub(r"([^\w@%+=:,./-])", r"\\\1", word)


def _whole(words: Sequence[str]) -> list[str]:
    """bash takes ``--owner=anna`` and ``15:30`` for three words each; nobody writes = or : between spaces."""
    whole: list[str] = []
    for word in words:
        if whole and (word in ("=", ":") or (whole[-1].endswith(("=", ":")) and _joins(whole[-1]))):
            whole[-1] += word
        else:
            whole.append(word)
    return whole or [""]


def _joins(word: str) -> bool:
    return word.startswith("--") or word.endswith(":")


def _unquoted(word: str) -> str:
    """A word as it was typed, perhaps with a quote still open, as the shell will understand it."""
    return str(Path(word).expanduser()) if word.startswith("~/") else _QUOTED.sub(_inside, word)


_QUOTED: Final = re.compile(r"\\(?P<one>.)|'(?P<single>[^']*)'?|\"(?P<double>(?:[^\"\\]|\\.)*)\"?", re.DOTALL)


def _inside(match: re.Match[str]) -> str:
    if match["double"] is not None:
        return re.sub(r'\\(["\\$`])', r"\1", match["double"])
    return match["one"] or match["single"] or ""
