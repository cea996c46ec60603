"""Plays given notes as a person would: their onsets and pitches stand, timing and velocity are sampled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from . import vocabulary as v
from .encoding import Rows, frame_tokens
from .generation import Predictor
from .reading import Played, Reader, Stage
from .sampler import Sampler

_SHIFTS = v.ids("shift")
_PITCHES = frozenset([*v.ids("pitch"), *v.ids("drum")])
_DURVELS, _DRUMVELS = v.ids("durvel"), v.ids("drumvel")


def perform(
    context: Predictor, reader: Reader, sampler: Sampler, frames: Sequence[Rows], runs: Sequence[list[int]]
) -> Iterator[Played]:
    """Each of `frames`' stiff events [N, 6] is played, then its run is read (see sheets.sheet.Opening).

    The reader and the context stand after the first frame's marker. Notes of one part that begin together
    stay together.
    """

    def take(token: int) -> Played | None:
        played = reader.feed(token)
        context.step(token)
        return played

    for rows, run in zip(frames, runs, strict=True):
        for token in frame_tokens(rows.tolist(), reader.frame):
            choices = _choices(token, reader.stage)
            choice = token if choices is None else sampler.pick(context.logits, choices)
            if choice in _SHIFTS:
                take(choice)
                choice = token
            played = take(choice)
            if played is not None:
                yield played
        given = [token for token in run if token != v.EOS]
        for token in given:
            reader.feed(token)
        context.extend(given)


def _choices(token: int, stage: Stage) -> NDArray[np.bool_] | None:
    """What may be played for a written token: a pitch after any micro-shift, a length at any velocity."""
    mask = np.zeros(v.SIZE, dtype=bool)
    if token in _PITCHES and stage is Stage.ONSET:
        mask[token] = True
        mask[_SHIFTS.start : _SHIFTS.stop] = True
    elif token in _DURVELS:
        first = token - (token - _DURVELS.start) % len(v.VELOCITIES)
        mask[first + 1 : first + len(v.VELOCITIES)] = True
    elif token in _DRUMVELS:
        mask[_DRUMVELS.start + 1 : _DRUMVELS.stop] = True
    else:
        return None
    return mask
