"""Builds the devices and their pictures; with --check, only says what is stale."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from bandmate_device.bundle import bundle
from bandmate_device.container import read_device
from bandmate_device.device import make_device
from bandmate_device.lint import findings
from bandmate_device.opened import open_patch
from bandmate_device.picture import drawn
from bandmate_device.table import DEVICES

HERE = Path(__file__).resolve().parent
PICTURES = HERE.parent / "docs"


def built(folder: Path, pictures: Path, script: str) -> dict[Path, bytes]:
    """What the sources of `folder` make: the bytes of each device, and of each picture."""
    files: dict[Path, bytes] = {}
    for device in DEVICES:
        made = make_device(folder, device, script)
        title = made.file.removesuffix(".amxd")
        files[folder / made.file] = made.data
        patch = open_patch(json.loads(read_device(made.data).patch))
        files[pictures / f"device-{title.lower().replace(' ', '-')}.svg"] = drawn(patch, title).encode()
    return files


def stale(files: Mapping[Path, bytes]) -> list[Path]:
    """Those that lie on the disk otherwise than they are built, or not at all."""
    return [path for path, data in files.items() if not path.is_file() or path.read_bytes() != data]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is stale")
    check = parser.parse_args(arguments).check
    files = built(HERE, PICTURES, bundle(HERE / "source" / "script"))
    devices = {path: data for path, data in files.items() if path.suffix == ".amxd"}
    wrong = [f"{path.name}: {line}" for path, data in devices.items() for line in findings(data)]
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        return 1
    changed = stale(files)
    for path in changed:
        name = path.relative_to(HERE.parent)
        if check:
            print(f"{name} is stale: run python max_for_live/build.py", file=sys.stderr)
        else:
            path.write_bytes(files[path])
            print(f"{name}: {len(files[path])} bytes")
    return int(check and bool(changed))


if __name__ == "__main__":
    sys.exit(main())
