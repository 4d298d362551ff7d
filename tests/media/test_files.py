from __future__ import annotations

import contextlib
import errno
import os
import struct
import subprocess
import sys
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from media import files
from media.files import Decoded, SoundFileError, convert, decode, read_pcm, write_wav
from media.tones import sine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

RATE = 16000


def tone(seconds: float = 2.0, rate: int = 44100, channels: int = 2) -> NDArray[np.float64]:
    return np.repeat(sine(440, seconds, rate, -20)[:, None] / 32768, channels, axis=1)


def written(path: Path, sound: NDArray[np.number], rate: int = 44100, **options: str) -> Path:
    soundfile.write(path, sound, rate, **options)
    return path


def pitch(pcm: NDArray[np.int16], rate: int) -> float:
    return float(np.abs(np.fft.rfft(pcm)).argmax() * rate / len(pcm))


def level(pcm: NDArray[np.int16]) -> float:
    return float(10 * np.log10(np.mean((pcm / 32768.0) ** 2)))


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.ogg", "a.flac"])
@pytest.mark.parametrize("rate", [8000, 16000])
def test_every_kind_becomes_mono_at_the_rate_asked_for(tmp_path: Path, name: str, rate: int) -> None:
    pcm = read_pcm(written(tmp_path / name, tone()), rate)
    assert pcm.dtype == np.int16 and abs(len(pcm) - 2 * rate) <= 2
    assert pitch(pcm, rate) == pytest.approx(440, abs=1)
    assert level(pcm) == pytest.approx(-20, abs=0.2)


@pytest.mark.parametrize(
    "options", [{"subtype": "ULAW"}, {"subtype": "GSM610"}, {"subtype": "FLOAT"}, {"subtype": "PCM_24"}]
)
def test_telephone_and_studio_kinds_of_wav_are_read(tmp_path: Path, options: dict[str, str]) -> None:
    pcm = read_pcm(written(tmp_path / "a.wav", tone(rate=8000, channels=1), 8000, **options), 8000)
    assert pitch(pcm, 8000) == pytest.approx(440, abs=1)


def test_an_mp3_has_no_hole_where_two_blocks_meet(tmp_path: Path) -> None:
    pcm = read_pcm(written(tmp_path / "a.mp3", tone(4)), RATE)
    assert [level(part) for part in pcm.reshape(-1, 800)] == pytest.approx([-20] * 80, abs=0.2)


def test_sixteen_bits_at_the_same_rate_come_out_bit_by_bit(tmp_path: Path) -> None:
    sound = np.arange(-32768, 32768, dtype=np.int32).astype(np.int16)
    assert np.array_equal(read_pcm(written(tmp_path / "a.wav", sound, RATE), RATE), sound)


def test_blocks_hold_no_more_than_about_a_second(tmp_path: Path) -> None:
    blocks = list(decode(written(tmp_path / "a.wav", tone(5)), RATE))
    assert len(blocks) >= 5 and max(map(len, blocks)) <= 1.2 * RATE


def test_what_exceeds_full_scale_or_is_no_number_does_not_wrap(tmp_path: Path) -> None:
    sound = np.array([2.0, -2.0, np.nan, np.inf, -np.inf, 0.5], np.float32)
    pcm = read_pcm(written(tmp_path / "a.wav", sound, RATE, subtype="FLOAT"), RATE)
    assert pcm.tolist() == [32767, -32768, 0, 32767, -32768, 16384]


def test_a_sound_in_one_ear_is_heard_by_both(tmp_path: Path) -> None:
    sound = tone()
    sound[:, 1] = 0
    assert level(read_pcm(written(tmp_path / "a.wav", sound), RATE)) == pytest.approx(-26, abs=0.2)


# What is no sound


def message(path: Path, **options: float) -> str:
    with pytest.raises(SoundFileError) as caught:
        for _ in decode(path, RATE, **options):
            pass
    return str(caught.value)


def cut(path: Path, keep: float) -> Path:
    octets = path.read_bytes()
    path.write_bytes(octets[: int(len(octets) * keep)])
    return path


@pytest.mark.parametrize("name", ["a.wav", "a.mp3"])
def test_a_file_cut_short_is_refused_and_says_how_much_is_there(tmp_path: Path, name: str) -> None:
    said = message(cut(written(tmp_path / name, tone(5)), 0.6))
    assert said.startswith("it is cut short or damaged: ") and said.endswith(" of 5.0 s are there")


@pytest.mark.parametrize("name", ["a.flac", "a.ogg"])
def test_other_kinds_cut_short_are_refused_or_whole_as_far_as_they_go(tmp_path: Path, name: str) -> None:
    path = cut(written(tmp_path / name, tone(5)), 0.6)
    if name == "a.flac":
        assert message(path).startswith("it is damaged after ")
    else:  # an Ogg does not say how long it is, except at its end
        assert 0 < len(read_pcm(path, RATE)) < 5 * RATE


def test_an_mp3_that_lacks_its_last_octets_is_still_taken(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp3", tone(5))
    path.write_bytes(path.read_bytes()[:-7])
    assert len(read_pcm(path, RATE)) == pytest.approx(5 * RATE, rel=0.01)


def without_length(path: Path) -> bytes:
    """The frames of an mp3 but for the first, which tells how long it is."""
    octets = path.read_bytes()
    return octets[octets.index(octets[:2], 4) :]


def test_an_mp3_whose_length_is_guessed_is_taken_if_all_of_it_is_read(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).standard_normal(3 * 44100) * 0.1
    path = written(tmp_path / "a.mp3", np.r_[np.zeros(44100), noise])  # the guess, from the silence, is too long
    path.write_bytes(without_length(path))
    assert len(read_pcm(path, RATE)) == pytest.approx(4 * RATE, rel=0.02)


def test_an_mp3_whose_length_is_guessed_too_short_is_refused_rather_than_cut(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp3", tone(5))
    path.write_bytes(without_length(path))
    assert message(path) == "it holds more than the 0.7 s it speaks of; save it anew, as wav or mp3"


def test_an_mp3_behind_a_tag_with_a_picture_is_still_known_for_cut_short(tmp_path: Path) -> None:
    path = cut(written(tmp_path / "a.mp3", tone(5)), 0.6)
    path.write_bytes(b"ID3\x03\x00\x00" + bytes([0, 1, 100, 7]) + bytes((1 << 14) + (100 << 7) + 7) + path.read_bytes())
    assert message(path).startswith("it is cut short or damaged: ")


def test_an_mp3_behind_junk_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp3", tone(5))
    path.write_bytes(bytes(3000) + path.read_bytes())
    assert len(read_pcm(path, RATE)) == pytest.approx(5 * RATE, rel=0.01)


def test_an_mp3_that_is_longer_than_it_says_is_refused_rather_than_cut(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp3", tone(5))
    path.write_bytes(path.read_bytes() + without_length(path))
    assert message(path) == "it holds more than the 5.0 s it speaks of; save it anew, as wav or mp3"


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF])
def test_a_wav_written_to_a_pipe_does_not_know_its_size_and_is_taken(tmp_path: Path, size: int) -> None:
    path = written(tmp_path / "a.wav", tone())
    octets = bytearray(path.read_bytes())
    struct.pack_into("<I", octets, octets.index(b"data") + 4, size)
    path.write_bytes(octets)
    assert abs(len(read_pcm(path, RATE)) - 2 * RATE) <= 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"Hello, this is a text.\n" * 1000, "it holds no sound that can be read; save it anew, as wav or mp3"),
        (bytes(20_000), "it holds no sound that can be read; save it anew, as wav or mp3"),
        (b"\0\0\0\x20ftypM4A " + bytes(20_000), "it is M4A or MP4, which can't be read here; convert it to mp3 or wav"),
        (b"\x1a\x45\xdf\xa3" + bytes(99), "it is WebM or Matroska, which can't be read here; convert it to mp3 or wav"),
        (b"#!AMR\n" + bytes(99), "it is AMR, which can't be read here; convert it to mp3 or wav"),
        (b"\xff\xf1\x50\x80" + bytes(99), "it is AAC, which can't be read here; convert it to mp3 or wav"),
    ],
)
@pytest.mark.parametrize("name", ["a.mp3", "a.wav", "a.raw"])
def test_what_is_no_sound_is_called_what_it_is(tmp_path: Path, content: bytes, said: str, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert message(path) == said


def test_a_missing_file_a_folder_and_a_pipe_are_called_so(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    assert message(tmp_path / "none.mp3") == "there is no such file"
    assert message(tmp_path) == "it is no file"
    assert message(tmp_path / "pipe.wav") == "it is no file"
    assert message(tmp_path / ("x" * 300)) == "it can't be read: File name too long"


def test_a_header_without_sound_is_no_sound(tmp_path: Path) -> None:
    assert message(written(tmp_path / "a.wav", tone(0), 44100)) == "it holds no sound: 0 seconds"


def test_a_sound_longer_than_allowed_is_refused_before_it_is_all_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", tone(5))
    assert message(path, max_seconds=3) == "it is longer than 3 seconds"
    assert abs(len(np.concatenate(list(decode(path, RATE, max_seconds=5)))) - 5 * RATE) <= 2


@pytest.mark.parametrize("rate", [1, 100, 2_000_000_000])
def test_an_impossible_rate_is_refused(tmp_path: Path, rate: int) -> None:
    path = written(tmp_path / "a.wav", tone(0.5))
    octets = bytearray(path.read_bytes())
    struct.pack_into("<I", octets, octets.index(b"fmt ") + 12, rate)
    path.write_bytes(octets)
    assert message(path) == f"it claims {rate} samples a second"


def test_a_damaged_file_gives_sound_or_one_sentence(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    for name in ("a.wav", "a.flac", "a.ogg"):  # mp3 in test_a_damaged_mp3…: its decoder writes to the terminal
        octets = written(tmp_path / name, tone(0.5, 16000)).read_bytes()
        for _ in range(25):
            broken = bytearray(octets)
            for at in random.integers(0, min(len(broken), 400), 8):
                broken[at] = random.integers(256)
            (tmp_path / name).write_bytes(broken)
            with contextlib.suppress(SoundFileError):  # anything else fails the test
                read_pcm(tmp_path / name, RATE)


# In a child process


def test_a_converted_file_is_a_wav_with_its_facts(tmp_path: Path) -> None:
    facts = convert(written(tmp_path / "a.mp3", tone(2)), tmp_path / "b.wav", RATE)
    with wave.open(str(tmp_path / "b.wav")) as wav:
        assert wav.getparams()[:4] == (1, 2, RATE, wav.getnframes())
        assert wav.getnframes() == facts.seconds * RATE
    assert facts.seconds == pytest.approx(2, abs=0.01)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp3", "b.wav"]


def test_a_damaged_mp3_is_refused_in_silence_and_leaves_the_old_target(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source, target = cut(written(tmp_path / "a.mp3", tone(5)), 0.5), tmp_path / "b.wav"
    target.write_bytes(b"as it was")
    with pytest.raises(SoundFileError, match=r"cut short or damaged: 2\.\d of 5\.0 s") as caught:
        convert(source, target, RATE)
    assert caught.value.reason.startswith("it is cut short") and caught.value.values["whole"] == 5.0
    assert target.read_bytes() == b"as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp3", "b.wav"]
    assert capfd.readouterr() == ("", "")


def test_a_target_that_cannot_be_written_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file") as caught:
        convert(written(tmp_path / "a.wav", tone(0.5)), tmp_path / "none" / "b.wav", RATE)
    assert caught.value.errno == errno.ENOENT


def child_instead(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let another program stand where the decoder is."""
    run: Callable[..., subprocess.CompletedProcess[bytes]] = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda _, **options: run([sys.executable, "-c", code], **options))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os.kill(os.getpid(), 11)", "its decoder broke down (SIGSEGV)"),
        ("raise SystemExit(3)", "its decoder broke down (exit status 3)"),
        ("print('{')", "its decoder broke down (exit status 0)"),
        ("import time; time.sleep(60)", "it takes more than 0 s to decode"),
    ],
)
def test_a_decoder_that_dies_or_hangs_is_a_fault_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    child_instead(monkeypatch, code)
    monkeypatch.setattr(files, "_PATIENCE", 0.4 if "sleep" in code else 20.0)
    with pytest.raises(SoundFileError) as caught:
        convert(written(tmp_path / "a.wav", tone(0.1)), tmp_path / "b.wav", RATE)
    assert str(caught.value) == said
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_the_child_imports_nothing_from_the_folder_where_the_user_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit(9)")
    source = written(tmp_path / "a.wav", tone(0.1))
    monkeypatch.chdir(tmp_path)
    assert convert(source, tmp_path / "b.wav", RATE).seconds == pytest.approx(0.1, abs=0.001)


def test_silence_is_a_sound_too(tmp_path: Path) -> None:
    facts = write_wav(written(tmp_path / "a.wav", np.zeros(8000, np.int16), 8000), tmp_path / "b.wav", RATE)
    assert facts == Decoded(1.0)


def large_mp3(path: Path) -> None:
    """25 MB, made of the same four seconds of 320 kbit/s: encoding them all would take half a minute."""
    noise = np.random.default_rng(1).standard_normal((44100 * 4, 2)) * 0.1
    with soundfile.SoundFile(path, "w", 44100, 2, format="MP3", bitrate_mode="CONSTANT", compression_level=0.0) as file:
        file.write(noise)
    frames = without_length(path)
    path.write_bytes(frames * (25 * 1024 * 1024 // len(frames)))


def test_a_large_mp3_is_decoded_in_less_than_a_hundred_megabytes(tmp_path: Path) -> None:
    large_mp3(tmp_path / "a.mp3")
    measured = (
        "import sys; from pathlib import Path; from media.files import main; main(sys.argv[1:]);"
        "print(next(l.split()[1] for l in Path('/proc/self/status').read_text().split('\\n') if l.startswith('VmHWM')))"
    )
    command = [sys.executable, "-c", measured, str(tmp_path / "a.mp3"), str(tmp_path / "b.wav"), "16000", "3600"]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    answer, kilobytes = subprocess.run(command, env=environment, check=True, capture_output=True).stdout.split(b"\n")[
        :2
    ]
    assert b'"seconds": 6' in answer  # some 650 of them
    assert int(kilobytes) < 100_000
