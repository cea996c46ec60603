"""Makes the source roots importable when the package is not installed."""

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
for _folder in ("daemon", "bridge", "models", "tests"):
    sys.path.insert(0, str(_ROOT / _folder))
