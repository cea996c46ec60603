"""Pre-training on the corpus's rolls, and fine-tuning on a benchmark's train split with early stopping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...model_config import ModelConfig
from ...training import checkpoint
from ...training.checkpoint import Progress
from ...training.options import Options
from ...training.schedule import Phases, Schedule
from ...training.trainer import Trainer
from ...vocabulary import FORMAT_VERSION
from .rolls import TABLES, Collection, Roll
from .sequences import SIZE
from .windows import RollWindows

SHAPE = ModelConfig(FORMAT_VERSION, SIZE, d_model=192, n_layers=4, n_heads=3, n_kv_heads=1, d_ff=448)
"""The shape of the default model, but smaller: 1.45 M parameters."""


@dataclass(frozen=True)
class Recipe:
    """How long and how fast a model learns: `tokens` of a schedule, in windows of `context` tokens."""

    tokens: float
    peak: float
    context: int
    eval_every: int


PRE_TRAINING = Recipe(8e6, 3e-3, 512, 250)
FINE_TUNING = {"jsb": Recipe(1.6e6, 1e-3, 512, 40), "nottingham": Recipe(4e6, 1.5e-3, 1024, 80)}
BATCH_TOKENS, WARMUP_STEPS = 4096, 40


def watched(tables: Mapping[str, dict[str, list[Roll]]]) -> list[Collection]:
    """Some of each benchmark's valid split, to watch pre-training by."""
    return [
        Collection(name, TABLES[name].beats, 1.0, splits["valid"][:24]) for name, splits in tables.items()
    ]


def pre_train(collections: Sequence[Collection], held_out: Sequence[Collection], run: Path) -> str:
    """Trains SHAPE in the folder `run`, going on from where it stands; says why it stopped."""
    return _train(SHAPE, PRE_TRAINING, run, collections, held_out, None)


def fine_tune(table: str, splits: dict[str, list[Roll]], start: Path, run: Path) -> Path:
    """From the checkpoint `start`, on the train split, in the folder `run`.

    Returns the checkpoint that has the best figure on the valid split.
    """
    train, valid = (
        Collection(split, TABLES[table].beats, 1.0, splits[split]) for split in ("train", "valid")
    )
    content = checkpoint.load(start)
    config = ModelConfig.from_dict(content["config"])
    fresh = run / "start.pt"
    checkpoint.save(fresh, checkpoint.model_content(config, Progress(), content["model"]))
    _train(config, FINE_TUNING[table], run, [train], [valid], fresh)
    return run / "best.pt"


def _train(
    config: ModelConfig,
    recipe: Recipe,
    run: Path,
    train: Sequence[Collection],
    held_out: Sequence[Collection],
    start: Path | None,
) -> str:
    def windows(context: int) -> RollWindows:
        return RollWindows(context, train, held_out)

    options = Options(
        run=run,
        schedule=Schedule(recipe.peak, WARMUP_STEPS, "cosine"),
        phases=Phases((recipe.context,), (1.0,)),
        start_from=start,
        tokens=int(recipe.tokens),
        batch_tokens=BATCH_TOKENS,
        micro_tokens=BATCH_TOKENS // 2,
        optimiser="muon",
        eval_every=recipe.eval_every,
        tensorboard=False,
    )
    return Trainer(config, options, windows, windows).run()
