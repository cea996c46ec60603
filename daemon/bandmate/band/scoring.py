"""Which ensemble the band is: its parts and wishes, the players heard, tempo, metre and key, as a header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bandmate.band.dials import ROLES
from bandmate.band.ear import Ear
from bandmate_bridge.messages import ClockState
from bandmate_models.controls import Controls
from bandmate_models.harmony import estimate_key
from bandmate_models.live.ensemble import Ensemble, ensemble_of
from bandmate_models.score import Key, Note, Part, Role, Score
from bandmate_models.sheets.parts import USUAL
from bandmate_models.slots import assign_slots
from bandmate_models.steering import rate_of_density
from bandmate_models.wishes import for_role

KEY_NOTES = 24
"""Notes of the players from which on their key is told."""
ENERGY_RATE = 1.6
"""Times as many onsets with the most energy as with the usual, and as few with the least."""


class Scoring:
    """Makes ensembles; `dials` are read, never set. `programs` are those of the last ensemble."""

    def __init__(self, controls: Controls, roles: tuple[Role, ...], dials: Mapping[str, float]) -> None:
        self.controls = controls
        self.roles: tuple[Role, ...] = tuple(role for role in ROLES if role in roles)
        self.programs: dict[Role, int] = {}
        self._dials = dials
        self._bpm = self._told_bpm = 120.0
        self._metre = (4, 4)
        self._key: Key | None = None
        self._told: tuple[object, ...] = ()

    def cast(self, roles: tuple[Role, ...], controls: Controls) -> None:
        self.roles = tuple(role for role in ROLES if role in roles)
        self.controls = controls

    def clock(self, clock: ClockState) -> None:
        self._bpm, self._metre = clock.bpm, (clock.numerator, clock.denominator)

    def tempo_is_news(self, share: float) -> bool:
        """Whether the tempo is further than that from the one that was told."""
        return abs(self._bpm - self._told_bpm) > share * self._told_bpm

    def due(self, ear: Ear) -> bool:
        """Whether another ensemble is called for: a player has joined, or the key is another."""
        return self._wanted(ear) != self._told

    def ensemble(self, ear: Ear) -> Ensemble:
        """The ensemble that holds now. Raises BandmateError("bad_metre")."""
        self._told, self._told_bpm = self._wanted(ear), self._bpm
        players = ear.players()
        made = ensemble_of(
            players,
            self.roles,
            self._controls(),
            bpm=self._bpm,
            metre=self._metre,
            key=self._key,
            rates=self._rates(players),
        )
        self.programs = dict(made.programs)
        return made

    def _wanted(self, ear: Ear) -> tuple[object, ...]:
        self._key = self.controls.asked_key or self._heard_key(ear)
        return tuple(part.role for part in ear.players()), self._key

    def _heard_key(self, ear: Ear) -> Key | None:
        notes = [Note(note.start, note.duration, note.pitch, note.velocity) for note in ear.pitched()]
        if len(notes) < KEY_NOTES:
            return self._key
        return estimate_key(Score((Part("melody", tuple(sorted(notes))),)))

    def _controls(self) -> Controls:
        """The wishes, with the dials of parts that are turned."""
        turned: dict[str, Any] = {
            name: ",".join(
                f"{role}:{int(value)}"
                for role in self.roles
                if (value := self._dials.get(f"{role}.{name}", -1.0)) >= 0
                and not (role == "drums" and name == "register")
            )
            for name in ("density", "register")
        }
        return replace(self.controls, **{name: text for name, text in turned.items() if text})

    def _rates(self, players: list[Part]) -> _Rates:
        controls = self._controls()
        densities = controls.densities()
        band = [Part(role) for role in self.roles]
        slots = assign_slots([*players, *band])[len(players) :]
        rates = {}
        for role, slot in zip(self.roles, slots, strict=True):
            asked = for_role(densities, role)
            rates[slot] = rate_of_density(USUAL[role].density if asked is None else asked)
        return _Rates(rates, self._dials)


class _Rates:
    """Onsets a beat of each slot, more with more energy: what steering asks for at every bar."""

    def __init__(self, rates: Mapping[int, float], dials: Mapping[str, float]) -> None:
        self._rates = rates
        self._dials = dials

    def __call__(self, bar: int) -> Mapping[int, float]:
        scale = ENERGY_RATE ** (2.0 * (self._dials.get("energy", 0.5) - 0.5))
        return {slot: rate * scale for slot, rate in self._rates.items()}

    def __deepcopy__(self, memo: object) -> _Rates:
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rates) and other._rates == self._rates

    def __hash__(self) -> int:
        return hash(tuple(self._rates.items()))
