"""Locks: what a player insists on, kept by masks, so that no note ever breaks it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..reading import Reader

Mask = NDArray[np.bool_]


class Guide:
    """Narrows what may come next in the model's own stream, after the format's rules have spoken.

    Bar, frame and end tokens are added when all guides have spoken, so silence is always a way on.
    """

    def narrow(self, reader: Reader, mask: Mask) -> None:
        """Clear ids of `mask` [SIZE], in place, of the events that may follow what `reader` has read.

        Between an onset and its first pitch, and between a pitch and its length, there is no silence to go
        on with: there a guide leaves at least one id. Pitches are best cleared by `pitches`.
        """

    def pitches(self, slot: int, tick: int) -> Mask | None:
        """Pitches [128] that a note in `slot` may begin with at `tick`; None: any.

        Ticks are 12 a beat from the sequence's first bar; a note's micro-shift does not move its tick. Where
        all guides and the grammar's own ranges leave no pitch, the grammar lets no onset stand.
        """
        return None

    def range_of(self, slot: int) -> Mask | None:
        """Pitches [128] that a slot may play, instead of those of the constraints; None: those."""
        return None

    def heard(self, reader: Reader, token: int) -> None:
        """Take note of a token of the model's own stream that `reader` has just read."""
