"""The sequences that training reads, whole, straight from a prepared corpus."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..corpus.pieces import SPLITS
from ..corpus.sequences import KINDS
from ..corpus.sources import BY_NAME
from ..errors import BandmateError
from ..training.dataset import plain_header, without_chords


def trained_sequences(
    data: Path, kinds: Collection[str] = ("alone",), *, synthetic: bool = False
) -> Iterator[NDArray[np.int64]]:
    """Those of the training split, of sources that are drawn from; headers without controls, no chords.

    Raises BandmateError where `data` holds no prepared corpus.
    """
    try:
        report = json.loads((data / "report.json").read_text(encoding="utf-8"))
        index = np.load(data / "index.npz")
        tokens = np.memmap(data / "tokens.bin", dtype=np.uint16, mode="r")
        sources, weights = report["sources"], report["weights"]
        wanted = np.isin(index["kind"], [KINDS.index(kind) for kind in kinds])
    except (OSError, ValueError, KeyError) as error:
        raise BandmateError(f"{data} holds no prepared corpus ({error}); run corpus.prepare first") from None
    read = [
        weights[name] > 0 and (synthetic or name not in BY_NAME or BY_NAME[name].real) for name in sources
    ]
    wanted &= (index["split"] == SPLITS.index("train")) & np.array(read)[index["source"]]
    offset, header_length = index["offset"], index["header"]
    for number in np.flatnonzero(wanted):
        start, end = offset[number], offset[number + 1]
        header = np.asarray(tokens[start : start + header_length[number]])
        body = np.asarray(tokens[start + header_length[number] : end])
        yield np.concatenate([plain_header(header), without_chords(body)]).astype(np.int64)
