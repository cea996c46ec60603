"""The mixer's filters: against closed forms, and against the recursion written out."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_bridge.audio.mix.biquad import Biquad, Cascade, filtered, smoothed
from bandmate_bridge.audio.mix.eq import Band, Kind, equalised, section
from bandmate_bridge.audio.mix.levels import held, modulate, powers

RATE = 48_000
KINDS: tuple[Kind, ...] = ("high pass", "low shelf", "bell", "high shelf", "low pass")

Audio = npt.NDArray[np.float32]

bands = st.builds(Band, st.sampled_from(KINDS), st.floats(25, 20_000), st.floats(-18, 18), st.floats(0.3, 4))


def prototype(band: Band, frequencies: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
    """The analogue filter of the cookbook, at the frequencies that the bilinear transform maps it to."""
    s = 1j * np.tan(np.pi * frequencies / RATE) / np.tan(np.pi * band.frequency / RATE)
    a, q = 10 ** (band.gain / 40), band.q
    root = np.sqrt(a)
    match band.kind:
        case "high pass":
            return np.asarray(s * s / (s * s + s / q + 1))
        case "low pass":
            return np.asarray(1 / (s * s + s / q + 1))
        case "bell":
            return np.asarray((s * s + s * a / q + 1) / (s * s + s / (a * q) + 1))
        case "low shelf":
            return np.asarray(a * (s * s + root / q * s + a) / (a * s * s + root / q * s + 1))
        case "high shelf":
            return np.asarray(a * (a * s * s + root / q * s + 1) / (s * s + root / q * s + a))


def noise(frames: int, channels: int = 2, seed: int = 0) -> Audio:
    return np.random.default_rng(seed).standard_normal((channels, frames)).astype(np.float32)


def recursion(signal: npt.NDArray[np.float64], biquad: Biquad) -> npt.NDArray[np.float64]:
    """The difference equation, sample by sample."""
    out = np.zeros_like(signal)
    x1 = x2 = y1 = y2 = 0.0
    for n, x0 in enumerate(signal.tolist()):
        y0 = biquad.b0 * x0 + biquad.b1 * x1 + biquad.b2 * x2 - biquad.a1 * y1 - biquad.a2 * y2
        out[n], x1, x2, y1, y2 = y0, x0, x1, y0, y1
    return out


@given(bands)
def test_a_band_has_the_response_of_its_prototype(band: Band) -> None:
    frequencies = np.geomspace(10, 23_000, 200)
    error = section(band, RATE).response(frequencies, RATE) - prototype(band, frequencies)
    assert np.abs(error).max() < 1e-6


@settings(max_examples=25)
@given(st.lists(bands, min_size=1, max_size=4))
def test_what_is_heard_is_the_product_of_the_responses(chain: list[Band]) -> None:
    impulse = np.zeros((1, 1 << 16), np.float32)
    impulse[0, 0] = 1
    frequencies = np.fft.rfftfreq(impulse.shape[1], 1 / RATE)[1:-1]
    heard = np.fft.rfft(equalised(impulse, chain, RATE)[0].astype(np.float64))[1:-1]
    expected = np.prod([prototype(band, frequencies) for band in chain], axis=0)
    assert np.abs(heard - expected).max() < 2e-4 * max(1.0, np.abs(expected).max())


@pytest.mark.parametrize("kind", KINDS)
def test_deep_and_narrow_filters_are_exact(kind: Kind) -> None:
    biquad = section(Band(kind, 25.0, 12.0, 4.0), RATE)
    signal = noise(20_000, 1)
    expected = recursion(recursion(signal[0].astype(np.float64), biquad), biquad)
    error = filtered(signal, [biquad, biquad])[0] - expected
    assert np.abs(error).max() < 1e-5 * np.abs(expected).max()


@settings(max_examples=25)
@given(
    st.lists(st.integers(0, 300) | st.integers(60_000, 70_000), min_size=1, max_size=6),
    st.lists(bands, min_size=1, max_size=3),
)
def test_pieces_are_filtered_as_the_whole(lengths: list[int], chain: list[Band]) -> None:
    signal, sections = noise(sum(lengths)), [section(band, RATE) for band in chain]
    cascade, edges = Cascade(sections, 2), np.cumsum([0, *lengths])
    pieces = [cascade(signal[:, a:b]) for a, b in pairwise(edges)]
    whole = filtered(signal, sections)
    assert np.abs(np.concatenate(pieces, axis=1) - whole).max(initial=0) < 1e-4 * np.abs(whole).max(initial=1)


@given(bands, st.floats(1e-3, 1e3))
def test_filters_are_linear(band: Band, gain: float) -> None:
    signal = noise(3000)
    loud = equalised(signal * np.float32(gain), [band], RATE)
    plain = equalised(signal, [band], RATE)
    assert np.abs(loud - gain * plain).max() < 2e-5 * gain * max(np.abs(signal).max(), np.abs(plain).max())


def test_silence_stays_silent_and_no_band_changes_nothing() -> None:
    assert not equalised(np.zeros((2, 5000), np.float32), [Band("bell", 100, 12)], RATE).any()
    assert np.array_equal(equalised(noise(100), [], RATE), noise(100))
    assert equalised(noise(0), [Band("bell", 100, 12)], RATE).shape == (2, 0)


def test_a_band_above_half_the_rate_is_put_below_it() -> None:
    low_rate = section(Band("high shelf", 9000, 3), 16_000)
    assert np.all(np.isfinite(low_rate)) and abs(low_rate.response([0.0], 16_000)[0]) == pytest.approx(1)


@given(st.lists(st.floats(0, 100), max_size=300), st.floats(0, 0.9999), st.floats(-10, 10))
def test_smoothing_is_a_one_pole_filter(values: list[float], keep: float, start: float) -> None:
    expected, state = [], start
    for value in values:
        state = keep * state + (1 - keep) * value
        expected.append(state)
    assert smoothed(np.array(values), keep, start) == pytest.approx(np.array(expected), abs=1e-9)


@given(st.lists(st.floats(0, 0) | st.floats(1e-6, 100), max_size=300), st.floats(0.5, 0.9999))
def test_holding_is_a_peak_with_exponential_release(values: list[float], keep: float) -> None:
    expected, state = [], 0.0
    for value in values:
        state = max(value, keep * state)
        expected.append(state)
    assert held(np.array(values), keep) == pytest.approx(np.array(expected), rel=1e-6, abs=1e-12)


@given(st.integers(1, 70_000), st.sampled_from([16, 64]))
def test_gains_lie_on_lines_between_the_blocks(frames: int, block: int) -> None:
    sound = np.ones((2, frames), np.float32)
    gains = np.random.default_rng(frames).uniform(0, 2, -(-frames // block) + 1)
    modulate(sound, gains, block)
    expected = np.interp(np.arange(frames) / block, np.arange(len(gains)), gains)
    assert np.abs(sound - expected).max() < 1e-6


@given(st.integers(0, 500))
def test_powers_add_up_to_the_energy(frames: int) -> None:
    sound = noise(frames)
    assert powers(sound, 64).sum() * 64 == pytest.approx(float((sound.astype(float) ** 2).sum()), rel=1e-5)
