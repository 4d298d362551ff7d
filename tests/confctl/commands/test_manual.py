"""The manual's chapters on creating, repeating, editing and deleting conferences, sentence by sentence.

Each docstring quotes the sentence; its test does at the command line what the manual does in a web form.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from confctl import settings
from confctl.book.greeting import LARGEST
from confctl.mixer_settings import mixer_settings
from mixer.rules.call_rules import Call, Entered, GreetingEnded
from mixer.rules.conference import Conference, Sound, hearing
from mixer.rules.records import Kind
from mixer.rules.step import Tick, step
from tests.confctl.book.test_greeting import sound
from tests.confctl.commands.manual_steps import (
    WHEN,
    a_past_one,
    again,
    brief,
    configured,
    delivered,
    mails,
    planned,
    shown,
    with_greeting,
)
from tests.confctl.office import moment
from tests.confctl.terminal.keyboard import typed

if TYPE_CHECKING:
    from tests.confctl.office import Office


@pytest.fixture(autouse=True)
def _with_addresses(office: Office) -> None:
    """Everybody has a mail address, made of their number."""
    file = office.folder / "people.toml"
    text = re.sub(r'(numbers = \["([0-9]+)".*)', r'\1\nemail = "\2@example.com"', file.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")


# Creating («Создание голосовой конференции»)


def test_a_conference_is_added_with_the_fields_of_the_form(office: Office) -> None:
    """«На вкладке «Актуальные» нажмите кнопку «Добавить конференцию».»"""
    said = office.confctl("add", "Проекты", "--owner", "101", *WHEN, "--with", "102")
    assert said.status == 0
    assert re.search(r"Conference [0-9]{6} is planned\.", said.out)


def test_the_title_of_the_conference_is_entered(office: Office) -> None:
    """«В открывшемся окне настроек введите название конференции в поле «Название».»"""
    assert shown(office, office.add(title="Конференция по проектам"))["title"] == "Конференция по проектам"


@pytest.mark.parametrize("who", ["101", "102", "1020", "104"])
def test_any_subscriber_can_be_the_owner(office: Office, who: str) -> None:
    """«Вы можете выбрать любого абонента АТС в качестве владельца.»"""
    made = office.confctl("add", "Проекты", "--owner", who, *WHEN, "--json").json
    assert made["owner"] == brief(office, who)


@pytest.mark.parametrize(
    ("typed_in", "who"), [("Анна", "101"), ("корол", "102"), ("4951234567", "101"), ("1020", "1020")]
)
def test_the_owner_is_searched_by_the_beginning_of_a_name_or_telephone(office: Office, typed_in: str, who: str) -> None:
    """«Для выбора владельца воспользуйтесь поиском — начните вводить имя или телефон абонента АТС.»"""
    made = office.confctl("add", "Проекты", "--owner", typed_in, *WHEN, "--json").json
    assert made["owner"] == brief(office, who)


def test_participants_hear_music_and_not_each_other_until_the_owner_has_entered(office: Office) -> None:
    """«Соединение остальных участников будет невозможно до тех пор, пока владелец не выполнит вход в конференцию.
    Участники будут слышать музыку (не будет возможности слышать друг друга) до момента входа владельца.»
    """
    conference = Conference(planned(office, office.add("--with", "102", "104")))
    start = conference.plan.start
    for event in (Tick(), Entered("a", "102", owner=False), Entered("b", "104", owner=False)):
        conference, _ = step(conference, event, start)
    assert hearing(conference) == {"a": Sound.MUSIC, "b": Sound.MUSIC}
    conference, _ = step(conference, Entered("c", "101", owner=True), start)
    assert set(hearing(conference).values()) == {Sound.ROOM}


@pytest.mark.parametrize("date", ["today", "2026-11-30", "30.11.2026", "tomorrow", "24.05.2027"])
def test_the_date_is_the_present_one_or_a_future_one(office: Office, date: str) -> None:
    """«Возможно указать текущую или будущую дату.»"""
    assert office.confctl("add", "Проекты", "--owner", "101", *WHEN[2:], "--date", date).status == 0
    said = office.confctl("add", "Проекты", "--owner", "101", *WHEN[2:], "--date", "29.11.2026")
    assert (said.status, said.err) == (
        1,
        "confctl: 2026-11-29 is past; give today's date or a later one.\n",
    )


def test_the_times_are_on_a_24_hour_clock(office: Office) -> None:
    """«Укажите время начала и окончания конференции в формате «24 часа» (например, 15:30 — 16:30).»"""
    made = shown(office, office.add(start="15:30", end="16:30"))
    assert (made["start"], made["end"]) == ("2026-11-30T15:30:00+03:00", "2026-11-30T16:30:00+03:00")
    made = shown(office, office.add(start="3:30", end="4:30", day="tomorrow"))
    assert (made["start"], made["end"]) == ("2026-12-01T03:30:00+03:00", "2026-12-01T04:30:00+03:00")


def test_the_times_are_local_ones_of_the_company(office: Office) -> None:
    """«Важно: при настройке времени начала и окончания указывайте местное время клиента.»"""
    configured(office, 'timezone = "Europe/Moscow"', 'timezone = "Asia/Vladivostok"')
    made = shown(office, office.add(day="2026-12-01"))
    assert (made["zone"], made["start"]) == ("Asia/Vladivostok", "2026-12-01T15:30:00+10:00")


def test_at_the_given_date_and_time_the_company_number_calls_the_owner_and_the_participants(office: Office) -> None:
    """«В указанные дату и время владельцу и участникам конференции поступит входящий телефонный звонок с
    многоканального номера АТС.»
    """
    conference = Conference(planned(office, office.add("--with", "102", "1020")))
    assert step(conference, Tick(), moment("2026-11-30 15:29"))[1] == ()
    _, actions = step(conference, Tick(), moment("2026-11-30 15:30"))
    assert [each.person for each in actions if isinstance(each, Call)] == ["101", "102", "1020"]
    assert mixer_settings(settings.load(office.folder / "confctl.toml")).number == "+74955550100"


def test_participants_are_told_how_to_enter_by_themselves(office: Office) -> None:
    """«Конференция также будет доступна для самостоятельного входа участников в любой момент до ее завершения.»"""
    code = office.add("--with", "102")
    assert shown(office, code)["code"] == code
    invitations = mails(office, "invitation")
    assert invitations.keys() == {"101@example.com", "102@example.com"}
    assert all(code in text.replace(" ", "") and "500" in text for text in invitations.values())


@pytest.mark.parametrize(("typed_in", "who"), [("Бор", "102"), ("smith", "1020"), ("104", "104")])
def test_participants_are_searched_by_name_or_number(office: Office, typed_in: str, who: str) -> None:
    """«Начните вводить имя или номер телефона абонента, которого хотите назначить участником конференции… найденный
    абонент будет добавлен в поле «Участники конференции».»
    """
    assert shown(office, office.add("--with", typed_in))["participants"] == [brief(office, who)]


def test_any_number_of_subscribers_can_be_participants(office: Office) -> None:
    """«Вы можете добавить неограниченное количество абонентов АТС в список участников конференции.»"""
    numbers = [str(number) for number in range(2000, 2500)]
    with (office.folder / "people.toml").open("a", encoding="utf-8") as file:
        file.writelines(f'\n[[person]]\nname = "P{n}"\nnumbers = ["{n}"]\npassword = "p"\n' for n in numbers)
    listed = shown(office, office.add("--with", *numbers))["participants"]
    assert isinstance(listed, list) and [each["number"] for each in listed] == numbers


def test_a_greeting_may_be_chosen_and_need_not_be(office: Office) -> None:
    """«Выберите звуковое приветствие (необязательно).»"""
    sound(office.folder / "hello.mp3")
    assert shown(office, office.add("--greeting", "hello.mp3"))["greeting"] == "hello.mp3"
    assert shown(office, office.add())["greeting"] is None


def test_the_greeting_is_heard_right_after_entering(office: Office) -> None:
    """«Данное голосовое сообщение будет демонстрироваться участникам сразу после выполнения входа в конференцию.»"""
    sound(office.folder / "hello.wav")
    plan = planned(office, office.add("--with", "102", "--greeting", "hello.wav"))
    assert plan.greeting is not None and plan.greeting.is_file()
    conference, _ = step(Conference(plan), Entered("a", "102", owner=False), plan.start)
    assert hearing(conference) == {"a": Sound.GREETING}
    conference, _ = step(conference, GreetingEnded("a"), plan.start)
    assert hearing(conference) == {"a": Sound.MUSIC}


@pytest.mark.parametrize(("name", "taken"), [("a.wav", True), ("a.mp3", True), ("a.ogg", False)])
def test_the_greeting_is_an_mp3_or_a_wav(office: Office, name: str, taken: bool) -> None:
    """«Важно: вы можете загрузить файл формата mp3 или wav…»"""
    sound(office.folder / name) if taken else (office.folder / name).write_bytes(bytes(20_000))
    assert (with_greeting(office, name).status == 0) is taken


@pytest.mark.parametrize(("size", "says"), [(15 * 1024 - 1, "15 KB at least"), (LARGEST + 1, "25 MB at most")])
def test_the_greeting_has_15_kb_to_25_mb(office: Office, size: int, says: str) -> None:
    """«…не превышающий 25 МВ.» «mp3 или wav от 15 Kb до 25 Mb»"""
    with (office.folder / "hello.wav").open("wb") as file:
        file.truncate(size)
    assert says in with_greeting(office, "hello.wav").err


@pytest.mark.parametrize("name", ["sixteen-letters-.wav", "привет.wav", "two words.wav", "what!.wav"])
def test_the_name_of_the_greeting_is_short_and_plain(office: Office, name: str) -> None:
    """«Название файла не должно превышать 15 символов и не должно содержать кириллицу, спецсимволы и пробелы.»"""
    sound(office.folder / name)
    said = with_greeting(office, name)
    assert said.status == 1 and "rename it" in said.err


def test_a_new_conference_appears_in_the_current_list(office: Office) -> None:
    """«Новая конференция появится в списке на вкладке «Актуальные конференции».»"""
    code = office.add()
    assert [each["code"] for each in office.confctl("list", "--json").conferences()] == [code]


def test_a_conference_can_be_edited_or_deleted_at_any_moment_before_its_start(office: Office) -> None:
    """«Вы сможете отредактировать или удалить конференцию в любой момент до ее начала.»"""
    code = office.add(start="15:30")
    office.now = moment("2026-11-30 15:29")
    assert office.confctl("edit", code, "--title", "New").status == 0
    assert office.confctl("delete", code, "--yes").status == 0


# Repeating («Создание конференции на основе существующей»)


def test_a_periodic_conference_with_the_same_participants_is_repeated(office: Office) -> None:
    """«Если вы планируете периодические конференции с одинаковым набором участников, воспользуйтесь функцией повтора
    конференции.» «Вы также можете создать новую конференцию на основе существующей.»
    """
    codes = [a_past_one(office, "--with", "102", "1020")]
    for week in ("2026-12-07", "2026-12-14"):
        codes.append(str(office.confctl("repeat", codes[-1], "--date", week, "--json").json["code"]))
    people = [shown(office, code)["participants"] for code in codes]
    assert all(before == after for before, after in pairwise(people))
    assert len(set(codes)) == 3


def test_past_conferences_have_a_list_of_their_own(office: Office) -> None:
    """«В разделе «Конференции» переключитесь на вкладку «Прошедшие».»"""
    past, current = a_past_one(office), office.add(day="tomorrow")
    assert [each["code"] for each in office.confctl("list", "--past", "--json").conferences()] == [past]
    assert [each["code"] for each in office.confctl("list", "--json").conferences()] == [current]


def test_the_conference_to_repeat_is_found_in_the_list(office: Office) -> None:
    """«Найдите в списке конференцию, на основе которой хотите создать новую, и нажмите «Повторить».»"""
    a_past_one(office)
    code = re.search(r"^([0-9]{6}) ", office.confctl("list", "--past").out, re.MULTILINE)
    assert code and office.confctl("repeat", code.group(1)).status == 0


@pytest.mark.parametrize("field", ["title", "owner", "participants", "greeting"])
def test_a_repeated_conference_is_as_the_original_was(office: Office, field: str) -> None:
    """«Название — как было указано в исходной конференции. Владелец — как было указано… Список участников — как было
    указано… Звуковое приветствие — как было указано в исходной конференции.»
    """
    sound(office.folder / "hello.wav")
    past = a_past_one(office, "--with", "102", "1020", "--greeting", "hello.wav")
    assert again(office, past)[field] == shown(office, past)[field]


def test_a_repeated_conference_is_today(office: Office) -> None:
    """«Дата — текущая дата»"""
    past = a_past_one(office)
    office.now = moment("2026-12-24 09:00")
    assert str(again(office, past)["start"]).startswith("2026-12-24")


def test_a_repeated_conference_has_the_times_of_the_original(office: Office) -> None:
    """«Время — как было указано в исходной конференции»"""
    made = again(office, a_past_one(office))
    assert (made["start"], made["end"]) == ("2026-12-01T15:30:00+03:00", "2026-12-01T16:30:00+03:00")


def test_the_participants_of_a_repeated_conference_can_be_edited(office: Office) -> None:
    """«…доступны все возможности редактирования списка участников, что и при создании.»"""
    made = again(office, a_past_one(office, "--with", "102", "1020"), "--without", "борис", "--with", "104")
    assert made["participants"] == [brief(office, "1020"), brief(office, "104")]


@pytest.mark.parametrize(
    ("before", "options", "after"),
    [
        ((), ("--greeting", "other.mp3"), "other.mp3"),
        (("--greeting", "hello.wav"), ("--greeting", "other.mp3"), "other.mp3"),
        (("--greeting", "hello.wav"), ("--no-greeting",), None),
    ],
    ids=["added", "replaced", "removed"],
)
def test_the_greeting_of_a_repeated_conference_can_be(
    office: Office, before: tuple[str, ...], options: tuple[str, ...], after: str | None
) -> None:
    """«…с возможностью добавления/замены/удаления.»"""
    sound(office.folder / "hello.wav")
    sound(office.folder / "other.mp3")
    assert again(office, a_past_one(office, *before), *options)["greeting"] == after


def test_a_repeated_conference_may_be_today_or_later(office: Office) -> None:
    """«Задайте желаемые дату и время конференции (текущая или будущая дата).»"""
    past = a_past_one(office)
    made = again(office, past, "--date", "05.12.2026", "--from", "11:00", "--to", "12:00")
    assert (made["start"], made["end"]) == ("2026-12-05T11:00:00+03:00", "2026-12-05T12:00:00+03:00")
    assert office.confctl("repeat", past, "--date", "30.11.2026").status == 1


def test_any_field_of_a_repeated_conference_can_be_edited(office: Office) -> None:
    """«При необходимости отредактируйте любое из полей в форме настроек и нажмите «Добавить конференцию».»"""
    made = again(office, a_past_one(office), *EVERYTHING)
    assert {name: made[name] for name in EDITED} == EDITED


def test_a_repeated_conference_is_in_the_list_of_planned_ones(office: Office) -> None:
    """«Новая конференция будет добавлена в список запланированных конференций на вкладке «Актуальные конференции».»"""
    code = again(office, a_past_one(office))["code"]
    [listed] = office.confctl("list", "--json").conferences()
    assert (listed["code"], listed["state"]) == (code, "planned")


# Editing and deleting («Редактирование и удаление конференций»)

EVERYTHING = (
    *("--title", "Бюджет", "--owner", "102", "--with", "104", "--without", "101"),
    *("--date", "2026-12-03", "--from", "12:00", "--to", "13:30", "--zone", "Asia/Tokyo"),
)
EDITED = {
    "title": "Бюджет",
    "owner": {"name": "Борис Королёв", "number": "102"},
    "participants": [{"name": "Иван Петров", "number": "104"}],
    "start": "2026-12-03T12:00:00+09:00",
    "end": "2026-12-03T13:30:00+09:00",
    "zone": "Asia/Tokyo",
}


def test_a_planned_conference_is_edited_at_any_time_before_its_start(office: Office) -> None:
    """«Вы можете отредактировать или удалить запланированную конференцию в любое время до ее начала.»"""
    code = office.add(start="15:30")
    office.now = moment("2026-11-30 15:30") - 1
    assert office.confctl("edit", code, "--from", "15:31").status == 0
    office.now = moment("2026-11-30 15:31")
    assert office.confctl("edit", code, "--from", "15:40").status == 1


def test_the_conference_to_edit_is_found_in_the_list_with_its_counts(office: Office) -> None:
    """«На вкладке «Актуальные конференции» выберите конференцию из списка и нажмите иконку редактирования.»
    «1 идёт 4 запланировано»
    """
    running = office.add(start="12:00", end="13:00")
    for _ in range(4):
        code = office.add(title="Проекты", day="tomorrow")
    office.mixer_noted(running, Kind.STARTED)
    with office.mixer():
        table = office.confctl("--lang", "ru", "list").out
    assert table.startswith("1 идёт, 4 запланировано\n")
    assert code in table
    assert office.confctl("edit", code, "--title", "Бюджет").status == 0


def test_all_that_was_entered_can_be_edited(office: Office) -> None:
    """«Для редактирования доступны любые данные в форме настройки.»"""
    code = office.add()
    assert office.confctl("edit", code, *EVERYTHING).status == 0
    assert {name: shown(office, code)[name] for name in EDITED} == EDITED


def test_what_is_saved_is_in_force(office: Office) -> None:
    """«Нажмите «Сохранить» в форме настроек. Настройки конференции будут обновлены.»"""
    code = office.add("--with", "102")
    said = office.confctl("edit", code, "--from", "16:00", "--with", "104")
    assert f"Conference {code} is changed." in said.out
    plan = planned(office, code)
    assert (plan.start, plan.end) == (moment("2026-11-30 16:00"), moment("2026-11-30 17:00"))
    assert [person.number for person in plan.people] == ["101", "102", "104"]


def test_deleting_is_confirmed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """«…нажмите иконку удаления. Нажмите «Удалить» в окне подтверждения.»"""
    code = office.add()
    for answer, status in (("нет", 1), ("да", 0)):
        typed(monkeypatch, answer)
        said = office.confctl("--lang", "ru", "delete", code)
        assert f"Удалить конференцию {code}" in said.err
        assert said.status == status


def test_a_deleted_conference_is_not_in_the_list(office: Office) -> None:
    """«Конференция будет удалена из списка.»"""
    code = office.add()
    office.confctl("delete", code, "--yes")
    assert office.confctl("list", "--json").conferences() == []
    assert office.confctl("list", "--past", "--json").conferences() == []


def test_everybody_gets_a_mail_that_it_is_cancelled(office: Office) -> None:
    """«Всем участниками будут отправлены email-уведомления об отмене конференции.»"""
    code = office.add("--with", "102", "1020")
    delivered(office)
    said = office.confctl("delete", code, "--yes")
    assert "Mail: 3 cancellations" in said.out
    assert mails(office, "cancellation").keys() == {"101@example.com", "102@example.com", "1020@example.com"}


@pytest.mark.parametrize("command", [("edit", "--title", "Бюджет"), ("delete", "--yes")])
def test_running_and_past_conferences_are_neither_edited_nor_deleted(office: Office, command: tuple[str, ...]) -> None:
    """«Редактирование и удаление текущих и прошедших конференций не предусмотрено.»"""
    running, past = office.add(start="12:00", end="13:00"), a_past_one(office)
    office.mixer_noted(running, Kind.STARTED)
    for code in (running, past):
        before = shown(office, code)
        assert office.confctl(command[0], code, *command[1:]).status == 1
        assert shown(office, code) == before
