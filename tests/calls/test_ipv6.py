"""Calls over IPv6, in one room with those over IPv4."""

from __future__ import annotations

import socket
import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.calls.behind_nat import Place, run
from tests.calls.company import Company, password
from tests.calls.voices import ABSENT, ANNA, BORIS, HZ, LEVEL, hear_more, voice
from tests.interop.house import SCENARIOS
from tests.phones import ports
from tests.phones.listening import tone_level, tone_peak
from tests.phones.plain_phone import PlainPhone
from tests.phones.sipp_phone import read_scenario

if TYPE_CHECKING:
    from pathlib import Path


def of_both_versions(folder: Path) -> Company:
    company = Company(folder)
    config, port = company.mixer.config, company.server[1]
    listen = f'["udp:0.0.0.0:{port}", "udp:[::]:{port}"]'
    config.write_text(config.read_text().replace(f'["udp:127.0.0.1:{port}"]', listen))
    return company


def assert_they_hear_each_other(one: PlainPhone, other: PlainPhone) -> None:
    for phone, own, others in ((one, ANNA, BORIS), (other, BORIS, ANNA)):
        heard = hear_more(phone, 0.5)
        assert tone_level(heard, HZ[others]) == pytest.approx(LEVEL, abs=1)
        assert tone_peak(heard, HZ[own]) < ABSENT


def test_phones_of_both_versions_call_are_called_and_hear_each_other(tmp_path: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"no IPv6 on this machine: {error}")
    with ExitStack() as stack:
        company = of_both_versions(tmp_path)
        stack.enter_context(company.mixer)
        port = company.server[1]
        anna = stack.enter_context(PlainPhone(ANNA, ("::1", port), "::1", password=password(ANNA)))
        guest = stack.enter_context(PlainPhone("900", ("127.0.0.1", port), "127.0.0.1"))
        for phone, number in ((anna, ANNA), (guest, BORIS)):
            phone.say(voice(number, 60))
        anna.register()
        talk = company.mixer.plan_now("Talk", ANNA)
        company.mixer.wait_for(talk.code, "joined", ANNA)
        guest.dial(talk.code)
        company.mixer.wait_for(talk.code, "joined", count=2)
        assert (anna.media[0], guest.media[0]) == ("::1", "127.0.0.1")
        hear_more(guest, 0.5)
        assert_they_hear_each_other(anna, guest)
        assert anna.offer(direction="sendonly") == 200
        assert anna.offer() == 200
        hear_more(guest, 0.3)
        assert_they_hear_each_other(anna, guest)
        anna.hang_up()
        anna.dial(talk.owner_code)
        company.mixer.wait_for(talk.code, "joined", count=3)
        hear_more(anna, 0.5)
        assert_they_hear_each_other(anna, guest)
        assert sipp_calls(tmp_path, port, talk.code) == ""
        company.mixer.wait_for(talk.code, "joined", count=4)


def sipp_calls(folder: Path, port: int, code: str) -> str:
    """By IPv6, with the scenario of all callers; what sipp says if something went otherwise than it expects."""
    scenario = folder / "early-offer.xml"
    text = read_scenario(SCENARIOS, "early-offer").replace("IP4 [local_ip]", "IP6 [media_ip]")
    scenario.write_text(text.replace("@?[0-9.]+:", "@?.::1.:"))
    keys = {"own_number": "901", "from_host": "elsewhere.example", "codecs": "0 101", "events": "101"}
    keys |= {"our_rtp_port": str(ports.take(2)), "dialled": f"sip:{code}@[::1]:{port}"}
    command = ["sipp", f"[::1]:{port}", "-sf", str(scenario), "-i", "::1", "-mi", "::1", "-m", "1", "-nostdin", "-nd"]
    command += ["-p", str(ports.take()), "-mp", str(ports.take(4)), "-trace_err", "-error_file", "errors"]
    command += [part for name, value in keys.items() for part in ("-key", name, value)]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=20, check=False)
    return "" if done.returncode == 0 else (folder / "errors").read_text(errors="replace")


def test_a_phone_with_nothing_but_a_link_local_address_calls_and_is_called(tmp_path: Path) -> None:
    with ExitStack() as stack:
        office, desk = Place(), Place()
        for place in (office, desk):
            stack.callback(place.close)
        with office.here():
            run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", desk.path)
        for place, address in ((office, "fe80::1"), (desk, "fe80::7")):
            with place.here():
                run("ip", "addr", "add", f"{address}/64", "dev", "eth0", "nodad")
                run("ip", "link", "set", "eth0", "addrgenmode", "none", "up")
        company = of_both_versions(tmp_path)
        port = company.server[1]
        with office.here():
            stack.enter_context(company.mixer)
            guest = stack.enter_context(PlainPhone("900", ("127.0.0.1", port), "127.0.0.1"))
        with desk.here():
            anna = stack.enter_context(
                PlainPhone(ANNA, ("fe80::1%eth0", port), "fe80::7%eth0", password=password(ANNA))
            )
            for phone, number in ((anna, ANNA), (guest, BORIS)):
                phone.say(voice(number, 60))
            anna.register()
        with office.here():
            talk = company.mixer.plan_now("Talk", ANNA)
            company.mixer.wait_for(talk.code, "joined", ANNA)
        with desk.here():
            hear_more(anna, 0.2)
        guest.dial(talk.code)
        company.mixer.wait_for(talk.code, "joined", count=2)
        hear_more(guest, 0.5)
        assert_they_hear_each_other(anna, guest)
        with desk.here():
            anna.hang_up()
            anna.dial(talk.owner_code)
        company.mixer.wait_for(talk.code, "joined", count=3)
        hear_more(anna, 0.5)
        assert_they_hear_each_other(anna, guest)
