"""Held-out bits per note as a result: takes the arguments of bandmate_models.evaluation.heldout.

python benchmarks/heldout.py --data prepared --weights DIR [DIR …]
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
