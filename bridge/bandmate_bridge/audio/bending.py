"""Pitch bends: a sound read faster or slower, as a tape is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.signal import Audio

Places = npt.NDArray[np.float64]


def covered(semitones: npt.NDArray[np.float64]) -> Places:
    """How many frames of a sound have been read after each frame that is bent by so many semitones."""
    return np.cumsum(2.0 ** (semitones / 12))


def read_at(sound: Audio, places: Places) -> Audio:
    """The sound [2, frames] at places between its frames, by Catmull-Rom's cubic; silent after its end."""
    edges = np.pad(sound, ((0, 0), (1, 3)))
    whole = np.minimum(places.astype(np.int64), sound.shape[1])
    x = np.minimum(places - whole, 1.0).astype(np.float32)
    before, here, after, beyond = (edges[:, whole + offset] for offset in range(4))
    slope = after - before
    bow = 2 * before - 5 * here + 4 * after - beyond
    twist = 3 * (here - after) + beyond - before
    return np.asarray(here + 0.5 * x * (slope + x * (bow + x * twist)), np.float32)
