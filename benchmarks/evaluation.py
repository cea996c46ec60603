"""What the shipped model is worth on held-out music, task by task: `bandmate evaluate`, kept as a result.

python benchmarks/evaluation.py --midi midi --manifest manifest.csv --data prepared --picture evaluation.svg

docs/evaluation.md says what every figure is. The arguments are those of `bandmate evaluate`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from bandmate.cli import main as bandmate
from harness import write_result


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "evaluation.json"
        status = bandmate(["evaluate", *sys.argv[1:], "-o", str(record)])
        if status == 0:
            sys.argv[1:] = _without_places(sys.argv[1:])
            path = write_result("evaluation", json.loads(record.read_text(encoding="utf-8")))
            print(f"written to {path}")
    return status


def _without_places(arguments: list[str]) -> list[str]:
    """Arguments as they go into the result: of a path its last name."""
    return [Path(argument).name if "/" in argument else argument for argument in arguments]


if __name__ == "__main__":
    sys.exit(main())
