"""Which role a part of a MIDI file plays: the rule as tables.

In this order: channel 10 is drums; words of the track's name; the General MIDI program; and in a score in
which nothing was found to be the melody, the highest mostly one-voiced line among the parts that only their
program placed as chords or other is it (or, when it lies below `LOWEST_MELODY`, bass).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bandmate_models.score import Note, Part, Role

# Tried from the top; a row's phrase must stand in the name as whole words.
NAME_RULES: tuple[tuple[Role, tuple[str, ...]], ...] = (
    (
        "other",
        ("steel drum", "steel drums", "bass clarinet", "bass trombone", "bass flute", "bass sax", "timpani"),
    ),
    ("drums", ("drum", "drums", "drm", "drumkit", "drumset", "drum kit", "beatbox")),
    (
        "melody",
        (
            *(
                "melody",
                "melodie",
                "melodia",
                "vocal",
                "vocals",
                "voice",
                "voix",
                "voce",
                "vox",
                "canto",
                "chant",
            ),
            *("singer", "singstimme", "gesang", "stimme", "glos", "głos", "soprano", "sopran", "violin solo"),
        ),
    ),
    (
        "bass",
        (
            "bass",
            "basse",
            "basso",
            "bajo",
            "contrabass",
            "contrabasso",
            "kontrabass",
            "double bass",
            "bassline",
        ),
    ),
    (
        "guitar",
        (
            "guitar",
            "guitars",
            "gtr",
            "git",
            "gitarre",
            "guitare",
            "guitarra",
            "chitarra",
            "dist",
            "banjo",
            "lute",
        ),
    ),
    (
        "strings",
        (
            *(
                "string",
                "strings",
                "violin",
                "violins",
                "violino",
                "violine",
                "violini",
                "viola",
                "violas",
                "cello",
            ),
            *("cellos", "violoncello", "violoncelli", "streicher", "pad", "pads"),
        ),
    ),
    (
        "chords",
        (
            *(
                "chord",
                "chords",
                "piano",
                "pianoforte",
                "fortepiano",
                "fortepian",
                "klavier",
                "keys",
                "keyboard",
            ),
            *(
                "organ",
                "orgel",
                "rhodes",
                "epiano",
                "harpsichord",
                "cembalo",
                "clavinet",
                "accordion",
                "harp",
                "comp",
            ),
        ),
    ),
    (
        "melody",
        ("lead", "solo", "sax", "saxophone", "flute", "oboe", "clarinet", "trumpet", "whistle", "fiddle"),
    ),
    ("other", ("bridge", "alto", "tenor", "percussion", "perc", "fx", "cymbals")),
)

# (first program, last program, role), General MIDI programs counted from 0.
PROGRAM_RULES: tuple[tuple[int, int, Role], ...] = (
    (0, 23, "chords"),  # piano, chromatic percussion, organ
    (24, 31, "guitar"),
    (32, 39, "bass"),
    (40, 42, "strings"),
    (43, 43, "bass"),  # contrabass
    (44, 45, "strings"),
    (46, 46, "chords"),  # harp
    (47, 47, "other"),  # timpani
    (48, 54, "strings"),  # ensembles; choir and voice: see VOICES
    (55, 55, "other"),  # orchestra hit
    (56, 60, "melody"),  # solo brass
    (61, 63, "other"),  # brass sections
    (64, 87, "melody"),  # reed, pipe, synth lead
    (88, 95, "strings"),  # pads
    (96, 103, "other"),  # effects
    (104, 107, "guitar"),  # sitar, banjo, shamisen, koto
    (108, 108, "other"),
    (109, 111, "melody"),  # bagpipe, fiddle, shanai
    (112, 127, "other"),  # percussive, sound effects
)

VOICES = range(52, 55)  # one-voiced on these programs is a singer: melody
ONE_VOICED = 0.1  # share of notes that may begin while another sounds
OVERLAP = 0.125  # beats by which a note may hang over into the next one (legato)
LOWEST_MELODY = 48.0  # mean pitch

_WORD = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])")


def role_by_name(name: str) -> Role | None:
    """The role a track's name says: guitar for "Lead Guitar", strings for "violinI:", None for "Track 3"."""
    text = f" {' '.join(_WORD.findall(_CAMEL.sub(' ', name))).casefold()} "
    for role, phrases in NAME_RULES:
        if any(f" {phrase} " in text for phrase in phrases):
            return role
    return None


def role_by_program(program: int, notes: Sequence[Note]) -> Role:
    """The role that a General MIDI program suggests for `notes`."""
    if program in VOICES and one_voiced(notes):
        return "melody"
    return next((role for first, last, role in PROGRAM_RULES if first <= program <= last), "other")


def one_voiced(notes: Sequence[Note]) -> bool:
    """Whether hardly any note begins while another one sounds. `notes` are sorted by start."""
    last, together = float("-inf"), 0
    for note in notes:
        together += note.start < last - min(OVERLAP, note.duration / 2)
        last = max(last, note.end)
    return bool(notes) and together <= ONE_VOICED * len(notes)


def mean_pitch(notes: Sequence[Note]) -> float:
    return sum(note.pitch for note in notes) / len(notes)


def with_roles(parts: Sequence[Part], drums: Sequence[bool]) -> tuple[Part, ...]:
    """`parts` with their roles set; `drums` says which of them lie on channel 10."""
    named = [role_by_name(part.name) for part in parts]
    roles: list[Role] = [
        "drums" if on_ten else name or role_by_program(part.program, part.notes)
        for part, on_ten, name in zip(parts, drums, named, strict=True)
    ]
    if "melody" not in roles:
        lines = [
            index
            for index, part in enumerate(parts)
            if named[index] is None and roles[index] in ("chords", "other") and one_voiced(part.notes)
        ]
        if lines:
            highest = max(lines, key=lambda index: mean_pitch(parts[index].notes))
            roles[highest] = "melody" if mean_pitch(parts[highest].notes) >= LOWEST_MELODY else "bass"
    return tuple(replace(part, role=role) for part, role in zip(parts, roles, strict=True))
