"""Which role a part of a MIDI file plays: the rule as tables.

In this order: channel 10 is drums; the role a track states (as `writer` has it); words of the track's name;
the General MIDI program; and, where nothing is the melody yet, the highest mostly one-voiced line of the
parts that only their program made chords or other, or whose name says a voice of no rank (or bass, where it
is that low).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..score import Note, Part, Role

# Tried from the top; one of a row's phrases must stand in the name as whole words.
NAME_RULES: tuple[tuple[Role, tuple[str, ...]], ...] = (
    (
        "other",
        ("steel drum", "steel drums", "bass clarinet", "bass trombone", "bass flute", "timpani", "timpano"),
    ),
    ("drums", ("drum", "drums", "drm", "drumkit", "drumset", "standard kit", "beatbox")),
    (
        "melody",
        (
            "melody",
            "melodie",
            "melodia",
            "mélodie",
            "vocal",
            "vocals",
            "vox",
            "singstimme",
            "soprano",
            "sopran",
        ),
    ),
    (
        "bass",
        ("bass", "basse", "basso", "bajo", "bassline", "base", "contrabass", "contrabasso", "kontrabass"),
    ),
    (
        "guitar",
        (
            "guitar",
            "guitars",
            "gtr",
            "gitarre",
            "guitare",
            "guitarre",
            "guitarra",
            "chitarra",
            "banjo",
            "lute",
        ),
    ),
    (
        "strings",
        ("string", "strings", "streicher", "archi", "pad", "pads", "violin", "violins", "violino", "violine"),
    ),
    (
        "strings",
        ("viola", "violas", "cello", "cellos", "violoncello", "violoncelli", "bratsche", "alto viola"),
    ),
    (
        "chords",
        ("chord", "chords", "piano", "pianoforte", "fortepiano", "fortepian", "klavier", "clavier", "keys"),
    ),
    (
        "chords",
        ("keyboard", "organ", "orgel", "orgue", "rhodes", "harpsichord", "cembalo", "accordion", "harp"),
    ),
    (
        "melody",
        ("voice", "voix", "voce", "stimme", "gesang", "canto", "chant", "singer", "głos", "śpiew", "spiew"),
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
    (48, 54, "strings"),  # ensembles; choir and voice: see SINGERS
    (55, 55, "other"),  # orchestra hit
    (56, 60, "melody"),  # solo brass
    (61, 63, "other"),  # brass sections
    (64, 87, "melody"),  # reed, pipe, synth lead
    (88, 95, "strings"),  # pads
    (96, 103, "other"),  # effects
    (104, 107, "guitar"),  # sitar, banjo, shamisen, koto
    (108, 108, "other"),  # kalimba
    (109, 111, "melody"),  # bagpipe, fiddle, shanai
    (112, 127, "other"),  # percussive, sound effects
)

SINGERS = range(52, 55)  # one-voiced on these programs is a singer: melody
NO_LINE = frozenset({47, 55, *range(96, 104), *range(112, 128)})  # programs that carry no tune
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
    if program in SINGERS and one_voiced(notes):
        return "melody"
    return next((role for first, last, role in PROGRAM_RULES if first <= program <= last), "other")


def one_voiced(notes: Sequence[Note]) -> bool:
    """Whether hardly any note begins while another one sounds. `notes` are sorted by start."""
    last, together = float("-inf"), 0
    for start, duration, _, _ in notes:
        if start < last - min(OVERLAP, duration / 2):
            together += 1
        last = max(last, start + duration)
    return bool(notes) and together <= ONE_VOICED * len(notes)


def mean_pitch(notes: Sequence[Note]) -> float:
    return sum(note.pitch for note in notes) / len(notes)


def with_roles(parts: Sequence[Part], known: Sequence[Role | None]) -> tuple[Part, ...]:
    """`parts` with their roles set; `known` holds the roles that need no guess."""
    named = [stated or role_by_name(part.name) for part, stated in zip(parts, known, strict=True)]
    roles = [
        name or role_by_program(part.program, part.notes) for part, name in zip(parts, named, strict=True)
    ]
    if "melody" not in roles:
        lines = [
            index
            for index, (part, role) in enumerate(zip(parts, roles, strict=True))
            if (role == "other" or (role == "chords" and not named[index]))
            and not known[index]
            and part.program not in NO_LINE
            and one_voiced(part.notes)
        ]
        if lines:
            highest = max(lines, key=lambda index: mean_pitch(parts[index].notes))
            roles[highest] = "melody" if mean_pitch(parts[highest].notes) >= LOWEST_MELODY else "bass"
    return tuple(replace(part, role=role) for part, role in zip(parts, roles, strict=True))
