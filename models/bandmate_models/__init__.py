"""Music as data, and the model: score, tokens, decoder, training."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
"""onnxruntime reports to its makers unless this stands before it is imported; nothing leaves the machine."""
