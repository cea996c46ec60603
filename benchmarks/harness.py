"""What every benchmark shares: percentiles, the machine it ran on, a result file, a table."""

from __future__ import annotations

import json
import math
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"


def percentiles(samples_ms: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99 (nearest rank), largest, mean and count of some samples; raises ValueError on none."""
    ordered = sorted(float(sample) for sample in samples_ms)
    if not ordered:
        raise ValueError("percentiles of no samples")

    def rank(percent: float) -> float:
        return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]

    return {
        "p50": rank(50),
        "p95": rank(95),
        "p99": rank(99),
        "max": ordered[-1],
        "mean": sum(ordered) / len(ordered),
        "count": len(ordered),
    }


def timed(action: Callable[[], Any], repeats: int, warm_up: int = 0) -> list[float]:
    """Milliseconds that each of `repeats` calls took, after `warm_up` calls that are not counted."""
    for _ in range(warm_up):
        action()
    samples = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        samples.append((time.perf_counter() - start) * 1e3)
    return samples


def _processor() -> str:
    """The processor's name as the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def machine() -> dict[str, Any]:
    """What the figures depend on: processor, cores, system, Python and the packages that compute."""
    from importlib import metadata

    packages = {}
    for name in ("numpy", "onnxruntime", "torch", "transformers", "python-rtmidi", "python-osc", "symusic"):
        try:
            packages[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": packages,
    }


def commit() -> str:
    """The checked-out commit, with "+" where files differ from it; "unknown" outside a checkout."""
    try:
        head = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=no"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if changed else "")


def load_average() -> list[float] | None:
    """The 1, 5 and 15 minute load averages, or None where the system has none."""
    try:
        return [round(value, 2) for value in os.getloadavg()]
    except (AttributeError, OSError):
        return None


def _rounded(value: Any) -> Any:
    """`value` with every float in it cut to four significant digits."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return float(f"{value:.4g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return value


def write_result(name: str, data: Mapping[str, Any], folder: Path | None = None) -> Path:
    """Write `data` and where it came from to benchmarks/results/<name>.json; gives the path."""
    folder = RESULTS if folder is None else folder
    folder.mkdir(parents=True, exist_ok=True)
    script = Path(sys.argv[0]).resolve()
    shown = script.relative_to(ROOT).as_posix() if script.is_relative_to(ROOT) else script.name
    result = {
        "name": name,
        "command": shlex.join(["python", shown, *sys.argv[1:]]),
        "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": commit(),
        "load_average": load_average(),
        "machine": machine(),
        "data": _rounded(data),
    }
    path = folder / f"{name}.json"
    beside = path.with_suffix(".json.part")
    beside.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    beside.replace(path)
    return path


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return str(value)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """A Markdown table of `rows`, one column per key of the first row."""
    if not rows:
        return ""
    head = list(rows[0])
    cells = [[_cell(row.get(key, "")) for key in head] for row in rows]
    widths = [max(len(line[index]) for line in [head, *cells]) for index in range(len(head))]

    def line(items: Sequence[str]) -> str:
        return "| " + " | ".join(item.ljust(width) for item, width in zip(items, widths, strict=True)) + " |"

    return "\n".join([line(head), line(["-" * width for width in widths]), *map(line, cells)])
