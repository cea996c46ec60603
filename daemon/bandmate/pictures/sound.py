"""Sound as a picture: its waveform, or its spectrum over time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bandmate.pictures.drawing import (
    GROUND,
    INK,
    LINE,
    STRONG,
    Band,
    Box,
    Colour,
    Drawing,
    Image,
    Pixels,
    Words,
)

Audio = npt.NDArray[np.float32]

WIDTH = 960.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 16.0, 40.0, 28.0
_CHANNEL = 110.0
_SPECTRUM = 300.0
_OUTER, _INNER = Colour(126, 170, 222), Colour(32, 92, 168)
_LOWEST, _HIGHEST = 40.0, 16_000.0  # Hz
_FRAME = 4096
_RANGE = 80.0  # dB from the loudest to nothing
_MARKS = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)

_RAMP = np.array(
    [
        (8, 9, 28),
        (46, 20, 92),
        (122, 28, 109),
        (192, 58, 84),
        (238, 118, 50),
        (252, 190, 80),
        (255, 250, 214),
    ],
    float,
)
"""Colours from silence to the loudest."""


def draw_waveform(audio: Audio, rate: int, title: str) -> Drawing:
    """[channels, frames]: of each channel the extremes, and within them the root mean square."""
    channels, frames = audio.shape
    height = _TOP + channels * (_CHANNEL + 8) + _BOTTOM
    drawing = Drawing(WIDTH, height, f"Waveform of {title}")
    drawing.add(Words(_LEFT, 24, title, 15))
    width = WIDTH - _LEFT - _RIGHT
    edges = np.linspace(0, frames, int(width) + 1).astype(int)
    for number, channel in enumerate(audio):
        top = _TOP + number * (_CHANNEL + 8)
        middle, half = top + _CHANNEL / 2, _CHANNEL / 2 - 2
        drawing.add(Box(_LEFT, top, width, _CHANNEL, GROUND))
        for level, name in ((1.0, "0"), (0.5, "-6"), (0.0, ""), (-0.5, "-6"), (-1.0, "0")):
            drawing.horizontal(middle - level * half, _LEFT, _LEFT + width)
            drawing.add(Words(_LEFT - 6, middle - level * half + 3, name, 9, INK, "end"))
        pieces = [channel[a : max(b, a + 1)] for a, b in pairwise(edges)]
        high = [middle - half * min(1.0, float(piece.max(initial=-1.0))) for piece in pieces]
        low = [middle - half * max(-1.0, float(piece.min(initial=1.0))) for piece in pieces]
        mean = [
            half * min(1.0, float(np.sqrt(np.mean(np.square(piece))))) if len(piece) else 0.0
            for piece in pieces
        ]
        drawing.add(Band(_LEFT, 1.0, high, low, _OUTER))
        drawing.add(Band(_LEFT, 1.0, [middle - m for m in mean], [middle + m for m in mean], _INNER))
    drawing.add(Words(6, _TOP + _CHANNEL / 2 + 3, "dBFS", 9))
    _time_axis(drawing, frames / rate, height - _BOTTOM)
    return drawing


def draw_spectrogram(audio: Audio, rate: int, title: str) -> Drawing:
    """[channels, frames]: the mean of the channels; an octave is as high as any other."""
    drawing = Drawing(WIDTH, _TOP + _SPECTRUM + _BOTTOM, f"Spectrogram of {title}")
    drawing.add(Words(_LEFT, 24, title, 15))
    width = WIDTH - _LEFT - _RIGHT
    drawing.add(
        Image(
            _LEFT,
            _TOP,
            width,
            _SPECTRUM,
            spectrogram(audio.mean(axis=0), rate, int(2 * width), int(2 * _SPECTRUM)),
        )
    )
    highest = min(_HIGHEST, rate / 2)
    for hertz in _MARKS:
        if hertz < highest:
            y = _TOP + _SPECTRUM * (1 - np.log(hertz / _LOWEST) / np.log(highest / _LOWEST))
            drawing.horizontal(float(y), _LEFT - 4, _LEFT, STRONG)
            name = f"{hertz // 1000} kHz" if hertz >= 1000 else f"{hertz} Hz"
            drawing.add(Words(_LEFT - 6, float(y) + 3, name, 9, INK, "end"))
    _time_axis(drawing, audio.shape[1] / rate, _TOP + _SPECTRUM)
    return drawing


def spectrogram(sound: Audio, rate: int, columns: int, rows: int) -> Pixels:
    """Pixels [rows, columns, 3]; the frequency grows upwards, by octaves."""
    window = np.hanning(_FRAME).astype(np.float32)
    padded = np.pad(sound, (_FRAME // 2, _FRAME))
    begins = np.linspace(0, len(sound), columns).astype(int)
    hertz = _LOWEST * (min(_HIGHEST, rate / 2) / _LOWEST) ** np.linspace(1, 0, rows)
    bins = hertz * _FRAME / rate
    low = np.minimum(bins.astype(int), _FRAME // 2 - 1)
    share = (bins - low)[:, None]
    levels = np.empty((rows, columns), np.float32)
    for first, spectra in _spectra(padded, begins, window):
        size = np.abs(spectra).T
        levels[:, first : first + size.shape[1]] = size[low] * (1 - share) + size[low + 1] * share
    loudness = 20 * np.log10(levels / max(float(levels.max(initial=0.0)), 1e-9) + 1e-9)
    place = np.clip(1 + loudness / _RANGE, 0, 1) * (len(_RAMP) - 1)
    return np.stack(
        [np.interp(place, np.arange(len(_RAMP)), _RAMP[:, part]) for part in range(3)], axis=-1
    ).astype(np.uint8)


def _spectra(
    padded: Audio, begins: npt.NDArray[np.intp], window: Audio
) -> Iterator[tuple[int, npt.NDArray[np.complexfloating]]]:
    """The first column, and the spectra of some columns."""
    for first in range(0, len(begins), 256):
        places = begins[first : first + 256, None] + np.arange(_FRAME)
        yield first, np.fft.rfft(padded[places] * window)


def _time_axis(drawing: Drawing, seconds: float, y: float) -> None:
    step = next(step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 1e9) if seconds / step <= 16)
    width = drawing.width - _LEFT - _RIGHT
    drawing.horizontal(y, _LEFT, _LEFT + width, LINE)
    for mark in range(int(seconds / step + 1e-6) + 1):
        x = _LEFT + width * mark * step / seconds
        drawing.vertical(x, y, y + 4, STRONG)
        minutes, rest = divmod(mark * step, 60)
        text = f"{int(minutes)}:{int(rest):02}" if step >= 1 else f"{mark * step:.1f} s"
        drawing.add(Words(x, y + 15, text, 9, INK, "middle"))
