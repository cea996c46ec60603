"""The spherical head: delays and shadows as its sources give them."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate_bridge.audio.mix.binaural import HEAD, NEAR, Place, delay, incidence, placed, shadow, way

Audio = npt.NDArray[np.float32]

RATE = 44_100
FREQUENCIES = np.fft.rfftfreq(4096, 1 / RATE)

azimuths = st.floats(-180, 180)


def ears(azimuth: float, distance: float = NEAR, spread: float = 0.0) -> npt.NDArray[np.complex128]:
    """Response of both ears [2, frequencies] to a part that is the same on both its channels."""
    impulse = np.zeros((2, 4096), np.float32)
    impulse[:, 0] = 1
    return np.asarray(np.fft.rfft(placed(impulse, Place(azimuth, distance, spread), RATE)))


@given(azimuths)
def test_the_difference_in_time_is_woodworths(azimuth: float) -> None:
    """a / c (theta + sin theta), theta from the front or from the back, whichever is nearer."""
    theta = np.radians(min(abs(azimuth), 180 - abs(azimuth)))
    expected = HEAD / 343 * (theta + np.sin(theta))
    difference = delay(incidence(azimuth, False)) - delay(incidence(azimuth, True))
    assert abs(difference) == pytest.approx(expected, abs=1e-9)
    assert difference * azimuth >= 0 or expected < 1e-9


@given(azimuths, st.booleans())
def test_a_way_is_as_late_as_it_should_be(azimuth: float, right: bool) -> None:
    """The delay of low frequencies, without that of the shadow, which has its own."""
    path, low = way(azimuth, right, RATE), np.array([100.0])
    phase = -np.angle(path.sections[1].response(low, RATE))[0] / (2 * np.pi * 100)
    assert path.frames >= 0
    assert path.frames / RATE + phase == pytest.approx(
        delay(incidence(azimuth, right)) + 0.5 / RATE, abs=1e-6
    )


@given(st.floats(0, 180))
def test_the_shadow_is_brown_and_dudas(from_ear: float) -> None:
    """H = (1 + j alpha w / 2 w0) / (1 + j w / 2 w0), at the frequencies that the bilinear transform maps."""
    frequency = np.array([0.0, 100, 1000, 5000, 20_000])
    w = 2 * RATE * np.tan(np.pi * frequency / RATE)
    alpha = 1.05 + 0.95 * np.cos(np.radians(from_ear / 150 * 180))
    turned = 1j * w / (2 * 343 / HEAD)
    assert shadow(from_ear, RATE).response(frequency, RATE) == pytest.approx(
        (1 + alpha * turned) / (1 + turned)
    )


@settings(max_examples=25)
@given(azimuths)
def test_left_and_right_are_mirrored(azimuth: float) -> None:
    assert np.abs(ears(azimuth) - ears(-azimuth)[::-1]).max() < 1e-5


def test_in_front_both_ears_hear_the_same() -> None:
    left, right = ears(0.0)
    assert np.abs(left - right).max() < 1e-5


def test_a_source_at_the_side_is_louder_and_earlier_there() -> None:
    """Low tones are later still, by the shadow: 3 a / c sin theta on a sphere (G. F. Kuhn, 1977)."""
    left, right = ears(60.0)
    treble = (FREQUENCIES > 3000) & (FREQUENCIES < 10_000)
    assert 20 * np.log10(np.abs(right[treble]).mean() / np.abs(left[treble]).mean()) > 6
    assert np.abs(right[1]) == pytest.approx(np.abs(left[1]), rel=0.01)
    later = np.angle(right[10] / left[10]) / (2 * np.pi * FREQUENCIES[10])
    assert later == pytest.approx(3 * HEAD / 343 * np.sin(np.radians(60)), rel=0.1)


def test_level_falls_with_distance() -> None:
    assert np.abs(ears(30.0, 2 * NEAR)) == pytest.approx(np.abs(ears(30.0)) / 2, rel=1e-4)


def test_a_source_is_as_loud_in_front_as_without_placement() -> None:
    assert np.abs(ears(0.0)[:, 5]) == pytest.approx([1.0, 1.0], rel=0.01)


@pytest.mark.parametrize("frames", [0, 1, 20, 100])
def test_scraps_and_silence_are_placed(frames: int) -> None:
    assert not placed(np.zeros((2, frames), np.float32), Place(-90.0), RATE).any()
    assert np.isfinite(placed(np.ones((2, frames), np.float32), Place(-90.0), RATE)).all()
