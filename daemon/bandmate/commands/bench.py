"""`bandmate bench`: how fast the model is here; in a checkout, the repository's benchmarks too."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from bandmate.commands.flags import Commands, add_settings
from bandmate.config import Config
from bandmate.console import Console
from bandmate_models.errors import BandmateError

_ENTRY = "__main__"  # what a benchmark has, and what benchmarks share has not


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "bench",
        help="measure the model on this machine",
        description="Measure a decode step behind more and more tokens, and request to first note. In a "
        "checkout of the repository, name some of its benchmarks to run those instead.",
    )
    command.add_argument(
        "names", nargs="*", metavar="NAME", help="benchmarks of the checkout; --list shows them"
    )
    command.add_argument("--list", action="store_true", dest="listing", help="list the checkout's benchmarks")
    add_settings(command, "weights", "precision", "threads")
    command.set_defaults(run=run)


def run(options: argparse.Namespace, config: Config, console: Console) -> int:
    scripts = _scripts()
    if options.listing:
        for name, script in scripts.items():
            console.line(f"{name:<20} {_about(script)}")
        if not scripts:
            console.line("this is no checkout of the repository; `bandmate bench` alone measures the model")
        return 0
    if not options.names:
        return _quick(config, console)
    unknown = [name for name in options.names if name not in scripts]
    if unknown:
        raise BandmateError(f"there is no benchmark {unknown[0]!r}; `bandmate bench --list` shows them")
    return max(subprocess.call([sys.executable, str(scripts[name])]) for name in options.names)


def _quick(config: Config, console: Console) -> int:
    from bandmate.answers import model_name
    from bandmate.measuring import first_note_times, fitting_pasts, step_times
    from bandmate_models.weights import Weights

    weights = Weights.load(config.weights, config.precision, threads=config.threads)
    console.line(f"{model_name(weights)}, {config.threads} thread{'s' if config.threads > 1 else ''}")
    for past in fitting_pasts(weights):
        times = step_times(weights, past)
        console.line(f"a step behind {past:>4} tokens   {times}   {1000 / times.p50:.0f} tokens/s")
    console.line(f"request to first note     {first_note_times(weights, times=30)}")
    return 0


def _scripts() -> dict[str, Path]:
    """The checkout's benchmarks by name; none where the package is installed elsewhere."""
    import bandmate

    folder = Path(bandmate.__file__).parents[2] / "benchmarks"
    return {
        script.stem: script
        for script in sorted(folder.glob("*.py"))
        if _ENTRY in script.read_text(encoding="utf-8")
    }


def _about(script: Path) -> str:
    """The first line of a script's docstring."""
    first = script.read_text(encoding="utf-8").lstrip().splitlines()[:1]
    return first[0].strip('" ') if first and first[0].startswith('"""') else ""
