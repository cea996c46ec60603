"""Decoding and prefill against Hugging Face's generate() and against the memory-bandwidth bound, in one run.

python benchmarks/decode.py [--checkpoint CHECKPOINT.pt [--weights DIR]]

Our time for a token is a whole turn: grammar mask, sampling, and the decoder's step. Theirs is the time
between two tokens of generate(), greedy. The two alternate, so that a change in load meets both.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bandmate_models import vocabulary
from bandmate_models.controls import Controls
from bandmate_models.decoder import Decoder
from bandmate_models.export import export, read_checkpoint
from bandmate_models.grammar import Grammar
from bandmate_models.model_config import ModelConfig
from bandmate_models.prompt import prompt_of
from bandmate_models.sampler import Sampler
from bandmate_models.score import Note, Part, Score
from bandmate_models.transformer import Transformer
from bandmate_models.weights import Weights
from bandwidth import read_bandwidth
from harness import percentiles, table, write_result
from hugging_face import ATTENTION, Llama

GOALS = {64: 6.0, 512: 6.0, 1900: 4.0, 4000: 2.5}
"""Tokens of past -> times as fast as generate() that we mean to be."""
PREFILL_GOALS_MS = {256: 100.0, 1100: 400.0}
"""Tokens of prompt -> p99 of the request to the first note, of which this is the model's share."""
SHAPE = ("d_model", "n_layers", "n_heads", "n_kv_heads", "d_ff")
FIRST_NOTE_TOKENS = 12
"""Tokens of a bar line, a frame and a first note, with room to spare."""


def phrase_grammar() -> Grammar:
    """The grammar of a long answer to a bar of piano, bass and drums."""
    piano = tuple(Note(beat, 1.0, pitch, 80) for beat in range(4) for pitch in (60, 64, 67))
    bass = tuple(Note(beat, 1.0, 36 + beat, 90) for beat in range(4))
    drums = tuple(Note(beat, 0.25, 36, 100) for beat in range(4))
    phrase = Score((Part("chords", piano), Part("bass", bass, program=33), Part("drums", drums)))
    return prompt_of(phrase, Controls()).grammar(64)


class Ours:
    """A decoder that has read a random past and goes on by sampling under the grammar."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.decoder = Decoder(weights)
        self.past = np.random.default_rng(0).integers(0, vocabulary.SIZE, weights.config.context).tolist()

    def token_times(self, past: int, count: int) -> tuple[list[float], list[float]]:
        """Milliseconds of each of `count` turns after `past` tokens, and of the step in it alone."""
        self.decoder.rewind_to(min(self.decoder.position, past - 1))
        logits = self.decoder.append(self.past[self.decoder.position : past])
        grammar, sampler = phrase_grammar(), Sampler()
        turns, steps = [], []
        for _ in range(count):
            start = time.perf_counter()
            token = sampler.pick(logits, grammar.mask())
            grammar.advance(token)
            middle = time.perf_counter()
            logits = self.decoder.step(token)
            end = time.perf_counter()
            turns.append((end - start) * 1e3)
            steps.append((end - middle) * 1e3)
        self.decoder.rewind_to(past)
        return turns, steps

    def prefill_times(self, length: int) -> tuple[float, float]:
        """Milliseconds to read a prompt from nothing, and to have written FIRST_NOTE_TOKENS more."""
        grammar, sampler = phrase_grammar(), Sampler()
        self.decoder.rewind_to(0)
        start = time.perf_counter()
        logits = self.decoder.append(self.past[:length])
        read = time.perf_counter()
        for _ in range(FIRST_NOTE_TOKENS):
            token = sampler.pick(logits, grammar.mask())
            grammar.advance(token)
            logits = self.decoder.step(token)
        return (read - start) * 1e3, (time.perf_counter() - start) * 1e3

    def step_bytes(self, past: int) -> int:
        """Bytes that one step must read at least: each matrix once, and the keys and values of the past."""
        config = self.weights.config
        bits = {"fp32": 32.0, "8bit": 9.0, "4bit": 5.0}[
            config.precision
        ]  # a 32-bit scale for each 32 weights
        table_size = config.vocabulary_size * config.d_model
        head_bits = bits if config.precision == "fp32" else 9.0
        weights = (config.parameter_count - table_size) * bits / 8 + table_size * head_bits / 8
        cache = 2 * config.n_layers * config.n_kv_heads * config.head_dim * 4 * past
        return int(weights + cache)


def fastest_tenth(samples_ms: Sequence[float]) -> float:
    """The 10th percentile: what a sample takes when nothing else runs."""
    return sorted(samples_ms)[len(samples_ms) // 10]


def decode_rows(
    ours: dict[str, Ours], theirs: dict[str, Llama], pasts: Sequence[int], count: int, rounds: int
) -> list[dict[str, Any]]:
    """One row for each precision and length of the past; theirs is the faster kind of attention there."""
    memory = read_bandwidth(256_000_000)
    rows = []
    prompt = next(iter(ours.values())).past
    for past in pasts:
        start = past - count // 2
        theirs_ms: dict[str, list[float]] = {kind: [] for kind in theirs}
        turns: dict[str, list[float]] = {name: [] for name in ours}
        steps: dict[str, list[float]] = {name: [] for name in ours}
        for _ in range(rounds):
            for kind, llama in theirs.items():
                theirs_ms[kind] += llama.token_times(prompt[:start], count)
            for name, side in ours.items():
                more_turns, more_steps = side.token_times(start, count)
                turns[name] += more_turns
                steps[name] += more_steps
        kind = min(theirs_ms, key=lambda kind: percentiles(theirs_ms[kind])["p50"])
        reference = percentiles(theirs_ms[kind])
        for name, side in ours.items():
            turn, step = percentiles(turns[name]), percentiles(steps[name])
            needed = side.step_bytes(past)
            nearby = read_bandwidth(needed)
            rows.append(
                {
                    "precision": name,
                    "past": past,
                    "turn_ms": turn,
                    "step_ms": step,
                    "tokens_per_second": 1e3 / turn["p50"],
                    "generate_ms": reference,
                    "generate_attention": kind,
                    "ratio": reference["p50"] / turn["p50"],
                    "ratio_undisturbed": fastest_tenth(theirs_ms[kind]) / fastest_tenth(turns[name]),
                    "ratio_goal": GOALS.get(past),
                    "step_bytes": needed,
                    "memory_bytes_per_second": memory,
                    "bytes_per_second_at_this_size": nearby,
                    "of_memory_bound": needed / memory * 1e3 / step["p50"],
                    "of_bound_at_this_size": needed / nearby * 1e3 / step["p50"],
                }
            )
    return rows


def prefill_rows(ours: dict[str, Ours], lengths: Sequence[int], repeats: int) -> list[dict[str, Any]]:
    """One row for each precision and length of the prompt."""
    rows = []
    for name, side in ours.items():
        for length in lengths:
            read, noted = zip(*(side.prefill_times(length) for _ in range(repeats + 1)), strict=True)
            rows.append(
                {
                    "precision": name,
                    "prompt": length,
                    "prefill_ms": percentiles(read[1:]),
                    "to_first_note_ms": percentiles(noted[1:]),
                    "goal_ms": PREFILL_GOALS_MS.get(length),
                }
            )
    return rows


def model(options: argparse.Namespace) -> tuple[ModelConfig, dict[str, torch.Tensor]]:
    """The checkpoint's shape and weights, or random ones of the shape that the options give."""
    if options.checkpoint is not None:
        state, config, _ = read_checkpoint(options.checkpoint)
        return config, {name: torch.from_numpy(value) for name, value in state.items()}
    config = ModelConfig(
        vocabulary.FORMAT_VERSION,
        vocabulary.SIZE,
        name="random",
        **{name: getattr(options, name) for name in SHAPE},
    )
    torch.manual_seed(0)
    return config, dict(Transformer(config).state_dict())


def load_ours(
    options: argparse.Namespace, config: ModelConfig, state: dict[str, torch.Tensor], folder: Path
) -> tuple[dict[str, Ours], dict[str, float]]:
    """Every precision asked for, and the milliseconds that each took to load."""
    ours, loading = {}, {}
    arrays = {name: weight.numpy() for name, weight in state.items()}
    for precision in options.precisions:
        place = folder / precision
        if options.weights is not None and precision == options.precisions[0]:
            place = options.weights
        else:
            export(arrays, config, place, precision)
        start = time.perf_counter()
        weights = Weights.load(place, precision, threads=options.threads)
        loading[precision] = (time.perf_counter() - start) * 1e3
        ours[precision] = Ours(weights)
    return ours, loading


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Decode and prefill against Hugging Face's generate().")
    parser.add_argument("--checkpoint", type=Path, metavar="CHECKPOINT.pt", help="weights for both sides")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="exported weights of the first precision")
    parser.add_argument("--precisions", nargs="+", default=["8bit", "4bit", "fp32"])
    parser.add_argument("--past", nargs="+", type=int, default=list(GOALS))
    parser.add_argument("--prompt", nargs="+", type=int, default=list(PREFILL_GOALS_MS))
    parser.add_argument("--tokens", type=int, default=96, help="tokens a round, half of them before the past")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=100, help="prefills of each length")
    parser.add_argument("--threads", type=int, default=1)
    for name in SHAPE:
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, type=int, default=getattr(ModelConfig, name), help="of random weights")
    parser.add_argument("--name", default="decode", help="of the result file")
    options = parser.parse_args(arguments)
    if options.weights is not None and options.checkpoint is None:
        parser.error("--weights needs the --checkpoint that they were exported from, for the other side")

    config, state = model(options)
    theirs = {kind: Llama(config, state, kind, options.threads) for kind in ATTENTION}
    with tempfile.TemporaryDirectory() as folder:
        ours, loading = load_ours(options, config, state, Path(folder))
        decoded = decode_rows(ours, theirs, options.past, options.tokens, options.rounds)
        prefilled = prefill_rows(ours, options.prompt, options.repeats)
        tokens = ours[options.precisions[0]].past[:300]
        expected = theirs["eager"].logits(tokens)
        strayed = {}
        for name, side in ours.items():
            side.decoder.rewind_to(0)
            strayed[name] = float(np.abs(side.decoder.append_all(tokens) - expected).max())
    path = write_result(
        options.name,
        {
            "model": config.to_dict(),
            "parameters": config.parameter_count,
            "threads": options.threads,
            "decode": decoded,
            "prefill": prefilled,
            "load_ms": loading,
            "largest_logit_difference_from_generate": strayed,
        },
    )
    print(table([_decode_line(row) for row in decoded]), end="\n\n")
    print(table([_prefill_line(row) for row in prefilled]))
    print(f"\nload {loading} ms; largest logit difference {strayed}\nwritten to {path}")
    return 0


def _decode_line(row: dict[str, Any]) -> dict[str, Any]:
    turn, reference = row["turn_ms"], row["generate_ms"]
    return {
        "precision": row["precision"],
        "past": row["past"],
        **{f"{name} ms": turn[name] for name in ("p50", "p95", "p99")},
        "step p50": row["step_ms"]["p50"],
        "tokens/s": row["tokens_per_second"],
        **{f"generate {name}": reference[name] for name in ("p50", "p95", "p99")},
        "ratio": row["ratio"],
        "undisturbed": row["ratio_undisturbed"],
        "goal": row["ratio_goal"],
        "of memory bound": row["of_memory_bound"],
        "of bound at this size": row["of_bound_at_this_size"],
    }


def _prefill_line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "precision": row["precision"],
        "prompt": row["prompt"],
        **{f"prefill {name}": row["prefill_ms"][name] for name in ("p50", "p95", "p99")},
        **{f"first note {name}": row["to_first_note_ms"][name] for name in ("p50", "p95", "p99")},
        "goal": row["goal_ms"],
    }


if __name__ == "__main__":
    sys.exit(main())
