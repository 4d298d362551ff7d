"""TAB: what the program offers, and what real shells make of it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from confctl import app
from confctl.session import Session
from confctl.terminal.completion import completions
from confctl.terminal.shells import Line, quoted
from tests.confctl.office import moment
from tests.confctl.pseudo_terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.confctl.office import Office

HOSTILE = "$(touch pwned) `touch pwned`; \"q\" 'x' \\ : [b]x[/b] | & > f"


@pytest.fixture
def tab(office: Office, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """What is offered for the last of the words, with the help after a tabulator."""

    def offered(*words: str, shell: str = "fish", listing: bool = False) -> list[str]:
        monkeypatch.setenv("CONFCTL_COMPLETE", shell)
        monkeypatch.setenv("CONFCTL_COMPLETE_TYPE", "63" if listing else "9")
        said = office.confctl(*words)
        monkeypatch.delenv("CONFCTL_COMPLETE")
        assert (said.status, said.err) == (0, "")
        return said.out.split("\n")[:-1]

    return offered


def test_commands_are_offered_with_what_they_do(tab: Callable[..., list[str]]) -> None:
    commands = [line.split("\t")[0] for line in tab("")]
    assert {"init", "check", "people", "add", "edit", "repeat", "list", "show", "delete", "run", "status"} < {*commands}
    assert tab("sho") == ["show\tShow a conference, current or past"]
    assert "add" in [line.split("\t")[0] for line in tab("people", "")]


def test_after_help_commands_are_offered_and_nothing_else(tab: Callable[..., list[str]], office: Office) -> None:
    office.add()
    assert tab("help", "") == tab("")
    assert tab("help", "sho") == tab("sho")
    assert tab("help", "people", "") == tab("people", "")
    assert tab("help", "show", "") == tab("help", "help", "") == []


def test_sounds_and_conferences_to_check_are_offered(tab: Callable[..., list[str]], office: Office) -> None:
    assert tab("prompts", "replace", "good") == ["good-bye"]
    code = office.add()
    assert [line.split("\t")[0] for line in tab("check", "")] == [code]


def test_help_is_in_the_language_that_the_line_says(tab: Callable[..., list[str]]) -> None:
    assert tab("--lang", "ru", "sho") == ["show\tПоказать конференцию: предстоящую, идущую или прошедшую"]
    assert tab("--lang=ru", "sho") == tab("--lang", "ru", "sho")


def test_options_are_offered_those_of_the_command_and_the_global_ones(tab: Callable[..., list[str]]) -> None:
    options = [line.split("\t")[0] for line in tab("add", "-")]
    assert {"--owner", "--date", "--from", "--to", "--with", "--greeting", "--zone", "--config", "--lang"} < {*options}
    assert tab("add", "--", "-") == []


def test_no_option_is_offered_that_is_refused(office: Office, tab: Callable[..., list[str]]) -> None:
    for command in (["list"], ["mail", "flush"], ["people", "add"]):
        offered = {line.split("\t")[0] for line in tab(*command, "-")}
        known = set(re.findall("--[a-z-]+", office.confctl(*command, "--help").out))
        assert offered <= known | {"--config", "--lang"}
    assert "--version" in [line.split("\t")[0] for line in tab("-")]


def test_codes_are_offered_with_title_and_time(office: Office, tab: Callable[..., list[str]]) -> None:
    code = office.add(title="Weekly meeting")
    assert tab("show", "") == [f"{code}\tWeekly meeting, 30 November 2026, 15:30–16:30"]
    assert tab("show", code[:2]) == tab("delete", code[:2]) == tab("edit", code[:2]) == tab("show", "")
    assert tab("show", "x") == []


def test_a_conference_that_has_begun_is_offered_to_show_alone(office: Office, tab: Callable[..., list[str]]) -> None:
    code = office.add()
    office.now = moment("2026-11-30 15:45")
    assert [tab(command, "") for command in ("delete", "edit")] == [[], []]
    assert tab("show", "")[0].startswith(code)


def test_a_past_conference_is_offered_to_show_and_to_repeat(office: Office, tab: Callable[..., list[str]]) -> None:
    code = office.add()
    office.now = moment("2026-11-30 16:40")
    Session().book.end(code, office.now, "planned-end")
    assert [tab(command, "") != [] for command in ("show", "repeat", "edit", "delete")] == [True, True, False, False]


@pytest.mark.parametrize("typed", ["анн", "Анна П", "петрова"])
def test_people_are_offered_by_name_with_their_numbers(tab: Callable[..., list[str]], typed: str) -> None:
    assert tab("add", "x", "--owner", typed) == ["Анна Петрова\t101, +74951234567"]


def test_who_begins_to_type_a_number_is_offered_numbers(tab: Callable[..., list[str]]) -> None:
    assert tab("add", "--owner", "102") == ["102\tБорис Королёв", "1020\tCarol Smith"]


def test_namesakes_are_offered_by_number(office: Office, tab: Callable[..., list[str]]) -> None:
    people = office.folder / "people.toml"
    more = '\n[[person]]\nname = "Анна Петрова"\nnumbers = ["109"]\npassword = "x"\n'
    people.write_text(people.read_text(encoding="utf-8") + more, encoding="utf-8")
    assert tab("add", "--owner", "анна") == ["101\tАнна Петрова", "109\tАнна Петрова"]


def test_after_with_any_number_of_people_follow(tab: Callable[..., list[str]]) -> None:
    assert tab("add", "x", "--with", "102", "анна") == ["Анна Петрова\t101, +74951234567"]
    assert tab("add", "x", "--with=102", "анна") == tab("add", "x", "--with", "102", "104", "анна")
    assert tab("add", "x", "--with=анна") == ["--with=Анна Петрова\t101, +74951234567"]


def test_a_zone_is_found_by_its_city_and_a_language_by_its_name(tab: Callable[..., list[str]]) -> None:
    assert tab("add", "--zone", "mosc") == tab("add", "--zone", "Europe/Mosc") == ["Europe/Moscow"]
    assert sorted(tab("--lang", "")) == ["en", "ru"]


def test_the_next_days_are_offered_by_their_names(tab: Callable[..., list[str]]) -> None:
    days = tab("add", "--date", "")
    assert days[0] == "2026-11-30\tMonday, 30 November 2026"
    assert days[-1] == "2026-12-07\tMonday, 7 December 2026"


def test_files_are_left_to_the_shell(tab: Callable[..., list[str]]) -> None:
    for words in (("add", "--greeting", ""), ("show", "--config", ""), ("init", ""), ("--config=",)):
        assert tab(*words) == [":files"]


def test_the_settings_are_those_that_the_line_names(
    office: Office, tab: Callable[..., list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    code = office.add()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    settings = office.folder / "confctl.toml"
    os.chdir(elsewhere)
    assert tab("show", "") == []
    assert tab("--config", str(settings), "show", "")[0].startswith(code)
    assert tab(f"--config={settings}", "show", "") == tab("show", "--config", f"'{settings}'", "")


@pytest.mark.parametrize("file", ["confctl.toml", "people.toml"])
def test_broken_files_complete_to_nothing_in_silence(office: Office, tab: Callable[..., list[str]], file: str) -> None:
    (office.folder / file).write_text("= [", encoding="utf-8")
    assert tab("add", "--owner", "") == []
    assert tab("nonsense", "") == []
    assert tab("add", "--nonsense=") == []


def test_a_broken_conference_leaves_the_others(office: Office, tab: Callable[..., list[str]]) -> None:
    code = office.add()
    (office.folder / "conferences" / "123456.toml").write_text("= [", encoding="utf-8")
    assert [line.split("\t")[0] for line in tab("show", "")] == [code]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["анна"], r"Анна\ Петрова"),
        (['"анна'], "Анна Петрова"),
        (["'Анна П"], "Анна Петрова"),
        ([r"Анна\ П"], r"Анна\ Петрова"),
    ],
)
def test_bash_gets_names_quoted_as_the_word_was_begun(
    tab: Callable[..., list[str]], typed: list[str], expected: str
) -> None:
    assert tab("add", "--owner", *typed, shell="bash") == [expected]
    assert tab("add", "--owner", "=", *typed, shell="bash") == [expected]


def test_bash_takes_times_apart_and_they_are_put_together_again(tab: Callable[..., list[str]]) -> None:
    words = ("add", "x", "--from", "15", ":", "30", "--to", "16", ":", "30", "--owner", "анна")
    assert tab(*words, shell="bash") == [r"Анна\ Петрова"]


def test_zsh_gets_what_it_shows_beside_what_it_inserts(tab: Callable[..., list[str]]) -> None:
    assert tab("add", "--owner", "102", shell="zsh") == ["102\t102   -- Борис Королёв", "1020\t1020  -- Carol Smith"]
    assert tab("add", "--owner=бор", shell="zsh") == ["--owner=Борис Королёв\tБорис Королёв  -- 102"]


def test_a_long_title_is_cut_to_the_line(
    office: Office, tab: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    office.add(title="Weekly " * 20)
    office.add(title="Weekly " * 20)
    assert all(len(line) < 40 and line.endswith("…)") for line in tab("show", "", shell="bash", listing=True))


def test_bash_gets_help_only_where_it_lists(office: Office, tab: Callable[..., list[str]]) -> None:
    assert tab("add", "--owner", "102", shell="bash") == ["102", "1020"]
    assert tab("add", "--owner", "102", shell="bash", listing=True) == ["102   (Борис Королёв)", "1020  (Carol Smith)"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(office: Office, shell: str) -> None:
    said = office.confctl("completion", shell)
    assert said.status == 0
    assert "CONFCTL_COMPLETE=" + shell in said.out


def test_without_a_shell_there_is_no_script(office: Office) -> None:
    said = office.confctl("completion")
    assert (said.status, said.err) == (2, "confctl: bash|zsh|fish is missing. See “confctl completion --help”.\n")


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.characters(exclude_categories=("C", "Z")) | st.sampled_from(" \"'\\$`!")),
    st.sampled_from(["", "'", '"']),
)
def test_what_is_quoted_for_bash_is_read_back_as_it_was(word: str, quote: str) -> None:
    assert Line.read([quote + quoted(word, quote)]).typed == word


WORDS = st.sampled_from(
    [
        "add",
        "people",
        "find",
        "show",
        "--owner",
        "--with",
        "--with=102",
        "--config",
        "--lang=",
        "--",
        "-",
        "",
        "анна",
        "=",
        "x:",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, max_size=6), WORDS)
def test_in_any_command_line_something_or_nothing_is_offered(office: Office, words: list[str], typed: str) -> None:
    for completion in completions(app.root(), words, typed, Session(office.folder / "confctl.toml")):
        assert completion.word


PROMPT = "ready>"
STARTS = {
    "bash": (["bash", "--noprofile", "--norc", "-i"], 'eval "$(confctl completion bash)"'),
    "zsh": (["zsh", "-f", "-i"], 'autoload -U compinit; compinit -u -D; eval "$(confctl completion zsh)"'),
    "fish": (["fish", "--no-config"], "function fish_prompt; echo 'ready> '; end; confctl completion fish | source"),
}


@pytest.fixture(params=list(STARTS))
def shell(request: pytest.FixtureRequest, office: Office) -> Iterator[Terminal]:
    """Somebody sits at it, in the company's folder, and completion is set up."""
    name = str(request.param)
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    command, setting_up = STARTS[name]
    environ = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(office.folder),
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
        "PS1": f"{PROMPT} ",
        "CONFCTL_CONFIG": str(office.folder / "confctl.toml"),
    }
    with Terminal(command, office.folder, environ, columns=160) as terminal:
        terminal.type(f'{setting_up}; echo set""up\r')
        terminal.wait_for(f"setup\n{PROMPT}")  # what is typed before a shell reads is shown twice
        yield terminal


def test_in_a_real_shell_a_command_and_a_hostile_title_are_completed(office: Office, shell: Terminal) -> None:
    code = office.add(title=HOSTILE, day="2099-11-30")
    shell.type("confctl sho\t")
    shell.wait_for("confctl show")
    shell.type("\t")
    shell.wait_for(f"confctl show {code}")
    shell.type("\r")
    shell.wait_for("2099")
    assert not (office.folder / "pwned").exists()


def test_in_a_real_shell_codes_are_listed_with_their_titles(office: Office, shell: Terminal) -> None:
    codes = [office.add(title=HOSTILE, day="2099-11-30")]
    while not codes[1:] or codes[0][0] == codes[-1][0]:  # what all begin with, the shell completes before it lists them
        codes.append(office.add(title="Weekly", day="2099-11-30"))
    shell.type("confctl --lang en show \t\t")
    for shown in ("Weekly, 30 November 2099, 15:30–16:30", *codes, "$(touch pwned)"):
        shell.wait_for(shown)
    assert not (office.folder / "pwned").exists()


def test_in_a_real_shell_a_value_after_an_equals_sign_is_completed(office: Office, shell: Terminal) -> None:
    shell.type("echo confctl; confctl show 1 --lang=r\t")
    shell.wait_for("--lang=ru")
    shell.type("\x15confctl add x --owner=Бор\t")
    shell.wait_for("--owner=Борис\\ Королёв")


def test_in_a_real_shell_a_name_with_a_space_is_one_word(office: Office, shell: Terminal) -> None:
    shell.type("confctl people find бор\t")
    shell.wait_for("Борис\\ Королёв")
    shell.type("\r")
    assert "102" in shell.wait_for("registers here")
