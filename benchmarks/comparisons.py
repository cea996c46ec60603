"""docs/comparisons.md, from benchmarks/results: `python benchmarks/comparisons.py > docs/comparisons.md`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bandmate_models.evaluation.published import likelihood
from harness import RESULTS, table

PAGE = """# Comparisons

<!-- Printed by `python benchmarks/comparisons.py > docs/comparisons.md`; edit the script instead. -->

What the default model's format and architecture are worth, beside what others have published and beside
twins that differ in one thing. None of these models is the default one: they are small, and were trained
for a comparison on processor cores. Their checkpoints are in `models/checkpoints`, and the commands
below compute each figure from them again.

## Published tables

JSB Chorales in quarter notes and Nottingham in eighths, in the splits of Boulanger-Lewandowski: joint nats
per frame of the test split, less is better.

{published}

- **What is charged.** Each of the 88 keys of each frame: the pitches that sound, upwards, and that no more
  follow. A roll's sequence is that of the [token format](format.md), each frame a beat, without the tokens
  that the rules force; each choice is renormalised over what the rules allow. So the probabilities of all
  2^88 frames add up to one, and a test on a keyboard of seven keys adds them up. The end of a piece is
  given, as it is for the others.
- **What was learnt.** {parameters:.1f} M parameters of the default's architecture, first on piano-rolls of
  the corpus, in quarters and eighths, without `bach_chorales_m21`, `nottingham` and `piano_midi_de`,
  without the fiddle tunes (some may be Nottingham's) and without each file that the manifest marks as a
  leak; then on the benchmark's train split, transposed by -5 to +6 semitones. The valid split chose the
  checkpoint, and nothing else was chosen by the test split.
- **Averaged.** The piece is read in several transpositions by the one model, and each token's probability
  is a mean over the readings; a reading weighs as the probability it gave to the piece so far, to the power
  {trust}. Weights know only the past, so the mean is a distribution and the figures compare; "one reading"
  is the piece as it stands.
- **Means.** A figure is the mean over all frames of the split. The mean of the pieces' means, where each
  piece counts the same, is given beside it: papers do not always say which theirs is.
- **Not compared.** Figures of models that predict each key by itself (as TCN's 8.10 on JSB) are not joint.
- **Overlap.** Music of one style is alike, and Nottingham's splits share tunes. Of the test split's stretches
  of six frames, in any key, so much stands in what was learnt, and at most so much of one piece in one other:

{overlap}

```
python benchmarks/published.py --benchmark FOLDER --rolls rolls.npz
```

The models were made by `python -m bandmate_models.evaluation.published`, whose `--help` has the three
commands; training settings are `models/bandmate_models/evaluation/published/training.py`.

## Twins

{parameters_of_twins:.1f} M parameters, {steps:,} steps, {notes:,} notes: the same pieces, bars,
transpositions and order for each. Held-out bits per note on the beginnings of {pieces:,} test pieces of
real sources, each source counted once, less is better.

{twins}

- **The same information.** Onsets and durations on 12 ticks a beat, durations of at most 16 beats, parts of
  one program merged, no velocities, pedals or tempo changes; pieces of one metre. Both tokenisations hold
  the same notes bar by bar, or a piece is left out. Each model is told the programs in front; it is charged
  for metre, bars, onsets, which part plays, pitches and durations.
- **ours** writes the token format, and a quarter of its windows have a player, whose notes count as seen
  but are learnt at a weight of {player_weight}. **remi** is MidiTok's REMI: bar, time signature, position,
  and of each note program, pitch and duration; it reads all windows whole, and takes more tokens for them.
  **no-player** is *ours* with the player's notes left out of those windows. **strict** is *ours* on the
  sources of the strict build alone (CC0, public domain, CC-BY, BSD, Artistic), for as many notes.
- The intervals are a bootstrap over pieces within each source.

### Hearing the player

Bits per note of the model's part, the rest of the piece being the player's, at three lags: *ours* with the
player it has, with another piece's, and with none, and the twin that was trained without.

{accompaniment}

At so few notes a twin has not learnt to write beside a second stream: it writes a part more cheaply alone
than beside its player, and that it listens shows only against another piece's player. What hearing is worth
to the default model, which has read far more, is measured by `bandmate evaluate`.

```
python -m bandmate_models.evaluation.twins pieces --manifest manifest.csv --midi midi -o pieces
python benchmarks/twins.py --pieces pieces --data prepared
```
"""


def page(folder: Path = RESULTS) -> str:
    """The whole page."""
    published, twins = (_data(folder / f"{name}.json") for name in ("published", "twins"))
    return PAGE.format(
        published=table([_published_row(name, row) for name, row in published.items()]),
        overlap=table([_overlap_row(name, row) for name, row in published.items()]),
        trust=likelihood.TRUST,
        parameters=max(row["parameters"] for row in published.values()) / 1e6,
        parameters_of_twins=max(row["parameters"] for row in twins["twins"].values()) / 1e6,
        steps=twins["steps"],
        notes=twins["notes seen"],
        pieces=twins["pieces"],
        twins=table([_twin_row(name, row) for name, row in twins["twins"].items()]),
        accompaniment=table([{"": name, **_ways(row)} for name, row in twins["accompaniment"].items()]),
        player_weight=twins["player weight"],
    )


def _data(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))["data"]


def _published_row(name: str, row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "nats per frame": name,
        **{key: f"{row[key]:.2f}" for key in ("RNN-RBM", "RNN-NADE")},
        "ours, one reading": f"{row['ours']:.2f}",
        "ours, averaged": f"**{row['ours, averaged']:.2f}**",
        "the same, mean of pieces": f"{row['ours, averaged, mean of pieces']:.2f}",
        "readings": str(row["readings"]),
    }


def _overlap_row(name: str, row: Mapping[str, Any]) -> dict[str, str]:
    sides = ("pre-training", "train")
    return {
        "of the test split": name,
        **{f"in {side}": f"{row[f'in {side}']:.1%}" for side in sides},
        **{
            f"of one piece in one of {side}": f"{row[f'of one piece in one of {side}']:.0%}" for side in sides
        },
    }


def _twin_row(name: str, row: Mapping[str, Any]) -> dict[str, str]:
    low, high = row["interval"]
    return {
        "twin": name,
        "bits per note": f"{row['bits per note']:.2f}",
        "95 %": f"{low:.2f} to {high:.2f}",
        "on strict sources": f"{row['on strict sources']:.2f}",
    }


def _ways(row: Mapping[str, Any]) -> dict[str, str]:
    return {key: f"{value:.2f}" for key, value in row.items() if isinstance(value, float)}


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(page(), end="")
