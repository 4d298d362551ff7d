"""What all commands have in common: exit status, one line on stderr, languages, colour, and how fast they start."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from confctl.app import root
from confctl.terminal.help import subcommands

if TYPE_CHECKING:
    from tests.confctl.office import Office

ROOT = Path(__file__).parents[3]


def commands() -> list[str]:
    """Every command, as it is typed."""
    known: list[str] = []
    for name, command in subcommands(root()).items():
        known += [f"{name} {inner}" for inner in subcommands(command)] or [name]
    return known


def child(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """``python -m confctl`` in a process of its own, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "confctl", *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("command", commands())
def test_every_command_has_help_with_examples(office: Office, command: str, language: str) -> None:
    said = office.confctl("--lang", language, *command.split(), "--help")
    assert (said.status, said.err) == (0, "")
    assert {"en": "Examples:", "ru": "Примеры:"}[language] in said.out
    assert f"  confctl {command}" in said.out
    assert max(map(len, said.out.split("\n"))) <= 120


@pytest.mark.parametrize(
    "words",
    [
        ["bogus"],
        ["add"],
        ["add", "Weekly", "--owner", "101"],
        ["list", "--bogus"],
        ["list", "--month", "13", "--past"],
        ["show"],
        ["--lang", "de", "list"],
        ["people", "bogus"],
        ["people"],
        ["init", "a", "b"],
        ["--config"],
    ],
)
def test_wrong_usage_is_one_line_and_status_2(office: Office, words: list[str]) -> None:
    said = office.confctl(*words)
    assert said.status == 2
    assert re.fullmatch(r"confctl: [^\n]+\n", said.err), said.err


def test_wrong_usage_says_where_help_is_in_the_language_asked_for(office: Office) -> None:
    assert office.confctl("--lang=ru", "peple").err.endswith("? Подробнее: confctl --help.\n")
    assert office.confctl("list", "--bogus", "--lang", "en").err.endswith(". See “confctl list --help”.\n")


def test_help_is_in_the_language_of_the_option_else_of_the_locale_else_of_the_company(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert office.confctl("add", "--help").out.startswith("Plan a conference")
    settings = office.folder / "confctl.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('"en"', '"ru"'), encoding="utf-8")
    assert office.confctl("add", "--help").out.startswith("Запланировать конференцию")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert office.confctl("add", "--help").out.startswith("Plan a conference")
    assert office.confctl("add", "--help", "--lang", "ru").out.startswith("Запланировать конференцию")


def test_wrong_usage_is_told_in_russian_too(office: Office) -> None:
    for words in (["lst"], ["list", "--yaer", "1"], ["list", "--month", "13"], ["list", "--year", "x"], ["show"]):
        said = office.confctl("--lang", "ru", *words)
        assert said.status == 2 and re.search("[а-я]{4}", said.err.partition("Подробнее")[0]), said.err
    assert office.confctl("--lang", "de", "list").err == (
        "confctl: --lang: “de” is none of: en, ru. See “confctl --help”.\n"
    )


def test_without_a_command_there_is_help_and_status_2(office: Office) -> None:
    said = office.confctl()
    assert said.status == 2
    assert "Usage:\n  confctl [OPTIONS] COMMAND ..." in said.err and "  people " in said.err
    assert "Использование:" in office.confctl("--lang", "ru").err


def test_config_and_lang_may_stand_anywhere(office: Office) -> None:
    other = office.folder / "other"
    other.mkdir()
    (office.folder / "confctl.toml").rename(other / "confctl.toml")
    assert office.confctl("list").status == 1
    for words in (["--config", "other/confctl.toml", "list"], ["list", "--config=other/confctl.toml", "--lang", "ru"]):
        assert office.confctl(*words).status == 0


def test_what_is_in_the_way_of_the_book_is_named_by_every_command(office: Office) -> None:
    (office.folder / "conferences").write_text("in the way", encoding="utf-8")
    planned = ("add", "W", "--owner", "101", "--date", "today", "--from", "15:30", "--to", "16:30")
    for words in (["list"], ["list", "--json"], planned, ["run"]):
        said = office.confctl(*words)
        assert (said.status, said.out) == (1, "")
        assert said.err == (
            "confctl: conferences is in the way: there has to be a folder of that name; move it elsewhere.\n"
        )
    checked = office.confctl("check")
    assert checked.status == 1 and "conferences is in the way" in checked.out


def test_a_book_that_may_not_be_read_is_not_taken_for_an_empty_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.add()
    monkeypatch.setattr("os.access", lambda *_: False)  # root may read everything
    said = office.confctl("list")
    assert (said.status, said.out) == (1, "") and "can't be read" in said.err


def test_what_the_system_refuses_is_one_line(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "conferences/codes")

    monkeypatch.setattr("confctl.book.book.append_line", full)
    said = office.confctl("add", "W", "--owner", "101", "--date", "today", "--from", "15:30", "--to", "16:30")
    assert said.status == 1
    assert said.err == "confctl: conferences/codes: No space left on device\n"


def test_a_mistake_of_the_program_is_one_line_too(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from confctl.cli import main

    def broken(*_: object) -> None:
        raise ZeroDivisionError("\x1b[31m")

    monkeypatch.setattr("confctl.book.book.Book.entries", broken)
    with pytest.raises(SystemExit) as ended:
        main(["list"])
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("confctl: This is a mistake in confctl") and said.count("\n") == 1 and "\x1b" not in said


def test_the_language_is_the_options_else_the_locales_else_the_companys(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "0 running" in office.confctl("list").out
    monkeypatch.setenv("LANG", "ru_RU.UTF-8")
    assert "0 идёт, 0 запланировано" in office.confctl("list").out
    assert "0 running" in office.confctl("--lang", "en", "list").out
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert "0 running" in office.confctl("list").out
    file = office.folder / "confctl.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('"en"', '"ru"'), encoding="utf-8")
    assert "0 идёт" in office.confctl("list").out
    assert "не найден" in office.confctl("people", "find", "zzz").err


def test_russian_numerals_have_their_forms(office: Office) -> None:
    people = "".join(f'[[person]]\nname = "P{n}"\nnumbers = ["{n}"]\npassword = "x"\n' for n in range(200, 225))
    with (office.folder / "people.toml").open("a", encoding="utf-8") as file:
        file.write(people)
    for count in (0, 1, 2, 5, 11, 21, 22):
        office.add("--with", *map(str, range(200, 200 + count))) if count else office.add()
    listed = office.confctl("list", "--lang", "ru").out
    for form in ("0 участников", "1 участник\n", "2 участника", "5 участников", "11 участников", "21 участник\n"):
        assert form.strip() in listed
    assert "30 ноября 2026, 15:30–16:30" in listed


def test_python_m_confctl_works_and_a_letter_that_the_terminal_lacks_does_no_harm(office: Office) -> None:
    office.add(title="Планёрка 🎉")
    done = child(office.folder, "list", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Weekly" not in done.stdout and "\\u041f" in done.stdout


def test_a_reader_that_goes_away_is_no_error(office: Office) -> None:
    people = "".join(f'[[person]]\nname = "P{n}"\nnumbers = ["{n}"]\npassword = "x"\n' for n in range(2000, 6000))
    (office.folder / "people.toml").write_text(people, encoding="utf-8")
    piped = subprocess.run(
        [f"{sys.executable} -m confctl people list | head -1"],
        shell=True,
        cwd=office.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert piped.stdout.startswith("Name") and piped.stderr == ""


def on_a_terminal(folder: Path, *words: str, **environ: str) -> str:
    """What the command writes on a terminal of 80 columns."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "confctl", *words],
        cwd=folder,
        stdin=its,
        stdout=its,
        stderr=its,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80", **environ},
    )
    os.close(its)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    process.wait()
    return seen.decode()


def test_colour_is_for_terminals_and_no_color_is_honoured(office: Office) -> None:
    office.add(title="Планёрка", day="2036-01-02")
    assert "\x1b[" in on_a_terminal(office.folder, "list")
    assert "\x1b" not in on_a_terminal(office.folder, "list", NO_COLOR="1")
    assert "\x1b" not in child(office.folder, "list").stdout


def test_on_a_narrow_terminal_no_line_is_wider_and_the_code_is_whole(office: Office) -> None:
    from rich.cells import cell_len

    code = office.add(title="Очень длинное название конференции 🎉🎉 " * 3, day="2036-01-02")
    for language in ("ru", "en"):
        seen = re.sub(r"\x1b\[[0-9;]*m", "", on_a_terminal(office.folder, "--lang", language, "list"))
        assert max(cell_len(line) for line in seen.split("\r\n")) <= 80
        assert code in seen


def test_init_writes_files_that_work_as_they_are_and_never_over_others(office: Office) -> None:
    said = office.confctl("init", "new/place")
    assert said.status == 0
    place = office.folder / "new" / "place"
    assert (place / "people.toml").stat().st_mode & 0o777 == 0o600
    config = ("--config", str(place / "confctl.toml"))
    people = office.confctl(*config, "people", "list", "--json")
    assert len(people.json["people"]) >= 2 and people.err == ""  # type: ignore[arg-type]  # a list, as JSON has it
    made = office.confctl(
        *config, "add", "W", "--owner", "101", "--date", "today", "--from", "15:30", "--to", "16:30", "--with", "102"
    )
    assert made.status == 0
    before = (place / "people.toml").read_bytes()
    (place / "confctl.toml").unlink()
    said = office.confctl("init", str(place))
    assert said.status == 1 and "people.toml is there already" in said.err
    assert not (place / "confctl.toml").exists()
    assert (place / "people.toml").read_bytes() == before


def test_each_companys_example_passwords_are_its_own(office: Office) -> None:
    passwords = set()
    for name in ("one", "two"):
        office.confctl("init", name)
        passwords.update(re.findall(r'password = "(.*)"', (office.folder / name / "people.toml").read_text("utf-8")))
    assert len(passwords) == 6 and min(map(len, passwords)) >= 12


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_changes_nothing_of_what_a_command_does(office: Office, closed: str) -> None:
    command = shlex.join([sys.executable, "-m", "confctl"])
    for words, status in (("list", 0), ("--help", 0), ("people export", 0), ("add", 2), ("bogus", 2), ("status", 1)):
        said = subprocess.run(
            ["sh", "-c", f"{command} {words} {closed}"],
            cwd=office.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (said.returncode, "mistake in confctl" in said.stderr) == (status, False), (words, said.stderr)
