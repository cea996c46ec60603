"""Training one twin: the steps, windows and shape that all share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch

from ... import vocabulary as v
from ...errors import BandmateError
from ...model_config import ModelConfig
from ...training import checkpoint
from ...training.options import Options
from ...training.schedule import Phases, Schedule
from ...training.trainer import Trainer
from ...transformer import Transformer
from . import remi
from .pieces import Piece
from .windows import Excerpt, Ours, Remi, Tokenisation, TwinWindows, beginning

SHAPE = ModelConfig(v.FORMAT_VERSION, v.SIZE, d_model=128, n_layers=4, n_heads=2, n_kv_heads=1, d_ff=320)
ROWS = 8
"""Rows of a step, each of about windows.NOTES notes."""
_CONTEXT = 1024  # what the trainer counts a row as; a row's own length follows from its notes
PEAK = 3e-3
WARM_UP = 30


class Twin(NamedTuple):
    """What sets a twin apart."""

    what: str
    remi: bool = False
    player: bool = True
    strict: bool = False

    def tokenisation(self) -> Tokenisation:
        return Remi() if self.remi else Ours(player=self.player)

    def shape(self) -> ModelConfig:
        """SHAPE; REMI has fewer tokens to embed."""
        return replace(SHAPE, vocabulary_size=remi.size()) if self.remi else SHAPE


TWINS = {
    "ours": Twin("the token format, a quarter of the windows with a player"),
    "remi": Twin("plain REMI tokens (MidiTok), the same windows", remi=True),
    "no-player": Twin("the token format, the player's notes left out of the same windows", player=False),
    "strict": Twin("the token format, sources under the freest licences alone", strict=True),
}


def train(
    twin: Twin,
    pieces: Sequence[Piece],
    valid: Sequence[Piece],
    shares: Mapping[str, float],
    run: Path,
    steps: int,
) -> str:
    """Trains in the folder `run`, going on from where it stands; says why it stopped."""
    write = twin.tokenisation()
    held_out: list[Excerpt] = [beginning(piece, 128) for piece in valid]

    def windows(context: int) -> TwinWindows:
        return TwinWindows(pieces, shares, write, held_out)

    options = Options(
        run=run,
        schedule=Schedule(PEAK, WARM_UP, "cosine"),
        phases=Phases((_CONTEXT,), (1.0,)),
        tokens=steps * ROWS * _CONTEXT,
        batch_tokens=ROWS * _CONTEXT,
        micro_tokens=4 * _CONTEXT,
        eval_every=steps,
        threads=1,
        tensorboard=False,
        log_every=10,
    )
    return Trainer(twin.shape(), options, windows, windows).run()


def notes_seen(windows: TwinWindows, steps: int) -> int:
    """Notes of the excerpts of so many steps, which are the same for every twin of the same sources."""
    return sum(
        excerpt.notes
        for step in range(steps)
        for row in range(ROWS)
        for excerpt in windows.excerpts(step, row)
    )


def bundle(runs: Mapping[str, Path], path: Path) -> None:
    """The last half-precision weights of each run in one file."""
    checkpoint.save(path, {name: checkpoint.load(run / "latest.pt") for name, run in runs.items()})


def unbundle(path: Path) -> dict[str, Transformer]:
    """The models of a bundle, in float32; BandmateError where it is missing or damaged."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        return {name: _model(entry) for name, entry in content.items()}
    except (*checkpoint.UNREADABLE, TypeError, AttributeError) as error:
        raise BandmateError(f"{path} holds no twins ({error}); restore a copy", "bad_weights") from None


def _model(content: Mapping[str, object]) -> Transformer:
    config, weights = content["config"], content["model"]
    assert isinstance(config, dict) and isinstance(weights, dict)
    model = Transformer(ModelConfig.from_dict(config))
    model.load_state_dict(weights)
    return model.float().eval()
