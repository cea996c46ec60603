"""Tracks -> parts: which line is whose, what each part is called, and which controls it hears."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..score import ROLES, Control, Note, Part, Role
from .channels import Change, Line, Programs, TickNote, by_program, changes_by_program, lines_of
from .chunks import TrackEvents
from .roles import with_roles
from .text import decode

DRUM_CHANNEL = 9  # counted from 0: musicians call it 10
PEDALS = range(64, 70)  # CC numbers that the staves of one instrument share

_NAME, _INSTRUMENT, _PORT = 0x03, 0x04, 0x21


class Title(NamedTuple):
    """What a track says of itself. `role`: its instrument name, where that is the very word for a role."""

    name: str
    role: Role | None
    port: int


class Place(NamedTuple):
    """Where a line stands in a file."""

    track: int
    port: int
    channel: int


class Voice(NamedTuple):
    """A line's share of one program: what becomes a part."""

    place: Place
    program: int


def parts_of(tracks: Sequence[TrackEvents], ticks_per_beat: int) -> tuple[Part, ...]:
    """One part for each (track, channel, program) that plays, in this order; roles by `roles`.

    A track whose instrument name is a role, as `writer` says it, is a part even without a note.
    """
    titles = [_title(track) for track in tracks]
    lines = {
        Place(index, titles[index].port, channel): line
        for index, track in enumerate(tracks)
        for channel, line in sorted(lines_of(track.events, track.end).items())
    }
    programs = _programs_by_channel(lines)
    notes: dict[Voice, list[TickNote]] = {}
    changes: dict[Voice, Sequence[Change]] = {}
    for place, line in lines.items():
        of_channel = programs[place.port, place.channel]
        played = by_program(line, of_channel)
        if not played and titles[place.track].role and line.programs:
            played = {line.programs[-1][1]: []}
        if played:
            shared = changes_by_program(line.changes, line.known(of_channel), played)
            notes.update({Voice(place, program): played[program] for program in played})
            changes.update({Voice(place, program): shared[program] for program in played})
    voices = sorted(notes)
    players = {voice.place for voice in voices}
    parts = [
        Part(
            "other",
            _notes(notes[voice], ticks_per_beat),
            voice.program,
            _controls(_heard(voice, changes[voice], lines, players, notes), ticks_per_beat),
            titles[voice.place.track].name,
        )
        for voice in voices
    ]
    return with_roles(parts, [_known_role(voice.place, titles) for voice in voices])


def _title(track: TrackEvents) -> Title:
    said = {kind: data for _, _, kind, data in reversed(track.metas)}  # the first of each kind
    instrument = decode(said.get(_INSTRUMENT, b""))
    return Title(
        name=decode(said.get(_NAME, b"")),
        role=next((role for role in ROLES if role == instrument), None),
        port=next(iter(said.get(_PORT, b"")), 0),
    )


def _known_role(place: Place, titles: Sequence[Title]) -> Role | None:
    return "drums" if place.channel == DRUM_CHANNEL else titles[place.track].role


def _programs_by_channel(lines: dict[Place, Line]) -> dict[tuple[int, int], Programs]:
    """The program changes of every (port, channel), whichever tracks say them."""
    programs: dict[tuple[int, int], Programs] = {}
    for place, line in lines.items():
        programs.setdefault((place.port, place.channel), []).extend(line.programs)
    for of_channel in programs.values():
        of_channel.sort(key=lambda change: change[0])
    return programs


def _heard(
    voice: Voice,
    own: Sequence[Change],
    lines: dict[Place, Line],
    players: set[Place],
    notes: dict[Voice, list[TickNote]],
) -> list[Change]:
    """The voice's `own` changes and, on its channel, those of other tracks: all of a track that plays nothing
    there, the pedals of a track that plays its program. What several tracks say alike is taken once.
    """
    heard, known = list(own), set(own)
    for place, line in lines.items():
        if place[1:] != voice.place[1:] or place.track == voice.place.track:
            continue
        if place not in players:
            said = line.changes
        elif Voice(place, voice.program) in notes:
            said = [change for change in line.changes if change[1] == "cc" and change[2] in PEDALS]
        else:
            continue
        heard.extend(change for change in said if change not in known)
        known.update(said)
    return sorted(heard, key=lambda change: change[0])


def _notes(notes: Sequence[TickNote], ticks_per_beat: int) -> tuple[Note, ...]:
    return tuple(
        [
            Note(start / ticks_per_beat, (end - start) / ticks_per_beat, pitch, velocity)
            for start, pitch, end, velocity in notes
        ]
    )


def _controls(changes: Iterable[Change], ticks_per_beat: int) -> tuple[Control, ...]:
    return tuple(Control(tick / ticks_per_beat, kind, number, value) for tick, kind, number, value in changes)
