"""A score as sound: the synthesiser plays the notes, and here they get their level, place and room."""

from __future__ import annotations

import io
import wave
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from math import log10
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.room import reverberated
from bandmate_bridge.audio.soundfont import BUILT
from bandmate_bridge.audio.soundfont.reader import presets
from bandmate_models.errors import BandmateError
from bandmate_models.score import Control, Note, Part, Role, Score

Audio = npt.NDArray[np.float32]

SAMPLE_RATE = 44_100
PEAK = 10 ** (-1 / 20)  # -1 dBFS

_LONGEST = 20 * 60.0  # seconds
_STEP = 1.5  # dB between two levels that are rendered apart; the synthesiser knows no velocity
_QUALITY = 2  # of the synthesiser's resampling: a windowed sinc
_VOLUME, _PAN, _EXPRESSION, _PEDAL = 7, 10, 11, 64
_USUAL = {_VOLUME: 100, _EXPRESSION: 127, _PEDAL: 0}


class Place(NamedTuple):
    """Where a part stands in the mix: level in dB, pan (-1 left, 1 right), share sent into the room."""

    level: float
    pan: float
    room: float


PLACES: dict[Role, Place] = {
    "melody": Place(1.0, 0.0, 0.22),
    "chords": Place(-1.0, -0.25, 0.2),
    "guitar": Place(-1.5, 0.35, 0.18),
    "bass": Place(-1.0, 0.0, 0.04),
    "drums": Place(-1.0, 0.0, 0.1),
    "strings": Place(-3.5, 0.15, 0.35),
    "other": Place(-2.0, -0.4, 0.2),
}


class _Key(NamedTuple):
    """Notes that the synthesiser can play in one go."""

    program: int
    level: int  # in steps


def render(score: Score, soundfont: Path | None = None) -> Audio:
    """Sound of the whole score, [2, frames] at 44.1 kHz from beat 0, not normalised.

    Pitch bends are not heard. Raises BandmateError: "bad_soundfont", "too_long".
    """
    seconds = score.seconds(score.end)
    if seconds > _LONGEST:
        raise BandmateError(f"{seconds / 60:.0f} minutes are too long to sound; 20 is the most", "too_long")
    file = soundfont or BUILT
    known = presets(file)
    dry = np.zeros((2, int(seconds * SAMPLE_RATE) + 1), np.float32)
    sent = np.zeros_like(dry)
    for part in score.parts:
        place = PLACES[part.role]
        pan = next((c.value / 64 - 1 for c in part.controls if _is(c, _PAN)), place.pan)
        sides = np.array([[min(1.0, 1 - pan)], [min(1.0, 1 + pan)]], np.float32)
        for key, notes in _grouped(part).items():
            gain = np.float32(10 ** ((key.level * _STEP + place.level) / 20))
            start, sound = _played(file, _present(key.program, part.is_drums, known), notes, score)
            sound = sound * (gain * sides)
            dry, sent = _added(dry, start, sound), _added(sent, start, sound * np.float32(place.room))
    room = reverberated(sent, SAMPLE_RATE)
    return _added(room, 0, dry)


def wav_bytes(audio: Audio) -> bytes:
    """A WAV file, 16-bit, with the loudest peak at -1 dBFS; silence stays silent."""
    peak = float(np.abs(audio).max(initial=0.0))
    scaled = audio.T * (PEAK / peak if peak > 1e-6 else 1.0)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(audio.shape[0])
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(np.round(scaled * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def _is(control: Control, number: int) -> bool:
    return control.kind == "cc" and control.number == number


def _grouped(part: Part) -> dict[_Key, list[Note]]:
    """The part's notes by program and level, as long as the pedal holds them."""
    groups: dict[_Key, list[Note]] = defaultdict(list)
    programs = [(c.beat, c.value) for c in part.controls if c.kind == "program"]
    timelines = {number: _timeline(part, number) for number in _USUAL}
    for note in _held(part.notes, timelines[_PEDAL]):
        volume = _value(timelines[_VOLUME], note.start, _USUAL[_VOLUME])
        expression = _value(timelines[_EXPRESSION], note.start, _USUAL[_EXPRESSION])
        strength = note.velocity / 127 * volume / 100 * expression / 127
        if strength > 0:
            level = round(40 * log10(strength) / _STEP)
            groups[_Key(_value(programs, note.start, part.program), level)].append(note)
    return groups


def _timeline(part: Part, number: int) -> list[tuple[float, int]]:
    return [(c.beat, c.value) for c in part.controls if _is(c, number)]


def _value(timeline: list[tuple[float, int]], beat: float, before: int) -> int:
    index = bisect_right(timeline, (beat + 1e-6, 128))
    return timeline[index - 1][1] if index else before


def _held(notes: tuple[Note, ...], pedal: list[tuple[float, int]]) -> Iterator[Note]:
    """Notes that end under the pedal sound until it rises, or until their key is struck again."""
    if not pedal:
        yield from notes
        return
    rises = [beat for beat, value in pedal if value < 64]
    strikes: dict[int, list[float]] = defaultdict(list)
    for note in notes:
        strikes[note.pitch].append(note.start)
    for note in notes:
        end = note.end
        if _value(pedal, end, 0) >= 64:
            rise = bisect_right(rises, end)
            end = rises[rise] if rise < len(rises) else end + 4.0
            again = bisect_right(strikes[note.pitch], note.start + 1e-6)
            if again < len(strikes[note.pitch]):
                end = max(note.end, min(end, strikes[note.pitch][again]))
        yield note._replace(duration=end - note.start)


def _present(program: int, drums: bool, known: frozenset[tuple[int, int]]) -> tuple[int, bool]:
    """The program, or the first of its family, or of the bank, that the soundfont has."""
    bank = 128 if drums else 0
    wanted = (program, program // 8 * 8, 0)
    return next((choice for choice in wanted if (bank, choice) in known), program), drums


def _played(file: Path, preset: tuple[int, bool], notes: list[Note], score: Score) -> tuple[int, Audio]:
    """The first frame and the sound of notes on one preset."""
    symusic: Any = import_module("symusic")
    begin = score.seconds(min(note.start for note in notes))
    track = symusic.Track(program=preset[0], is_drum=preset[1], ttype="second")
    for note in notes:
        start = score.seconds(note.start)
        length = max(score.seconds(note.end) - start, 0.02)
        track.notes.append(symusic.Note(start - begin, length, note.pitch, 100, ttype="second"))
    song = symusic.Score(ttype="second")
    song.tracks.append(track)
    sound = np.asarray(_synthesiser(file).render(song, stereo=True), np.float32)
    return round(begin * SAMPLE_RATE), sound


@lru_cache(maxsize=2)
def _synthesiser(file: Path) -> Any:
    try:
        return import_module("symusic").Synthesizer(str(file), SAMPLE_RATE, _QUALITY)
    except RuntimeError as error:
        raise BandmateError(f"{file} cannot be played: {error}", "bad_soundfont") from error


def _added(mix: Audio, start: int, sound: Audio) -> Audio:
    """The mix with a sound in it, longer where the sound rings on."""
    end = start + sound.shape[1]
    if end > mix.shape[1]:
        mix = np.concatenate([mix, np.zeros((2, end - mix.shape[1]), np.float32)], axis=1)
    mix[:, start:end] += sound
    return mix
