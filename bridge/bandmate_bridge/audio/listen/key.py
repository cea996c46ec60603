"""The key of what was heard, from how long and how surely each pitch class sounds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.listen.note_tracking import SoundedNote
from bandmate_models.score import Key

Floats = npt.NDArray[np.float64]

_MAJOR = (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0)
_MINOR = (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0)
"""How well each pitch class above the tonic fits (Temperley, 2001)."""

_LONGEST = 0.6  # seconds of a note that count: a drone says little


def find_key(notes: Sequence[SoundedNote]) -> Key | None:
    """The best of 24 keys, by correlation; None where nothing sounds, or all pitch classes alike.

    A note counts by the square of its certainty: overtones taken for notes are heard less surely.
    """
    weights = np.zeros(12)
    for note in notes:
        weights[note.pitch % 12] += min(note.end - note.start, _LONGEST) * note.certainty**2
    if np.ptp(weights) == 0:
        return None
    profiles = [np.roll(np.array(mode), tonic) for mode in (_MAJOR, _MINOR) for tonic in range(12)]
    best = int(np.argmax([np.corrcoef(profile, weights)[0, 1] for profile in profiles]))
    return Key(0.0, best % 12, "minor" if best >= 12 else "major")
