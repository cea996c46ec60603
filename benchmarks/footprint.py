"""What Bandmate takes: time and disk to install, time and memory of the demo, memory of the daemon at rest.

python benchmarks/footprint.py [--wait SECONDS]

The checkout is installed by plain pip into a fresh environment, the README's first command. Memory is what is
resident, in MB; the daemon's processes share their libraries, so that their sum counts some pages twice.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from harness import ROOT, table, write_result

LIMIT_MB, LIMIT_S = 250, 120
"""Of the installation, and of installation and demo together."""

LARGEST = 6
NAMES = {"bandmate_bridge.conductor": "conductor", "bandmate_bridge.jack_watch": "JACK's watch"}


def megabytes(folder: Path) -> float:
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def program(environment: Path, name: str) -> str:
    return str(environment / "bin" / name)


def install(environment: Path) -> float:
    """Seconds to make an environment and install the checkout into it."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    pip = [program(environment, "python"), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    subprocess.run([*pip, str(ROOT)], check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def packages(environment: Path) -> dict[str, float]:
    """MB of the largest packages, and of all of them; pip left out."""
    (site,) = (environment / "lib").glob("python*/site-packages")
    sizes = {entry.name: megabytes(entry) for entry in site.iterdir() if entry.is_dir()}
    sizes = {name: size for name, size in sizes.items() if not name.startswith(("pip", "setuptools"))}
    largest = sorted(sizes, key=lambda name: -sizes[name])[:LARGEST]
    return {**{name: sizes[name] for name in largest}, "all": sum(sizes.values())}


def demo(environment: Path, folder: Path) -> dict[str, float]:
    """Seconds and peak memory of `bandmate demo`."""
    begun = time.perf_counter()
    running = subprocess.Popen(
        [program(environment, "bandmate"), "demo", "-o", str(folder / "demo")], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(running.pid, 0)
    if status:
        raise SystemExit("bandmate demo failed")
    peak = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return {"seconds": time.perf_counter() - begun, "peak MB": peak}


def daemon(environment: Path, folder: Path, wait: float) -> dict[str, dict[str, Any]]:
    """Processes of `bandmate serve` and their memory, so many seconds after it said that it is ready."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program(environment, "bandmate"), "serve", "--osc-port", str(port), "--library", str(folder)]
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, env=environ, text=True)
    assert running.stdout is not None
    try:
        running.stdout.readline()
        time.sleep(wait)
        engine = psutil.Process(running.pid)
        found: dict[str, dict[str, Any]] = {"engine": {"processes": 1, "MB": engine.memory_info().rss / 1e6}}
        for child in engine.children(recursive=True):
            name = next((name for module, name in NAMES.items() if module in child.cmdline()), "other")
            row = found.setdefault(name, {"processes": 0, "MB": 0.0})
            row["processes"] += 1
            row["MB"] += child.memory_info().rss / 1e6
        return found
    finally:
        running.terminate()
        running.wait(10)


def main() -> int:
    parser = argparse.ArgumentParser(description="Install size, demo, memory.")
    parser.add_argument("--wait", type=float, default=5.0, help="seconds before the daemon is weighed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = folder / "environment"
        installed = install(environment)
        sizes = packages(environment)
        shown = demo(environment, folder)
        weighed = daemon(environment, folder, options.wait)
    path = write_result(
        "footprint",
        {
            "install seconds": installed,
            "install and demo seconds": installed + shown["seconds"],
            "limit seconds": LIMIT_S,
            "installed MB": sizes["all"],
            "limit MB": LIMIT_MB,
            "demo": shown,
            "installed": sizes,
            "daemon at rest": weighed,
        },
    )
    print(table([{"process": process, **row} for process, row in weighed.items()]))
    print(f"{sizes['all']:.0f} MB in {installed:.0f} s, demo {shown}\nwritten to {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
