"""What went into a prepared corpus, as a page and a picture.

python -m bandmate_models.corpus.report --data prepared -o docs
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import vocabulary as v
from ..errors import BandmateError
from ..training.dataset import SHARES
from .pieces import SPLITS
from .sequences import KINDS
from .sources import BY_NAME

PICTURE = "corpus.svg"
_ROW, _LEFT, _WIDTH, _TOP = 22, 190, 470, 34
_SEEN, _THERE = "#2a6f97", "#a9d6e5"


class Row(NamedTuple):
    """One source: pieces and notes in training, and its share of what is drawn."""

    name: str
    pieces: int
    notes: int
    share: float


class Contents(NamedTuple):
    """Sources in order of their share; sequences and share of the windows by kind; parts and genres."""

    rows: list[Row]
    kinds: dict[str, tuple[int, float]]
    roles: Counter[str]
    genres: Counter[str]
    tokens: int


def contents(folder: Path) -> Contents:
    """What a prepared corpus holds. Raises BandmateError ("bad_file") where there is none."""
    try:
        report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        index = np.load(folder / "index.npz")
    except (OSError, ValueError) as error:
        raise BandmateError(f"{folder} holds no prepared corpus ({error})", "bad_file") from None
    tokens = np.memmap(folder / "tokens.bin", dtype=np.uint16, mode="r")
    train = index["split"] == SPLITS.index("train")
    alone = train & (index["kind"] == KINDS.index("alone"))
    length = np.diff(index["offset"])
    sources: list[str] = report["sources"]
    weights = np.array([report["weights"][name] for name in sources])
    drawn = np.bincount(index["source"][alone], (length * weights[index["source"]])[alone], len(sources))
    rows = [
        Row(
            name,
            len(np.unique(index["piece"][train & (index["source"] == number)])),
            int(report["notes"].get(f"{name}/train", 0)) if weights[number] else 0,
            float(drawn[number] / drawn.sum()),
        )
        for number, name in enumerate(sources)
    ]
    there = {kind: int((train & (index["kind"] == n)).sum()) for n, kind in enumerate(KINDS)}
    total = sum(SHARES[kind] for kind, count in there.items() if count)
    roles, genres = Counter[str](), Counter[str]()
    first_of_piece = np.unique(index["piece"][alone], return_index=True)[1]
    for number in np.flatnonzero(alone)[first_of_piece]:
        start = index["offset"][number]
        for token in np.asarray(tokens[start : start + index["header"][number]]):
            field = v.field_of(int(token))
            if field == "part_m":
                roles[v.SLOTS[int(token) - v.BASE["part_m"]][0]] += 1
            elif field == "genre":
                genres[v.GENRES[int(token) - v.BASE["genre"]]] += 1
    return Contents(
        sorted(rows, key=lambda row: -row.share),
        {kind: (count, SHARES[kind] / total if count else 0.0) for kind, count in there.items()},
        roles,
        genres,
        int(length[train].sum()),
    )


def page(found: Contents) -> str:
    """The report as Markdown."""
    lines = [
        "# The training corpus",
        "",
        f"What the default model is trained on: {found.tokens / 1e6:.0f} M tokens in"
        f" {sum(count for count, _ in found.kinds.values()):,} sequences. Printed by"
        " `python -m bandmate_models.corpus.report`. Licences and what is left out, and why, are in the"
        " [model card](../models/bandmate_models/weights/default/MODEL_CARD.md).",
        "",
        f"![Share of the training windows, and of the notes, by source]({PICTURE})",
        "",
        "| source | pieces | notes | share of what is drawn | dynamics | kind |",
        "|---|---|---|---|---|---|",
    ]
    for row in found.rows:
        source = BY_NAME.get(row.name)
        dynamics = "as played" if source is None or source.dynamics else "unknown"
        kind = "real" if source is None or source.real else "band parts made by rule"
        lines.append(
            f"| {row.name} | {row.pieces:,} | {row.notes:,} | {row.share:.1%} | {dynamics} | {kind} |"
        )
    lines += ["", "| what a sequence teaches | sequences | share of the windows |", "|---|---|---|"]
    lines += [f"| {kind} | {count:,} | {share:.0%} |" for kind, (count, share) in found.kinds.items()]
    lines += ["", "| part | pieces with it |", "|---|---|"]
    lines += [f"| {role} | {count:,} |" for role, count in found.roles.most_common()]
    lines += ["", "| genre | pieces |", "|---|---|"]
    lines += [f"| {genre} | {count:,} |" for genre, count in found.genres.most_common()]
    return "\n".join(lines) + "\n"


def picture(rows: Sequence[Row]) -> str:
    """Two bars a source, SVG: its share of the training windows, dark, and of the notes, light."""
    notes = sum(row.notes for row in rows) or 1
    widest = max(max(row.share, row.notes / notes) for row in rows) or 1.0
    height = _TOP + _ROW * len(rows) + 10
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 80}" height="{height}"'
        ' font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<rect x="{_LEFT}" y="12" width="12" height="10" fill="{_SEEN}"/>'
        f'<text x="{_LEFT + 18}" y="21">share of what is drawn</text>',
        f'<rect x="{_LEFT + 190}" y="12" width="12" height="10" fill="{_THERE}"/>'
        f'<text x="{_LEFT + 208}" y="21">share of the notes</text>',
    ]
    for number, row in enumerate(rows):
        top = _TOP + _ROW * number
        drawn.append(f'<text x="{_LEFT - 8}" y="{top + 13}" text-anchor="end">{row.name}</text>')
        for offset, share, colour in ((0, row.share, _SEEN), (9, row.notes / notes, _THERE)):
            width = max(share / widest * _WIDTH, 0.5)
            drawn.append(
                f'<rect x="{_LEFT}" y="{top + 1 + offset}" width="{width:.1f}" height="8" fill="{colour}"/>'
            )
        wide = max(row.share, row.notes / notes) / widest * _WIDTH
        drawn.append(f'<text x="{_LEFT + wide + 6:.1f}" y="{top + 13}" fill="#555">{row.share:.1%}</text>')
    return "\n".join([*drawn, "</svg>", ""])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bandmate_models.corpus.report", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="prepared corpus")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path(), help="folder for corpus.md and its picture"
    )
    args = parser.parse_args(argv)
    try:
        found = contents(args.data)
        (args.output / "corpus.md").write_text(page(found), encoding="utf-8")
        (args.output / PICTURE).write_text(picture(found.rows), encoding="utf-8")
    except (BandmateError, OSError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
