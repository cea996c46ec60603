"""What each part of an evaluation hands over: figures for the table, gates, and what else the card tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bandmate.evaluating.crew import Crew, Musician
from bandmate.evaluating.sizes import Sizes
from bandmate_models.evaluation.bootstrap import Figure, Row, figure_of
from bandmate_models.evaluation.gates import Gate
from bandmate_models.evaluation.held_pieces import HeldPiece

Cell = float | int | str | None


@dataclass(frozen=True, slots=True)
class Scene:
    """What every section works with. `ngram` and `data` are None where there is no prepared corpus."""

    crew: Crew
    sizes: Sizes
    pieces: list[HeldPiece]
    ours: Musician
    ngram: Musician | None
    data: Path | None


@dataclass(slots=True)
class Section:
    """A table (a row by name, its cells by column), gates, and remarks in words."""

    title: str
    rows: dict[str, dict[str, Cell]] = field(default_factory=dict)
    gates: list[Gate] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def put(self, row: str, column: str, figure: Figure | float | int | str | None) -> None:
        """Set a cell; a figure also fills "column low" and "column high"."""
        cells = self.rows.setdefault(row, {})
        if isinstance(figure, Figure):
            cells[column] = figure.mean
            cells[f"{column} low"], cells[f"{column} high"] = figure.low, figure.high
        else:
            cells[column] = figure


def figure_of_values(values: list[tuple[str, str, float | None]]) -> Figure | None:
    """The figure of (source, group, value) rows; rows without a value are left out."""
    return figure_of(Row(source, group, value, 1) for source, group, value in values if value is not None)
