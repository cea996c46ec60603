"""The gates of the tasks that make something of given music."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from bandmate.evaluating.crew import Ask
from bandmate.evaluating.phrases import Phrase, bars_of_length, excerpts_for, phrases_of
from bandmate.evaluating.section import Scene, Section
from bandmate.tasks.studio import Request
from bandmate_models.attributes import difference
from bandmate_models.controls import Controls
from bandmate_models.corpus.sequences import stiff
from bandmate_models.evaluation import gates
from bandmate_models.evaluation.accompaniment import chords_by_beat, same_chords
from bandmate_models.evaluation.excerpts import Excerpt, with_parts
from bandmate_models.evaluation.gates import Gate
from bandmate_models.evaluation.humanising import jittered, playing_divergences
from bandmate_models.evaluation.measures import bar_grooves, groove_similarity
from bandmate_models.evaluation.obedience import total
from bandmate_models.evaluation.prepared_notes import columns_of
from bandmate_models.evaluation.retrieval import BARS as LOOKED_UP_BARS
from bandmate_models.evaluation.retrieval import chord_agreement, drum_distance, look_up
from bandmate_models.evaluation.trained import trained_sequences
from bandmate_models.score import Metre, Score

DIALS = (0.0, 0.25, 0.5, 0.75, 1.0)
PHRASE_BARS, BETWEEN_BARS, STYLE_BARS = 4, 4, 8
HUMAN_BARS = 8
FOUR_FOUR = Metre(0.0, 4, 4)


def trials(scene: Scene) -> list[Section]:
    """One section of gates, task after task."""
    section = Section("Gates of the tasks")
    for trial in (_vary, _interpolate, _restyle, _humanise, _drumify, _harmonise):
        section.gates += trial(scene)
    return [section]


def _phrases(scene: Scene, bars: int = PHRASE_BARS) -> list[Phrase]:
    return list(islice(phrases_of(scene.pieces, bars, bars), scene.sizes.phrases))


def _vary(scene: Scene) -> list[Gate]:
    phrases = _phrases(scene)
    asks = [
        Ask(scene.ours, Request("vary", phrase.given, Controls(creativity=dial)), seed)
        for dial in DIALS
        for seed, phrase in enumerate(phrases)
    ]
    answers = iter(scene.crew.answers("varying", asks))
    distances: dict[float, list[float]] = {}
    for dial in DIALS:
        for phrase in phrases:
            answer = next(answers)
            if answer is not None:
                distances.setdefault(dial, []).append(difference(phrase.given, answer))
    return [gates.vary_gate(distances)]


def _interpolate(scene: Scene) -> list[Gate]:
    pairs = list(islice(_pairs(phrases_of(scene.pieces, PHRASE_BARS, PHRASE_BARS)), scene.sizes.phrases))
    controls = Controls(bars=BETWEEN_BARS)
    asks = [
        Ask(scene.ours, Request("interpolate", one.given, controls, other=other.given), seed)
        for seed, (one, other) in enumerate(pairs)
    ]
    to_first, to_second = [], []
    for (one, other), answer in zip(pairs, scene.crew.answers("interpolating", asks), strict=True):
        if answer is not None:
            bars = [answer.excerpt(bar.start, bar.end) for bar in bars_of_length(answer, BETWEEN_BARS)]
            to_first.append([gates.phrase_distance(bar, one.given) for bar in bars])
            to_second.append([gates.phrase_distance(bar, other.given) for bar in bars])
    return [gates.interpolate_gate(to_first, to_second)]


def _pairs(phrases: Iterable[Phrase]) -> Iterator[tuple[Phrase, Phrase]]:
    """Phrases two by two: of one source and metre, of different pieces."""
    waiting: list[Phrase] = []
    for phrase in phrases:
        for other in waiting:
            alike = other.source == phrase.source and other.given.metres[0] == phrase.given.metres[0]
            if alike and other.group != phrase.group:
                waiting.remove(other)
                yield other, phrase
                break
        else:
            waiting.append(phrase)


def _restyle(scene: Scene) -> list[Gate]:
    bands = [piece for piece in scene.pieces if piece.band]
    excerpts = excerpts_for(bands, "accompany", STYLE_BARS, scene.sizes.phrases)
    pairs = [
        (one, other)
        for at, one in enumerate(excerpts)
        for other in excerpts[at + 1 : at + 2] or excerpts[:1]
        if one.piece.group != other.piece.group and one.score.metres[0] == other.score.metres[0]
    ]
    asks = [
        Ask(scene.ours, Request("restyle", one.score, Controls(), other=other.score), seed)
        for seed, (one, other) in enumerate(pairs)
    ]
    chords, to_target, to_source = [], [], []
    for (one, other), answer in zip(pairs, scene.crew.answers("restyling", asks), strict=True):
        if answer is None:
            continue
        whole = with_parts(one.score, [*one.played.parts, *answer.parts])
        chords.append(same_chords(*(chords_by_beat(score, one.beats) for score in (one.score, whole))))
        grooves = [_grooves(score, one.bars) for score in (answer, other.ours, one.ours)]
        to_target.append(groove_similarity(grooves[0], grooves[1]) or 0.0)
        to_source.append(groove_similarity(grooves[0], grooves[2]) or 0.0)
    return gates.restyle_gates(total(chords), to_target, to_source)


def _grooves(score: Score, bars: int) -> NDArray[np.bool_]:
    return bar_grooves(score, bars_of_length(score, bars))


def _humanise(scene: Scene) -> list[Gate]:
    drummers = [piece for piece in scene.pieces if piece.source.name == "groove"]
    phrases = list(islice(phrases_of(drummers, HUMAN_BARS, HUMAN_BARS), scene.sizes.phrases))
    real = [phrase.given for phrase in phrases]
    machine = [stiff(score) for score in real]
    asks = [
        Ask(scene.ours, Request("humanise", score, Controls()), seed) for seed, score in enumerate(machine)
    ]
    played = [answer for answer in scene.crew.answers("humanising", asks) if answer is not None]
    if not played:
        return [Gate("humanise", "none", "below quantised and random", None)]
    sides = (played, machine, jittered(machine, real))
    return gates.humanise_gates(*(playing_divergences(side, real) for side in sides))


def _drumify(scene: Scene) -> list[Gate]:
    pairs = _beside_retrieval(scene, "drumify")
    ours = [drum_distance(excerpt.ours, answer) for excerpt, answer, _ in pairs]
    found = [drum_distance(excerpt.ours, looked_up) for excerpt, _, looked_up in pairs]
    return [gates.retrieval_gate("drumify: divergence from the real drums", ours, found, smaller=True)]


def _harmonise(scene: Scene) -> list[Gate]:
    pairs = _beside_retrieval(scene, "harmonise")
    ours, found = (
        [
            kept.share
            for excerpt, *answers in pairs
            if (kept := chord_agreement(excerpt.ours, answers[side], excerpt.beats)).share is not None
        ]
        for side in (0, 1)
    )
    name = "harmonise: beats with the real chord"
    return [gates.retrieval_gate(name, _numbers(ours), _numbers(found), smaller=False)]


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _beside_retrieval(scene: Scene, task: str) -> list[tuple[Excerpt, Score, Score]]:
    """Excerpts in 4/4 with our answer and the one that was looked up."""
    if scene.data is None:
        return []
    most = 2 * scene.sizes.phrases
    excerpts = [
        excerpt
        for excerpt in excerpts_for(scene.pieces, task, LOOKED_UP_BARS, most)
        if excerpt.score.metres[0] == FOUR_FOUR
    ]
    asks = [
        Ask(scene.ours, Request(task, excerpt.played, Controls()), seed)
        for seed, excerpt in enumerate(excerpts)
    ]
    answers = scene.crew.answers(f"{task}, beside retrieval", asks)
    known = columns_of(trained_sequences(scene.data, synthetic=True))
    found = look_up(excerpts, task, known)
    return [
        (excerpt, answer, looked_up)
        for excerpt, answer, looked_up in zip(excerpts, answers, found, strict=True)
        if answer is not None and looked_up is not None
    ]
