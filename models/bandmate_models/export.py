"""From a training checkpoint to a folder that `Weights.load` reads.

python -m bandmate_models.export CHECKPOINT.pt -o DIR --precision 8bit
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bandmate_models.errors import BandmateError
from bandmate_models.model_config import ModelConfig
from bandmate_models.onnx_graph import PRECISIONS, State, decoder_graph
from bandmate_models.weights import MODEL_FILE, write_weights

NOTED = ("step", "tokens_seen", "held_out")
"""Figures of a checkpoint that go into the config beside the model."""


def export(
    state: State, config: ModelConfig, folder: Path, precision: str, notes: Mapping[str, Any] | None = None
) -> Path:
    """Write the model of `state` to `folder` in `precision`, a key of PRECISIONS; gives the model's path.

    BandmateError("bad_value") for an unknown precision, ("bad_weights") if state and config do not fit.
    """
    if precision not in PRECISIONS:
        raise BandmateError(
            f"there is no precision {precision!r}; choose one of {', '.join(PRECISIONS)}", "bad_value"
        )
    model = decoder_graph(state, config, PRECISIONS[precision]).SerializeToString()
    write_weights(folder, model, replace(config, precision=precision), notes or {})
    return folder / MODEL_FILE


def read_checkpoint(
    path: Path,
) -> tuple[dict[str, np.ndarray[Any, np.dtype[np.float32]]], ModelConfig, dict[str, Any]]:
    """State dict in single precision, config and figures of the checkpoint at `path`; needs torch."""
    from bandmate_models.training import checkpoint

    content = checkpoint.load(path)
    state = {name: weight.float().numpy() for name, weight in content["model"].items()}
    notes = {name: content[name] for name in NOTED if content.get(name) is not None}
    return state, ModelConfig.from_dict(content["config"]), notes


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bandmate_models.export", description="Export a checkpoint for the daemon."
    )
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT.pt")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--precision", choices=list(PRECISIONS), default="8bit")
    parser.add_argument("--name", help="the model's name, if not the checkpoint's")
    options = parser.parse_args(arguments)
    try:
        state, config, notes = read_checkpoint(options.checkpoint)
        if options.name:
            config = replace(config, name=options.name)
        path = export(state, config, options.output, options.precision, notes)
    except BandmateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    size = path.stat().st_size / 1e6
    print(f"{path}: {config.parameter_count:,} parameters in {options.precision}, {size:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
