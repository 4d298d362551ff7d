"""Whatever happens in an encrypted call, no two packets of ours have the same key and index: together they would tell
what is in both (RFC 3711 §9.1)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field

from hypothesis import example, given, settings
from hypothesis import strategies as st

from media.srtp import Sealing
from mixer.bridge.protocol import AddLeg, Address, ChangeMedia, Codec, JoinRoom, Media
from mixer.bridge.standing import Standing
from mixer.encryption import encryption_of
from mixer.negotiation import Exchange, capabilities_of
from tests.mixer.bridge_rig import Rig, level

SUITES = {"AES_CM_128_HMAC_SHA1_80": 30, "AEAD_AES_128_GCM": 28}
PHONE = Address("10.0.0.2", 4000)
TAG = {"AES_CM_128_HMAC_SHA1_80": 10, "AEAD_AES_128_GCM": 0}
STEPS = st.one_of(
    st.tuples(st.just("talk"), st.integers(1, 12)),
    st.tuples(st.just("wait"), st.sampled_from([3, 490, 33_000])),
    st.tuples(st.just("hold"), st.just(0)),
    st.tuples(st.just("resume"), st.just(0)),
    st.tuples(st.just("suite"), st.integers(0, 1)),
    st.tuples(st.just("die"), st.integers(0, 2)),
    st.tuples(st.just("behind"), st.integers(1, 60)),
)


@dataclass
class Call:
    """A call with one phone, over as many bridges as it takes; the clock is the last one's."""

    reports: list[tuple[bytes, int]] = field(default_factory=list)
    suite: str = "AES_CM_128_HMAC_SHA1_80"
    sending: bool = True
    media: Media | None = None
    begun: int = 0

    def __post_init__(self) -> None:
        self.rig = Rig()
        self.standing = Standing()
        self.exchange = Exchange(capabilities_of((Codec.PCMU,)), "10.0.0.1", 20000, 1, "required")
        self.rig.open(0)
        self.negotiate()

    def negotiate(self) -> None:
        """As :class:`mixer.media_paths.MediaPaths` does; the bridge may be some ticks behind what it is told."""
        key = b64encode(bytes(SUITES[self.suite])).decode()
        offer = (
            "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 0\r\n"
            f"a=crypto:1 {self.suite} inline:{key}\r\n"
        )
        _, negotiated = self.exchange.answer(offer.encode())
        encryption = encryption_of(negotiated.crypto, self.now(), self.media, sending=self.sending)
        media = Media(PHONE, Codec.PCMU, 0, None, sending=self.sending, receiving=False, encryption=encryption)
        if media == self.media:
            return
        commands = [ChangeMedia(2, media)] if self.media else [AddLeg(2, 0, media, 5002, "us"), JoinRoom(2, 1)]
        for command in commands:
            self.standing.note(command)
            self.rig.obey(command)
        self.media = media

    def talk(self, ticks: int) -> None:
        for _ in range(ticks):
            self.rig.tick({PHONE: level(1000)})
        for octets, _ in self.rig.rtcp:
            end = len(octets) - TAG[self.suite]
            index = int.from_bytes(octets[end - 4 : end], "big") & 0x7FFFFFFF
            assert self.media is not None and self.media.encryption is not None
            self.reports.append((self.media.encryption.ours.octets, index))
        self.rig.rtcp.clear()

    def now(self) -> int:
        """The tick that has begun last."""
        return max(self.begun, self.rig.tick_number - 1)

    def die(self, ticks: int) -> None:
        """The next bridge begins so many ticks after the last that this one did."""
        tick = self.now() + ticks
        self.begun, self.rig = tick, Rig(tick_number=tick)
        self.rig.open(0)
        for command, _ in self.standing.replay(tick):
            self.rig.obey(command)

    def do(self, what: str, number: int) -> None:
        match what:
            case "talk":
                self.talk(number)
            case "wait":
                self.rig.bridge.lose_time(number)
                self.rig.tick_number += number
            case "hold" | "resume":
                self.sending = what == "resume"
                self.negotiate()
            case "suite":
                self.suite = [*SUITES][number]
                self.negotiate()
            case "die":
                self.die(number)
            case "behind":  # what is told arrives late: the main process saw the clock before
                self.rig.tick_number += number
                self.talk(1)


@given(st.lists(STEPS, min_size=4, max_size=12))
@example([("talk", 5), ("hold", 0), ("die", 1)])
@example([("talk", 5), ("die", 0), ("talk", 5)])
@example([("talk", 5), ("die", 0), ("hold", 0)])
@example([("talk", 5), ("suite", 1), ("talk", 5), ("die", 1), ("suite", 0), ("talk", 5)])
@settings(max_examples=150, deadline=None)
def test_no_index_is_used_twice_under_a_key_whatever_happens(steps: list[tuple[str, int]]) -> None:
    seal = Sealing.seal
    used: list[tuple[bytes, int]] = []

    def noted(self: Sealing, packet: bytes, index: int) -> bytes | None:
        found = seal(self, packet, index)
        if found is not None:
            assert call.media is not None and call.media.encryption is not None
            used.append((call.media.encryption.ours.octets, index))
        return found

    Sealing.seal = noted  # type: ignore[method-assign]  # looked at from outside: an index is not in a packet
    try:
        call = Call()
        for what, number in [*steps, ("resume", 0), ("talk", 3)]:
            call.do(what, number)
    finally:
        Sealing.seal = seal  # type: ignore[method-assign]  # as above
    assert len(set(used)) == len(used)
    assert len(set(call.reports)) == len(call.reports)
