"""What counts as a bit: which tokens are charged, and how unknown velocities are left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import vocabulary as v
from ..training.dataset import Held

VELOCITY_BINS = len(v.VELOCITIES)
_DURVEL, _DRUMVEL = v.ids("durvel"), v.ids("drumvel")


def charged(held: Held) -> NDArray[np.bool_]:
    """Positions of targets that count, [T]: the model's own stream, no unknown velocity of a drum."""
    target = held.tokens[1:]
    result: NDArray[np.bool_] = (held.weights > 0) & (target != _DRUMVEL.start) & (target != v.EOS)
    return result


def charged_tokens(
    tokens: NDArray[np.int64], first_frame: int = 0, last_frame: int | None = None
) -> NDArray[np.bool_]:
    """Which of the predictions of tokens[1:] are the model's own, [T].

    Of its frames from `first_frame` to before `last_frame` (None: the end), counted from 0. A token is the
    model's when the frame that is open before it is: its events, and the marker or bar line by which it ends
    its frame. So an accompaniment is charged the same whether or not a player's frames stand between. Chords,
    unknown velocities of drums and EOS are not charged.
    """
    after_start = np.arange(len(tokens)) > int(np.argmax(tokens == v.START))
    mine = _in(tokens, "frame_m") & after_start
    closed = (_in(tokens, "frame_u") | _in(tokens, "bar") | _in(tokens, "odd_bar")) & after_start
    newest = np.maximum.accumulate(np.where(mine | closed, np.arange(len(tokens)), 0))
    frame = np.cumsum(mine) - 1
    inside = mine[newest] & (frame >= first_frame)
    if last_frame is not None:
        inside &= frame < last_frame
    targets = tokens[1:]
    result: NDArray[np.bool_] = (
        inside[:-1] & ~_in(targets, "chord") & (targets != _DRUMVEL.start) & (targets != v.EOS)
    )
    return result


def model_frames(tokens: NDArray[np.int64]) -> int:
    """How many frames of the model's stream a body has."""
    return int(_in(tokens[int(np.argmax(tokens == v.START)) :], "frame_m").sum())


def _in(tokens: NDArray[np.int64], field: str) -> NDArray[np.bool_]:
    ids = v.ids(field)
    inside: NDArray[np.bool_] = (tokens >= ids.start) & (tokens < ids.stop)
    return inside


def candidates(targets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ids whose probabilities add up to the target's, [T, 9], the target first, absent ones -1.

    A note of unknown velocity is charged for its duration alone: the sum over all velocities.
    """
    table = np.full((len(targets), VELOCITY_BINS), -1, dtype=np.int64)
    table[:, 0] = targets
    inside = (targets >= _DURVEL.start) & (targets < _DURVEL.stop)
    flat = inside & ((targets - _DURVEL.start) % VELOCITY_BINS == 0)
    table[flat] = targets[flat, None] + np.arange(VELOCITY_BINS)
    return table


def summed(p: NDArray[np.float64], table: NDArray[np.int64]) -> NDArray[np.float64]:
    """Row sums of candidate probabilities [T, 9], absent candidates left out."""
    total: NDArray[np.float64] = np.where(table >= 0, p, 0.0).sum(axis=1)
    return total
