"""Prints the model card from what is measured and what was trained on, so that no figure is typed.

    python -m bandmate_models.evaluation.card --data prepared --checkpoint models/checkpoints/default.pt \\
        --heldout benchmarks/results/heldout.json --evaluation benchmarks/results/evaluation.json \\
        --picture evaluation.svg \\
        > models/bandmate_models/weights/default/MODEL_CARD.md

The figures of benchmarks/evaluation.py go in with --evaluation, its picture (a file beside the card) with --picture.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..corpus.sources import SOURCES, VERSIONS_PER_GROUP, Source
from ..training.checkpoint import load
from ..training.dataset import (
    CHORDS_DROPPED,
    DROPS,
    FROM_THE_START,
    LAG_WEIGHTS,
    PLAYER_WEIGHT,
    SHARES,
    TRANSPOSITIONS,
)
from .report import lines_of

BADLY = (
    "It is small, and has heard little. It keeps key, metre and density for some bars and then drifts; of a song's"
    " form it knows what a request tells it.",
    "Parts of a band can fall silent or wander into one another's register; bass and drums are the most even.",
    "Drums played by hand come back looser than a drummer would; ghost notes are learnt from one kit.",
    "Most of what it knows of melody is pop songs, folk tunes and classical piano. Of jazz, funk, electronic music and"
    " anything outside twelve equal steps it knows little.",
    "Scores without dynamics were read as unknown velocity; what it plays after them is as flat as they are.",
    "It hears a player best on the same beat. That it looks two beats ahead into what he plays, or follows a beat"
    " behind, helps it a fifth as much or less (the table's ablations). Live, beside songs whose chords it is not given,"
    " less than half of the song's notes are in its chords, and it clashes more often than a pianist who knows the song.",
    "Parts that are asked for from nothing may come in only after a bar or two.",
    "Bass, drums and guitar are learnt from bands made by rule and some three hundred real ones: competent and alike.",
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


def card(
    checkpoint: dict[str, Any],
    prepared: dict[str, Any],
    heldout: dict[str, Any],
    evaluation: dict[str, Any] | None = None,
    picture: str | None = None,
) -> str:
    """The whole card as Markdown. `evaluation` is a record (see report), `picture` a file's name."""
    config, data = checkpoint["config"], heldout["data"]
    ngram, *ours = data["models"]
    best = min(data["models"][name]["mean"] for name in ours)
    below = 1 - best / data["models"][ngram]["mean"]
    drops = ", ".join(f"{name} {share:.0%}" for name, share in DROPS.items())
    kinds = ", ".join(f"{kind} {share:.0%}" for kind, share in SHARES.items())
    lags = ", ".join(f"{lag:+d} {times:g}" for lag, times in LAG_WEIGHTS.items())
    lines = [
        f"# {config['name']}",
        "",
        "The model that ships with Bandmate: one model for every task, phrases of up to 24 parts. Token format"
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
        f"{checkpoint['tokens_seen'] / 1e6:,.0f} M tokens in {checkpoint['step']:,} steps: AdamW, and from"
        f" 53 M on Muon for the matrices. The windows of the last stretch were: {kinds}; of duos with a lag (in"
        f" beats) so many times as many as there are: {lags}."
        f" Each is transposed by {min(TRANSPOSITIONS)} to +{max(TRANSPOSITIONS)}; {FROM_THE_START:.0%} begin where"
        f" a piece begins; the player's stream weighs {PLAYER_WEIGHT} in the loss; chords are told in"
        f" {1 - CHORDS_DROPPED:.0%} of them. Header fields left out at random: {drops}.",
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
        *_evaluated(evaluation, picture),
        "## What it does badly",
        "",
        *(f"- {line}" for line in BADLY),
    ]
    return "\n".join(lines) + "\n"


def _evaluated(evaluation: dict[str, Any] | None, picture: str | None) -> list[str]:
    """The table and the picture of `bandmate evaluate`, its headings one level down."""
    if evaluation is None:
        return []
    lines = [f"#{line}" if line.startswith("#") else line for line in lines_of(evaluation)]
    shown = [f"![The model beside real music and an n-gram]({picture})", ""] if picture else []
    return [*lines[:2], *shown, *lines[2:], "", "docs/evaluation.md says what every figure is.", ""]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bandmate_models.evaluation.card", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="prepared corpus")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--heldout", type=Path, required=True, help="result of benchmarks/heldout.py")
    parser.add_argument("--evaluation", type=Path, help="result of benchmarks/evaluation.py")
    parser.add_argument("--picture", help="name of its picture, which lies beside the card")
    args = parser.parse_args(argv)
    prepared = json.loads((args.data / "report.json").read_text(encoding="utf-8"))
    heldout = json.loads(args.heldout.read_text(encoding="utf-8"))
    evaluation = json.loads(args.evaluation.read_text(encoding="utf-8"))["data"] if args.evaluation else None
    sys.stdout.write(card(load(args.checkpoint), prepared, heldout, evaluation, args.picture))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
