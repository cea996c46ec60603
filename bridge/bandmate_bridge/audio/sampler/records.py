"""What a soundfont says of each of its samples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

GUARD = 4
"""Silent frames around samples, so that looking at a frame's neighbours never leaves the array."""


class Header(NamedTuple):
    """A sample: its places in the file's audio, in frames, and its pitch at `rate` Hz as key and cents."""

    start: int
    end: int
    loop_start: int
    loop_end: int
    rate: int
    root: int
    cents: int
    kind: int
