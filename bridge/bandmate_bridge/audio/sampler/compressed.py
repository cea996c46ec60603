"""SF3: a soundfont whose samples are Ogg Vorbis files, one behind the other."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from io import BytesIO
from typing import Any

import numpy as np

from bandmate_bridge.audio.sampler.records import GUARD, Header, Samples

COMPRESSED = 0x10
"""The bit of a sample's kind that says so; its places are bytes then, and its loop counts from its start."""

_MOST = 1 << 29  # frames of all samples: above it, a small file would fill the memory


def decompressed(data: memoryview, headers: Sequence[Header]) -> tuple[Samples, list[Header]]:
    """The samples as frames, and the headers with their new places. Raises ValueError for damaged ones."""
    soundfile: Any = import_module("soundfile")
    pieces: list[Samples] = []
    placed, start = [], 0
    for header in headers:
        if not header.kind & COMPRESSED:
            piece = np.frombuffer(data[2 * header.start : 2 * header.end], "<i2")
            loop = header.loop_start - header.start, header.loop_end - header.start
        else:
            try:
                with soundfile.SoundFile(BytesIO(data[header.start : header.end])) as file:
                    piece = file.read(_MOST - start, dtype="int16", always_2d=True)[:, 0]
            except soundfile.LibsndfileError as error:
                raise ValueError(header.start) from error
            loop = header.loop_start, header.loop_end
        end = start + len(piece)
        if end >= _MOST:
            raise ValueError(end)
        placed.append(
            header._replace(start=start, end=end, loop_start=start + loop[0], loop_end=start + loop[1])
        )
        pieces += [piece, np.zeros(GUARD, np.int16)]
        start = end + GUARD
    return np.concatenate(pieces), placed
