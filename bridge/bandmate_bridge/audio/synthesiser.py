"""Single notes out of a soundfont, each computed once as long as it is remembered."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from bandmate_bridge.audio.sampler.sampler import Sampler
from bandmate_bridge.audio.signal import Audio
from bandmate_bridge.audio.soundfont import BUILT
from bandmate_bridge.audio.soundfont.finding import find_soundfont
from bandmate_bridge.audio.soundfont.reader import presets

SHORTEST = 0.02  # seconds that a key is held at least

_QUALITY = 2  # of the synthesiser's resampling: a windowed sinc
_REMEMBERED = 96 << 20  # bytes of notes
_GRAIN = 500  # lengths of notes are kept apart to 1/500 s, so that equal note values are one sound


class _Key(NamedTuple):
    """A key of a preset, held for some seconds."""

    program: int
    drums: bool
    pitch: int
    seconds: float


class _Instrument(Protocol):
    """What plays a soundfont; without velocity: levels are the caller's."""

    def note(self, program: int, drums: bool, key: int, seconds: float) -> Audio: ...


class _Symusic:
    """Plays our own soundfont, which is made for it.

    Of others, symusic 0.5 misses the root keys that zones override, tunings above 120 cents, scale tunings,
    attenuations in dB and, where a preset's zone is silent about them, the envelopes.
    """

    def __init__(self, soundfont: Path, rate: int) -> None:
        self._symusic: Any = import_module("symusic")
        self._synthesiser: Any = self._symusic.Synthesizer(str(soundfont), rate, _QUALITY)

    def note(self, program: int, drums: bool, key: int, seconds: float) -> Audio:
        track = self._symusic.Track(program=program, is_drum=drums, ttype="second")
        track.notes.append(self._symusic.Note(0.0, seconds, key, 100, ttype="second"))
        song = self._symusic.Score(ttype="second")
        song.tracks.append(track)
        return np.array(self._synthesiser.render(song, stereo=True), np.float32)


class Synthesiser:
    """Plays one soundfont at one rate."""

    def __init__(self, soundfont: Path, rate: int) -> None:
        """Raises BandmateError ("bad_soundfont") for a file that is none."""
        self.rate = rate
        self._presets = presets(soundfont)
        ours = soundfont.samefile(BUILT)
        self._instrument: _Instrument = _Symusic(soundfont, rate) if ours else Sampler(soundfont, rate)
        self._known: OrderedDict[_Key, Audio] = OrderedDict()
        self._bytes = 0

    def sound(self, program: int, drums: bool, pitch: int, seconds: float) -> Audio:
        """[2, frames] from the note's start until it has rung out; not to be written to."""
        held = max(round(seconds * _GRAIN) / _GRAIN, SHORTEST)
        key = _Key(self._present(program, drums), drums, pitch, held)
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        sound = self._instrument.note(*key)
        sound.flags.writeable = False
        self._known[key] = sound
        self._bytes += sound.nbytes
        while self._bytes > _REMEMBERED and len(self._known) > 1:
            self._bytes -= self._known.popitem(last=False)[1].nbytes
        return sound

    def _present(self, program: int, drums: bool) -> int:
        """The program, or the first of its family, or of the bank, that the soundfont has."""
        bank = 128 if drums else 0
        return next((p for p in (program, program // 8 * 8, 0) if (bank, p) in self._presets), program)


def synthesiser(soundfont: Path | None = None, rate: int = 44_100) -> Synthesiser:
    """The synthesiser for a soundfont, as `find_soundfont` finds it; it stays loaded.

    Raises BandmateError ("bad_soundfont").
    """
    return _loaded(find_soundfont(soundfont), rate)


@lru_cache(maxsize=2)
def _loaded(soundfont: Path, rate: int) -> Synthesiser:
    return Synthesiser(soundfont, rate)
