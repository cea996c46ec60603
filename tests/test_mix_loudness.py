"""Loudness and true peak: against the standards' own test signals, ffmpeg and pyloudnorm."""

import re
import subprocess
import wave
from math import inf
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_bridge.audio.mix.loudness import k_weighting, loudness
from bandmate_bridge.audio.mix.true_peak import true_peak

Audio = npt.NDArray[np.float32]

RATE = 48_000


def tone(levels: list[tuple[float, float]], frequency: float = 1000.0, channels: int = 2) -> Audio:
    """A sine whose peak is at each of some levels in dBFS for some seconds, the same in all channels."""
    gain = np.concatenate([np.full(round(s * RATE), 10 ** (level / 20)) for level, s in levels])
    sine = np.sin(2 * np.pi * frequency * np.arange(len(gain)) / RATE) * gain
    return np.repeat(sine[None].astype(np.float32), channels, axis=0)


def music(seconds: float, rate: int, seed: int = 0) -> Audio:
    """Noise with a falling spectrum, in swells and strokes, other on each side."""
    random, frames = np.random.default_rng(seed), round(seconds * rate)
    spectrum = np.fft.rfft(random.standard_normal((2, frames)))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(frames, 1 / rate), 30))
    t = np.arange(frames) / rate
    swell = (0.1 + np.sin(0.7 * t) ** 2) * np.exp(-3 * (t % 0.5))
    sound = np.fft.irfft(spectrum, frames) * swell
    return np.asarray(0.9 * sound / np.abs(sound).max(), np.float32)


def by_ffmpeg(sound: Audio, rate: int, folder: Path) -> dict[str, float]:
    """What `ffmpeg -af ebur128` says: I, LRA and Peak."""
    file = folder / "sound.wav"
    with wave.open(str(file), "wb") as wav:
        wav.setnchannels(len(sound))
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes(np.round(sound.T * 32767).astype("<i2").tobytes())
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", str(file), "-af", "ebur128=peak=true"]
    log = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, check=True).stderr
    summary = log[log.index("Summary:") :]
    return {name: float(value) for name, value in re.findall(r"(I|LRA|Peak): +(\S+)", summary)}


def test_the_weighting_at_48_khz_is_the_standards_table() -> None:
    shelf, high_pass = k_weighting(48_000)
    table = (1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585)
    assert shelf == pytest.approx(table, abs=1e-9)
    assert high_pass == pytest.approx((1, -2, 1, -1.99004745483398, 0.99007225036621), abs=1e-9)


def test_a_full_scale_sine_in_one_channel_reads_minus_3() -> None:
    assert loudness(tone([(0, 5)], 997, 1), RATE).integrated == pytest.approx(-3.01, abs=0.02)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([(-23, 20)], -23),
        ([(-33, 20)], -33),
        ([(-36, 10), (-23, 60), (-36, 10)], -23),
        ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23),
        ([(-26, 20), (-20, 20.1), (-26, 20)], -23),
    ],
)
def test_integrated_loudness_as_in_ebu_tech_3341(levels: list[tuple[float, float]], expected: float) -> None:
    assert loudness(tone(levels), RATE).integrated == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([(-20, 20), (-30, 20)], 10),
        ([(-20, 20), (-15, 20)], 5),
        ([(-40, 20), (-20, 20)], 20),
        ([(-50, 20), (-35, 20), (-20, 20), (-35, 20), (-50, 20)], 15),
    ],
)
def test_range_as_in_ebu_tech_3342(levels: list[tuple[float, float]], expected: float) -> None:
    assert loudness(tone(levels), RATE).range == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(("part", "phase"), [(4, 0), (4, 45), (6, 60), (8, 67.5)])
def test_true_peak_as_in_ebu_tech_3341(part: int, phase: float) -> None:
    """Half-scale sines of a part of the rate, sampled beside their peaks."""
    n = np.arange(RATE)
    fade = np.minimum(1, np.minimum(n, n[::-1]) / 1000)
    sine = 0.5 * fade * np.sin(2 * np.pi * n / part + np.radians(phase))
    assert -6.4 <= true_peak(sine[None].astype(np.float32)) <= -5.8


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
def test_ffmpeg_and_pyloudnorm_agree(rate: int, tmp_path: Path) -> None:
    sound = music(20, rate, rate)
    ours, theirs = loudness(sound, rate), by_ffmpeg(sound, rate, tmp_path)
    assert ours.integrated == pytest.approx(theirs["I"], abs=0.1)
    assert ours.range == pytest.approx(theirs["LRA"], abs=0.2)
    assert true_peak(sound) == pytest.approx(theirs["Peak"], abs=0.15)
    assert ours.integrated == pytest.approx(pyloudnorm.Meter(rate).integrated_loudness(sound.T), abs=0.1)


def test_mono_is_three_decibels_quieter_than_the_same_on_both_sides() -> None:
    sound = music(3, RATE)[:1]
    both = loudness(np.repeat(sound, 2, axis=0), RATE).integrated
    assert both - loudness(sound, RATE).integrated == pytest.approx(3.01, abs=0.01)


@settings(max_examples=20)
@given(st.floats(-15, 20))
def test_gain_moves_loudness_and_peak_alike(gain: float) -> None:
    sound = music(2, 8000)
    louder = sound * np.float32(10 ** (gain / 20))
    assert loudness(louder, 8000).integrated - loudness(sound, 8000).integrated == pytest.approx(
        gain, abs=0.01
    )
    assert true_peak(louder) - true_peak(sound) == pytest.approx(gain, abs=0.001)


@given(st.integers(0, 2000), st.integers(0, 2**32 - 1))
def test_a_true_peak_is_no_lower_than_the_highest_sample(frames: int, seed: int) -> None:
    sound = np.random.default_rng(seed).uniform(-1, 1, (2, frames)).astype(np.float32)
    highest = float(np.abs(sound).max(initial=0.0))
    assert true_peak(sound) >= (20 * np.log10(highest) if highest else -inf) - 1e-4


@pytest.mark.parametrize("frames", [0, 1, 100, 5000, 200_000])
def test_silence_is_infinitely_quiet(frames: int) -> None:
    silence = np.zeros((2, frames), np.float32)
    assert loudness(silence, RATE) == (-inf, 0.0, -inf, -inf)
    assert true_peak(silence) == -inf


def test_what_is_shorter_than_a_window_is_measured_as_if_silence_followed() -> None:
    short = tone([(-20, 0.1)])
    padded = np.pad(short, ((0, 0), (0, round(0.3 * RATE))))
    assert loudness(short, RATE).integrated == pytest.approx(loudness(padded, RATE).integrated, abs=0.05)
    assert loudness(short, RATE).integrated == pytest.approx(-26, abs=0.3)
