"""Training state and half-precision weights on disk, written whole or not at all."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bandmate_models.errors import BandmateError
from bandmate_models.model_config import ModelConfig

UNREADABLE = (OSError, RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError)


@dataclass
class Progress:
    """How far a run has come; `held_out` and `best` are bits per note, last and lowest."""

    step: int = 0
    tokens_seen: int = 0
    seconds: float = 0.0
    optimiser_started: int = 0  # the step at which the optimiser had no history
    held_out: float | None = None
    best: float | None = None
    evaluations_since_best: int = 0


def save(path: Path, content: Mapping[str, Any]) -> None:
    """Replaces `path` only when the new file is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        torch.save(dict(content), file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def load(path: Path) -> dict[str, Any]:
    """The dict in `path`, on the CPU; BandmateError("bad_weights") if it is missing, damaged or not ours."""
    if not path.is_file():
        raise BandmateError(f"there is no checkpoint at {path}; check the path", "bad_weights")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        ModelConfig.from_dict(content["config"])
        Progress(**content["progress"])
        content["model"].keys()
    except (*UNREADABLE, TypeError, AttributeError, IndexError):
        raise BandmateError(
            f"{path} is damaged or no checkpoint of ours; delete it to start again, or restore a copy",
            "bad_weights",
        ) from None
    return dict(content)


def model_content(config: ModelConfig, progress: Progress, weights: Mapping[str, Tensor]) -> dict[str, Any]:
    """What every checkpoint holds; the main figures also at the top, for readers of weights."""
    return {
        "model": dict(weights),
        "config": config.to_dict(),
        "progress": asdict(progress),
        "step": progress.step,
        "tokens_seen": progress.tokens_seen,
        "held_out": progress.held_out,
    }


def halved(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: weight.detach().to("cpu", torch.float16) for name, weight in weights.items()}
