"""Basic Pitch's published network (Bittner et al., 2022): where in a recording pitches sound and begin.

The network looks at windows of 2 s at 22,050 Hz and tells, for each of 88 piano keys and every 256 samples,
how surely the key sounds and how surely it is struck. The file is not ours and does not ship:
`bandmate models add basic-pitch` fetches it.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_models.errors import BandmateError

Audio = npt.NDArray[np.float32]
Times = npt.NDArray[np.float64]

RATE = 22_050
HOP = 256
LOWEST_PITCH = 21
KEYS = 88

_WINDOW = 2 * RATE - HOP
_FRAMES = 172  # that the network tells of a window
_EDGE = 15  # of them at either end, which the window beside it tells better
_STRIDE = _WINDOW - 2 * _EDGE * HOP
_BATCH = 8  # windows at a time: 40 MB
_INPUT = "serving_default_input_2:0"
_SOUNDING, _STRUCK = "StatefulPartitionedCall:1", "StatefulPartitionedCall:2"


class Salience(NamedTuple):
    """How surely each key sounds and is struck, [frames, KEYS] from 0 to 1; the frames' times in seconds."""

    sounding: Audio
    struck: Audio
    times: Times


class PitchModel:
    """The network in onnxruntime, on one thread if not told otherwise. Raises BandmateError ("bad_model")."""

    def __init__(self, file: Path, *, threads: int = 1) -> None:
        runtime: Any = import_module("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        try:
            self._session = runtime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
            names = {node.name for node in self._session.get_outputs()}
            names |= {node.name for node in self._session.get_inputs()}
        except Exception as error:  # onnxruntime's exceptions have no common class
            raise BandmateError(f"{file} cannot be loaded as a model", "bad_model") from error
        if not {_INPUT, _SOUNDING, _STRUCK} <= names:
            raise BandmateError(f"{file} is not Basic Pitch's network", "bad_model")

    def salience(self, audio: Audio) -> Salience:
        """Of mono sound [frames] at RATE. What the last window has beyond its end is left out."""
        count = max(1, -(-len(audio) // _STRIDE))
        padded = np.zeros((count - 1) * _STRIDE + _WINDOW, np.float32)
        lead = _EDGE * HOP
        fits = min(len(audio), len(padded) - lead)
        padded[lead : lead + fits] = audio[:fits]
        windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_STRIDE]
        told = [self._told(windows[start : start + _BATCH]) for start in range(0, count, _BATCH)]
        inside = np.arange(_FRAMES - 2 * _EDGE) * HOP
        samples = (np.arange(count)[:, None] * _STRIDE + inside[None, :]).ravel()
        kept = samples < len(audio)
        sounding, struck = (np.concatenate([pair[i] for pair in told])[kept] for i in (0, 1))
        return Salience(sounding, struck, samples[kept] / RATE)

    def _told(self, windows: Audio) -> tuple[Audio, Audio]:
        sounding, struck = self._session.run(
            [_SOUNDING, _STRUCK], {_INPUT: np.ascontiguousarray(windows)[:, :, None]}
        )
        inner = slice(_EDGE, _FRAMES - _EDGE)
        return sounding[:, inner].reshape(-1, KEYS), struck[:, inner].reshape(-1, KEYS)
