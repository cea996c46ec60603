"""The ways to mix a score's stems, by name."""

from __future__ import annotations

from typing import NamedTuple

from bandmate_bridge.audio.plain_mix import plain_mix
from bandmate_bridge.audio.signal import Audio
from bandmate_bridge.audio.stems import Progress, Silence, Stems, dry_mix, in_memory, untold
from bandmate_models.errors import BandmateError

DRY, PLAIN, NONE = "dry", "plain", "none"


class Mixing(NamedTuple):
    """How stems are mixed; loudness and headphones are for a preset's mix."""

    name: str = PLAIN
    lufs: float | None = None  # None: the usual target
    binaural: bool = False

    @property
    def by_preset(self) -> bool:
        return self.name not in (DRY, PLAIN, NONE)

    def require(self) -> None:
        """Raises BandmateError ("bad_value") for what there is not."""
        require_mix(self.name)
        if not self.by_preset and (self.binaural or self.lufs is not None):
            told = "binaural" if self.binaural else "a loudness"
            raise BandmateError(
                f"{told} needs a preset as the mix, like pop; {self.name!r} is none", "bad_value"
            )
        if self.lufs is not None:
            from bandmate_bridge.audio.mix.mixdown import require_target

            require_target(self.lufs)


USUAL = Mixing()


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


def mixed(
    mixing: Mixing, stems: Stems, progress: Progress = untold, silence: Silence = in_memory
) -> Mixed | None:
    """The mix that is asked for; None for "none".

    "dry" is the sum of the stems, "plain" a quick one with a room, every other name a genre's preset with a
    target of loudness.
    """
    mixing.require()
    if mixing.name == NONE:
        return None
    if mixing.name == DRY:
        return Mixed(dry_mix(stems, progress, silence), True)
    if mixing.name == PLAIN:
        return Mixed(plain_mix(stems, progress, silence), True)
    from bandmate_bridge.audio.mix.mixdown import TARGET, mixdown

    target = TARGET if mixing.lufs is None else mixing.lufs
    ways = {"binaural": mixing.binaural, "keep_tracks": False}
    mix = mixdown(stems, mixing.name, target, **ways, silence=silence, progress=progress)
    return Mixed(mix.audio, False)
