"""Whether locks hold and dials turn the right way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from bandmate.evaluating.crew import Ask
from bandmate.evaluating.phrases import Phrase, phrases_of
from bandmate.evaluating.section import Scene, Section
from bandmate.tasks.studio import Request
from bandmate_models.controls import Controls, parse_key
from bandmate_models.evaluation import gates
from bandmate_models.evaluation.distributions import class_histogram
from bandmate_models.evaluation.measures import density
from bandmate_models.evaluation.obedience import (
    Kept,
    in_order,
    in_range,
    in_scale,
    mean_pitch,
    total,
    within_polyphony,
)
from bandmate_models.score import Score

BARS = 4
KEYS = ("C major", "F# major", "Bb minor", "E minor", "Ab major", "D minor")
LOWEST, HIGHEST, RANGE = 48, 67, "C3-G4"
MOST_NOTES = 2
LESS, MORE = 1, 6
"""Steps of density and register that are set against one another."""
LOCKED_TASKS = ("continue", "accompany", "vary")
DIALLED_TASKS = ("accompany", "generate")
ROLES = "chords,bass"
"""Parts of an accompaniment that a dial is turned for."""


def obeying(scene: Scene) -> list[Section]:
    """Locks over several tasks, and pairs of answers that differ in one control alone."""
    section = Section("Controls")
    phrases = list(islice(_pitched(scene), scene.sizes.locks))
    keys = [KEYS[number % len(KEYS)] for number in range(len(phrases))]
    locks: dict[str, tuple[list[dict[str, object]], Callable[[Score, int], Kept]]] = {
        "scale lock": (
            [{"key": key, "scale_lock": True} for key in keys],
            lambda score, number: in_scale(score, parse_key(keys[number])),
        ),
        "range lock": (
            [{"range": RANGE}] * len(phrases),
            lambda score, number: in_range(score, LOWEST, HIGHEST),
        ),
        "polyphony lock": (
            [{"polyphony": str(MOST_NOTES)}] * len(phrases),
            lambda score, number: within_polyphony(score, MOST_NOTES),
        ),
    }
    for name, (wishes, check) in locks.items():
        kept = _locked(scene, name, phrases, wishes, check)
        section.put(name, "kept", kept.share)
        section.put(name, "of", kept.of)
        section.gates.append(gates.share_gate(name, kept, 1.0))
    dials: dict[str, Callable[[Score], float | None]] = {
        "density": lambda score: density(score, BARS),
        "register": mean_pitch,
    }
    for name, measure in dials.items():
        ordered = _dialled(scene, name, phrases, measure)
        section.put(f"{name} {LESS} and {MORE} in order", "kept", ordered.share)
        section.put(f"{name} {LESS} and {MORE} in order", "of", ordered.of)
        section.gates.append(gates.share_gate(f"{name}: pairs in order", ordered, gates.ORDERED))
    return [section]


def _pitched(scene: Scene) -> list[Phrase]:
    found = phrases_of(scene.pieces, BARS, BARS)
    chosen = (phrase for phrase in found if class_histogram(phrase.given).any())
    return list(islice(chosen, scene.sizes.locks))


def _locked(
    scene: Scene,
    name: str,
    phrases: Sequence[Phrase],
    wishes: Sequence[dict[str, object]],
    check: Callable[[Score, int], Kept],
) -> Kept:
    asks = [
        Ask(scene.ours, Request(task, phrase.given, Controls.parse({"bars": BARS, **wish})), seed)
        for task in LOCKED_TASKS
        for seed, (phrase, wish) in enumerate(zip(phrases, wishes, strict=True))
    ]
    answers = scene.crew.answers(name, asks)
    return total(
        check(answer, number % len(phrases)) for number, answer in enumerate(answers) if answer is not None
    )


def _dialled(
    scene: Scene, name: str, phrases: Sequence[Phrase], measure: Callable[[Score], float | None]
) -> Kept:
    """Pairs of answers to one request with one seed, the control low and high."""
    asks = []
    for task in DIALLED_TASKS:
        for seed, phrase in enumerate(phrases):
            for step in (LESS, MORE):
                wishes: dict[str, object] = {"bars": BARS, "roles": ROLES, name: str(step)}
                given = None if task == "generate" else phrase.given
                asks.append(Ask(scene.ours, Request(task, given, Controls.parse(wishes)), seed))
    answers = scene.crew.answers(name, asks)
    measured = [None if answer is None else measure(answer) for answer in answers]
    pairs = list(zip(measured[::2], measured[1::2], strict=True))
    return in_order([(low, high) for low, high in pairs if low is not None and high is not None])
