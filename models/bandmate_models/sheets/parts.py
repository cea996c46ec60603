"""The parts that a request writes: their programs, how busy they usually are, and where they lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..attributes import step_of_thickness
from ..controls import Controls
from ..encoding import PartLine
from ..score import Part, Role, Score
from ..slots import assign_slots
from ..steering import height_of_register, rate_of_density
from ..wishes import for_role


class Usual(NamedTuple):
    """What a part of a role is when nothing else is asked.

    Its General MIDI program, its step of density, lowest and highest pitch, and notes an onset.
    """

    program: int
    density: int
    low: int
    high: int
    thickness: float


USUAL: dict[Role, Usual] = {
    "melody": Usual(0, 3, 55, 88, 1.0),
    "chords": Usual(0, 2, 43, 84, 1.6),
    "guitar": Usual(27, 3, 40, 79, 1.1),
    "bass": Usual(33, 4, 28, 55, 1.0),
    "drums": Usual(0, 5, 35, 81, 1.45),
    "strings": Usual(48, 1, 43, 84, 1.9),
    "other": Usual(50, 2, 43, 84, 1.0),
}
"""Densities are the medians of 60 real band pieces of the training split, thicknesses those of 150."""

BELOW_THE_MOST = 0.5
"""Notes by which the usual number at an onset is below the most that are asked for."""

BY_GENRE: dict[str, dict[Role, int]] = {
    "rock": {"guitar": 29, "bass": 34, "chords": 16, "melody": 29},
    "metal": {"guitar": 30, "bass": 34, "chords": 30, "melody": 30},
    "jazz": {"guitar": 26, "bass": 32, "melody": 66},
    "blues": {"guitar": 27, "chords": 16, "melody": 65},
    "funk": {"guitar": 28, "bass": 36, "chords": 4},
    "latin": {"guitar": 24, "bass": 32, "melody": 56},
    "electronic": {"bass": 38, "chords": 81, "melody": 80, "strings": 89, "other": 88},
    "ambient": {"bass": 39, "chords": 89, "melody": 88, "strings": 91, "other": 95},
    "country": {"guitar": 25, "melody": 110, "bass": 32},
    "folk": {"guitar": 25, "melody": 40, "bass": 32},
    "classical": {"melody": 40, "bass": 42, "other": 68},
    "romantic": {"bass": 42, "other": 68},
    "hymn": {"chords": 19, "melody": 52, "bass": 52, "strings": 52},
    "film": {"melody": 60, "bass": 43, "other": 61},
    "game": {"melody": 80, "bass": 38, "chords": 81},
}
"""General MIDI programs that a genre prefers."""

BAND: tuple[Role, ...] = ("chords", "bass", "drums")
"""Who accompanies when nobody is named."""
COMMON_DRUMS = frozenset((36, 38, 42, 44, 46, 49, 51, 43, 45, 47, 48, 50, 57))
"""General MIDI's kick, snare, hats, crashes, ride and toms."""

REGISTER_MARGIN = 7
"""Semitones that a part may go beyond what it plays around a gap, or in a phrase that is varied."""


def new_parts(roles: Iterable[Role], controls: Controls, genre: str | None) -> list[Part]:
    """Empty parts of these roles, with the programs asked for, or the genre's, or the usual ones."""
    asked = controls.asked_programs()
    of_genre = BY_GENRE.get(genre or "", {})
    parts = []
    for role in roles:
        program = for_role(asked, role)
        if program is None:
            program = of_genre.get(role, USUAL[role].program)
        parts.append(Part(role, program=program))
    return parts


def slots_beside(taken: Sequence[Part], new: Sequence[Part]) -> tuple[list[int], list[int]]:
    """Slots of parts that are there and of those that join them."""
    slots = assign_slots([*taken, *new])
    return slots[: len(taken)], slots[len(taken) :]


def lines_for(parts: Sequence[Part], slots: Sequence[int], controls: Controls) -> list[PartLine]:
    """Header lines of parts to be written: as asked; as busy and as thick as usual where nothing is asked."""
    densities, registers, loudnesses = controls.densities(), controls.registers(), controls.loudnesses()
    thicknesses = thicknesses_for(parts, slots, controls)
    lines = []
    for part, slot in zip(parts, slots, strict=True):
        density = for_role(densities, part.role)
        lines.append(
            PartLine(
                slot,
                program=part.program,
                density=USUAL[part.role].density if density is None else density,
                polyphony=step_of_thickness(thicknesses[slot]),
                register=for_role(registers, part.role),
                loudness=for_role(loudnesses, part.role),
            )
        )
    return lines


def rates_for(lines: Sequence[PartLine]) -> dict[int, float]:
    """Onsets a beat to steer each slot to."""
    return {line.slot: rate_of_density(line.density) for line in lines if line.density is not None}


def thicknesses_for(parts: Sequence[Part], slots: Sequence[int], controls: Controls) -> dict[int, float]:
    """Notes an onset to steer each slot to: as usual, or a little less than the most that are asked for."""
    asked = controls.polyphonies()
    thicknesses = {}
    for part, slot in zip(parts, slots, strict=True):
        most = for_role(asked, part.role)
        thicknesses[slot] = USUAL[part.role].thickness if most is None else max(1.0, most - BELOW_THE_MOST)
    return thicknesses


def heights_for(parts: Sequence[Part], lines: Sequence[PartLine]) -> dict[int, float]:
    """Mean pitch to steer each slot to whose register is asked for."""
    return {
        line.slot: height_of_register(line.register)
        for part, line in zip(parts, lines, strict=True)
        if line.register is not None and not part.is_drums
    }


REGISTER_REACH = 14.0
"""Semitones around a register's middle that a part may use when it is asked for."""


def pitches_for(parts: Sequence[Part], lines: Sequence[PartLine]) -> dict[int, NDArray[np.bool_]]:
    """Pitches [128] that each slot may play."""
    table: dict[int, NDArray[np.bool_]] = {}
    for part, line in zip(parts, lines, strict=True):
        allowed = table.setdefault(line.slot, np.zeros(128, dtype=bool))
        usual = USUAL[part.role]
        if part.is_drums:
            allowed[sorted(COMMON_DRUMS)] = True
        elif line.register is not None:
            allowed |= np.abs(np.arange(128) - height_of_register(line.register)) <= REGISTER_REACH
        else:
            allowed[usual.low : usual.high + 1] = True
    return table


def role_of_slots(parts: Sequence[Part], slots: Sequence[int]) -> Mapping[int, Role]:
    return {slot: part.role for part, slot in zip(parts, slots, strict=True)}


def pitches_near(parts: Sequence[Part], slots: Sequence[int]) -> dict[int, NDArray[np.bool_]]:
    """Pitches [128] that each slot may play to stay near its own range: REGISTER_MARGIN more each way."""
    table: dict[int, NDArray[np.bool_]] = {}
    for part, slot in zip(parts, slots, strict=True):
        if not part.notes:
            continue
        allowed = table.setdefault(slot, np.zeros(128, dtype=bool))
        played = [note.pitch for note in part.notes]
        if part.is_drums:
            allowed[sorted(COMMON_DRUMS | set(played))] = True
        else:
            allowed[max(0, min(played) - REGISTER_MARGIN) : max(played) + REGISTER_MARGIN + 1] = True
    return table


def heights_of(phrase: Score, slots: Sequence[int]) -> dict[int, float]:
    """Mean pitch of each pitched slot."""
    notes: dict[int, list[int]] = {}
    for part, slot in zip(phrase.parts, slots, strict=True):
        if not part.is_drums:
            notes.setdefault(slot, []).extend(note.pitch for note in part.notes)
    return {slot: sum(pitches) / len(pitches) for slot, pitches in notes.items() if pitches}
