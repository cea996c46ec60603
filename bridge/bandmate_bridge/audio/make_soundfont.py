"""Build the soundfont: `python -m bandmate_bridge.audio.make_soundfont [FILE]`. The same bytes every time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np

from bandmate_bridge.audio.soundfont import BUILT
from bandmate_bridge.audio.soundfont.drums import KIT, Stroke, grains
from bandmate_bridge.audio.soundfont.general_midi import EFFECTS, KITS, TONES, Tone
from bandmate_bridge.audio.soundfont.sf2 import (
    ATTACK,
    EXCLUSIVE_CLASS,
    HOLD,
    PAN,
    RELEASE,
    Instrument,
    Preset,
    Sample,
    Zone,
    sf2_bytes,
    timecents,
)
from bandmate_bridge.audio.soundfont.sounds import Random, Sound, levelled

NAME = "Bandmate GM"
_RING_OUT = 18.0  # seconds that a sound without a loop is held, so that its own decay is all that ends it
_GUARD = 64  # frames repeated after a loop's end, for players that read ahead
_STROKE_RELEASE = 2.5  # seconds: a drum is not stopped by its note-off


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    target = Path(arguments[0]) if arguments else BUILT
    data = build()
    target.write_bytes(data)
    print(f"{target}: {len(data) / 1e6:.2f} MB")
    return 0


def build() -> bytes:
    """The bank: 128 programs in bank 0, the drum kit in bank 128."""
    presets = []
    for tone in TONES:
        instrument = _tone(tone)
        presets += [Preset(tone.name, 0, program, instrument) for program in tone.programs]
    effect = _effect()
    presets += [Preset("Noise", 0, program, effect) for program in EFFECTS]
    kit = _kit(KIT)
    presets += [Preset("Drums", 128, program, kit) for program in KITS]
    return sf2_bytes(NAME, presets)


def _tone(tone: Tone) -> Instrument:
    """Every root answers to the keys nearest to it."""
    envelope = {ATTACK: timecents(tone.attack), HOLD: timecents(_RING_OUT), RELEASE: timecents(tone.release)}
    edges = [-1, *((low + high) // 2 for low, high in zip(tone.roots, tone.roots[1:], strict=False)), 127]
    zones = []
    for root, below, last in zip(tone.roots, edges, edges[1:], strict=False):
        name = f"{tone.name} {root}"
        frequency = 440 * 2 ** ((root - 69) / 12)
        sound = levelled(tone.voice(frequency, _chance(name)), tone.loudness)
        zones.append(Zone(_sample(name, sound, root), (below + 1, last), envelope))
    return Instrument(tone.name, zones)


def _kit(strokes: Sequence[Stroke]) -> Instrument:
    """A drum that appears under several keys is made once."""
    made: dict[tuple[str, int], Sample] = {}
    zones = []
    for stroke in strokes:
        place = (stroke.name, stroke.root)
        if place not in made:
            sound = levelled(stroke.drum(_chance(stroke.name)), stroke.loudness)
            made[place] = _sample(stroke.name, sound, stroke.root)
        generators = {
            PAN: round(500 * stroke.pan),
            HOLD: timecents(_RING_OUT),
            RELEASE: timecents(_STROKE_RELEASE),
        }
        if stroke.silences:
            generators[EXCLUSIVE_CLASS] = stroke.silences
        zones.append(Zone(made[place], (stroke.low, stroke.high), generators))
    return Instrument("Drums", zones)


def _effect() -> Instrument:
    """General MIDI's noises, all as one breath."""
    drum = grains(0.8, 400, 5000, (0.02,), 0.3)
    sound = levelled(drum(_chance("Noise")), 0.1)
    envelope = {HOLD: timecents(_RING_OUT), RELEASE: timecents(0.3)}
    return Instrument("Noise", [Zone(_sample("Noise", sound, 60), (0, 127), envelope)])


def _sample(name: str, sound: Sound, root: int) -> Sample:
    signal = sound.signal
    loop = None
    if sound.loop is not None:
        loop = (sound.loop, len(signal))
        signal = np.concatenate([signal, signal[loop[0] :][:_GUARD]])
    audio = np.round(signal * 32767).astype(np.int16)
    return Sample(name, audio, round(sound.rate), root, loop)


def _chance(name: str) -> Random:
    return Random(crc32(name.encode()))


if __name__ == "__main__":
    raise SystemExit(main())
