"""Recursive filters over whole recordings, exactly, without a loop over samples.

A cascade of second-order sections is one linear system with a small state. Over a block of n samples it is
three matrices: what the block's input makes of its output, what it leaves in the state, and what the state
before it adds. The states of all blocks obey the same recursion at a lower rate, and are found by the same
means, level by level.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.signal import Audio

Line = npt.NDArray[np.float64]

_BLOCK = 64  # samples
_GROUP = 8  # states that are found together
_SEGMENT = 1 << 16  # frames that fit the processor's cache


class Biquad(NamedTuple):
    """H(z) = (b0 + b1 z^-1 + b2 z^-2) / (1 + a1 z^-1 + a2 z^-2)."""

    b0: float
    b1: float
    b2: float
    a1: float
    a2: float

    def response(self, frequencies: npt.ArrayLike, rate: float) -> npt.NDArray[np.complex128]:
        """H on the unit circle at frequencies in Hz, for a sampling rate in Hz."""
        z = np.exp(-2j * np.pi * np.asarray(frequencies, np.float64) / rate)
        above = self.b0 + self.b1 * z + self.b2 * z * z
        below = 1 + self.a1 * z + self.a2 * z * z
        return np.asarray(above / below, np.complex128)


class _Rung(NamedTuple):
    """How the states of a group of steps follow from its inputs and from the state before it."""

    within: Line  # [group * order, group * order]: inputs to states
    carried: Line  # [group * order, order]: inputs to what the group leaves in the state after it
    spread: Line  # [order, group * order]: the state before to states


class _System(NamedTuple):
    """A cascade over one block: input @ direct + state @ ringing; it leaves input @ kept in the state."""

    direct: Audio  # [block, block]
    ringing: Audio  # [order, block]
    step: Line  # [order, order]: what one sample leaves of a state
    ladder: tuple[_Rung, ...]  # from block to block
    kept: Audio  # [block, order]


class Cascade:
    """Sections one after the other; each call goes on where the last one ended."""

    def __init__(self, sections: Sequence[Biquad], channels: int) -> None:
        self._system = _system(tuple(sections))
        self._state = np.zeros((channels, len(self._system.step)))

    def __call__(self, audio: Audio, out: Audio | None = None) -> Audio:
        """The next [channels, frames]; into `out`, another array of that shape, where it is given."""
        result = np.empty_like(audio) if out is None else out
        for start in range(0, audio.shape[1], _SEGMENT):
            part = slice(start, start + _SEGMENT)
            self._next(audio[:, part], result[:, part])
        return result

    def _next(self, audio: Audio, result: Audio) -> None:
        system, (channels, frames) = self._system, audio.shape
        rest = frames % _BLOCK
        whole = frames - rest
        if whole:
            body = audio[:, :whole].reshape(channels, -1, _BLOCK)
            kept = np.matmul(body, system.kept).astype(np.float64)
            states = _states(np.concatenate([self._state[:, None], kept], axis=1), system.ladder)[:, 1:]
            target = result[:, :whole].reshape(channels, -1, _BLOCK)
            np.matmul(body, system.direct, out=target)
            target += np.matmul(states[:, :-1].astype(np.float32), system.ringing)
            self._state = states[:, -1]
        if rest:
            end, state = audio[:, whole:], self._state.astype(np.float32)
            result[:, whole:] = end @ system.direct[:rest, :rest] + state @ system.ringing[:, :rest]
            self._state = self._state @ np.linalg.matrix_power(system.step, rest) + end @ system.kept[-rest:]


def filtered(audio: Audio, sections: Sequence[Biquad], out: Audio | None = None) -> Audio:
    """Audio [channels, frames] through the sections, from rest; into `out` where it is given."""
    return Cascade(sections, len(audio))(audio, out)


def smoothed(values: Line, keep: float, start: float = 0.0) -> Line:
    """y[n] = keep y[n-1] + (1 - keep) x[n] with 0 <= keep < 1 and y[-1] = start."""
    driven = np.concatenate([[start], (1 - keep) * values])
    return _states(driven[None, :, None], _ladder(np.array([[keep]]), len(driven)))[0, 2:, 0]


def _states(inputs: Line, ladder: Sequence[_Rung]) -> Line:
    """s[0] = 0, s[n+1] = s[n] @ step + inputs[n]; n inputs [channels, n, order] give n + 1 states."""
    channels, count, order = inputs.shape
    rung = ladder[0]
    groups = count // _GROUP + 1
    padded = np.zeros((channels, groups * _GROUP, order))
    padded[:, :count] = inputs
    padded = padded.reshape(channels, groups, _GROUP * order)
    states = padded @ rung.within
    if groups > 1:
        before = _states((padded @ rung.carried)[:, :-1], ladder[1:])
        states += before @ rung.spread
    return states.reshape(channels, groups * _GROUP, order)[:, : count + 1]


def _ladder(step: Line, count: int) -> tuple[_Rung, ...]:
    """The rungs by which the states of `count` inputs are found."""
    order, zero = len(step), np.zeros_like(step)
    rungs = []
    while True:
        powers = [np.eye(order)]
        for _ in range(_GROUP):
            powers.append(powers[-1] @ step)
        within = [[powers[n - m - 1] if m < n else zero for n in range(_GROUP)] for m in range(_GROUP)]
        carried, spread = np.concatenate(powers[_GROUP - 1 :: -1]), np.concatenate(powers[:_GROUP], axis=1)
        rungs.append(_Rung(np.block(within), carried, spread))
        if count < _GROUP:
            return tuple(rungs)
        step, count = powers[_GROUP], count // _GROUP


@lru_cache(maxsize=64)
def _system(sections: tuple[Biquad, ...]) -> _System:
    order = 2 * len(sections)
    step, into = np.zeros((order, order)), np.zeros(order)
    out, through = np.zeros(order), 1.0
    for n, (b0, b1, b2, a1, a2) in enumerate(sections):
        # Transposed direct form II: y = b0 x + s1; s1 = b1 x - a1 y + s2; s2 = b2 x - a2 y.
        own = slice(2 * n, 2 * n + 2)
        gains = np.array([b1 - a1 * b0, b2 - a2 * b0])
        step[:, own] += np.outer(out, gains)
        into[own] = through * gains
        step[own, own] = [[-a1, -a2], [1.0, 0.0]]
        out, through = b0 * out, b0 * through
        out[2 * n] = 1.0
    ringing, kept = np.empty((order, _BLOCK)), np.empty((_BLOCK, order))
    power = np.eye(order)
    for n in range(_BLOCK):
        ringing[:, n] = power @ out
        kept[_BLOCK - 1 - n] = into @ power
        power = power @ step
    impulse = np.concatenate([[through], into @ ringing[:, :-1]])
    direct = np.zeros((_BLOCK, _BLOCK))
    for n in range(_BLOCK):
        direct[n, n:] = impulse[: _BLOCK - n]
    ladder = _ladder(power, _SEGMENT // _BLOCK + 1)
    return _System(
        direct.astype(np.float32), ringing.astype(np.float32), step, ladder, kept.astype(np.float32)
    )
