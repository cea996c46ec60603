"""A recording made ready to be listened to: silence cut off, level set, steady noise taken out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.listen.spectrum import istft, stft

Audio = npt.NDArray[np.float32]

PEAK = 10 ** (-1 / 20)  # -1 dBFS
QUIET = 10 ** (-48 / 20)  # below the loudest moment: silence at either end
MARGIN = 0.1  # seconds of it that stay
NOISY = 10 ** (-42 / 20)  # noise floor, below the loudest moments, from which noise is reduced

_FRAME = 0.02  # seconds
_SIZE, _HOP = 1024, 256
_NOISE_SHARE = 0.1  # of the frames, the quietest in each band, are noise
_GATE = 2.5  # times the noise: what is louder passes whole
_REST = 10 ** (-18 / 20)  # that remains of what does not pass
_BLUR = (3, 5)  # frames and bands that a gate is averaged over, so that it does not ring


class Prepared(NamedTuple):
    """Mono sound [samples], and how many seconds of the recording were cut off before it."""

    audio: Audio
    lead: float


def prepared(audio: Audio, rate: int) -> Prepared:
    """Trimmed, with less noise where there is much, and at -1 dBFS. The sound must not be silent."""
    audio = audio - np.float32(audio.mean())
    levels = _levels(audio, rate)
    loudest = float(levels.max(initial=0.0))
    if np.percentile(levels, 100 * _NOISE_SHARE) > NOISY * loudest:
        audio = denoised(audio)
        levels = _levels(audio, rate)
    start, end = _sounding(levels, rate, len(audio))
    cut = audio[start:end]
    peak = float(np.abs(cut).max(initial=0.0))
    return Prepared(cut * np.float32(PEAK / peak) if peak > 0 else cut, start / rate)


def denoised(audio: Audio) -> Audio:
    """Spectral gating: bands that are hardly above their own quietest moments are turned down (Boll, 1979).

    What is steady all the time, a held note among it, counts as noise: only where there is a noise floor.
    """
    spectra = stft(audio, _SIZE, _HOP)
    power = np.abs(spectra) ** 2
    floor = np.percentile(power, 100 * _NOISE_SHARE, axis=0)
    # the quietest tenth of exponentially distributed power lies at -ln 0.9 of its mean
    noise = floor / -np.log(1 - _NOISE_SHARE)
    gate = np.clip((power / np.maximum(noise, 1e-20) - 1) / (_GATE**2 - 1), 0, 1)
    gain = _REST + (1 - _REST) * _blurred(gate)
    return istft((spectra * gain).astype(np.complex64), _HOP, len(audio))


def _blurred(gate: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    for axis, width in enumerate(_BLUR):
        edges = [(0, 0), (0, 0)]
        edges[axis] = (width // 2 + 1, width // 2)
        sums = np.cumsum(np.pad(gate, edges, mode="edge"), axis=axis, dtype=np.float64)
        later, earlier = (slice(width, None), slice(None, -width))
        sums = sums[later] - sums[earlier] if axis == 0 else sums[:, later] - sums[:, earlier]
        gate = (sums / width).astype(np.float32)
    return gate


def _levels(audio: Audio, rate: int) -> npt.NDArray[np.float64]:
    """Root mean square of each _FRAME."""
    size = max(1, round(_FRAME * rate))
    padded = np.pad(audio, (0, -len(audio) % size)).astype(np.float64)
    levels: npt.NDArray[np.float64] = np.sqrt((padded.reshape(-1, size) ** 2).mean(axis=1))
    return levels


def _sounding(levels: npt.NDArray[np.float64], rate: int, samples: int) -> tuple[int, int]:
    """First sample and the one after the last that are not silence at the ends."""
    loud = np.flatnonzero(levels > QUIET * levels.max(initial=0.0))
    if not len(loud):
        return 0, samples
    size = max(1, round(_FRAME * rate))
    margin = round(MARGIN * rate)
    return max(0, int(loud[0]) * size - margin), min(samples, int(loud[-1] + 1) * size + margin)
