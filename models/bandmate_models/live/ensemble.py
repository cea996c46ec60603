"""Who plays together: the header of a live sequence, and what the band is held and steered to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..controls import Controls
from ..encoding import Header, PartLine
from ..errors import BandmateError
from ..grammar import Constraints
from ..score import Key, Part, Role, Score
from ..sheets.parts import (
    heights_for,
    lines_for,
    new_parts,
    pitches_for,
    rates_for,
    slots_beside,
    thicknesses_for,
)
from ..steering import Steering, Target
from ..tonal_home import tonal_home
from ..vocabulary import bar_ticks, bar_tokens, metre_ticks
from .ledger import PLAYERS, voice_of

LAG = 1
"""Beats that the band's frame follows the player's by; what is not known of it is sampled. At 1 half
as much has to be sampled as at 0, and harmony is followed as well (benchmarks/chord_following.py)."""


@dataclass(frozen=True, slots=True)
class Ensemble:
    """A header and a bar token; the slot of each voice (see ledger.Row), programs, locks and targets."""

    header: Header
    bar: int
    slots: Mapping[int, int]
    programs: Mapping[Role, int]
    constraints: Constraints
    rates: Target
    home: Mapping[int, float] = field(default_factory=dict)
    heights: Mapping[int, float] = field(default_factory=dict)
    thicknesses: Mapping[int, float] = field(default_factory=dict)

    @property
    def bar_ticks(self) -> int:
        """Ticks of a bar, 12 a beat."""
        return bar_ticks(self.bar)

    def steering(self) -> Steering:
        return Steering(self.rates, self.home, self.heights, self.thicknesses)


def ensemble_of(
    players: Sequence[Part],
    roles: Sequence[Role],
    controls: Controls,
    *,
    bpm: float,
    metre: tuple[int, int],
    key: Key | None,
    rates: Target | None = None,
    lag: int = LAG,
) -> Ensemble:
    """An ensemble of parts that players play (role and program count, notes do not) and the band's roles.

    `rates` are onsets a beat to steer each slot to, unless the usual ones will do. Raises
    BandmateError("bad_metre") for a metre that no bar token names.
    """
    band = new_parts(roles, controls, controls.genre)
    taken, slots = slots_beside(players, band)
    lines = lines_for(band, slots, controls)
    named = bar_tokens(*metre, metre_ticks(*metre))
    if len(named) != 1:
        raise BandmateError(f"{metre[0]}/{metre[1]} is no metre that the model knows", "bad_metre")
    heard = [
        PartLine(slot, player=True, program=part.program) for part, slot in zip(players, taken, strict=True)
    ]
    header = Header(
        parts=(*heard, *lines),
        free_timing=False,
        lag=lag,
        bpm=bpm,
        key=(key.tonic, key.mode) if key else None,
        genre=controls.genre,
        valence=controls.valence,
        arousal=controls.arousal,
        swing=controls.swing,
    )
    return Ensemble(
        header,
        named[0],
        {
            **{PLAYERS + place: slot for place, slot in enumerate(taken)},
            **{voice_of(part.role): slot for part, slot in zip(band, slots, strict=True)},
        },
        {part.role: part.program for part in band},
        Constraints(
            slots=frozenset([*taken, *slots]),
            pitches=pitches_for(band, lines),
            shifts=False,
            pedal=False,
        ),
        rates_for(lines) if rates is None else rates,
        tonal_home(Score(()), key, asked=True) if key else {},
        heights_for(band, lines),
        thicknesses_for(band, slots, controls),
    )
