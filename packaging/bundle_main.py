"""What the bundle runs: `bandmate`, and as `bandmate -m MODULE …` a module of ours, as a child process."""

from __future__ import annotations

import multiprocessing
import runpy
import sys

OURS = ("bandmate", "bandmate_bridge", "bandmate_models")


def main() -> int:
    """The exit code of the command."""
    multiprocessing.freeze_support()
    if len(sys.argv) > 2 and sys.argv[1] == "-m" and sys.argv[2].partition(".")[0] in OURS:
        module = sys.argv[2]
        del sys.argv[1:3]
        runpy.run_module(module, run_name="__main__")
        return 0
    from bandmate.cli import main as command_line

    return command_line()


if __name__ == "__main__":
    raise SystemExit(main())
