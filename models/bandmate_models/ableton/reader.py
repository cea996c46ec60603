"""Ableton Live sets in: bytes -> Score.

What is read: the notes of MIDI tracks as Live would sound them, tempo, metre, scale and locators. What is
not: audio, grooves, chance (a note is taken, be it ever so improbable), follow actions, MIDI effects. Of the
clips' envelopes those of controllers, bend and pressure are read, as if all were as long as their clips.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import NamedTuple

from ..errors import BandmateError
from ..midi.reader import LONGEST_SCORE
from ..midi.roles import with_roles
from ..score import Control, Note, Part, Score, Tempo
from .live_set import Clip, LiveSet, Scene, Track, live_set_of
from .maps import metre_map, tempo_map
from .sounding import MOST_NOTES, in_order, sounded, span_of, turned
from .tree import bad_file, load, tree_of

SUFFIX = ".als"
_TOLD = 12
"""Scenes or tracks that a sentence names."""


class Reading(NamedTuple):
    """The music of a set, and what a listener should know of how it was found."""

    score: Score
    notices: tuple[str, ...] = ()


class Line(NamedTuple):
    """What one track plays."""

    notes: list[Note]
    controls: list[Control]


def read_live_set(
    source: Path | str | bytes, *, scene: str | None = None, track: str | None = None
) -> Reading:
    """The music of a Live set (8 to 12), by its path or its bytes: a part for each MIDI track that plays.

    The arrangement; where it holds no notes, the first scene that does; or the `scene` of that name or
    number, counted from 1. Of a scene as much is read as its longest clip plays once, the shorter loops again
    and again. With `track` (a name) that track alone is read, even if it is off. Else tracks that are off
    are left out, and always disabled clips and muted notes. Roles are found as in a MIDI file; drum racks are
    drums.

    Raises BandmateError, "bad_file" for what is no whole set, is too large or holds no notes, "bad_value" for
    a scene or track that is not there.
    """
    if isinstance(source, bytes):
        return _read(source, scene, track)
    path = Path(source)
    try:
        return _read(load(path), scene, track)
    except BandmateError as error:
        if path.name in str(error):
            raise
        raise BandmateError(f"{path.name}: {error}", error.code) from error


def _read(data: bytes, scene: str | None, track: str | None) -> Reading:
    live_set = live_set_of(tree_of(data))
    tracks = [t for t in live_set.tracks if t.heard] if track is None else _named(live_set.tracks, track)
    if scene is not None:
        return Reading(_of_scene(live_set, tracks, _scene_index(live_set.scenes, scene)))
    score = _of_arrangement(live_set, tracks)
    if score.note_count:
        return Reading(score)
    played = sorted({row for t in tracks for row, clip in t.slots.items() if clip.notes})
    if not played:
        raise bad_file(_why_silent(live_set, track))
    row = played[0]
    told = f"the arrangement holds no notes: {_label(live_set.scenes, row)} is read"
    if len(played) > 1:
        others = ", ".join(_label(live_set.scenes, other) for other in played[1:_TOLD])
        told += f"; --scene takes another ({others})"
    return Reading(_of_scene(live_set, tracks, row), (told,))


def _of_arrangement(live_set: LiveSet, tracks: Sequence[Track]) -> Score:
    lines: list[Line] = []
    budget = MOST_NOTES
    for track in tracks:
        line = Line([], [])
        for clip in track.arrangement:
            length = clip.length or 0.0
            if clip.at < 0 or clip.at + length > LONGEST_SCORE:
                raise bad_file(f"the Live set is longer than {LONGEST_SCORE} beats: save a part of it")
            played = _line(clip, length, budget)
            budget -= len(played.notes) + len(played.controls)
            line.notes.extend(played.notes)
            line.controls.extend(played.controls)
        lines.append(line)
    score = Score(_parts(tracks, lines), keys=(live_set.key,) if live_set.key else ())
    return Score(
        score.parts,
        tempo_map(live_set.tempos, score.end),
        metre_map(live_set.metres, score.end),
        score.keys,
        live_set.markers,
    )


def _of_scene(live_set: LiveSet, tracks: Sequence[Track], row: int) -> Score:
    clips = [(track, track.slots[row]) for track in tracks if row in track.slots]
    span = max((span_of(clip) for _, clip in clips if clip.notes), default=0.0)
    if span > LONGEST_SCORE:
        raise bad_file(f"the scene is longer than {LONGEST_SCORE} beats: shorten its clips")
    scene = live_set.scenes[row] if row < len(live_set.scenes) else Scene("", None, None)
    metre = scene.metre or metre_map(live_set.metres, 0.0)[0]
    bars = ceil(span / metre.bar_length - 1e-9) * metre.bar_length
    lines: list[Line] = []
    budget = MOST_NOTES
    for _, clip in clips:
        played = _line(clip, bars if clip.looped else min(bars, span_of(clip)), budget)
        budget -= len(played.notes) + len(played.controls)
        lines.append(played)
    parts = _parts([track for track, _ in clips], lines)
    if not parts:
        raise bad_file(f"{_label(live_set.scenes, row)} holds no MIDI notes")
    tempo = Tempo(0.0, scene.tempo) if scene.tempo else tempo_map(live_set.tempos, 0.0)[0]
    return Score(parts, (tempo,), (metre,), (live_set.key,) if live_set.key else ())


def _line(clip: Clip, span: float, budget: int) -> Line:
    notes = sounded(clip, span, budget)
    return Line(notes, turned(clip, span, budget - len(notes)))


def _parts(tracks: Sequence[Track], lines: Sequence[Line]) -> tuple[Part, ...]:
    played = [(track, line) for track, line in zip(tracks, lines, strict=True) if line.notes]
    parts = [
        Part(
            "other",
            in_order(line.notes),
            controls=tuple(sorted(line.controls, key=lambda control: control.beat)),
            name=track.name,
        )
        for track, line in played
    ]
    return with_roles(parts, ["drums" if track.drums else None for track, _ in played])


def _named(tracks: Sequence[Track], name: str) -> list[Track]:
    found = [track for track in tracks if track.name.casefold() == name.strip().casefold()]
    if not found:
        there = ", ".join(repr(track.name) for track in tracks[:_TOLD]) or "none"
        raise BandmateError(f"no MIDI track is called {name!r}; there are {there}", "bad_value")
    return found


def _scene_index(scenes: Sequence[Scene], asked: str) -> int:
    names = [scene.name.casefold() for scene in scenes]
    if asked.strip().casefold() in filter(None, names):
        return names.index(asked.strip().casefold())
    if asked.strip().isdecimal() and 1 <= int(asked) <= len(scenes):
        return int(asked) - 1
    raise BandmateError(
        f"there is no scene {asked!r}: say its name, or its number from 1 to {len(scenes)}", "bad_value"
    )


def _label(scenes: Sequence[Scene], row: int) -> str:
    name = scenes[row].name if row < len(scenes) else ""
    return f"scene {row + 1}" + (f" {name!r}" if name and name != str(row + 1) else "")


def _why_silent(live_set: LiveSet, track: str | None) -> str:
    if track is not None:
        return f"the track {track!r} holds no notes that sound"
    muted = [t for t in live_set.tracks if not t.heard and (t.arrangement or t.slots)]
    if muted:
        return f"the Live set holds no notes that sound, but {len(muted)} MIDI tracks are off: turn them on"
    return "the Live set holds no MIDI notes; audio is not read from it: export it, and give the sound file"
