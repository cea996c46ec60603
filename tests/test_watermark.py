"""The mark: unheard, found again in what became of the sound, and never where there is none."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.cli import main
from bandmate.demo_phrase import demo_phrase
from bandmate_bridge.audio.render import SAMPLE_RATE, render, wav_bytes
from bandmate_bridge.audio.watermark.code import BITS, mark
from bandmate_bridge.audio.watermark.detecting import search
from bandmate_bridge.audio.watermark.files import number_of, search_file
from bandmate_bridge.audio.watermark.marking import marked
from bandmate_models.errors import BandmateError

Audio = npt.NDArray[np.float32]

NUMBER = 0x2B3C4D


@pytest.fixture(scope="module")
def music() -> Audio:
    sound = render(demo_phrase())
    return np.asarray(sound / np.abs(sound).max() * 0.9, np.float32)


@pytest.fixture(scope="module")
def changed(music: Audio) -> Audio:
    return marked(music, NUMBER)


def noisy(sound: Audio, snr_db: float) -> Audio:
    """With white noise so many dB under it."""
    power = (sound**2).mean() / 10 ** (snr_db / 10)
    noise = np.random.RandomState(1).standard_normal(sound.shape)
    return np.asarray(sound + noise * np.sqrt(power), np.float32)


@pytest.mark.parametrize(
    "attack",
    [
        lambda sound: sound,
        lambda sound: sound * np.float32(0.25),
        lambda sound: np.clip(2 * sound, -1, 1),
        lambda sound: noisy(sound, 10.0),
        lambda sound: sound[:, 123_457:],
        lambda sound: sound[:1],
        lambda sound: np.round(sound * 2000) / 2000,
    ],
    ids=["nothing", "-12 dB", "+6 dB, clipped", "noise at 10 dB", "cut off", "one channel", "12 bits"],
)
def test_the_mark_is_found_after(attack: Callable[[Audio], Audio], changed: Audio) -> None:
    finding = search(attack(changed))
    assert finding.found
    assert finding.number == NUMBER


def test_unmarked_music_has_no_mark(music: Audio) -> None:
    assert not search(music).found
    assert not any(search(music, key=bytes([number])).found for number in range(20))


def test_another_key_finds_nothing(music: Audio) -> None:
    secret = marked(music, NUMBER, key=b"mine")
    assert not search(secret).found
    assert search(secret, key=b"mine").number == NUMBER


def test_the_mark_is_far_below_the_music(music: Audio, changed: Audio) -> None:
    assert 10 * np.log10((music**2).mean() / ((changed - music) ** 2).mean()) > 18


def test_silence_stays_silent() -> None:
    silence = np.zeros((2, SAMPLE_RATE * 3), np.float32)
    assert not marked(silence, NUMBER).any()
    assert not search(silence).found


def test_sound_at_48_khz_is_marked_too(music: Audio) -> None:
    from bandmate_bridge.audio.listen.resample import Resampler

    there, back = Resampler(44_100, 48_000), Resampler(48_000, 44_100)
    faster = np.concatenate([there.push(music), there.flush()], axis=1)
    changed = marked(faster, NUMBER, 48_000)
    assert changed.shape == faster.shape
    finding = search(np.concatenate([back.push(changed), back.flush()], axis=1))
    assert finding.found
    assert finding.number == NUMBER


@settings(max_examples=10)
@given(number=st.integers(0, (1 << BITS) - 1))
def test_every_number_can_be_read_back(number: int) -> None:
    noise = np.random.RandomState(number & 0xFFFF).standard_normal(1 << 18).astype(np.float32)
    assert search(noise[None] + 0.2 * np.tile(mark(number), 4)[None]).number == number


def test_a_number_of_too_many_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="24 bits"):
        mark(1 << BITS)


@pytest.mark.parametrize(
    "options",
    [["-b:a", "128k", "-f", "mp3"], ["-ar", "48000", "-f", "wav"], ["-ar", "22050", "-f", "wav"]],
    ids=["MP3", "48 kHz", "22 kHz"],
)
def test_the_mark_outlives_other_programs(options: list[str], changed: Audio, tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    source, target = tmp_path / "marked.wav", tmp_path / f"changed.{options[-1]}"
    source.write_bytes(wav_bytes(changed))
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, *options, target], check=True)
    finding = search_file(target)
    assert finding.found
    assert finding.number == NUMBER


def test_the_command_names_the_take(tmp_path: Path, capsys: pytest.CaptureFixture[str], music: Audio) -> None:
    from bandmate.library import Library
    from bandmate.take import Take

    take = Library(tmp_path / "library").add(Take.create(demo_phrase(), task="continue", seed=1))
    file = tmp_path / "take.wav"
    file.write_bytes(wav_bytes(marked(music, number_of(take.id))))
    arguments = ["watermark", "detect", "--library", str(tmp_path / "library")]
    assert main([*arguments, str(file)]) == 0
    assert take.id in capsys.readouterr().out
    file.write_bytes(wav_bytes(music))
    assert main([*arguments, str(file)]) == 1
    assert "no mark" in capsys.readouterr().out


def test_a_short_sound_is_refused(tmp_path: Path, music: Audio) -> None:
    file = tmp_path / "short.wav"
    file.write_bytes(wav_bytes(music[:, :20_000]))
    with pytest.raises(BandmateError, match=r"a mark shows in 2 s and more") as refusal:
        search_file(file)
    assert refusal.value.code == "too_short"
