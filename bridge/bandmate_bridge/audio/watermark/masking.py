"""How much may be added to a sound, frame by frame and bin by bin, before it is heard."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

RATE = 44_100
FRAME, HOP = 1024, 512
WINDOW = np.sqrt(np.hanning(FRAME + 1)[:-1]).astype(np.float32)
"""Before and after a change of the spectrum: frames that overlap by half then add up to the sound."""

_BANDS_PER_BARK = 2
_DOWNWARDS, _UPWARDS = 27.0, 12.0  # dB a bark by which a band masks those below and above it
_OFFSET, _SLOPE = 20.0, 0.35  # dB below the masker that is masked, at 0 bark and more for each bark


def bark(hertz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Critical-band rate (Traunmueller, J. Acoust. Soc. Am. 88, 1990)."""
    return np.asarray(26.81 * hertz / (1960.0 + hertz) - 0.53)


def thresholds(power: Floats) -> Floats:
    """What is masked in each bin, as power, for frames [frames, FRAME // 2 + 1] of power |X|^2.

    Bands of half a bark spread over their neighbours by slopes in dB a bark (after Schroeder, Atal and Hall,
    J. Acoust. Soc. Am. 66, 1979). A frame masks no more than the one before it allows, so that nothing sounds
    ahead of an attack; silence masks nothing.
    """
    bands, spread = _model()
    masked = ((power @ bands) @ spread) @ bands.T
    masked[1:] = np.minimum(masked[1:], masked[:-1])
    return np.asarray(masked)


@lru_cache(maxsize=1)
def _model() -> tuple[Floats, Floats]:
    """Bins to bands, and bands to what they mask in each bin of a band."""
    hertz = np.fft.rfftfreq(FRAME, 1 / RATE)
    rate = bark(np.maximum(hertz, 20.0))
    index = np.floor((rate - rate[0]) * _BANDS_PER_BARK).astype(int)
    index = np.unique(index, return_inverse=True)[1]
    bands = np.zeros((len(hertz), index.max() + 1))
    bands[np.arange(len(hertz)), index] = 1.0
    width = bands.sum(axis=0)
    centre = (bands * rate[:, None]).sum(axis=0) / width
    distance = centre[None, :] - centre[:, None]  # from the masking band to the masked one
    slope = np.where(distance < 0, _DOWNWARDS * distance, -_UPWARDS * distance)
    share = 10 ** (slope / 10)
    share /= share.sum(axis=0, keepdims=True)
    offset = 10 ** (-(_OFFSET + _SLOPE * np.maximum(centre, 0.0)) / 10)
    spread = share * offset[None, :] / width[None, :]
    return bands.astype(np.float32), spread.astype(np.float32)
