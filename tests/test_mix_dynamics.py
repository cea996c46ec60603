"""The compressor keeps its curve and its times; the limiter lets no peak past."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_bridge.audio.mix.compressor import BLOCK, Compressor, compress, curve, own_level
from bandmate_bridge.audio.mix.levels import powers
from bandmate_bridge.audio.mix.limiter import limit
from bandmate_bridge.audio.mix.true_peak import true_peak

Audio = npt.NDArray[np.float32]

RATE = 44_100

settings_of_any_kind = st.builds(
    Compressor, st.floats(-20, 10), st.floats(1, 20), st.floats(1, 100), st.floats(20, 500), st.floats(0, 20)
)


def steps(*levels: float, seconds: float = 1.0) -> Audio:
    """A steady hum of some levels in dBFS, one after the other."""
    frames = round(seconds * RATE) // BLOCK * BLOCK
    hum = np.sqrt(2) * np.sin(2 * np.pi * RATE / BLOCK * np.arange(frames * len(levels)) / RATE)
    gain = np.repeat([10 ** (level / 20) for level in levels], frames)
    return np.repeat((hum * gain)[None], 2, axis=0).astype(np.float32)


def strokes(seed: int, gain: float, seconds: float = 0.5) -> Audio:
    """Noise in bursts, other on each side, some far above full scale."""
    random, frames = np.random.default_rng(seed), round(seconds * RATE)
    sound = random.standard_normal((2, frames))
    bursts = np.exp(-np.arange(frames) % random.integers(500, 8000) / 800.0)
    return np.asarray(sound * bursts * 10 ** (gain / 20), np.float32)


@given(settings_of_any_kind)
def test_below_the_knee_nothing_is_taken_and_above_it_the_ratio_holds(settings: Compressor) -> None:
    edge = settings.knee / 2
    below, above = settings.threshold - edge - 1, settings.threshold + edge + np.array([1.0, 11.0])
    assert curve(np.array([below]), settings)[0] == 0
    taken = curve(above, settings)
    assert taken == pytest.approx((above - settings.threshold) * (1 - 1 / settings.ratio), abs=1e-5)


@given(settings_of_any_kind)
def test_the_curve_has_no_corner_and_never_turns_back(settings: Compressor) -> None:
    level = np.linspace(-60, 60, 2001)
    out = level - curve(level, settings)
    slope = np.diff(out) / np.diff(level)
    assert slope.min() > 0 and slope.max() < 1 + 1e-9
    assert np.diff(slope).max() < 1e-9


def test_a_steady_sound_is_reduced_by_the_curve() -> None:
    sound, settings = steps(-30, -10), Compressor(-6.0, 4.0, 5.0, 50.0, 3.0)
    power = powers(sound, BLOCK)
    reduction = compress(sound, settings, RATE)
    for index in (len(power) // 2 - 5, len(power) - 5):
        level = 10 * np.log10(power[index] / own_level(power))
        assert reduction[index] == pytest.approx(curve(np.array([level]), settings)[0], abs=0.05)


def test_attack_and_release_take_their_time() -> None:
    """The way to a new reduction is made to 63 % within the attack, back to 37 % within the release."""
    settings = Compressor(-6.0, 4.0, 50.0, 200.0, 3.0)
    reduction = compress(steps(-30, -10, -30), settings, RATE)
    second, whole = len(reduction) // 3, reduction.max()
    rise = second + int(np.argmax(reduction[second:] > (1 - np.exp(-1)) * whole))
    fall = 2 * second + int(np.argmax(reduction[2 * second :] < np.exp(-1) * whole))
    assert (rise - second) * BLOCK / RATE == pytest.approx(0.05, abs=0.01)
    assert (fall - 2 * second) * BLOCK / RATE == pytest.approx(0.2 + 0.05, abs=0.06)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), settings_of_any_kind, st.floats(-60, 40))
def test_a_louder_part_is_compressed_the_same(seed: int, settings: Compressor, gain: float) -> None:
    plain, louder = strokes(seed, 0), strokes(seed, 0) * np.float32(10 ** (gain / 20))
    compress(plain, settings, RATE)
    compress(louder, settings, RATE)
    assert np.abs(louder * 10 ** (-gain / 20) - plain).max() < 1e-4 * np.abs(plain).max()


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), settings_of_any_kind)
def test_compression_keeps_the_power(seed: int, settings: Compressor) -> None:
    sound = strokes(seed, 0)
    before = float(np.square(sound, dtype=np.float64).sum())
    compress(sound, settings, RATE)
    after = float(np.square(sound, dtype=np.float64).sum())
    assert 10 * np.log10(after / before) == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("frames", [0, 1, 63, 64, 1000])
def test_silence_and_scraps_are_left_alone(frames: int) -> None:
    silence = np.zeros((2, frames), np.float32)
    compress(silence, Compressor(0, 4, 10, 100), RATE)
    limit(silence, -1.0, RATE)
    assert not silence.any()


@given(st.integers(0, 2**32 - 1), st.floats(-30, 40), st.floats(-20, 0), st.integers(1, 20_000))
def test_no_true_peak_gets_past_the_limiter(seed: int, gain: float, ceiling: float, frames: int) -> None:
    sound = strokes(seed, gain)[:, :frames]
    limit(sound, ceiling, RATE)
    assert true_peak(sound) <= ceiling + 1e-3
    assert np.isfinite(sound).all()


def test_what_is_below_the_ceiling_is_not_touched() -> None:
    quiet = strokes(3, -40)
    limited = quiet.copy()
    limit(limited, -1.0, RATE)
    assert np.array_equal(limited, quiet)


def test_the_gain_moves_without_a_jump_and_keeps_both_sides_together() -> None:
    hum = steps(-20, -20)
    sound = hum.copy()
    sound[0, 30_000:30_010] = 2.0
    loud = sound.copy()
    limit(sound, -1.0, RATE)
    away = np.abs(hum[1]) > 0.05
    gain = sound[1, away] / hum[1, away]
    assert gain.min() < 0.5
    assert np.abs(np.diff(gain)).max() < 0.05
    assert gain[:100] == pytest.approx(1) and gain[-100:] == pytest.approx(1, abs=1e-3)
    assert np.abs(sound[0, away] / loud[0, away] - gain).max() < 1e-4
