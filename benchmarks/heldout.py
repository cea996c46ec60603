"""Held-out music: bits per note of the model's notes, on pieces that training never saw.

python benchmarks/heldout.py --data prepared --weights DIR [DIR …]

Real pieces only, without controls in the header, unknown velocities left out; each source counts once in the
mean, and the interval is a bootstrap over pieces. The 5-gram has learnt from the same tokens. The arguments
are those of bandmate_models.evaluation.heldout.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from bandmate_models.evaluation import heldout
from harness import write_result


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "heldout.json"
        status = heldout.main([*sys.argv[1:], "-o", str(report)])
        if status == 0:
            path = write_result("heldout", json.loads(report.read_text(encoding="utf-8")))
            print(f"written to {path}")
    return status


if __name__ == "__main__":
    sys.exit(main())
