"""A drawing as PNG, two pixels to the drawing's one."""

from __future__ import annotations

import struct
from zlib import compress, crc32

import numpy as np
import numpy.typing as npt

from bandmate.pictures.drawing import PAPER, Band, Box, Colour, Drawing, Image, Pixels, Words
from bandmate.pictures.glyphs import ADVANCE, HEIGHT, WIDTH, glyph

SCALE = 2
_ROOM = 0.72  # of a text's size that its capitals are high
_Canvas = npt.NDArray[np.float32]


def png_bytes(pixels: Pixels, texts: dict[str, str] | None = None) -> bytes:
    """Pixels [rows, columns, 3] as a PNG file; `texts` (Title, Comment...) are told in it."""
    rows, columns, _ = pixels.shape
    above = np.zeros_like(pixels)
    above[1:] = pixels[:-1]
    lines = np.empty((rows, 1 + 3 * columns), np.uint8)
    lines[:, 0] = 2  # each byte as its difference from the one above
    lines[:, 1:] = (pixels - above).reshape(rows, -1)
    told = (
        _chunk(b"iTXt", name.encode("latin-1") + b"\0\0\0\0\0" + text.encode())
        for name, text in (texts or {}).items()
    )
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + b"".join(told)
        + _chunk(b"IDAT", compress(lines.tobytes(), 6))
        + _chunk(b"IEND", b"")
    )


def rasterised(drawing: Drawing) -> Pixels:
    """The drawing's pixels [rows, columns, 3]."""
    size = (round(drawing.height * SCALE), round(drawing.width * SCALE), 3)
    canvas = np.full(size, PAPER, np.float32)
    for shape in drawing.shapes:
        if isinstance(shape, Box):
            _fill(canvas, shape.x, shape.y, shape.width, shape.height, shape.colour, shape.opacity)
        elif isinstance(shape, Band):
            _fill_band(canvas, shape)
        elif isinstance(shape, Words):
            _write(canvas, shape)
        else:
            _lay(canvas, shape)
    return np.round(canvas).astype(np.uint8)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc32(name + data))


def _fill(
    canvas: _Canvas, x: float, y: float, width: float, height: float, colour: Colour, opacity: float
) -> None:
    left, top = max(0, round(x * SCALE)), max(0, round(y * SCALE))
    right, bottom = max(left + 1, round((x + width) * SCALE)), max(top + 1, round((y + height) * SCALE))
    area = canvas[top:bottom, left:right]
    area += (np.array(colour, np.float32) - area) * np.float32(opacity)


def _fill_band(canvas: _Canvas, band: Band) -> None:
    """Column by column, between the curves."""
    columns = np.arange(
        round(band.x * SCALE), round((band.x + band.step * (len(band.upper) - 1)) * SCALE) + 1
    )
    places = (columns / SCALE - band.x) / band.step
    points = np.arange(len(band.upper))
    upper = np.interp(places, points, band.upper) * SCALE
    lower = np.interp(places, points, band.lower) * SCALE
    for column, top, bottom in zip(columns, upper, lower, strict=True):
        if 0 <= column < canvas.shape[1]:
            begin = max(0, round(top))
            canvas[begin : max(begin + 1, round(bottom)), column] = band.colour


def _write(canvas: _Canvas, words: Words) -> None:
    unit = max(1, round(words.size * SCALE * _ROOM / HEIGHT))
    length = unit * (ADVANCE * len(words.text) - (ADVANCE - WIDTH))
    left = round(words.x * SCALE) - {"start": 0, "middle": length // 2, "end": length}[words.anchor]
    top = round(words.y * SCALE) - unit * HEIGHT
    for place, letter in enumerate(words.text):
        for row, line in enumerate(glyph(letter)):
            for column, dot in enumerate(line):
                if dot == "#":
                    x, y = left + unit * (ADVANCE * place + column), top + unit * row
                    canvas[max(0, y) : max(0, y + unit), max(0, x) : max(0, x + unit)] = words.colour


def _lay(canvas: _Canvas, image: Image) -> None:
    left, top = round(image.x * SCALE), round(image.y * SCALE)
    width, height = round(image.width * SCALE), round(image.height * SCALE)
    rows = np.minimum(np.arange(height) * image.pixels.shape[0] // height, image.pixels.shape[0] - 1)
    columns = np.minimum(np.arange(width) * image.pixels.shape[1] // width, image.pixels.shape[1] - 1)
    canvas[top : top + height, left : left + width] = image.pixels[rows][:, columns]
