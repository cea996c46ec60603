"""Re-planning live: four beats of four parts, again every half beat, beside a player at 180 bpm.

python benchmarks/replan.py [--weights DIR] [--plans N] [--no-sizes]

A player's melody is heard a beat behind, bass, drums, chords and guitar are written. Each plan begins at
another beat: the cache is rewound to it, and four beats are written anew, mask, sampling and steps together.
For models of other sizes (random weights) only the steps are measured, over the same tokens; the rest costs
the same.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bandmate_models.context import Context
from bandmate_models.controls import Controls
from bandmate_models.decoder import Decoder
from bandmate_models.generation import fill
from bandmate_models.model_config import ModelConfig
from bandmate_models.sampler import Sampler
from bandmate_models.score import Note, Part, Score, Tempo
from bandmate_models.sheets.band import accompany
from bandmate_models.weights import Weights
from harness import ROOT, percentiles, table, timed, write_result

BPM = 180.0
BEATS = 4
ROLES = ("bass", "drums", "chords", "guitar")
BARS = 24
SHARE = 0.6
LIMIT = SHARE * 1000 * 60 / BPM / 2
"""Milliseconds: 60 % of a half beat."""
PAST = 1000
SIZES = {
    "1.5 M": {"d_model": 160, "n_layers": 4, "n_heads": 5, "n_kv_heads": 1, "d_ff": 432},
    "4.6 M": {"d_model": 256, "n_layers": 6, "n_heads": 8, "n_kv_heads": 2, "d_ff": 704},
    "10 M": {"d_model": 384, "n_layers": 6, "n_heads": 12, "n_kv_heads": 2, "d_ff": 1024},
    "17 M": {"d_model": 448, "n_layers": 8, "n_heads": 14, "n_kv_heads": 2, "d_ff": 1216},
    "25 M": {"d_model": 512, "n_layers": 9, "n_heads": 16, "n_kv_heads": 2, "d_ff": 1376},
}


def melody(seed: int) -> Score:
    """A tune of eighths and quarters in C that never rests for long."""
    chance = random.Random(seed)
    notes, beat, pitch = [], 0.0, 67
    while beat < 4 * BARS:
        length = chance.choice((0.5, 0.5, 1.0, 1.5))
        pitch = min(81, max(60, pitch + chance.choice((-4, -2, -1, 0, 1, 2, 3, 5))))
        notes.append(Note(beat, length, pitch, chance.randrange(60, 110)))
        beat += length
    return Score((Part("melody", tuple(notes), 73),), tempos=(Tempo(0.0, BPM),))


class Plans:
    """Plans of one session, each from where the one before it began, a beat later."""

    def __init__(self, weights: Weights, seed: int) -> None:
        controls = Controls(roles=",".join(ROLES), lag=1, seed=seed)
        sheet = accompany(melody(seed), controls)
        self._opening = sheet.opening()
        self._steering = sheet.steering()
        self._context = Context(Decoder(weights))
        self._context.set(self._opening.header, self._opening.body)
        self._sampler = Sampler(seed=seed)
        self.tokens: list[list[int]] = []
        self.past: list[int] = []

    def run(self, count: int) -> list[float]:
        """Milliseconds of each of `count` plans."""
        context, grammar, runs = self._context, self._opening.grammar, self._opening.runs
        samples = []
        for beat in range(count):
            mark, draft = context.mark(), grammar.draft()
            begun = time.perf_counter()
            context.back_to(mark)
            for _ in fill(context, draft, self._sampler, self._steering, runs[beat : beat + BEATS]):
                pass
            samples.append(1000 * (time.perf_counter() - begun))
            self.past.append(mark.position)
            self.tokens.append(context.tokens_since(mark))
            context.back_to(mark)
            for _ in fill(context, grammar, self._sampler, self._steering, runs[beat : beat + 1]):
                pass
        return samples


def steps_ms(weights: Weights, tokens: list[int]) -> float:
    """Milliseconds at p50 to step through so many tokens after PAST others."""
    decoder = Decoder(weights)
    decoder.append((tokens * (PAST // max(len(tokens), 1) + 1))[:PAST])

    def plan() -> None:
        decoder.rewind_to(PAST)
        for token in tokens:
            decoder.step(token)

    return percentiles(timed(plan, 8, 2))["p50"]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--weights", type=Path)
    arguments.add_argument("--plans", type=int, default=90)
    arguments.add_argument("--no-sizes", action="store_true")
    options = arguments.parse_args()

    weights = Weights.load(options.weights)
    samples, tokens, past = [], [], []
    for seed in range(max(1, options.plans // (BEATS * BARS - 8) + 1)):
        plans = Plans(weights, seed)
        samples += plans.run(min(options.plans - len(samples), BEATS * BARS - 8))
        tokens += plans.tokens
        past += plans.past
        if len(samples) >= options.plans:
            break
    took = percentiles(samples)
    counts = percentiles([float(len(plan)) for plan in tokens])
    print(
        table(
            [
                {
                    "plan": "4 beats, 4 parts",
                    **{k: took[k] for k in ("p50", "p95", "p99", "max")},
                    "limit": LIMIT,
                }
            ]
        )
    )
    print(
        f"{counts['p50']:.0f} tokens a plan at p50, {counts['p95']:.0f} at p95;"
        f" past {min(past)} to {max(past)}"
    )
    result = {
        "bpm": BPM,
        "limit_ms": LIMIT,
        "plan_ms": took,
        "of_the_limit": took["p95"] / LIMIT,
        "tokens_of_a_plan": counts,
        "past_tokens": [min(past), max(past)],
    }
    if not options.no_sizes:
        result["sizes"] = sizes(weights, sorted(tokens, key=len)[int(0.95 * (len(tokens) - 1))], took["p95"])
        print(table(result["sizes"]))
    write_result("replan", result)


def sizes(weights: Weights, plan: list[int], took: float) -> list[dict[str, float | str]]:
    """For each size and precision: steps of a long plan, and the whole plan with what is not steps."""
    sys.path.insert(0, str(ROOT / "tests"))
    from random_weights import random_weights

    rest = max(0.0, took - steps_ms(weights, plan))
    rows: list[dict[str, float | str]] = []
    base = ModelConfig(weights.config.vocabulary_version, weights.config.vocabulary_size)
    for name, shape in SIZES.items():
        for precision in ("8bit", "4bit"):
            with tempfile.TemporaryDirectory() as folder:
                other = random_weights(Path(folder), replace(base, **shape), precision)
                steps = steps_ms(other, plan)
            whole = steps + rest
            rows.append(
                {
                    "size": name,
                    "precision": precision,
                    "ms a step": steps / len(plan),
                    "ms a plan": whole,
                    "of the limit": whole / LIMIT,
                }
            )
    return rows


if __name__ == "__main__":
    main()
