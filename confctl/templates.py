"""The files that ``confctl init`` writes: they work as they are on one machine, and say what can be changed."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Final

from confctl.machine_zone import machine_zone
from confctl.problems import RefusedError
from confctl.words import say

if TYPE_CHECKING:
    from pathlib import Path

    from confctl.words import Language


def write(folder: Path, language: Language) -> tuple[Path, Path]:
    """Both files or, if one is there already, none: raises RefusedError that names it.  Raises OSError."""
    files = folder / "confctl.toml", folder / "people.toml"
    for file in files:
        if os.path.lexists(file):
            raise RefusedError(say("{file} is there already; nothing is written.", file=file))
    folder.mkdir(parents=True, exist_ok=True)
    passwords = {f"password{number}": secrets.token_urlsafe(12) for number in (1, 2, 3)}
    found = machine_zone(os.environ)
    people = _PEOPLE[language].format(**passwords)
    for file, text in zip(files, (settings(language, found), people), strict=True):
        _create(file, text)
    return files


def settings(language: Language, zone: str | None = None) -> str:
    """The text of ``confctl.toml``; ``zone`` is this machine's, if it has one."""
    return _SETTINGS[language].format(timezone=_zone(language, zone))


def _zone(language: Language, found: str | None) -> str:
    """The line that sets it, as long as the lines around it."""
    comment = (_ITS_ZONE if found else _SOME_ZONE)[language]
    setting = f'timezone = "{found or _ELSE[language]}"'
    return f"{setting:<35} # {comment}"


_ELSE: Final[dict[Language, str]] = {"en": "UTC", "ru": "Europe/Moscow"}
_ITS_ZONE: Final[dict[Language, str]] = {
    "en": "this machine's; each conference keeps the one it was planned in",
    "ru": "пояс этой машины; конференция сохраняет тот, в котором запланирована",
}
_SOME_ZONE: Final[dict[Language, str]] = {
    "en": "set yours, as Europe/London; each conference keeps the one it was planned in",
    "ru": "укажите свой; конференция сохраняет тот, в котором запланирована",
}


def _create(file: Path, text: str) -> None:
    """Only the owner may read it, since there are passwords in it."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)


_SETTINGS: Final[dict[Language, str]] = {
    "en": """\
# The settings of confctl.  “confctl check” says what is wrong with them.

[company]
name = "Example Ltd"
{timezone}
language = "en"                     # en or ru: prompts, mails, output; people may have their own
number = "+442079460100"            # caller ID of the calls that the mixer places
conference_number = "500"           # what people dial to join by themselves

[sip]
domain = "conf.example.com"         # phones register as sip:101@conf.example.com; an IP address does as well
listen = ["udp:0.0.0.0:5060", "tcp:0.0.0.0:5060"]   # beside them "udp:[::]:5060" for IPv6, "tls:0.0.0.0:5061" for TLS;
                                    # or {{ address = "tls:0.0.0.0:5061", srtp = "required" }}
# certificate = "conf.example.com.pem"  # for TLS, in PEM, with those above it; read again when it is renewed
# private_key = "conf.example.com.key"  # if it is not in the same file
# ca_file = "company-ca.pem"        # whom trunks are trusted by over TLS, instead of the system's certificates
# digest = ["SHA-256", "MD5"]       # how phones prove their password; MD5 alone if left out, since older phones
                                    # fail at anything else, even beside it
# external_address = "203.0.113.7"  # what phones outside should use, if it is not the machine's own address;
                                    # with IPv6 as well: ["203.0.113.7", "2001:db8::7"]
# srtp = "optional"                 # or off, required: whether sound is encrypted (pip install 'confctl[secure]')
# trace = 8                         # MB of memory for the latest messages, for “confctl sip trace”; 0: none

# Numbers that are no registered phone go out through a trunk.
# [[trunk]]
# name = "provider"
# uri = "sip:sip.provider.example"   # or sips: for TLS; with :port, and ;transport=tcp, where they are needed
# username = "442079460100"
# password_file = "provider.password"   # or password = "…"
# register = true
# trust_caller_id = true            # whether the caller's number that it asserts is believed
# srtp = "required"                 # if it is not to be as in [sip]
# rewrite = [{{ prefix = "+44", by = "0" }}]   # how it wants numbers; of several prefixes the longest counts
# max_calls = 10                    # at once, in both directions; the rest wait their turn
# caller_id = "asserted"            # our number in P-Asserted-Identity, the login in From; else "from"
# options_seconds = 60              # how often it is asked whether it is there; 0: never, as where register = true
# Another [[trunk]] is used while the ones before it are out of order.

[media]
ports = "20000-29999"               # UDP, for sound; open them in the firewall
# automatic_gain = true             # bring soft and loud voices slowly to one loudness; else they stay as they are
# codecs = ["opus", "G722", "PCMU", "PCMA"]   # what phones are offered, the best first; without the first two no HD

[conference]
admit = "code"                      # code: whoever has the code; listed: only the owner and the participants
ring_seconds = 45                   # how long phones ring, 5 to 300
ring = "in-turn"                    # who has several numbers is called at the next if the first fails; or "all" at once
press_one = "never"                 # or outside, always: who answers presses 1 to come in, and no voice mailbox does
call_again = true                   # who was busy is called again after 2 minutes, who doesn't answer after 5
hold_music_guard = true             # mute a phone that plays hold music into a conference, and tell it how to come back
# owner_call_again_seconds = 60     # an owner who does not come is called again so often, on every number, …
# owner_call_again_times = 3        # … and so many times
# owner_absent_minutes = 10         # so long after the start, unless the owner was in, …
# owner_absent = "deputy"           # … the deputy becomes an owner; or "call-off": all hear that it is called off

[recording]
always = false                      # whether conferences are recorded if it isn't said
format = "opus"                     # or flac, or wav: what recordings are turned into afterwards
# tracks = true                     # each person in a file of their own, too
# folder = "/srv/recordings"        # else recordings/ in the data
# keep_free = 200                   # MB that a recording leaves free on the disk

# [keys]                            # what is pressed in a conference after the menu's key; "" switches it off
# menu = "*"                        # tells what the others do; pressed again, it leaves the menu
# mute = "1"                        # oneself
# count = "3"                       # how many are in
# listen_softer = "4"               # how loud one hears: listen_reset = "5", listen_louder = "6"
# talk_softer = "7"                 # how loud one is heard: talk_reset = "8", talk_louder = "9"
# leave = "0"
# mute_others = "21"                # this and the following are the owner's: mute all others
# lock = "22"                       # let nobody else dial in
# kick_last = "23"                  # who came last
# call_again = "24"                 # those who are missing
# record = "25"                     # or stop recording
# extend = "26"                     # the planned end, by 15 minutes

# [announcements]                   # what is told in a conference; false switches it off
# tones = 20                        # a soft tone when somebody comes or goes, with so many people in at most; 0: never
# first = true                      # “you are the first”
# owner_left = true                 # and that one is to hold, before the music
# owner_back = true
# ten_minutes = true                # before the planned end, if anybody is in
# two_minutes = true
# recording = true                  # before one hears or says anything; if false, tell people by other means
# recording_stopped = true
# muted = true                      # to whom the owner mutes
# new_owner = true                  # to who becomes the owner; and to all, that the deputy leads

# [mail]                            # without it, mails wait as files in the outbox
# server = "smtp.example.com:587"
# sender = "Conferences <conf@example.com>"
# username = "conf@example.com"     # if the server asks for one
# password_file = "mail.password"   # or password = "…", or CONFCTL_MAIL_PASSWORD in the environment
# security = "starttls"             # or tls (if left out: at port 465), or none (if left out: to this machine itself)
# ca_file = "company-ca.pem"        # certificates to trust instead of the system's
# admin = "it@example.com"          # who is told what the check before a start finds wrong

# [prompts]                         # your own recordings in place of ours: confctl prompts list
# folder = "prompts"                # en/enter-code.wav and so on; else prompts/ in the data

# [music]
# file = "music.mp3"                # your own hold music; else music.wav, .flac, .mp3 or .ogg among the prompts

[check]
minutes = 15                        # before each start, phones, lines, disk and the rest are checked; 0: never

# [report]                          # how a conference went: “confctl report”
# mail = true                       # mail it to the owner after the end
# mask_numbers = true               # of telephone numbers only the last digits

# [retention]                       # days; what isn't named is kept for ever
# recordings = 90
# journals = 365                    # who was called, came and left, and who was refused
# conferences = 1095                # past and deleted ones, with their greetings and journals
# mails = 30                        # those that were given up, or that nobody could send

# [control]                         # who may ask and tell the running mixer, beside its own user and root
# group = "confctl"                 # its members; and where they can come to it:
# socket = "/run/confctl/confctl.sock"  # else in state/ of the data, for the mixer's user alone
# call = ["+44", "0800"]            # how numbers outside the directory begin that “confctl call” may call; else none

# [log]                             # of the running mixer; it goes where its stderr goes
# format = "json"                   # an object a line, for programs; else plain lines
# level = "warning"                 # the least that is told: debug, info, warning, error
# mask_numbers = true               # of telephone numbers only the last digits

# [metrics]                         # figures of the running mixer for Prometheus, at http://…/metrics
# listen = "127.0.0.1:9464"         # for other machines, which nobody asks for a password, also: remote = true

# [paths]
# data = "/var/lib/confctl"         # conferences/, journal/, outbox/, recordings/, state/; else beside this file
# people = "people.toml"            # else in the data, or beside this file
""",
    "ru": """\
# Настройки confctl.  Ошибки в них покажет confctl check.

[company]
name = "ООО «Пример»"
{timezone}
language = "ru"                     # ru или en: подсказки, письма, вывод; у абонента может быть свой
number = "+74955550100"             # с какого номера звонит микшер
conference_number = "500"           # номер для входа: его набирают, чтобы войти самостоятельно

[sip]
domain = "conf.example.com"         # телефоны регистрируются как sip:101@conf.example.com; годится и IP-адрес
listen = ["udp:0.0.0.0:5060", "tcp:0.0.0.0:5060"]   # ещё "udp:[::]:5060" для IPv6 и "tls:0.0.0.0:5061" для TLS;
                                    # или {{ address = "tls:0.0.0.0:5061", srtp = "required" }}
# certificate = "conf.example.com.pem"  # для TLS, в PEM, вместе с вышестоящими; после продления читается заново
# private_key = "conf.example.com.key"  # если ключ в другом файле
# ca_file = "company-ca.pem"        # кому доверять в TLS с внешними линиями вместо системных сертификатов
# digest = ["SHA-256", "MD5"]       # чем телефоны подтверждают пароль; если не указано — только MD5: старые
                                    # телефоны не принимают другого, даже если предложен и MD5
# external_address = "203.0.113.7"  # адрес для внешних телефонов, если он не совпадает с адресом машины;
                                    # вместе с IPv6: ["203.0.113.7", "2001:db8::7"]
# srtp = "optional"                 # или off, required: шифровать ли звук (pip install 'confctl[secure]')
# trace = 8                         # МБ памяти для последних сообщений (confctl sip trace); 0 — не хранить

# На номера, чьи телефоны здесь не регистрируются, звонки идут через внешнюю линию.
# [[trunk]]
# name = "provider"
# uri = "sip:sip.provider.example"   # или sips: для TLS; при необходимости с :порт и ;transport=tcp
# username = "74955550100"
# password_file = "provider.password"   # или password = "…"
# register = true
# trust_caller_id = true            # доверять ли номеру звонящего, который сообщает линия
# srtp = "required"                 # если иначе, чем в [sip]
# rewrite = [{{ prefix = "+7", by = "8" }}]   # в каком виде ей нужны номера; из нескольких действует самый длинный
# max_calls = 10                    # сколько звонков сразу, в обе стороны; остальные ждут очереди
# caller_id = "asserted"            # наш номер в P-Asserted-Identity, логин — в From; иначе "from"
# options_seconds = 60              # как часто проверять, отвечает ли; 0 — никогда, как и при register = true
# Следующая [[trunk]] нужна, пока предыдущие не работают.

[media]
ports = "20000-29999"               # UDP, для звука; откройте их в межсетевом экране
# automatic_gain = true             # плавно выравнивать громкость тихих и громких голосов; иначе они звучат как есть
# codecs = ["opus", "G722", "PCMU", "PCMA"]   # что предлагать телефонам, лучшее — первым; без первых двух нет HD

[conference]
admit = "code"                      # code: любой, у кого есть код; listed: только владелец и участники
ring_seconds = 45                   # сколько секунд звонить, от 5 до 300
ring = "in-turn"                    # у кого несколько номеров: звонить по очереди; или all — на все сразу
press_one = "never"                 # или outside, always: ответивший нажимает 1, и автоответчик не войдёт
call_again = true                   # звонить ещё раз: если занято — через 2 минуты, если не ответили — через 5
hold_music_guard = true             # отключать телефон с музыкой удержания и подсказывать ему, как вернуться
# owner_call_again_seconds = 60     # если владелец не приходит, звонить ему снова с таким промежутком, на все номера, …
# owner_call_again_times = 3        # … столько раз
# owner_absent_minutes = 10         # столько минут после начала ждать владельца, который ещё не приходил, …
# owner_absent = "deputy"           # … потом владельцем становится заместитель; или call-off: конференция отменяется

[recording]
always = false                      # записывать ли конференции, если не указано
format = "opus"                     # или flac, или wav: во что записи превращаются потом
# tracks = true                     # и каждого участника в отдельный файл
# folder = "/srv/recordings"        # иначе recordings/ рядом с данными
# keep_free = 200                   # сколько МБ на диске оставлять свободными

# [keys]                            # что нажимать в конференции после клавиши меню; "" отключает клавишу
# menu = "*"                        # сообщает о других клавишах; повторное нажатие закрывает меню
# mute = "1"                        # выключить свой микрофон
# count = "3"                       # сколько участников в конференции
# listen_softer = "4"               # громкость, с которой слышно других: listen_reset = "5", listen_louder = "6"
# talk_softer = "7"                 # громкость, с которой слышно вас: talk_reset = "8", talk_louder = "9"
# leave = "0"                       # выйти
# mute_others = "21"                # эта и следующие — для владельца: выключить микрофоны остальных
# lock = "22"                       # никого больше не впускать
# kick_last = "23"                  # отключить вошедшего последним
# call_again = "24"                 # вызвать отсутствующих
# record = "25"                     # начать или остановить запись
# extend = "26"                     # продлить на 15 минут

# [announcements]                   # что сообщать участникам; false отключает
# tones = 20                        # тихий сигнал о входе и выходе, пока участников не больше; 0 — никогда
# first = true                      # «вы первый участник»
# owner_left = true                 # и просьба подождать, перед музыкой
# owner_back = true                 # владелец вернулся
# ten_minutes = true                # до планового конца, если в конференции кто-то есть
# two_minutes = true                # то же
# recording = true                  # до того, как участник услышит разговор; если false, предупредите иначе
# recording_stopped = true          # запись остановлена
# muted = true                      # тем, кому владелец выключил микрофон
# new_owner = true                  # тому, кто стал владельцем; и всем — что ведёт заместитель

# [mail]                            # без этого раздела письма остаются файлами в очереди
# server = "smtp.example.com:587"
# sender = "Конференции <conf@example.com>"
# username = "conf@example.com"     # если сервер требует
# password_file = "mail.password"   # или password = "…", или переменная CONFCTL_MAIL_PASSWORD
# security = "starttls"             # или tls (по умолчанию для порта 465), или none (по умолчанию для этой машины)
# ca_file = "company-ca.pem"        # доверенные сертификаты вместо системных
# admin = "it@example.com"          # кому писать о том, что нашла проверка перед началом

# [prompts]                         # свои записи вместо наших: confctl prompts list
# folder = "prompts"                # ru/enter-code.wav и так далее; иначе prompts/ рядом с данными

# [music]
# file = "music.mp3"                # своя музыка ожидания; иначе music.wav, .flac, .mp3 или .ogg среди подсказок

[check]
minutes = 15                        # за сколько минут до начала проверять телефоны, линии, диск и прочее; 0 — никогда

# [report]                          # как прошла конференция: confctl report
# mail = true                       # отправить отчёт владельцу после окончания
# mask_numbers = true               # от телефонных номеров — только последние цифры

# [retention]                       # срок хранения в днях; если не указан — бессрочно
# recordings = 90
# journals = 365                    # кому звонили, кто пришёл и ушёл, кому отказано
# conferences = 1095                # прошедшие и удалённые, с приветствиями и журналами
# mails = 30                        # от отправки которых отказались или которые не удалось отправить

# [control]                         # кто, кроме пользователя микшера и root, может управлять микшером на ходу
# group = "confctl"                 # члены этой группы; и где им доступен сокет:
# socket = "/run/confctl/confctl.sock"  # иначе в state/ рядом с данными, только для пользователя микшера
# call = ["+7495", "8800"]          # на какие номера не из справочника может звонить confctl call; иначе ни на какие

# [log]                             # журнал работающего микшера; он пишет в stderr
# format = "json"                   # по объекту на строку, для программ; иначе обычные строки
# level = "warning"                 # начиная с чего писать: debug, info, warning, error
# mask_numbers = true               # от телефонных номеров — только последние цифры

# [metrics]                         # показатели работающего микшера для Prometheus, на http://…/metrics
# listen = "127.0.0.1:9464"         # чтобы читали и с других машин (пароля нет), ещё: remote = true

# [paths]
# data = "/var/lib/confctl"         # conferences/, journal/, outbox/, recordings/, state/; иначе рядом с этим файлом
# people = "people.toml"            # иначе там же, где данные, или рядом с этим файлом
""",
}

_PEOPLE: Final[dict[Language, str]] = {
    "en": """\
# Whom a conference can call.  One way to reach each: a password (the phone registers here, with the first number as its
# user name), or sip (a fixed address), or neither (the first number is called through the trunk).  Further numbers are
# tried when the first fails, or, with ring = "all", together with it; [conference] in confctl.toml says which is usual.
# Optional: email, and language (en or ru) and timezone (IANA name) where they are not the company's.

[[person]]
name = "Anna Petrova"
numbers = ["101", "+442079460101"]
email = "anna@example.com"
password = "{password1}"

[[person]]
name = "Boris Ivanov"
numbers = ["102"]
email = "boris@example.com"
password = "{password2}"

[[person]]
name = "Carol Smith"
numbers = ["103"]
password = "{password3}"

[[person]]
name = "Meeting room"
numbers = ["150"]
sip = "sip:room@127.0.0.1:5080"
""",
    "ru": """\
# Кому конференция может звонить.  Способ связи у каждого один: password (телефон регистрируется на этом сервере,
# имя пользователя — первый номер), или sip (постоянный адрес), или ни то ни другое (первый номер вызывается через
# внешнюю линию).  На другие номера звонят, если по первому не дозвонились, а с ring = "all" — на все сразу; обычный
# порядок указан в [conference] в confctl.toml.
# Необязательны: email, а также language (ru или en) и timezone (имя IANA), если не как у компании.

[[person]]
name = "Анна Петрова"
numbers = ["101", "+74955550101"]
email = "anna@example.com"
password = "{password1}"

[[person]]
name = "Борис Иванов"
numbers = ["102"]
email = "boris@example.com"
password = "{password2}"

[[person]]
name = "Вера Смирнова"
numbers = ["103"]
password = "{password3}"

[[person]]
name = "Переговорная"
numbers = ["150"]
sip = "sip:room@127.0.0.1:5080"
""",
}
