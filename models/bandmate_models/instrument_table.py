"""The words for instruments and parts that Bandmate understands; docs/controls.md is printed from them."""

from __future__ import annotations

from .score import Role

BY_PROGRAM: dict[Role, dict[int | None, tuple[str, ...]]] = {
    "melody": {
        None: ("melody", "lead"),
        8: ("celesta",),
        9: ("glockenspiel",),
        10: ("music box",),
        11: ("vibraphone", "vibes"),
        12: ("marimba",),
        13: ("xylophone",),
        14: ("tubular bell", "bell"),
        15: ("dulcimer",),
        22: ("harmonica",),
        40: ("violin",),
        41: ("viola",),
        42: ("cello",),
        53: ("voice", "vocal"),
        56: ("trumpet",),
        57: ("trombone",),
        59: ("muted trumpet",),
        60: ("french horn",),
        64: ("soprano sax",),
        65: ("alto sax",),
        66: ("sax", "saxophone", "tenor sax"),
        67: ("baritone sax",),
        68: ("oboe",),
        71: ("clarinet",),
        72: ("piccolo",),
        73: ("flute",),
        74: ("recorder",),
        75: ("pan flute",),
        78: ("whistle", "tin whistle"),
        79: ("ocarina",),
        80: ("square lead",),
        81: ("synth", "synth lead", "lead synth", "synthesizer", "synthesiser"),
        108: ("kalimba",),
        109: ("bagpipe",),
        110: ("fiddle",),
        114: ("steel drum", "steel pan"),
    },
    "chords": {
        None: ("chord", "comping", "keys", "keyboard"),
        0: ("piano", "grand piano"),
        1: ("bright piano",),
        3: ("honky tonk piano",),
        4: ("electric piano", "rhodes", "wurlitzer"),
        5: ("fm piano",),
        6: ("harpsichord",),
        7: ("clavinet",),
        16: ("organ", "hammond", "hammond organ"),
        18: ("rock organ",),
        19: ("church organ", "pipe organ"),
        21: ("accordion",),
        23: ("bandoneon",),
        46: ("harp",),
    },
    "guitar": {
        None: ("guitar",),
        24: ("nylon guitar", "classical guitar", "spanish guitar", "ukulele"),
        25: ("acoustic guitar", "steel guitar", "mandolin"),
        26: ("jazz guitar",),
        27: ("electric guitar", "clean guitar", "clean electric guitar"),
        28: ("muted guitar",),
        29: ("overdriven guitar", "lead guitar"),
        30: ("distorted guitar", "distortion guitar", "heavy guitar"),
        104: ("sitar",),
        105: ("banjo",),
        106: ("shamisen",),
        107: ("koto",),
    },
    "bass": {
        None: ("bass", "bass line", "bassline"),
        32: ("acoustic bass", "upright bass", "double bass", "contrabass"),
        33: ("electric bass", "finger bass", "bass guitar"),
        34: ("picked bass",),
        35: ("fretless bass",),
        36: ("slap bass",),
        38: ("synth bass", "sub bass", "sub"),
        58: ("tuba",),
        70: ("bassoon",),
    },
    "drums": {
        None: (
            "drum", "percussion", "drum kit", "drum beat", "snare drum", "snare", "kick", "hi hat", "cymbal",
            "tambourine", "conga", "bongo", "shaker", "cajon",
        ),
        16: ("rock drum", "power drum"),
        24: ("electronic drum", "drum machine"),
        25: ("808",),
        32: ("jazz drum",),
        40: ("brushed drum", "brush", "brushes"),
        48: ("orchestral percussion",),
    },
    "strings": {
        45: ("pizzicato string", "pizzicato"),
        48: ("string", "string section", "string orchestra", "orchestra"),
        49: ("string pad",),
        50: ("synth string",),
        52: ("choir", "choral"),
        89: ("pad", "warm pad", "synth pad"),
        95: ("sweep pad",),
    },
    "other": {
        47: ("timpani",),
        61: ("horn", "horn section", "brass", "brass section"),
        62: ("synth brass",),
    },
}  # fmt: skip
"""Under their General MIDI program, from 0, words that name an instrument, and for drums a kit (as in GS)."""

INSTRUMENTS: dict[str, tuple[Role, int | None]] = {
    name: (role, program)
    for role, programs in BY_PROGRAM.items()
    for program, names in programs.items()
    for name in names
}

ROLE_NOUNS: dict[str, Role] = {
    "melody": "melody", "lead": "melody", "chord": "chords", "comping": "chords", "pad": "strings",
}  # fmt: skip
"""Behind an instrument with a program they say what it plays: a flute pad is strings on program 73."""
