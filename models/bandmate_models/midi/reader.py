"""Standard MIDI files in: bytes -> Score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from ..errors import BandmateError
from ..score import Score
from .chunks import TrackEvents, bad_file, split_file
from .parts import parts_of
from .timeline import score_of

LARGEST_FILE = 16 * 2**20  # bytes: some two million notes
LONGEST_SCORE = 100_000  # beats: some 14 hours at 120 bpm


def read_midi(source: Path | str | bytes, *, silent: bool = False) -> Score:
    """The music of a standard MIDI file of type 0, 1 or 2, given by its path or its bytes.

    One part for each (track, channel, program), named after its track; its role is found by `roles`. A track
    that says no program plays what another track says on its channel, else 0. The patterns of type 2 come one
    after the other. CCs, bends and pressure go to the parts of their own track on that channel; from a track
    that plays nothing there, to every part on it; staves of one channel and program share their pedals. Cue
    points are markers. System exclusive, lyrics and key pressure are left out; a program change is no
    control, it ends one part and begins another.

    Raises BandmateError, code "bad_file", for what is no whole MIDI file, for SMPTE time, for a file above
    16 MiB or 100,000 beats, and, unless `silent` allows it, for a file without a note.
    """
    if isinstance(source, bytes):
        return _score_of_file(_small(source), silent)
    path = Path(source)
    try:
        return _score_of_file(_load(path), silent)
    except BandmateError as error:
        if path.name in str(error):
            raise
        raise bad_file(f"{path.name}: {error}") from error


def _score_of_file(data: bytes, silent: bool) -> Score:
    chunks = split_file(data)
    tracks = [_one_after_the_other(chunks.tracks)] if chunks.kind == 2 else chunks.tracks
    if any(track.end > LONGEST_SCORE * chunks.ticks_per_beat for track in tracks):
        raise bad_file(f"the MIDI file is longer than {LONGEST_SCORE} beats: cut it into pieces")
    score = replace(
        score_of(chain.from_iterable(track.metas for track in tracks), chunks.ticks_per_beat),
        parts=parts_of(tracks, chunks.ticks_per_beat),
    )
    if not score.note_count and not silent:
        raise bad_file("the MIDI file holds no notes: play something into it first")
    return score


def _load(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return _small(file.read(LARGEST_FILE + 1))
    except OSError as error:
        raise bad_file(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:  # a path with a NUL in it
        raise bad_file(f"cannot read {str(path)!r}: {error}") from error


def _small(data: bytes) -> bytes:
    if len(data) > LARGEST_FILE:
        raise bad_file(f"the MIDI file is larger than {LARGEST_FILE // 2**20} MiB: cut it into pieces")
    return data


def _one_after_the_other(patterns: Sequence[TrackEvents]) -> TrackEvents:
    whole, start = TrackEvents([], [], 0), 0
    for events, metas, end in patterns:
        whole.events.extend((tick + start, status, first, second) for tick, status, first, second in events)
        whole.metas.extend((tick + start, status, kind, data) for tick, status, kind, data in metas)
        start += end
    return whole._replace(end=start)
