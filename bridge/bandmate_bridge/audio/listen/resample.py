"""Another sampling rate, by a polyphase bank of windowed sincs."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, gcd

import numpy as np
import numpy.typing as npt

Audio = npt.NDArray[np.float32]

_ZEROS = 24  # zero crossings of the sinc on each side
_ROLLOFF = 0.94  # of the lower Nyquist frequency: where the passband ends
_KAISER = 9.0  # about -90 dB beside the passband


@lru_cache(maxsize=8)
def _bank(up: int, down: int) -> tuple[Audio, int]:
    """The filters of all phases [up, 2 half], and `half`: input frames that each looks at on either side."""
    cutoff = _ROLLOFF * min(1.0, up / down)
    half = ceil(_ZEROS / cutoff)
    place = np.arange(1 - half, half + 1)[None, :] - np.arange(up)[:, None] / up
    window = np.i0(_KAISER * np.sqrt(np.clip(1 - (place / half) ** 2, 0, None))) / np.i0(_KAISER)
    filters = cutoff * np.sinc(cutoff * place) * window
    filters /= filters.sum(axis=1, keepdims=True)
    return filters.astype(np.float32), half


class Resampler:
    """Blocks of [channels, frames] at `before` Hz in, at `after` Hz out, in step: frame 0 is frame 0."""

    def __init__(self, before: int, after: int) -> None:
        common = gcd(before, after)
        self._up, self._down = after // common, before // common
        self._held: Audio | None = None  # input that later output looks at, from frame `_origin` on
        self._origin = 0
        self._next = 0  # the output frame that comes next
        self._read = 0
        self._channels = 1

    def push(self, block: Audio) -> Audio:
        """The output frames whose whole neighbourhood is known by now."""
        self._channels = block.shape[0]
        if self._up == self._down:
            return block
        _, half = _bank(self._up, self._down)
        if self._held is None:
            self._held = np.zeros((block.shape[0], half), np.float32)
            self._origin = -half
        self._read += block.shape[1]
        self._held = np.concatenate([self._held, block], axis=1)
        return self._advance(self._origin + self._held.shape[1] - half)

    def flush(self) -> Audio:
        """The last frames: as many in all as the sound is long."""
        if self._held is None:
            return np.zeros((self._channels, 0), np.float32)
        _, half = _bank(self._up, self._down)
        silence = np.zeros((self._held.shape[0], half + 1), np.float32)
        self._held = np.concatenate([self._held, silence], axis=1)
        return self._advance(self._read)

    def _advance(self, until: int) -> Audio:
        """Output frames that lie before the input frame `until`."""
        assert self._held is not None
        filters, half = _bank(self._up, self._down)
        stop = -(-until * self._up // self._down)
        count = max(0, stop - self._next)
        out = np.zeros((self._held.shape[0], count), np.float32)
        if not count:
            return out
        windows = np.lib.stride_tricks.sliding_window_view(self._held, 2 * half, axis=1)
        for first in range(min(self._up, count)):
            frame, phase = divmod((self._next + first) * self._down, self._up)
            begin = frame + 1 - half - self._origin
            picked = out[:, first :: self._up]
            picked[:] = windows[:, begin :: self._down][:, : picked.shape[1]] @ filters[phase]
        self._next += count
        keep = max(0, self._next * self._down // self._up + 1 - half - self._origin)
        self._held = self._held[:, keep:].copy()
        self._origin += keep
        return out


def resampled(audio: Audio, before: int, after: int) -> Audio:
    """[channels, frames] or [frames] at `before` Hz as it is at `after` Hz."""
    resampler = Resampler(before, after)
    block = np.atleast_2d(audio)
    out = np.concatenate([resampler.push(block), resampler.flush()], axis=1) if before != after else block
    return out[0] if audio.ndim == 1 else out
