"""One evaluation from beginning to end."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from itertools import chain, islice
from pathlib import Path
from typing import Any

from bandmate.evaluating.accompanying import SONGS, accompanying
from bandmate.evaluating.crew import Crew, Musician, Told
from bandmate.evaluating.held_out import held_out
from bandmate.evaluating.music import music
from bandmate.evaluating.obeying import obeying
from bandmate.evaluating.section import Scene, Section
from bandmate.evaluating.sizes import Sizes
from bandmate.evaluating.trials import trials
from bandmate_models import vocabulary as v
from bandmate_models.errors import BandmateError
from bandmate_models.evaluation.held_pieces import HeldPiece, held_pieces
from bandmate_models.evaluation.ngram import Ngram
from bandmate_models.evaluation.trained import trained_sequences
from bandmate_models.weights import Weights

SECTIONS: dict[str, Callable[[Scene], list[Section]]] = {
    "bits": held_out,
    "music": music,
    "accompaniment": accompanying,
    "tasks": trials,
    "controls": obeying,
}
"""What can be evaluated, in the order of the card."""


DUO_SHARE = 3
"""Of so many two-stream sequences the n-gram counts one: about one of each piece."""


def evaluate(
    weights: Weights,
    precision: str | None,
    pieces: list[HeldPiece],
    data: Path | None,
    sizes: Sizes,
    workers: int,
    sections: list[str],
    told: Callable[[str], Told],
) -> dict[str, Any]:
    """A record of every section's figures (see bandmate_models.evaluation.report).

    `data` is a prepared corpus; without it there is no n-gram, no retrieval and no memorisation.
    """
    began = time.monotonic()
    ours = Musician(weights.folder, precision)
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        ngram = None
        if data is not None:
            _count(data, Path(folder), told("counting the n-gram"))
            ngram = ours._replace(ngram=Path(folder))
            seconds["n-gram"] = time.monotonic() - began
        crew = Crew(workers, told)
        try:
            scene = Scene(crew, sizes, pieces, ours, ngram, data)
            done: list[Section] = []
            for name in sections:
                start = time.monotonic()
                done += SECTIONS[name](scene)
                seconds[name] = time.monotonic() - start
        finally:
            crew.close()
    return {
        "model": f"{weights.config.name} {weights.config.precision}",
        "sha256": weights.sha256,
        "pieces": len(pieces),
        "sources": len({piece.source.name for piece in pieces}),
        "workers": workers,
        "seconds": time.monotonic() - began,
        "seconds_of": seconds,
        **{section.title: section.rows for section in done if section.rows},
        "remarks": {section.title: " ".join(section.remarks) for section in done if section.remarks},
        "gates": [gate._asdict() for section in done for gate in section.gates],
    }


def _count(data: Path, folder: Path, told: Told) -> None:
    """The n-gram of all real pieces in training, and of some with a player, into a folder."""
    told(0, 1)
    alone = trained_sequences(data)
    first = next(alone, None)
    if first is None:
        raise BandmateError(f"{data} holds no real music for training; prepare it with a manifest that does")
    duos = islice(trained_sequences(data, ("duo",)), 0, None, DUO_SHARE)
    Ngram(chain([first], alone, duos), v.SIZE).save(folder)
    told(1, 1)


def the_pieces(manifest: Path, midi: Path, split: str, sizes: Sizes) -> list[HeldPiece]:
    """The held-out pieces of an evaluation. Raises BandmateError where they cannot be read."""
    found = held_pieces(
        manifest,
        midi,
        split=split,
        per_source=sizes.per_source,
        more={SONGS: sizes.lieder},
        all_bands=sizes.all_bands,
    )
    return list(found)
