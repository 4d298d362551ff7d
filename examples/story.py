"""``make run``: a whole conference in about a minute, with four telephones, on this machine alone.

A mixer is started on a copy of the small company beside this file.  Anna, Boris, Carol and Dmitri have telephones
(pyVoIP, each a program of its own) that register, ring, speak and write down what they hear.  The mixer calls them,
plays music to those who wait for Anna, connects them when she is there, plays music again while she is away, and ends
the conference when the last one hangs up.  Then the recordings are examined; the exit status is 0 only if every
phone heard what it should have, and nothing that it shouldn't.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import time
import tomllib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from examples import verdict
from examples.timeline import Timeline
from examples.verdict import Check, Listener
from tests.calls.mixer_process import CommandFailedError, MixerProcess
from tests.phones import ports
from tests.phones.phone import State
from tests.phones.pyvoip_phone import WHY_NOT, PyVoipPhone
from tests.phones.sounds import RATE, Pcm, load, save
from tests.phones.waiting import NeverHappenedError

HERE = Path(__file__).parent
ANNA, BORIS, CAROL, DMITRI = "101", "102", "103", "104"
VOICES = {ANNA: "anna", BORIS: "boris", CAROL: "carol", DMITRI: "dmitri"}
PATIENCE = {BORIS: 0.0, CAROL: 1.0, DMITRI: 2.0}
"""For how many seconds each lets the telephone ring, after the first; Anna answers when the others have waited."""
GREETING = HERE / "greeting.wav"
SPEECH_SECONDS = 5
"""Enough to be known by; the recordings in voices/ are longer."""
_MEDIA_PORTS = 40


def let_talk(seconds: float) -> None:
    """The phones talk or listen for so long: that is what happens in the story, and nothing is waited for."""
    time.sleep(seconds)


@dataclass(slots=True)
class Actor:
    phone: PyVoipPhone
    listener: Listener
    marked: int = 0
    """Samples of the current call that belong to acts that are over."""

    @property
    def seconds(self) -> float:
        return self.listener.voice.size / RATE

    def speak(self) -> None:
        self.phone.say(self.listener.voice)

    def begin_act(self) -> None:
        """What was heard before belongs to no act: the moment of a change is neither here nor there."""
        self.marked = self.phone.heard().size

    def end_act(self, act: str) -> Pcm:
        heard = self.phone.heard()
        self.listener.heard[act] = heard[self.marked :]
        self.marked = heard.size
        return self.listener.heard[act]


def main() -> int:
    console = Console()
    if WHY_NOT is not None:
        console.print(f"This story needs its telephones: {WHY_NOT}.\nTry: make clean && make run PYTHON=python3.12")
        return 1
    folder = Path(tempfile.mkdtemp(prefix="confctl-story-"))
    try:
        checks = tell(console, folder)
    except (NeverHappenedError, CommandFailedError, AssertionError, OSError) as error:
        console.print(f"[bold red]The story broke off:[/] {error}", highlight=False)
        console.print(f"All that was written is in {folder}", highlight=False)
        return 1
    verdict.show(console, checks)
    wrong = sum(not check.right for check in checks)
    console.print(f"\nThe recordings: {folder / 'heard'}", highlight=False)
    console.print(
        f"[bold red]{wrong} of {len(checks)} wrong[/]" if wrong else f"[bold green]All {len(checks)} right[/]"
    )
    return 1 if wrong else 0


def tell(console: Console, folder: Path) -> list[Check]:
    """Play it all; what the recordings say."""
    company = copy_company(folder)
    with ExitStack() as stack:
        mixer = stack.enter_context(company)
        console.print(f"A mixer is started, SIP at udp:{mixer.server[0]}:{mixer.server[1]}", highlight=False)
        actors = register_all(stack, folder, mixer)
        console.print("Four telephones are registered: " + ", ".join(a.listener.name for a in actors.values()))
        code = mixer.plan_now("Monday meeting", owner=ANNA, participants=[BORIS, CAROL, DMITRI], greeting=GREETING).code
        console.print(f"confctl add has planned a conference that begins now, code {code}\n", highlight=False)
        names = {number: actor.listener.name for number, actor in actors.items()}
        stack.enter_context(Timeline(console, mixer, code, names))
        wait_for_the_owner(mixer, code, actors)
        talk(actors)
        lose_the_owner(mixer, code, actors)
        talk_again(mixer, code, actors)
        hang_up(mixer, code, actors)
    keep_recordings(folder / "heard", actors)
    return examine({number: actor.listener for number, actor in actors.items()})


def copy_company(folder: Path) -> MixerProcess:
    """The company of examples/, in a folder of its own and on free ports."""
    sip_port, media_port = ports.take(2), ports.take(_MEDIA_PORTS)
    shutil.copy(HERE / "company" / "people.toml", folder)
    settings = (HERE / "company" / "confctl.toml").read_text(encoding="utf-8")
    settings = settings.replace("udp:127.0.0.1:5060", f"udp:127.0.0.1:{sip_port}")
    settings = re.sub(r'(?m)^ports = "[^"]*"', f'ports = "{media_port}-{media_port + _MEDIA_PORTS - 1}"', settings)
    config = folder / "confctl.toml"
    config.write_text(settings, encoding="utf-8")
    return MixerProcess(config, sip_port)


def register_all(stack: ExitStack, folder: Path, mixer: MixerProcess) -> dict[str, Actor]:
    people = tomllib.loads((folder / "people.toml").read_text(encoding="utf-8"))["person"]
    by_number = {person["numbers"][0]: person for person in people}
    actors = {}
    for number, voice in VOICES.items():
        password = by_number[number]["password"]
        phone = PyVoipPhone(folder / "phones", mixer.server, number, password, answer_after=PATIENCE.get(number))
        listener = Listener(by_number[number]["name"], load(HERE / "voices" / f"{voice}.wav")[: SPEECH_SECONDS * RATE])
        actors[number] = Actor(stack.enter_context(phone), listener)
    return actors


def wait_for_the_owner(mixer: MixerProcess, code: str, actors: dict[str, Actor]) -> None:
    """The participants answer in turn, hear the greeting, then music; Boris and Carol talk to themselves meanwhile."""
    anna, *others = actors.values()
    for number in (BORIS, CAROL, DMITRI):
        mixer.wait_for(code, "joined", number, seconds=20)
        actors[number].end_act("greeting")
    for actor in others:
        actor.begin_act()
    actors[BORIS].speak()
    actors[CAROL].speak()
    let_talk(max(actor.seconds for actor in others) + 0.5)
    for actor in others:
        actor.end_act("waiting")
    anna.phone.wait_for(State.RINGING)
    anna.phone.answer()
    mixer.wait_for(code, "owner_in", seconds=20)
    anna.end_act("greeting")


def talk(actors: dict[str, Actor]) -> None:
    """One after the other."""
    for actor in actors.values():
        actor.begin_act()
    for actor in actors.values():
        actor.speak()
        let_talk(actor.seconds + 0.3)
    for actor in actors.values():
        actor.end_act("talk")


def lose_the_owner(mixer: MixerProcess, code: str, actors: dict[str, Actor]) -> None:
    """Anna hangs up; Carol has not noticed and goes on talking."""
    anna, *others = actors.values()
    keep_recording(anna, "first call")
    anna.phone.hang_up()
    mixer.wait_for(code, "owner_out")
    let_talk(0.5)
    for actor in others:
        actor.begin_act()
    actors[CAROL].speak()
    let_talk(actors[CAROL].seconds + 0.5)
    for actor in others:
        actor.end_act("owner away")


def talk_again(mixer: MixerProcess, code: str, actors: dict[str, Actor]) -> None:
    """Anna dials the code itself as a number, which joins without a prompt, and says it all again."""
    anna, *others = actors.values()
    anna.phone.dial(code)
    mixer.wait_for(code, "owner_in", seconds=20, count=2)
    anna.marked = 0
    anna.end_act("second greeting")
    for actor in others:
        actor.begin_act()
    anna.speak()
    let_talk(anna.seconds + 0.5)
    for actor in actors.values():
        actor.end_act("owner back")


def hang_up(mixer: MixerProcess, code: str, actors: dict[str, Actor]) -> None:
    for count, actor in enumerate(actors.values(), 1):
        keep_recording(actor, "whole call")
        actor.phone.hang_up()
        mixer.wait_for(code, "left", count=count + 1)  # Anna left once before
    mixer.wait_for(code, "ended")


def keep_recording(actor: Actor, what: str) -> None:
    actor.listener.heard[what] = actor.phone.heard()


def keep_recordings(folder: Path, actors: dict[str, Actor]) -> None:
    folder.mkdir()
    for number, actor in actors.items():
        for act, heard in actor.listener.heard.items():
            save(folder / f"{VOICES[number]} - {act}.wav", heard)


def examine(listeners: dict[str, Listener]) -> list[Check]:
    anna, boris, carol, dmitri = listeners.values()
    welcome = load(GREETING)
    others = (boris, carol, dmitri)
    checks = [verdict.words("the greeting", someone, "greeting", welcome, True) for someone in listeners.values()]
    checks.append(verdict.words("the greeting, coming back", anna, "second greeting", welcome, True))
    for someone in others:
        checks.append(verdict.music("music until Anna comes", someone, "waiting"))
        for speaker in (boris, carol):
            what = f"{speaker.name}, alone: not to be heard"
            checks.append(verdict.words(what, someone, "waiting", speaker.voice, False))
    for speaker in listeners.values():
        for someone in listeners.values():
            what = f"{speaker.name} in the talk"
            checks.append(verdict.words(what, someone, "talk", speaker.voice, someone is not speaker))
    for someone in others:
        checks.append(verdict.music("music while Anna is away", someone, "owner away"))
        what = f"{carol.name} meanwhile: not to be heard"
        checks.append(verdict.words(what, someone, "owner away", carol.voice, False))
        checks.append(verdict.words("Anna, who is back", someone, "owner back", anna.voice, True))
    return checks


if __name__ == "__main__":
    sys.exit(main())
