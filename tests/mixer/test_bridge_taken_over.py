"""What HD phones hear of a bridge that goes on where another died: nothing of what their decoders remember of that."""

from __future__ import annotations

import numpy as np
import pytest

from media.files import read_pcm
from media.prompts import FOLDER
from mixer.bridge.protocol import AddLeg, ChangeMedia, Codec, JoinRoom, Media
from tests.mixer.bridge_rig import Rig
from tests.mixer.wide_phones import WIDE, Phone, converse, tone

_DEAD = 4  # ticks
_TICKS = 100  # of the bridge that follows
_LOUDER = {Codec.G722: 1.25, Codec.OPUS: 2.0}  # than what is said; unhelped, G.722 would be up to full scale
_SOFT = 14  # frames, until what is said is heard as loud as it is
_SPEECH = FOLDER / "en" / "enter-code.flac"


def speech() -> np.ndarray:
    pcm = read_pcm(_SPEECH, 16000)
    return pcm[: len(pcm) // 320 * 320].reshape(-1, 320)


def taken_over(rig: Rig, phones: list[Phone]) -> Rig:
    """Another rig, of which the phones know nothing."""
    following = Rig(tick_number=rig.tick_number + _DEAD)
    following.open(0)
    for phone in phones:
        media = Media(phone.address, phone.codec, phone.codec.value, 101)
        following.obey(AddLeg(phone.number, 0, media, 5000 + phone.number, "us", taken_over=True))
        following.obey(JoinRoom(phone.number, 1))
        phone.rig = following
    return following


def peaks(frames: np.ndarray | list[np.ndarray]) -> np.ndarray:
    return np.abs(np.array(frames).astype(int)).max(axis=1)


@pytest.mark.parametrize("codec", WIDE, ids=lambda codec: codec.name)
@pytest.mark.parametrize("after", ["a tone", "speech"])
@pytest.mark.parametrize(
    ("hertz", "loud", "ticks"), [(300, 30000, 25), (1000, 20000, 31), (3700, 12000, 22), (5000, 15000, 40), (0, 0, 30)]
)
def test_nobody_is_startled(codec, after, hertz, loud, ticks):
    rig = Rig()
    speaker, listener = Phone(rig, 1, codec), Phone(rig, 2, codec)
    said = tone(speaker, 440, 6000) if after == "a tone" else speech()
    before = tone(speaker, hertz, loud) if hertz else speech()
    converse(rig, [speaker, listener], {1: before}, ticks)
    died = len(listener.heard)
    first = ticks + _DEAD
    converse(taken_over(rig, [speaker, listener]), [speaker, listener], {1: said}, _TICKS, first)
    heard, spoken = peaks(listener.heard), peaks(said[np.arange(first, first + _TICKS) % len(said)])
    assert heard[died] <= 1.3 * max(heard[died - 2 : died].max(), 1000), "what was heard fades"
    assert heard[died + 1 :].max() <= _LOUDER[codec] * spoken.max()
    assert heard[died + _SOFT :].max() >= 0.8 * spoken[_SOFT:-_SOFT].max(), "and then all is heard as loud as it is"


def test_a_leg_that_was_on_hold_is_soft_when_it_comes_back():
    rig = Rig()
    speaker, listener = Phone(rig, 1, Codec.G722), Phone(rig, 2, Codec.G722)
    loud, said = tone(speaker, 300, 30000), tone(speaker, 440, 6000)
    converse(rig, [speaker, listener], {1: loud}, 30)
    died = len(listener.heard)
    following = taken_over(rig, [speaker])
    held = Media(listener.address, Codec.G722, 9, 101, sending=False, receiving=False)
    following.obey(AddLeg(2, 0, held, 5002, "us", taken_over=True))
    following.obey(JoinRoom(2, 1))
    converse(following, [speaker], {1: said}, 20)
    following.obey(ChangeMedia(2, Media(listener.address, Codec.G722, 9, 101)))
    converse(following, [speaker, listener], {1: said}, 50, 20)
    heard = peaks(listener.heard)[died + 1 :]
    assert heard.max() <= 1.25 * 6000
    assert heard[_SOFT:].min() >= 0.8 * 6000
