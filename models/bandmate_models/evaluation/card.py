"""Prints the model card from what is measured and what was trained on, so that no figure is typed.

    python -m bandmate_models.evaluation.card --data prepared --checkpoint models/checkpoints/default.pt \\
        --heldout benchmarks/results/heldout.json > models/bandmate_models/weights/default/MODEL_CARD.md
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..corpus.sources import SOURCES, VERSIONS_PER_GROUP, Source
from ..training.checkpoint import load
from ..training.dataset import DROPS, FROM_THE_START, PLAYER_SHARE, PLAYER_WEIGHT, TRANSPOSITIONS

BADLY = (
    "It is small, and has read its training music about once. It keeps key, metre and density for some bars and then"
    " drifts; it has no idea of a song's form, and of 16 bars the last are weaker than the first.",
    "Parts of a band can fall silent or wander into one another's register; bass and drums are the most even.",
    "Drums played by hand come back busier and looser than a drummer would; ghost notes are learnt from one kit.",
    "Most of what it knows of melody is pop songs, folk tunes and classical piano. Of jazz, funk, electronic music and"
    " anything outside twelve equal steps it knows little.",
    "Scores without dynamics were read as unknown velocity; what it plays after them is as flat as they are.",
    "It has seen the two-stream form (a player and the model) in a fifth of its windows and no infill, so it is for"
    " continuation; valence, arousal and chord tokens are untrained.",
    "Bars are only as right as the file's: a song half a bar off in the data is half a bar off here.",
)


def sources_table(notes: dict[str, int]) -> list[str]:
    """One line a source: licence, notes read in training, how often they are drawn, and why not."""
    lines = [
        "| source | licence | notes in training | weight | strict | remark |",
        "|---|---|---|---|---|---|",
    ]
    for source in SOURCES:
        count = notes.get(f"{source.name}/train", 0)
        lines.append(
            f"| {source.name} | {source.licence} | {count if source.weight else 0:,} | {source.weight:g} |"
            f" {'yes' if source.strict else 'no'} | {_remark(source)} |"
        )
    return lines


def _remark(source: Source) -> str:
    if not source.weight:
        return f"left out: {source.note}"
    most = VERSIONS_PER_GROUP.get(source.name)
    versions = f"at most {most} version{'s' if most != 1 else ''} of a piece" if most else ""
    return "; ".join(filter(None, (source.note, versions)))


def figures_table(models: dict[str, Any]) -> list[str]:
    """Sources down, models across, the average and its interval last."""
    names = list(models)
    lines = ["| source | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for source in sorted(models[names[0]]["by_source"]):
        lines.append(
            f"| {source} | " + " | ".join(f"{models[name]['by_source'][source]:.2f}" for name in names) + " |"
        )
    means = " | ".join(f"**{models[name]['mean']:.3f}**" for name in names)
    spans = " | ".join("{:.2f} – {:.2f}".format(*models[name]["interval"]) for name in names)
    return [*lines, f"| **average** | {means} |", f"| 95 % of it | {spans} |"]


def card(checkpoint: dict[str, Any], prepared: dict[str, Any], heldout: dict[str, Any]) -> str:
    """The whole card as Markdown."""
    config, data = checkpoint["config"], heldout["data"]
    ngram, *ours = data["models"]
    best = min(data["models"][name]["mean"] for name in ours)
    below = 1 - best / data["models"][ngram]["mean"]
    drops = ", ".join(f"{name} {share:.0%}" for name, share in DROPS.items())
    lines = [
        f"# {config['name']}",
        "",
        "The model that ships with Bandmate: it continues phrases of up to 24 parts. Token format"
        f" {config['vocabulary_version']} (docs/format.md). Licence of the weights: CC-BY-SA-4.0, beside this file.",
        "",
        "## Shape",
        "",
        f"Llama-style decoder: width {config['d_model']}, {config['n_layers']} layers, {config['n_heads']} heads"
        f" ({config['n_kv_heads']} for keys and values), feed-forward {config['d_ff']}, vocabulary"
        f" {config['vocabulary_size']}, context {config['context']} tokens, tied embeddings.",
        "",
        "## Data",
        "",
        *sources_table(prepared["notes"]),
        "",
        "No scraped collections. POP909's arrangements are MIT, its songs commercial; the synthetic bands"
        " (`mma_…`) are real melodies and pianos with drums, bass and guitar made by rule. Attribution of every"
        " source is in ATTRIBUTION.md. `--strict` of `bandmate_models.corpus.prepare` keeps the sources marked so.",
        "",
        "## Recipe",
        "",
        f"{checkpoint['tokens_seen'] / 1e6:.1f} M tokens in {checkpoint['step']:,} steps of 8,192: AdamW, peak"
        " learning rate 3e-3, stable and then falling over the last 30 %, windows of 1,024 tokens and of 4,096 for"
        " the last tenth, bf16 on two CPU cores; bands weigh as above from the first tenth on. Each window is transposed by"
        f" {min(TRANSPOSITIONS)} to +{max(TRANSPOSITIONS)}; {FROM_THE_START:.0%} begin where a piece begins;"
        f" {PLAYER_SHARE:.0%} are of two streams, the player's weighing {PLAYER_WEIGHT} in the loss. Header fields"
        f" left out at random: {drops}.",
        "",
        "## Held-out figures",
        "",
        f"Bits per note on {data['windows']} pieces ({data['notes']:,} notes) of the test split, first"
        f" {data['context']} tokens: real sources only, each counted once, headers without controls, unknown"
        f" velocities left out, beside an interpolated order-5 n-gram of all real training sequences, in the same tokens. {below:.0%} below"
        f" it on average. By `{heldout['command']}`, commit {heldout['commit']}.",
        "",
        *figures_table(data["models"]),
        "",
        "`nottingham` is in no one's training data here.",
        "",
        "## What it does badly",
        "",
        *(f"- {line}" for line in BADLY),
    ]
    return "\n".join(lines) + "\n"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bandmate_models.evaluation.card", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="prepared corpus")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--heldout", type=Path, required=True, help="result of benchmarks/heldout.py")
    args = parser.parse_args(argv)
    prepared = json.loads((args.data / "report.json").read_text(encoding="utf-8"))
    heldout = json.loads(args.heldout.read_text(encoding="utf-8"))
    sys.stdout.write(card(load(args.checkpoint), prepared, heldout))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
