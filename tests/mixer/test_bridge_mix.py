"""Who hears what: everybody the others of the room, nobody oneself."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.bridge.mix import Sums
from mixer.bridge.protocol import ChangeMedia, Codec, JoinRoom, Media, Mute, RemoveLeg
from tests.mixer.bridge_rig import Rig, level, through

SILENT = through(np.zeros(160, np.int16))


def test_each_hears_the_room_without_oneself():
    rig = Rig()
    legs = [rig.add(n) for n in range(1, 5)]
    said = {legs[0]: level(1000), legs[1]: level(2000), legs[2]: level(4000)}
    heard = rig.ticks(4, said)
    one, two, three = (through(pcm).astype(int) for pcm in said.values())
    assert (heard[legs[0]].sound == through((two + three).astype(np.int16))).all()
    assert (heard[legs[1]].sound == through((one + three).astype(np.int16))).all()
    assert (heard[legs[2]].sound == through((one + two).astype(np.int16))).all()
    assert (heard[legs[3]].sound == through((one + two + three).astype(np.int16))).all()


def test_who_speaks_alone_hears_silence_and_the_others_hear_it_bit_by_bit():
    rig = Rig()
    one, two = rig.add(1), rig.add(2)
    noise = np.random.default_rng(1).integers(-32000, 32000, 160).astype(np.int16)
    heard = rig.ticks(4, {one: noise})
    assert (heard[one].sound == SILENT).all()
    assert (heard[two].sound == through(noise)).all()


def test_rooms_do_not_hear_each_other_and_who_is_in_none_hears_nothing():
    rig = Rig()
    one, two, three, four = rig.add(1, 7), rig.add(2, 7), rig.add(3, 8), rig.add(4, None)
    heard = rig.ticks(4, {one: level(1000), four: level(3000)})
    assert heard[two].sound.any()
    assert not heard[three].sound.any() and not heard[four].sound.any()


def test_a_phone_is_sent_its_own_codec_and_may_send_the_other():
    rig = Rig()
    one, two = rig.add(1), rig.add(2, codec=Codec.PCMA)
    for _ in range(4):
        heard = rig.tick({one: level(8000)}, Codec.PCMA)
    assert heard[two].payload_type == 8
    assert (heard[two].sound == through(through(level(8000), Codec.PCMA), Codec.PCMA)).all()
    assert (rig.ticks(4, {two: level(500)})[one].sound == through(level(500))).all()


def test_muted_is_not_heard_and_hears():
    rig = Rig()
    one, two, three = rig.add(1), rig.add(2), rig.add(3)
    rig.obey(Mute(1, True))
    heard = rig.ticks(4, {one: level(1000), two: level(2000)})
    assert (heard[one].sound == through(level(2000))).all() and (heard[three].sound == through(level(2000))).all()
    rig.obey(Mute(1, False))
    assert (rig.ticks(6, {one: level(1000)})[three].sound == through(level(1000))).all()


def test_the_music_of_a_phone_on_hold_is_heard_by_nobody_and_it_is_sent_nothing():
    rig = Rig()
    one, two = rig.add(1), rig.add(2)
    held = Media(one, Codec.PCMU, 0, 101, sending=False, receiving=False)
    rig.obey(ChangeMedia(1, held))
    heard = rig.ticks(4, {one: level(1000), two: level(500)})
    assert one not in heard and not heard[two].sound.any()
    rig.obey(ChangeMedia(1, Media(one, Codec.PCMU, 0, 101)))
    back = rig.tick({two: level(500)})
    assert back[one].marker and not rig.tick()[one].marker


def test_who_leaves_is_not_heard_any_more_and_the_row_starts_clean():
    rig = Rig()
    one, two = rig.add(1), rig.add(2)
    rig.ticks(4, {one: level(20000)})
    rig.obey(RemoveLeg(1))
    heard = rig.tick()
    assert one not in heard and not heard[two].sound.any()
    again = rig.add(3)
    heard = rig.tick()
    assert heard[again].marker and heard[again].ssrc == 5003 and not heard[two].sound.any()


def test_moving_to_another_room_moves_voice_and_ears():
    rig = Rig()
    one, two, three = rig.add(1, 1), rig.add(2, 1), rig.add(3, 2)
    said = {one: level(1000), two: level(2000), three: level(4000)}
    rig.ticks(4, said)
    rig.obey(JoinRoom(1, 2))
    heard = rig.tick(said)
    assert (heard[one].sound == through(level(4000))).all()
    assert (heard[three].sound == through(level(1000))).all()
    assert not heard[two].sound.any()


def test_twenty_loud_talkers_are_turned_down_not_cut_into_garbage():
    """All say the same at full scale: what is heard is that, at some gain, and nothing has wrapped."""
    rig = Rig()
    legs = [rig.add(n) for n in range(1, 21)]
    wave = (30000 * np.sin(np.arange(160) * 2 * np.pi * 5 / 160)).astype(np.int16)
    heard = rig.ticks(20, dict.fromkeys(legs, wave))
    for leg in legs:
        sound = heard[leg].sound.astype(float)
        assert np.corrcoef(sound, wave)[0, 1] > 0.999
        assert 29000 < np.abs(sound).max() <= 32767
    quiet = through(np.array([100, -100] * 80, np.int16))
    after = rig.ticks(300, {legs[0]: quiet})
    assert (after[legs[1]].sound == quiet).all(), "and it is over when they are"


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 4), max_size=30), st.integers(0, 2**32))
def test_the_sum_of_a_room_is_the_sum_of_its_frames(rooms, seed):
    pcm = np.random.default_rng(seed).integers(-32768, 32768, (len(rooms), 160)).astype(np.int16)
    total = Sums(np.array(rooms, np.int64), 5).of(pcm)
    for room in range(5):
        wanted = sum((pcm[n].astype(int) for n, one in enumerate(rooms) if one == room), np.zeros(160, int))
        assert (total[room] == wanted).all()


def test_of_rooms_with_many_voices_and_of_many_rooms_with_one_the_sums_are_as_right():
    """The two ways to add them up."""
    pcm = np.random.default_rng(5).integers(-32768, 32768, (60, 160)).astype(np.int16)
    for room in (np.repeat([4, 0], 30), np.arange(60)[::-1] // 2):
        total = Sums(room, 70).of(pcm)
        assert all((total[one] == pcm[room == one].sum(axis=0)).all() for one in range(70))


def test_whoever_is_as_soft_as_the_silence_of_a_law_is_not_mixed():
    rig = Rig()
    one, two = rig.add(1), rig.add(2, codec=Codec.PCMA)
    heard = rig.ticks(4, {one: level(0)})
    for _ in range(4):
        heard = rig.tick({two: level(8)}, Codec.PCMA)
    assert not heard[one].sound.any()
    assert (rig.ticks(4, {one: level(100)})[two].sound == through(through(level(100)), Codec.PCMA)).all()
