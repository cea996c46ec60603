"""Small models of random weights, for tests that need one of any kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bandmate_models import vocabulary
from bandmate_models.model_config import ModelConfig
from bandmate_models.weights import Weights

SMALL = ModelConfig(
    vocabulary.FORMAT_VERSION,
    vocabulary.SIZE,
    d_model=64,
    n_layers=2,
    n_heads=4,
    n_kv_heads=2,
    d_ff=112,
    context=640,
    name="random",
)


def random_state(config: ModelConfig = SMALL, seed: int = 0) -> dict[str, np.ndarray]:
    """Weights whose logits have a standard deviation of about 1, norms away from 1."""
    from bandmate_models.onnx_graph import expected_shapes

    rng = np.random.default_rng(seed)
    return {
        name: (
            rng.uniform(0.5, 1.5, shape) if len(shape) == 1 else rng.normal(0, 1.2 / shape[1] ** 0.5, shape)
        ).astype(np.float32)
        for name, shape in expected_shapes(config).items()
    }


def random_weights(
    folder: Path, config: ModelConfig = SMALL, precision: str = "fp32", seed: int = 0
) -> Weights:
    """Such a model, exported to `folder` and loaded from there; needs the onnx package."""
    from bandmate_models.export import export

    export(random_state(config, seed), config, folder, precision)
    return Weights.load(folder)
