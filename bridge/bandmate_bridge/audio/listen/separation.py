"""What rings apart from what strikes: harmonic/percussive separation by median filters (Fitzgerald, 2010).

In a spectrogram a held note is a line along time and a stroke is a line across all bands. So the median over
time keeps the one, the median over bands the other, and each moment of each band is shared out by their
squares. It knows nothing of instruments: a plucked attack goes with the drums, a tuned drum's ring with the
notes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.listen.spectrum import istft, stft

Audio = npt.NDArray[np.float32]

_SIZE, _HOP = 2048, 512
_OVER_TIME = 17  # frames of the one median, 0.2 s at 44.1 kHz
_OVER_BANDS = 31  # bands of the other, 670 Hz
_CORE = 256 * _HOP  # samples that are separated at a time
_MARGIN = (_OVER_TIME // 2 + _SIZE // _HOP) * _HOP  # on either side, which they depend on


class Split(NamedTuple):
    """Two sounds [channels, samples] whose sum is the mixture."""

    harmonic: Audio
    percussive: Audio


def split(blocks: Iterable[Audio]) -> Iterator[Split]:
    """A sound that comes in blocks [channels, samples], in two; a few seconds are held at a time."""
    held: Audio | None = None
    lead = 0  # samples at the beginning of `held` that have gone out already
    for block in blocks:
        held = block if held is None else np.concatenate([held, block], axis=1)
        while held.shape[1] >= lead + _CORE + _MARGIN:
            yield _split(held[:, : lead + _CORE + _MARGIN], lead, _CORE)
            done = lead + _CORE
            held, lead = held[:, done - _MARGIN :], _MARGIN
    if held is not None and held.shape[1] > lead:
        yield _split(held, lead, held.shape[1] - lead)


def _split(sound: Audio, start: int, samples: int) -> Split:
    """`samples` of a sound from `start` on; what is around them counts in the medians."""
    spectra = [stft(channel, _SIZE, _HOP) for channel in sound]
    share = percussive_share(np.abs(np.stack(spectra)).sum(axis=0))
    struck = [
        istft((spectrum * share).astype(np.complex64), _HOP, sound.shape[1])[start : start + samples]
        for spectrum in spectra
    ]
    percussive = np.stack(struck)
    return Split(sound[:, start : start + samples] - percussive, percussive)


def percussive_share(magnitude: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """How much of each moment and band [frames, bands] belongs to strokes, 0 to 1."""
    harmonic = median(magnitude, _OVER_TIME, axis=0) ** 2
    percussive = median(magnitude, _OVER_BANDS, axis=1) ** 2
    return np.asarray(percussive / np.maximum(harmonic + percussive, 1e-20), np.float32)


def median(values: npt.NDArray[np.float32], width: int, axis: int) -> npt.NDArray[np.float32]:
    """The running median of an odd `width` along an axis; the edges are mirrored."""
    pads = [(0, 0), (0, 0)]
    pads[axis] = (width // 2, width // 2)
    padded = np.pad(values, pads, mode="reflect" if values.shape[axis] > width // 2 else "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=axis)
    return np.asarray(np.partition(windows, width // 2, axis=-1)[..., width // 2], np.float32)
