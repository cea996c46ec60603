"""The trainer's command line as one record."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bandmate_models.training.optimiser import KINDS
from bandmate_models.training.schedule import Phases, Schedule

SHAPE_FIELDS = ("d_model", "n_layers", "n_heads", "n_kv_heads", "d_ff", "context")


@dataclass(frozen=True)
class Options:
    run: Path
    schedule: Schedule
    phases: Phases
    state: Path | None = None
    start_from: Path | None = None
    tokens: int = 50_000_000
    minutes: float | None = None
    finish: bool = False
    batch_tokens: int = 8192
    micro_tokens: int | None = None
    optimiser: str = "adamw"
    weight_decay: float = 0.1
    clip: float = 1.0
    seed: int = 0
    device: str = "auto"
    threads: int | None = None
    workers: int | None = None
    compile: bool = False
    eval_every: int = 200
    eval_context: int | None = None
    eval_per_source: int | None = None
    patience: int | None = None
    save_minutes: float = 5.0
    log_every: int = 20
    tensorboard: bool = True


def parse(argv: Sequence[str] | None, description: str) -> tuple[Options, Path, dict[str, int | str]]:
    """The options, the data folder, and the model's shape. BandmateError("bad_value") on bad phases."""
    parser = argparse.ArgumentParser(
        prog="python -m bandmate_models.training.trainer",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, help="prepared corpus")
    add("--run", type=Path, required=True, help="folder of this run; an earlier call's run goes on")
    add("--state", type=Path, help="where model and optimiser are kept (default: RUN/state.pt)")
    add(
        "--from",
        dest="start_from",
        type=Path,
        help="half-precision weights to go on from, if there is no state",
    )
    add("--tokens", type=float, default=Options.tokens, help="length of the whole run in tokens")
    add("--minutes", type=float, help="wall time of this call")
    add(
        "--finish",
        action="store_true",
        help="end the schedule with this call's --minutes, if --tokens is later",
    )
    add("--phases", default="1024", help="context lengths and their shares, as in 1024:0.8,4096:0.2")
    add("--batch-tokens", type=int, default=Options.batch_tokens, help="tokens per optimiser step")
    add("--micro-tokens", type=int, help="tokens per forward pass (default: by device)")
    add("--lr", type=float, default=Schedule.peak, help="peak learning rate")
    add("--warmup", type=int, default=Schedule.warmup_steps, help="steps")
    add("--schedule", choices=("wsd", "cosine"), default=Schedule.shape)
    add("--decay", type=float, default=Schedule.decay, help="share of the run in which wsd falls")
    add("--optimiser", choices=KINDS, default=Options.optimiser)
    add("--weight-decay", type=float, default=Options.weight_decay, help="on matrices")
    add("--clip", type=float, default=Options.clip, help="largest gradient norm")
    add("--seed", type=int, default=Options.seed)
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default=Options.device)
    add("--threads", type=int, help="CPU threads")
    add("--workers", type=int, help="processes that build batches (default: 6 on cuda, else 0)")
    add("--compile", action="store_true", help="torch.compile the model")
    add("--eval-every", type=int, default=Options.eval_every, help="steps between held-out evaluations")
    add("--eval-context", type=int, help="context of the held-out windows (default: the first phase's)")
    add("--eval-per-source", type=int, help="at most so many held-out windows of a source")
    add("--patience", type=int, help="stop after so many evaluations without a better one")
    add("--save-minutes", type=float, default=Options.save_minutes, help="time between checkpoints")
    add("--log-every", type=int, default=Options.log_every, help="steps")
    add("--no-tensorboard", dest="tensorboard", action="store_false")
    for field in SHAPE_FIELDS:
        add(f"--{field.replace('_', '-')}", type=int, help="shape of a new model")
    add("--name", default="", help="name stored in the model's config")
    given = vars(parser.parse_args(argv))
    data: Path = given.pop("data")
    name: str = given.pop("name")
    shape: dict[str, int | str] = {"name": name} if name else {}
    shape.update({field: value for field in SHAPE_FIELDS if (value := given.pop(field)) is not None})
    schedule = Schedule(given.pop("lr"), given.pop("warmup"), given.pop("schedule"), given.pop("decay"))
    phases = Phases.parse(given.pop("phases"))
    given["tokens"] = int(given["tokens"])
    return Options(schedule=schedule, phases=phases, **given), data, shape
