"""An hour of the live band: memory, drift, and whether a cache that has slid agrees with one read afresh.

python benchmarks/soak.py [--minutes 60] [--bpm 120] [--bars 256]

The hour is a run of band.py's: a held-out pianist through JACK into `bandmate serve` and back. "Drift" is how
much later on the grid the last minute's notes are than the first minute's. Before that, bars are planned
without a clock, and each time that the second cache has taken over, the chances of the next token by it are
held against those by a cache that reads the same bars in one go.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from band import ROLES, pianist_of, repeated, run
from bandmate.band.ear import Ear
from bandmate.band.pace import STEP, Pace
from bandmate.band.planner import Planner
from bandmate_bridge.messages import NoteHeard
from bandmate_models.controls import Controls
from bandmate_models.decoder import Decoder
from bandmate_models.live.ensemble import ensemble_of
from bandmate_models.live.lane import Lane
from bandmate_models.sampler import Sampler
from bandmate_models.score import Part
from bandmate_models.vocabulary import TICKS_PER_BEAT
from bandmate_models.weights import Weights
from harness import ROOT, table, write_result

BEHIND = 3
"""Ticks before a commitment's first at which the player is known."""
BAR = 4 * TICKS_PER_BEAT


def slides(weights: Weights, part: Part, bars: int) -> list[dict[str, float]]:
    """For each slide of a session of `bars`: its bar, tokens, and the largest difference of a probability."""
    ensemble = ensemble_of([Part("melody")], ROLES, Controls(), bpm=120, metre=(4, 4), key=None)
    planner = Planner(weights, ensemble, 0, Pace(), seed=0)
    ear, spare = Ear(planner.plan.ledger), Decoder(weights)
    keys = repeated(part, 4.0 * bars)
    events = [NoteHeard(beat, 0.0, 0, pitch, velocity) for beat, pitch, velocity in reversed(keys)]
    found: list[dict[str, float]] = []
    for committed in range(0, bars * BAR, STEP):
        known = max(0, committed - BEHIND)
        while events and events[-1].beat * TICKS_PER_BEAT < known:
            ear.hear(events.pop())
        planner.commit(known, lambda: False)
        while planner.thinking:
            planner.think()
        if planner.plan.slides > len(found) and planner.committed % TICKS_PER_BEAT == 0:
            found.append({"bar": committed / BAR, **agreement(planner, spare)})
    return found


def agreement(planner: Planner, decoder: Decoder) -> dict[str, float]:
    """Tokens of the cache that plays, and the most that a chance of the next one differs by a fresh cache."""
    plan, now = planner.plan, planner.committed
    fresh = Lane(decoder, plan.ensemble, plan.ledger, plan.guide, plan.begin)
    for _ in fresh.read(now, now):
        pass
    tokens = fresh.length
    ours, sampler, plan.sampler = Overhearing(), plan.sampler, Overhearing()
    plan.revise(now, now)
    plan.rewrite(now)
    next(plan.write(now, now, now + TICKS_PER_BEAT))
    slid, plan.sampler = plan.sampler, sampler
    next(fresh.write(now, now, now + TICKS_PER_BEAT, ours))
    assert isinstance(slid, Overhearing)
    return {"tokens": tokens, "largest_difference": float(np.abs(slid.heard[0] - ours.heard[0]).max())}


class Overhearing(Sampler):
    """Picks the likeliest, and keeps the chances of each choice."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[NDArray[np.float64]] = []

    def pick(self, logits: NDArray[np.float32], mask: NDArray[np.bool_]) -> int:
        self.heard.append(softmax(np.where(mask, logits, -np.inf)))
        return int(self.heard[-1].argmax())


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return powers / powers.sum()


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--minutes", type=float, default=60.0)
    arguments.add_argument("--bpm", type=float, default=120.0)
    arguments.add_argument("--bars", type=int, default=256, help="bars planned to compare caches")
    arguments.add_argument("--song", type=Path, default=ROOT / "corpus" / "pop909")
    options = arguments.parse_args()
    song, part = pianist_of(options.song)
    compared = slides(Weights.load(None), part, options.bars)
    print(table(compared), flush=True)
    found: dict[str, Any] = run(options.bpm, options.minutes, part, with_hog=False)
    print(table([{key: value for key, value in found.items() if not isinstance(value, dict)}]))
    print(f"written to {write_result('soak', {'song': song.stem, **found, 'slides_compared': compared})}")


if __name__ == "__main__":
    main()
