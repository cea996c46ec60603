"""Devices for tests, made of today's sources, and their patches."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from bandmate_device.container import read_device
from bandmate_device.device import make_device
from bandmate_device.opened import OpenedPatch, open_patch
from bandmate_device.table import DeviceName

FOLDER = Path(__file__).resolve().parent.parent / "max_for_live"

SCRIPT = "inlets = 1;\noutlets = 4;\nfunction bang() { outlet(1, 'light', 0); }\n"
"""A script that a device can be built with, where it is not the script that is tested."""


@functools.cache
def device(name: DeviceName) -> bytes:
    """The bytes of a device of today's sources."""
    return make_device(FOLDER, name, SCRIPT).data


def patch_of(data: bytes) -> OpenedPatch:
    return open_patch(json.loads(read_device(data).patch))
