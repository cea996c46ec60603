"""Bandmate: a bandmate that lives in your DAW."""

import os

__version__ = "0.1.0"

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
"""numpy's matrices here are small: its threads would wait for each other most of the time, and spin.
Stands before numpy is imported; onnxruntime and torch have threads of their own."""
