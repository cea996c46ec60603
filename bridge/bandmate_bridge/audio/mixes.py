"""The ways to mix a score's stems, by name."""

from __future__ import annotations

from typing import NamedTuple

from bandmate_bridge.audio.plain_mix import plain_mix
from bandmate_bridge.audio.signal import Audio
from bandmate_bridge.audio.stems import Progress, Silence, Stems, dry_mix, in_memory, untold
from bandmate_models.errors import BandmateError

DRY, PLAIN, NONE = "dry", "plain", "none"


class Mixed(NamedTuple):
    """A mix [2, frames]. `at_stems_level`: it is turned down with its stems where one of them would clip."""

    audio: Audio
    at_stems_level: bool


def mix_names() -> tuple[str, ...]:
    """Every name that `mixed` knows."""
    from bandmate_bridge.audio.mix.presets import PRESETS

    return (*PRESETS, PLAIN, DRY, NONE)


def require_mix(name: str) -> None:
    """Raises BandmateError ("bad_value") where no mix has that name."""
    if name not in mix_names():
        raise BandmateError(f"no mix is called {name!r}; there are {', '.join(mix_names())}", "bad_value")


def mixed(name: str, stems: Stems, progress: Progress = untold, silence: Silence = in_memory) -> Mixed | None:
    """The mix of that name; None for "none".

    "dry" is the sum of the stems, "plain" a quick one with a room, every other name a genre's preset with a
    target of loudness.
    """
    require_mix(name)
    if name == NONE:
        return None
    if name == DRY:
        return Mixed(dry_mix(stems, progress, silence), True)
    if name == PLAIN:
        return Mixed(plain_mix(stems, progress, silence), True)
    from bandmate_bridge.audio.mix.mixdown import mixdown

    return Mixed(mixdown(stems, name, silence=silence, progress=progress).audio, False)
