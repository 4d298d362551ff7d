"""Numbers outside: the mixer registers at a provider, calls through it, and believes what it says of callers.

The provider is sipp on another loopback address, since a trunk is known by the host that it writes from.
"""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.calls.company import Company
from tests.phones import ports
from tests.phones.sipp_phone import SCENARIOS
from tests.phones.waiting import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROVIDER = "127.0.0.2"
MOBILE = "+74955550199"


class Outside:
    """A company with a trunk; Person 101 has a phone here, ``MOBILE`` only a number outside."""

    def __init__(self, folder: Path, *, trusted: bool) -> None:
        self.folder = folder
        self.port = ports.take(2)
        self.company = Company(folder)
        with (folder / "confctl.toml").open("a") as settings:
            settings.write(
                f'[[trunk]]\nname = "provider"\nuri = "sip:{PROVIDER}:{self.port}"\nusername = "74955550100"\n'
                f'password = "trunk-secret"\nregister = true\ntrust_caller_id = {str(trusted).lower()}\n'
            )
        with (folder / "people.toml").open("a") as people:
            people.write(f'\n[[person]]\nname = "Far Away"\nnumbers = ["{MOBILE}"]\n')

    @contextmanager
    def provider(self) -> Iterator[subprocess.Popen[bytes]]:
        with self.sipp("trunk", self.port) as process:
            yield process

    @contextmanager
    def sipp(self, scenario: str, port: int, *more: str) -> Iterator[subprocess.Popen[bytes]]:
        """``sipp`` on the provider's address; ended by its number if it doesn't end by itself."""
        command = ["sipp", "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", PROVIDER, "-p", str(port), "-mi", PROVIDER]
        command += ["-mp", str(ports.take(4)), "-nostdin", "-nd", "-trace_err", *more]
        with (self.folder / f"{scenario}.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                yield process
            finally:
                process.kill()
                process.wait()

    def call_from_outside(self, called: str, caller: str) -> int:
        """Exit status of a call that the provider brings: 0 when all of its messages were answered as they should."""
        server = "{}:{}".format(*self.company.server)
        more = [server, "-s", called, "-key", "caller", caller, "-m", "1", "-timeout", "15s", "-timeout_error"]
        with self.sipp("trunk_calls", ports.take(2), *more) as process:
            return process.wait(20)


@pytest.fixture
def outside(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Outside]:
    outside = Outside(tmp_path, trusted=getattr(request, "param", True))
    with outside.provider(), outside.company.mixer:
        yield outside


def test_a_person_without_a_phone_here_is_called_through_the_trunk_which_asks_for_its_password(
    outside: Outside,
) -> None:
    mixer = outside.company.mixer
    code = mixer.plan_now("Far away", "101", [MOBILE]).code
    mixer.wait_for(code, "joined", MOBILE)


def test_the_mixer_registers_at_the_trunk_and_status_says_so(outside: Outside) -> None:
    def registered() -> bool:
        trunks = json.loads(outside.company.mixer.confctl("status", "--json"))["trunks"]
        return [trunk["registered"] for trunk in trunks] == [True]

    until(registered, PATIENCE, "the trunk is registered")


def test_the_caller_id_of_a_trusted_trunk_is_believed(outside: Outside) -> None:
    mixer = outside.company.mixer
    code = mixer.plan_now("Far away calls", "101", [MOBILE]).code
    mixer.wait_for(code, "joined", MOBILE)
    assert outside.call_from_outside(code, MOBILE.lstrip("+")) == 0
    assert mixer.wait_for(code, "entered", MOBILE).person == MOBILE


@pytest.mark.parametrize("outside", [False], indirect=True)
def test_the_caller_id_of_another_trunk_is_worth_nothing(outside: Outside) -> None:
    mixer = outside.company.mixer
    code = mixer.plan_now("Far away calls", "101", [MOBILE]).code
    mixer.wait_for(code, "joined", MOBILE)
    assert outside.call_from_outside(code, MOBILE) == 0
    assert mixer.wait_for(code, "entered").person is None


def test_whoever_calls_the_company_number_back_is_asked_for_a_code(outside: Outside) -> None:
    assert outside.call_from_outside("74955550100", MOBILE) == 0
