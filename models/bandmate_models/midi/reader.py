"""Standard MIDI files in: bytes -> Score."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import TypeVar

from mido.midifiles.meta import MetaMessage, build_meta_message

from bandmate_models.errors import BandmateError
from bandmate_models.midi.channels import (
    Change,
    Line,
    Programs,
    TickNote,
    by_program,
    changes_by_program,
    lines_of,
)
from bandmate_models.midi.chunks import MetaEvent, TrackEvents, bad_file, split_file
from bandmate_models.midi.roles import with_roles
from bandmate_models.midi.text import decode
from bandmate_models.score import Control, Key, Marker, Metre, Note, Part, Score, Tempo

LARGEST_FILE = 64 * 2**20  # bytes
LONGEST_SCORE = 100_000  # beats: some 14 hours at 120 bpm
SMALLEST_BEAT = 64  # a metre's denominator goes up to here
DRUM_CHANNEL = 9
PEDALS = range(64, 70)  # CC numbers that the staves of one instrument share

_TONICS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11, "#": 1, "b": -1, "m": 0}
_PORT, _NAME, _MARKERS = 0x21, 0x03, (0x06, 0x07)

Change_ = TypeVar("Change_", Tempo, Metre, Key)


def read_midi(source: Path | str | bytes, *, silent: bool = False) -> Score:
    """The music of a standard MIDI file of type 0, 1 or 2, given by its path or its bytes.

    One part for each (track, channel, program), named after its track; its role is found by `roles`. A track
    that says no program plays what another track says on its channel, else 0. The patterns of type 2 come one
    after the other. CCs, bends and pressure go to the parts of their own track on that channel; from a track
    that plays nothing there, to every part on it; staves of one channel and program share their pedals. Cue
    points are markers. System exclusive, lyrics and key pressure are left out.

    Raises BandmateError, code "bad_file", for what is no whole MIDI file, for SMPTE time, for a file above
    64 MiB or 100,000 beats, and, unless `silent` allows it, for a file without a note.
    """
    chunks = split_file(source if isinstance(source, bytes) else _load(Path(source)))
    tracks = [_one_after_the_other(chunks.tracks)] if chunks.kind == 2 else chunks.tracks
    if max((track.end for track in tracks), default=0) > LONGEST_SCORE * chunks.ticks_per_beat:
        raise bad_file(f"the MIDI file is longer than {LONGEST_SCORE} beats: cut it into pieces")
    parts = _parts(tracks, chunks.ticks_per_beat)
    if not parts and not silent:
        raise bad_file("the MIDI file holds no notes: play something into it first")
    return _score(parts, chain.from_iterable(track.metas for track in tracks), chunks.ticks_per_beat)


def _load(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise bad_file(f"cannot read {path}: {reason}") from None
    if len(data) > LARGEST_FILE:
        raise bad_file(f"{path.name} is larger than {LARGEST_FILE // 2**20} MiB: cut it into pieces")
    return data


def _one_after_the_other(patterns: list[TrackEvents]) -> TrackEvents:
    whole, start = TrackEvents([], [], 0), 0
    for events, metas, end in patterns:
        whole.events.extend((tick + start, status, first, second) for tick, status, first, second in events)
        whole.metas.extend((tick + start, status, kind, data) for tick, status, kind, data in metas)
        start += end
    return whole._replace(end=start)


def _parts(tracks: list[TrackEvents], division: int) -> tuple[Part, ...]:
    lines: dict[tuple[int, int, int], Line] = {}  # by track, port, channel
    names: list[str] = []
    for index, events in enumerate(tracks):
        names.append(next((decode(data) for _, _, kind, data in events.metas if kind == _NAME), ""))
        port = next((data[0] for _, _, kind, data in events.metas if kind == _PORT and data), 0)
        for channel, line in lines_of(events.events, events.end).items():
            lines[index, port, channel] = line

    programs: dict[tuple[int, int], Programs] = {}  # by port, channel
    for (_, port, channel), line in lines.items():
        programs.setdefault((port, channel), []).extend(line.programs)
    for of_channel in programs.values():
        of_channel.sort(key=lambda change: change[0])

    notes: dict[tuple[int, int, int, int], list[TickNote]] = {}  # by track, port, channel, program
    changes: dict[tuple[int, int, int, int], list[Change]] = {}
    for (track, port, channel), line in lines.items():
        of_channel = programs[port, channel]
        played = by_program(line, of_channel)
        notes.update({(track, port, channel, program): of for program, of in played.items()})
        timeline = [change for change in of_channel if not line.programs or change[0] < line.programs[0][0]]
        shared = changes_by_program(line.changes, timeline + line.programs, played) if played else {}
        changes.update({(track, port, channel, program): of for program, of in shared.items()})
    keys = sorted(notes)
    for key in keys:
        changes[key] = [*changes[key], *_from_elsewhere(key, lines, notes)]
    parts = [
        Part("other", _notes(notes[key], division), key[3], _controls(changes[key], division), names[key[0]])
        for key in keys
    ]
    return with_roles(parts, [channel == DRUM_CHANNEL for _, _, channel, _ in keys])


def _from_elsewhere(
    key: tuple[int, int, int, int],
    lines: dict[tuple[int, int, int], Line],
    notes: dict[tuple[int, int, int, int], list[TickNote]],
) -> Iterable[Change]:
    """What other tracks say to the channel of the part `key`."""
    track, port, channel, program = key
    for (other, *place), line in lines.items():
        if other == track or place != [port, channel] or not line.changes:
            continue
        if not any(line.notes.values()):
            yield from line.changes
        elif (other, port, channel, program) in notes:
            yield from (change for change in line.changes if change[1] == "cc" and change[2] in PEDALS)


def _notes(notes: list[TickNote], division: int) -> tuple[Note, ...]:
    return tuple(
        [
            Note(start / division, (end - start) / division, pitch, velocity)
            for start, pitch, end, velocity in notes
        ]
    )


def _controls(changes: list[Change], division: int) -> tuple[Control, ...]:
    once = dict.fromkeys(changes)
    return tuple(
        Control(tick / division, kind, number, value)
        for tick, kind, number, value in sorted(once, key=lambda change: change[0])
    )


def _score(parts: tuple[Part, ...], metas: Iterable[MetaEvent], division: int) -> Score:
    tempos: list[Tempo] = []
    metres: list[Metre] = []
    keys: list[Key] = []
    markers: list[Marker] = []
    for tick, _, kind, data in sorted(metas, key=lambda meta: meta[0]):
        beat = tick / division
        if kind in _MARKERS:
            markers.append(Marker(beat, decode(data)))
            continue
        message = _decoded(kind, data)
        if message is None:
            continue
        if message.type == "set_tempo" and message.tempo:
            tempos.append(Tempo(beat, 60e6 / message.tempo))
        elif message.type == "time_signature" and message.numerator and message.denominator <= SMALLEST_BEAT:
            metres.append(Metre(beat, message.numerator, message.denominator))
        elif message.type == "key_signature":
            tonic = sum(_TONICS[letter] for letter in message.key) % 12
            keys.append(Key(beat, tonic, "minor" if message.key.endswith("m") else "major"))
    default = Score()
    return Score(
        parts,
        _map(tempos, default.tempos[0]),
        _map(metres, default.metres[0]),
        _last_at_each_beat(keys),
        tuple(markers),
    )


def _decoded(kind: int, data: bytes) -> MetaMessage | None:
    """The meta event as mido reads it; None when it is damaged (a key of 9 flats, a tempo of two bytes)."""
    if kind not in (0x51, 0x58, 0x59):
        return None
    try:
        return build_meta_message(kind, data)
    except Exception:  # mido lets IndexError, KeyError, its own errors through
        return None


def _last_at_each_beat(changes: Iterable[Change_]) -> tuple[Change_, ...]:
    return tuple({change.beat: change for change in changes}.values())


def _map(changes: list[Change_], default: Change_) -> tuple[Change_, ...]:
    """`changes` from beat 0 on: `default` is there until the first."""
    first = [] if changes and changes[0].beat == 0 else [default]
    return _last_at_each_beat(first + changes)


__all__ = ["BandmateError", "read_midi"]
