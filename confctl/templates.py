"""The files that ``confctl init`` writes: they work as they are on one machine, and say what can be changed."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from confctl.problems import RefusedError
from confctl.words import say

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path) -> tuple[Path, Path]:
    """Both files or, if one is there already, none: raises RefusedError that names it.  Raises OSError."""
    files = folder / "confctl.toml", folder / "people.toml"
    for file in files:
        if os.path.lexists(file):
            raise RefusedError(say("{file} is there already; nothing is written.", file=file))
    folder.mkdir(parents=True, exist_ok=True)
    passwords = {f"password{number}": secrets.token_urlsafe(12) for number in (1, 2, 3)}
    for file, text in zip(files, (_SETTINGS, _PEOPLE.format(**passwords)), strict=True):
        _create(file, text)
    return files


def _create(file: Path, text: str) -> None:
    """Only the owner may read it, since there are passwords in it."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)


_SETTINGS = """\
# The settings of confctl.  “confctl check” says what is wrong with them.

[company]
name = "Example Ltd"
timezone = "Europe/Moscow"          # IANA name; each conference keeps the one it was planned in
language = "ru"                     # ru or en: prompts, mails, output; people may have their own
number = "+74955550100"             # caller ID of the calls that the mixer places
conference_number = "500"           # what people dial to join by themselves

[sip]
domain = "conf.example.com"         # phones register as sip:101@conf.example.com; an IP address does as well
listen = ["udp:0.0.0.0:5060"]
# digest = ["SHA-256", "MD5"]       # how phones prove their password; MD5 alone if left out, since older phones
                                    # fail at anything else, even beside it
# external_address = "203.0.113.7"  # what phones outside should use, if it is not the machine's own address

# Numbers that are no registered phone go out through a trunk.
# [[trunk]]
# name = "provider"
# uri = "sip:sip.provider.example"
# username = "74955550100"
# password_file = "provider.password"   # or password = "…"
# register = true
# trust_caller_id = true            # whether the caller's number that it asserts is believed

[media]
ports = "20000-29999"               # UDP, for sound; open them in the firewall

[conference]
admit = "code"                      # code: whoever has the code; listed: only the owner and the participants
ring_seconds = 45                   # how long phones ring, 5 to 300

# [mail]                            # without it, mails wait as files in the outbox
# server = "smtp.example.com:587"
# sender = "Conferences <conf@example.com>"
# username = "conf@example.com"     # if the server asks for one
# password_file = "mail.password"   # or password = "…", or CONFCTL_MAIL_PASSWORD in the environment
# security = "starttls"             # or tls (if left out: at port 465), or none (if left out: to this machine itself)
# ca_file = "company-ca.pem"        # certificates to trust instead of the system's

# [paths]
# data = "/var/lib/confctl"         # conferences/, journal/, outbox/ and state/; else beside this file
# people = "people.toml"            # else beside the data
"""

_PEOPLE = """\
# Whom a conference can call.  One way to reach each: a password (the phone registers here, with the first number as its
# user name), or sip (a fixed address), or neither (the first number is called through the trunk).
# Optional: email, and language (ru or en) and timezone (IANA name) where they are not the company's.

[[person]]
name = "Анна Петрова"
numbers = ["101", "+74955550101"]
email = "anna@example.com"
language = "ru"
password = "{password1}"

[[person]]
name = "Борис Иванов"
numbers = ["102"]
email = "boris@example.com"
password = "{password2}"

[[person]]
name = "Carol Smith"
numbers = ["103"]
language = "en"
password = "{password3}"

[[person]]
name = "Переговорная"
numbers = ["150"]
sip = "sip:room@127.0.0.1:5080"
"""
