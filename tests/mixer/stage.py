"""A company for rehearsals: an owner with a phone of hers, others who are reached in every other way."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

import numpy as np

from media.prompts import Prompts
from mixer.rehearsal.play import House, Played, play
from mixer.rehearsal.scene import Scene, with_leaving
from mixer.rules.model import Person, Plan
from mixer.settings import Listener, MixerSettings, RecordingSettings, TrunkRoute
from tests.mixer.desk import People
from tests.sip.link import Passwords

if TYPE_CHECKING:
    from pathlib import Path

    from mixer.rehearsal.scene import Part

START = 1_764_505_800.0
ANNA = Person("Anna Petrova", ("101",), password="one")
BORIS = Person("Boris Chudnov", ("102", "+74955550142"), password="two")
CLARA = Person("Clara Weiss", ("103",), sip="sip:clara@pbx.example")
DORA = Person("Dora Lang", ("+74955550177",))
PEOPLE = (ANNA, BORIS, CLARA, DORA)
TRUNK = TrunkRoute("provider", "sip:sip.provider.example", "74955550100", "secret", register=True, trust_caller_id=True)


def plan(greeting: Path | None = None, minutes: float = 10.0) -> Plan:
    return Plan("471147", "471199", "Weekly", ANNA, PEOPLE, START, START + 60 * minutes, "Europe/Moscow", greeting)


def greeting(folder: Path, seconds: float = 2.4) -> Path:
    """A voice, more or less: nothing in it comes twice."""
    time = np.arange(round(16_000 * seconds)) / 16_000
    sound = 6000 * np.sin(2 * np.pi * (300 + 90 * time) * time) * (0.6 + 0.4 * np.sin(9 * time))
    file = folder / "greeting.wav"
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(np.rint(sound).astype("<i2").tobytes())
    return file


def settings(folder: Path, **changes: object) -> MixerSettings:
    given: dict[str, object] = {
        "company": "Example",
        "number": "+74955550100",
        "conference_number": "+7 495 555-01-00",
        "language": "en",
        "domain": "conf.example",
        "listeners": (Listener("udp", "192.0.2.1", 5060),),
        "media_ports": (20_000, 20_099),
        "state": folder,
        "recording": RecordingSettings(folder / "recordings"),
        "trunks": (TRUNK,),
        **changes,
    }
    return MixerSettings(**given)  # type: ignore[arg-type]  # as MixerSettings has them


def house() -> House:
    passwords = {person.number: person.password for person in PEOPLE if person.password}
    return House(Passwords(passwords), People(*PEOPLE), lambda _: "en", Prompts("en"))


def rehearse(
    folder: Path, parts: dict[str, Part] | None = None, *, of: Plan | None = None, seed: int = 0, **changes: object
) -> Played:
    of = of or plan(greeting(folder))
    scene: Scene = with_leaving(of, parts or {})
    return play(of, scene, settings(folder, **changes), house(), seed=seed)


def wrongs(played: Played) -> list[str]:
    return [f"{played.plan.people[wrong.who].name} {wrong.what}" for wrong in played.judge.wrong]
