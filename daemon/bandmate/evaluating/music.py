"""Continuations of held-out phrases: what they are like, who can tell them from real ones, what is copied."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice

import numpy as np

from bandmate.evaluating.crew import Ask, Musician
from bandmate.evaluating.phrases import Phrase, bars_of_length, phrases_of
from bandmate.evaluating.section import Scene, Section, figure_of_values
from bandmate.tasks.studio import Request
from bandmate_models.controls import Controls
from bandmate_models.evaluation.bar_features import bar_features
from bandmate_models.evaluation.discriminator import Verdict, separability
from bandmate_models.evaluation.distributions import (
    class_histogram,
    jsd,
    onset_histogram,
    overlap,
    pitch_histogram,
)
from bandmate_models.evaluation.measures import OF_MUSIC, bar_grooves, density, groove_similarity
from bandmate_models.evaluation.memorisation import longest_shared, trained_stretches
from bandmate_models.memorisation import LIMIT
from bandmate_models.score import Score

BARS, FOLLOWING = 4, 8

Answered = list[tuple[Phrase, Score]]


def music(scene: Scene) -> list[Section]:
    """Measures, discriminator and memorisation of the same answers."""
    sizes = scene.sizes
    phrases = list(islice(phrases_of(scene.pieces, BARS, FOLLOWING), sizes.samples))
    sides: dict[str, Answered] = {"real": [(phrase, phrase.following) for phrase in phrases]}
    sides["ours"] = _continued(scene, "continuing, ours", scene.ours, phrases, sizes.samples)
    if scene.ngram is not None:
        sides["5-gram"] = _continued(scene, "continuing, n-gram", scene.ngram, phrases, sizes.ngram_samples)
    return [_measured(sides), _told_apart(sides), _remembered(scene, sides)]


def _continued(
    scene: Scene, label: str, musician: Musician, phrases: Sequence[Phrase], count: int
) -> Answered:
    """So many answers, phrase after phrase, and from the first again with other seeds."""
    asked = list(islice(cycle(phrases), count)) if phrases else []
    controls = Controls(bars=FOLLOWING)
    asks = [
        Ask(musician, Request("continue", phrase.given, controls), seed) for seed, phrase in enumerate(asked)
    ]
    answers = scene.crew.answers(label, asks)
    return [(phrase, answer) for phrase, answer in zip(asked, answers, strict=True) if answer is not None]


def _measured(sides: dict[str, Answered]) -> Section:
    """One row a measure, one column a side; each source counts once."""
    section = Section(f"Music: {FOLLOWING} bars after {BARS}")
    for side, answered in sides.items():
        values: dict[str, list[tuple[str, str, float | None]]] = {}
        for phrase, answer in answered:
            for name, value in _figures(phrase, answer).items():
                values.setdefault(name, []).append((phrase.source, phrase.group, value))
        for name, rows in values.items():
            section.put(name, side, figure_of_values(rows))
        section.put("continuations", side, len(answered))
    return section


def _figures(phrase: Phrase, answer: Score) -> dict[str, float | None]:
    """Measures of an answer beside its phrase, then of the answer alone."""
    given, bars = phrase.given, phrase.following_bars
    before = bars_of_length(given, BARS)
    pitched = bool(class_histogram(given).any())
    beats = sum(bar.length for bar in bars)
    rate = density(given, sum(bar.length for bar in before))
    return {
        "pitch_class_overlap": overlap(class_histogram(given), class_histogram(answer)) if pitched else None,
        "pitch_jsd": jsd(pitch_histogram(given), pitch_histogram(answer)) if pitched else None,
        "onset_jsd": jsd(onset_histogram(given), onset_histogram(answer)),
        "groove_similarity": groove_similarity(bar_grooves(given, before), bar_grooves(answer, bars)),
        "density_ratio": density(answer, beats) / rate if rate else None,
        **{name: measure(answer, bars) for name, measure in OF_MUSIC.items()},
    }


def _told_apart(sides: dict[str, Answered]) -> Section:
    """How well a classifier tells the bars of each side from real ones of the same pieces."""
    section = Section("Discriminator: real and generated bars told apart")
    for side in [name for name in sides if name != "real"]:
        verdict = _verdict(sides["real"], sides[side])
        if verdict is None:
            continue
        section.put(side, "accuracy", verdict.accuracy)
        section.put(side, "accuracy low", verdict.low)
        section.put(side, "accuracy high", verdict.high)
        section.put(side, "bars", verdict.bars)
    section.remarks.append("0.5 is no better than guessing; pieces that are judged were not trained on.")
    return section


def _verdict(real: Answered, generated: Answered) -> Verdict | None:
    groups = {group: number for number, group in enumerate(sorted({p.group for p, _ in [*real, *generated]}))}
    asked = {id(phrase) for phrase, _ in generated}
    rows, side, pieces = [], [], []
    for made, answered in ((False, [pair for pair in real if id(pair[0]) in asked]), (True, generated)):
        for phrase, score in answered:
            features = bar_features(score, phrase.following_bars)
            if len(features):
                rows.append(features)
                side += [made] * len(features)
                pieces += [groups[phrase.group]] * len(features)
    if not rows:
        return None
    return separability(np.concatenate(rows), np.array(side), np.array(pieces))


def _remembered(scene: Scene, sides: dict[str, Answered]) -> Section:
    """The longest stretch of notes that stands in training, transposed or not; held-out music beside it."""
    section = Section("Memorisation: notes in a row that stand in training, transposed or not")
    if scene.data is None:
        section.remarks.append("Left out: give the prepared corpus with --data.")
        return section
    lines = [
        (side, number, part)
        for side, answered in sides.items()
        for number, (_, score) in enumerate(answered)
        for part in score.parts
    ]
    longest = longest_shared([part for _, _, part in lines], trained_stretches(scene.data))
    for side, answered in sides.items():
        best = np.zeros(len(answered), dtype=np.int64)
        for (of, number, _), notes in zip(lines, longest.tolist(), strict=True):
            if of == side:
                best[number] = max(best[number], notes)
        if len(best):
            section.put(side, "longest", int(best.max()))
            section.put(side, "95th percentile", float(np.quantile(best, 0.95)))
            section.put(side, f"share above {LIMIT}", float((best > LIMIT).mean()))
            section.put(side, "samples", len(best))
    return section
