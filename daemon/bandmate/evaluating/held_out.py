"""Held-out bits per note: every task, every real source, the n-gram, and the two ablations."""

from __future__ import annotations

from collections.abc import Iterator

from bandmate.evaluating.section import Scene, Section
from bandmate_models.evaluation.bootstrap import Figure, figure_of
from bandmate_models.evaluation.cases import (
    LAGS,
    TASK_LAGS,
    Case,
    accompaniment_cases,
    continue_cases,
    infill_cases,
)
from bandmate_models.evaluation.gates import ablation_gate, ngram_gates
from bandmate_models.evaluation.scoring import Scored, rows_of

CONDITIONS = ("with", "dropped", "swapped")
ACCOMPANIMENTS = (*(f"accompany, {name}" for name in LAGS), *TASK_LAGS)


def held_out(scene: Scene) -> list[Section]:
    """Bits by task, and by source."""
    cases = list(_cases(scene))
    ours = scene.crew.bits("bits, ours", scene.ours, cases)
    ngram = scene.crew.bits("bits, n-gram", scene.ngram, _alone(cases)) if scene.ngram else []
    return [_by_task(ours, ngram), _by_source(ours, ngram)]


def _alone(cases: list[Case]) -> list[Case]:
    return [case for case in cases if case.task == "continue"]


def _cases(scene: Scene) -> Iterator[Case]:
    context = scene.sizes.context
    by_source = {
        name: [piece for piece in scene.pieces if piece.source.name == name]
        for name in dict.fromkeys(piece.source.name for piece in scene.pieces)
    }
    some = {name: pieces[: scene.sizes.per_source] for name, pieces in by_source.items()}
    for piece in (piece for pieces in some.values() for piece in pieces):
        yield from continue_cases(piece, context)
        yield from infill_cases(piece, context)
    for piece in scene.pieces:
        if not piece.band and not any(piece is one for one in some[piece.source.name]):
            continue
        others = by_source[piece.source.name]
        for name, lag in LAGS.items():
            yield from accompaniment_cases(piece, "accompany", lag, f"accompany, {name}", others, context)
        for task, lag in TASK_LAGS.items():
            yield from accompaniment_cases(piece, task, lag, task, others, context)


def _by_task(ours: list[Scored], ngram: list[Scored]) -> Section:
    section = Section("Held-out bits per note, by task")
    for task in ("continue", "infill"):
        section.put(task, "ours", figure_of(rows_of(ours, task, "")))
    section.put("continue", "5-gram", figure_of(rows_of(ngram, "continue", "")))
    for task in ACCOMPANIMENTS:
        figures = {name: figure_of(rows_of(ours, task, name)) for name in CONDITIONS}
        heard, dropped, swapped = (figures[name] for name in CONDITIONS)
        if heard is None or dropped is None or swapped is None:
            continue
        section.put(task, "ours", heard)
        section.put(task, "player dropped", dropped)
        section.put(task, "player swapped", swapped)
        section.put(task, "groups", heard.groups)
        section.gates.append(ablation_gate(task, heard.mean, dropped.mean, swapped.mean))
    return section


def _by_source(ours: list[Scored], ngram: list[Scored]) -> Section:
    """One row a source; columns are tasks."""
    section = Section("Held-out bits per note, by source")
    columns: dict[str, Figure | None] = {
        "continue": figure_of(rows_of(ours, "continue", "")),
        "continue, 5-gram": figure_of(rows_of(ngram, "continue", "")),
        "infill": figure_of(rows_of(ours, "infill", "")),
        **{task: figure_of(rows_of(ours, task, "with")) for task in ACCOMPANIMENTS},
    }
    for name, figure in columns.items():
        for source, bits in sorted(figure.by_source.items()) if figure else ():
            section.put(source, name, bits)
    for name, figure in columns.items():
        section.put("average", name, figure)
    model, baseline = columns["continue"], columns["continue, 5-gram"]
    if model is not None and baseline is not None:
        section.gates += ngram_gates(model.by_source, baseline.by_source)
    return section
