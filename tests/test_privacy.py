"""Nothing leaves the machine: the runtime that runs the model is told not to report to its makers."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import os, sys
import bandmate_models.decoder
from bandmate_models.weights import Weights
assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"
Weights.load()
print("loaded")
"""


def test_telemetry_is_off_before_onnxruntime_is_imported(tmp_path) -> None:  # type: ignore[no-untyped-def]
    import os

    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "loaded", done.stderr
    assert not list(tmp_path.rglob("*onnxruntime*")), "onnxruntime keeps a record of its use"
