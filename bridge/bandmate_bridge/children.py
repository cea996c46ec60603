"""What processes that this program starts need to find its packages."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def child_environment() -> dict[str, str]:
    """The environment in which a child finds the packages wherever this process found them."""
    roots = [str(Path(__file__).parents[1]), str(Path(sys.modules["bandmate_models"].__path__[0]).parent)]
    path = os.pathsep.join(filter(None, (*roots, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path}
