"""A recording as a score that lies over it: notes in beats, with its tempo, bars, metre and key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import floor
from pathlib import Path

import numpy as np

from bandmate_bridge.audio.listen.bars import Bars, find_bars
from bandmate_bridge.audio.listen.beats import BeatGrid, even_grid, track_beats
from bandmate_bridge.audio.listen.key import find_key
from bandmate_bridge.audio.listen.note_tracking import SoundedNote, Thresholds, track_notes
from bandmate_bridge.audio.listen.onsets import RATE, onset_strength
from bandmate_bridge.audio.listen.pitch_model import PitchModel
from bandmate_bridge.audio.listen.prepare import prepared
from bandmate_bridge.audio.listen.pulse import Pulse, find_pulse
from bandmate_bridge.audio.listen.sound_file import LONGEST, listen
from bandmate_models.errors import BandmateError
from bandmate_models.score import Note, Part, Role, Score, Tempo

GRID = 12
"""Places in a beat that notes are drawn to: sixteenths and triplets."""

EARLY = 0.25
"""Beats before a bar line from which a first note counts as that bar's, played early."""

_SOFTEST, _LOUDEST = 30, 115  # velocities
_UNSURE = Pulse(120.0, False, 0.0)  # where nothing repeats
_PIANO, _BASS = 0, 33  # General MIDI programs


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard. Beat 0 of `score` is `lead` seconds into the recording; before it, where negative."""

    score: Score
    lead: float
    pulse: Pulse
    notices: tuple[str, ...] = ()


def hear(
    path: Path, model: PitchModel, *, thresholds: Thresholds | None = None, longest: float = LONGEST
) -> Heard:
    """A recording's notes, tempo, bars, metre and key.

    Raises BandmateError: "bad_file", "silent", "too_long" as `listen` does, "no_notes".
    """
    recording = listen(path, RATE, longest=longest)
    ready = prepared(recording.audio, RATE)
    notes = track_notes(model.salience(ready.audio), thresholds or Thresholds())
    if not notes:
        raise BandmateError(f"no notes can be heard in {path}", "no_notes")
    onsets = onset_strength(ready.audio)
    pulse = find_pulse(onsets)
    notices = recording.notices
    if pulse is None:
        pulse = _UNSURE
        notices += (f"{path} has no beat that can be heard: taken as {pulse.bpm:g} bpm",)
        grid = even_grid(notes[0].start, pulse)
    else:
        grid = track_beats(onsets, pulse)
    score, start = written(notes, grid, find_bars(grid, onsets, notes))
    key = find_key(notes)
    score = replace(score, keys=(key,) if key else ())
    return Heard(score, ready.lead + start, grid.pulse, notices)


def written(notes: Sequence[SoundedNote], grid: BeatGrid, bars: Bars) -> tuple[Score, float]:
    """The notes from the bar line before the first on, in quarters, and that line's time in seconds."""
    quarters = grid.pulse.quarters_per_beat
    first = float(grid.beat_at(np.array([min(note.start for note in notes)]))[0])
    line = bars.downbeat + bars.beats * floor((first + EARLY - bars.downbeat) / bars.beats)

    def place(seconds: float) -> float:
        return (float(grid.beat_at(np.array([seconds]))[0]) - line) * quarters

    written_notes = _separate(_quantised(note, place) for note in notes)
    part = Part(role_of(written_notes), written_notes)
    part = Part(part.role, part.notes, program=_BASS if part.role == "bass" else _PIANO)
    score = Score((part,), _tempos(grid, line), (bars.metre(grid),))
    return score, grid.seconds_at(line)


def role_of(notes: Sequence[Note]) -> Role:
    """Chords where notes mostly sound together, bass where they lie low, else melody."""
    beats = sum(note.duration for note in notes)
    covered, end = 0.0, -np.inf
    for note in sorted(notes):
        covered += max(0.0, note.end - max(note.start, end))
        end = max(end, note.end)
    if beats > 1.4 * covered:
        return "chords"
    return "bass" if sum(note.pitch for note in notes) < 48 * len(notes) else "melody"


def _quantised(note: SoundedNote, place: Callable[[float], float]) -> Note:
    start = max(0.0, round(place(note.start) * GRID) / GRID)
    end = round(place(note.end) * GRID) / GRID
    velocity = round(_SOFTEST + (_LOUDEST - _SOFTEST) * min(1.0, note.certainty))
    return Note(start, max(end - start, 1 / GRID), note.pitch, velocity)


def _separate(notes: Iterable[Note]) -> tuple[Note, ...]:
    """In order; a key that is struck again has been let go before."""
    kept: list[Note] = []
    last: dict[int, int] = {}
    for note in sorted(notes):
        before = last.get(note.pitch)
        if before is not None and kept[before].start == note.start:
            kept[before] = note
            continue
        if before is not None and kept[before].end > note.start:
            kept[before] = kept[before]._replace(duration=note.start - kept[before].start)
        last[note.pitch] = len(kept)
        kept.append(note)
    return tuple(sorted(kept))


def _tempos(grid: BeatGrid, line: float) -> tuple[Tempo, ...]:
    """One tempo where the beats are even, else one a beat; the score begins on the grid's beat `line`."""
    quarters = grid.pulse.quarters_per_beat
    tempos: list[Tempo] = []
    for index, (begin, end) in enumerate(pairwise(grid.times)):
        bpm = 60.0 * quarters / float(end - begin)
        place = max(0.0, (index - line) * quarters)
        if tempos and tempos[-1].beat == place:
            tempos.pop()  # the beats before the line: the last of them counts
        if not tempos or tempos[-1].bpm != bpm:
            tempos.append(Tempo(place if tempos else 0.0, bpm))
        if grid.steady:
            break
    return tuple(tempos)
