"""What the token format keeps of a corpus, as a result: takes the arguments of bandmate_models.corpus.check.

python benchmarks/corpus_format.py --manifest manifest.csv --midi FOLDER
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from bandmate_models.corpus import check
from harness import write_result


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "format.json"
        status = check.main([*sys.argv[1:], "-o", str(report)])
        if status == 0:
            write_result("corpus_format", json.loads(report.read_text(encoding="utf-8")))
    return status


if __name__ == "__main__":
    sys.exit(main())
