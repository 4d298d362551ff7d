"""Everybody of a conference that is rehearsed, each with the phones that the directory says, and the providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.addressing import rewritten
from mixer.rehearsal.net import Provider
from mixer.rehearsal.people import Actor, Door
from mixer.rehearsal.phone import Phone
from mixer.rules.addresses import FixedUri, OutsideNumber, PhoneAccount, addresses
from sip.uri import Uri

if TYPE_CHECKING:
    from mixer.rehearsal.floor import Floor
    from mixer.rehearsal.judge import Judge
    from mixer.rehearsal.net import Net
    from mixer.rehearsal.scene import Scene
    from mixer.rehearsal.stage import Stage
    from mixer.rules.addresses import Address
    from mixer.rules.model import Plan
    from mixer.settings import MixerSettings


class Company:
    """Everybody, each with the phones that the directory says, and the providers."""

    def __init__(
        self, plan: Plan, scene: Scene, settings: MixerSettings, stage: Stage, net: Net, floor: Floor, judge: Judge
    ) -> None:
        self._settings = settings
        self._stage = stage
        self._net = net
        self._hosts = (f"10.{100 + n // 65536}.{n // 256 % 256}.{n % 256}" for n in range(1, 1 << 22))
        self._providers = [
            (trunk, Provider(net, f"10.254.0.{place}", Uri.parse(trunk.uri)))
            for place, trunk in enumerate(settings.trunks, 1)
        ]
        door = Door(_dialled(settings.conference_number), settings.domain, settings.call_policy.asks)
        start = stage.moment_of(plan.start)
        self.actors = [
            self._actor(
                Actor(who, person, scene[person.number], plan, start, door, floor, judge, stage.stir, stage.tick)
            )
            for who, person in enumerate(plan.people)
        ]

    def _actor(self, actor: Actor) -> Actor:
        actor.phones = [self._phone(actor, address) for address in addresses(actor.person)]
        own = [phone for phone in actor.phones if phone.login is not None]
        behind = [phone for phone in actor.phones if phone.behind is not None]
        actor.caller = next(iter((*own, *behind, *actor.phones)), None)
        return actor

    def _phone(self, actor: Actor, address: Address) -> Phone:
        host = next(self._hosts)
        person, random = actor.person, self._stage.random
        match address:
            case PhoneAccount(user):
                home = Uri("sip", host=self._settings.domain)
                phone = Phone(self._net, host, actor, random, home=home, login=(user, person.password or ""))
                self._net.attach(host, phone)
            case FixedUri(uri):
                at = Uri.parse(uri)
                phone = Phone(self._net, host, actor, random)
                self._net.attach(host, phone, (at.user, at.host.lower()))
            case OutsideNumber(number):
                provider = self._providers[0][1] if self._providers else None
                phone = Phone(self._net, host, actor, random, provider=provider)
                for trunk, each in self._providers:
                    each.connect(rewritten(number, trunk.rewrite), phone)
        return phone


def _dialled(number: str) -> str:
    """As a phone has it: without what people write between digits."""
    return "".join(each for each in number if each in "+0123456789*#")
