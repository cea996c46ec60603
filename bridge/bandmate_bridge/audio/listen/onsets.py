"""How much begins at each moment: the rise of the spectrum, whole and in the bass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.listen.spectrum import mel_bank, stft

Audio = npt.NDArray[np.float32]

RATE = 22_050
HOP = 256
FRAME_RATE = RATE / HOP

_SIZE = 1024
_BANDS = 40
_BASS = 6  # bands, up to about 250 Hz
_BACK = 2  # frames over which a rise is measured
_CHUNK = 1 << 12  # frames at a time
_FLOOR = 1e-4  # of full scale: what is softer does not rise


class Onsets(NamedTuple):
    """Rises of all bands and of the lowest, [frames] at FRAME_RATE, from 0 on, each with mean square 1."""

    all: Audio
    bass: Audio


def onset_strength(audio: Audio) -> Onsets:
    """Of mono sound [samples] at RATE: the rectified rise of log-compressed mel bands.

    It is measured from the largest of three neighbouring bands, so that a vibrato is none (Boeck and
    Widmer, 2013).
    """
    bands = _log_bands(audio)
    around = np.pad(bands, ((0, 0), (1, 1)), mode="edge")
    before = np.maximum(np.maximum(around[:, :-2], around[:, 1:-1]), around[:, 2:])
    rises = np.maximum(0, bands[_BACK:] - before[:-_BACK])
    rises = np.pad(rises, ((_BACK - 1, 1), (0, 0)))[: len(bands)]
    return Onsets(_unit(rises.sum(axis=1)), _unit(rises[:, :_BASS].sum(axis=1)))


def _log_bands(audio: Audio) -> Audio:
    bank = mel_bank(RATE, _SIZE, _BANDS)
    scale = 2 / _SIZE / _FLOOR
    pieces = []
    frames = len(audio) // HOP + 1
    for first in range(0, frames, _CHUNK):
        start = first * HOP
        lead = min(start, _SIZE * 2 // HOP * HOP)
        piece = audio[start - lead : start + _CHUNK * HOP + _SIZE]
        spectra = np.abs(stft(piece, _SIZE, HOP))[lead // HOP :][: min(_CHUNK, frames - first)]
        pieces.append(np.log1p(scale * (spectra @ bank)))
    return np.concatenate(pieces)


def _unit(strength: Audio) -> Audio:
    level = float(np.sqrt(np.mean(strength**2)))
    return strength / level if level > 0 else strength
