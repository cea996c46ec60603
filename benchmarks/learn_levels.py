"""Learns which period of a rhythm is its beat: makes levels.npz of bandmate_bridge.audio.listen.

python benchmarks/learn_levels.py --manifest manifest.csv --midi DIR [--soundfont FILE …] [--phrases 1200]

Phrases of the train and valid splits sound in turn in each soundfont, and twice more at tempos up to 16 %
away, so that no tempo is learnt by heart that files have for want of a better one. A network of one hidden
layer scores each candidate as a simple and as a compound beat; it learns by the likelihood of the true one
among all. Needs torch. What ships was learnt from 1,188 phrases in three soundfonts, at three tempos each,
and from the notes of 2,500 more, laid out as strengths of onsets without being sounded.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from bandmate_bridge.audio.listen import pulse
from bandmate_bridge.audio.listen.onsets import RATE, Onsets, onset_strength
from bandmate_bridge.audio.listen.resample import resampled
from bandmate_bridge.audio.render import SAMPLE_RATE, render
from phrases import Phrase, phrases

STRETCH = 0.16
STRETCHED_WEIGHT = 0.2
HIDDEN, EPOCHS, BATCH = 32, 40, 128
RIGHT = 0.03  # a candidate this near the true beat is the true one
JITTER = 0.1  # of a feature's spread, added in training


class Example(NamedTuple):
    """What is known of each candidate [n, features], which are the beat, and how much it counts."""

    features: npt.NDArray[np.float64]
    right: npt.NDArray[np.bool_]
    compound: bool
    weight: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--midi", type=Path, required=True)
    parser.add_argument("--soundfont", type=Path, action="append", default=[], help="beside our own")
    parser.add_argument("--phrases", type=int, default=1200)
    parser.add_argument("-o", "--output", type=Path, default=Path(pulse.__file__).with_name("levels.npz"))
    options = parser.parse_args()
    splits = (phrases(options.manifest, options.midi, split, 1) for split in ("train", "valid"))
    fonts = [None, *options.soundfont]
    examples: list[Example] = []
    for number, phrase in enumerate(islice(chain.from_iterable(splits), options.phrases)):
        examples += examples_of(phrase, fonts[number % len(fonts)], np.random.RandomState(number))
    np.savez_compressed(options.output, **learn(examples))
    print(f"{len(examples)} examples; written to {options.output}")
    return 0


def examples_of(phrase: Phrase, soundfont: Path | None, chance: np.random.RandomState) -> Iterator[Example]:
    """A phrase as it sounds, and twice at other tempos."""
    sound = resampled(render(phrase.score, soundfont).mean(axis=0), SAMPLE_RATE, RATE)
    onsets = onset_strength(sound)
    metre = phrase.score.metre_at(0.0)
    compound = metre.denominator == 8 and metre.numerator % 3 == 0
    beat = 60.0 / phrase.score.tempo_at(0.0).bpm * (1.5 if compound else 1.0)
    for stretch in (1.0, *np.exp(chance.uniform(-STRETCH, STRETCH, 2))):
        periods, features = pulse.describe(stretched(onsets, stretch))
        right = np.abs(np.log(periods / (beat * stretch))) < RIGHT
        if right.any():
            yield Example(features, right, compound, 1.0 if stretch == 1.0 else STRETCHED_WEIGHT)


def stretched(onsets: Onsets, times: float) -> Onsets:
    """The same onsets, so many times slower."""
    frames = np.arange(int(len(onsets.all) * times)) / times
    whole, bass = (np.interp(frames, np.arange(len(s)), s).astype(np.float32) for s in onsets)
    return Onsets(whole, bass)


def learn(examples: list[Example]) -> dict[str, Any]:
    """The network's numbers, named as `pulse` reads them."""
    torch.manual_seed(0)
    width = examples[0].features.shape[1]
    features = torch.zeros(len(examples), pulse.MOST, width)
    real = torch.zeros(len(examples), pulse.MOST, 2, dtype=torch.bool)
    right = torch.zeros(len(examples), pulse.MOST, 2, dtype=torch.bool)
    for index, example in enumerate(examples):
        count = len(example.features)
        features[index, :count] = torch.tensor(example.features)
        real[index, :count] = True
        right[index, :count, int(example.compound)] = torch.tensor(example.right)
    known = features[real[:, :, 0]]
    mean, spread = known.mean(0), known.std(0) + 1e-3
    features = (features - mean) / spread
    weights = torch.tensor([example.weight for example in examples])
    network = torch.nn.Sequential(torch.nn.Linear(width, HIDDEN), torch.nn.Tanh(), torch.nn.Linear(HIDDEN, 2))
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=0.05)
    for epoch in range(EPOCHS):
        for group in optimiser.param_groups:
            group["lr"] = 4e-3 * (1 - epoch / EPOCHS) + 1e-4
        for batch in torch.randperm(len(examples)).split(BATCH):
            noisy = features[batch] + JITTER * torch.randn_like(features[batch])
            logits = network(noisy).masked_fill(~real[batch], -1e9).flatten(1)
            truth = logits.masked_fill(~right[batch].flatten(1), -1e9)
            loss = (weights[batch] * (logits.logsumexp(1) - truth.logsumexp(1))).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    w1, b1, w2, b2 = (parameter.detach().numpy() for parameter in network.parameters())
    return {"mean": mean.numpy(), "spread": spread.numpy(), "w1": w1.T, "b1": b1, "w2": w2.T, "b2": b2}


if __name__ == "__main__":
    sys.exit(main())
