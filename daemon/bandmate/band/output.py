"""From the plan's events to MIDI: velocity, swing, channel, port; what of it sounds at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bandmate.band.dials import ROLES
from bandmate.band.status import LiveNote
from bandmate_bridge.messages import Cue
from bandmate_bridge.phrase import DRUM_CHANNEL
from bandmate_models.live.ledger import Row, voice_of
from bandmate_models.score import Role
from bandmate_models.vocabulary import TICKS_PER_BEAT, VELOCITIES

AS_WRITTEN = 0.75
"""Level at which a part is as loud as it was written."""
ENERGY_RANGE = 36
"""Velocity between the least and the most energy."""


def port_of(role: Role) -> str:
    """The name of a part's own MIDI port."""
    return f"Bandmate {role.capitalize()}"


@dataclass
class Output:
    """What is heard of the band, by the dials; a part's own channel is its place in ROLES, drums' is 9."""

    dials: Mapping[str, float]
    ports: bool = False
    roles: tuple[Role, ...] = ROLES

    def channel(self, role: Role) -> int:
        """MIDI channel 0-15 of a part."""
        asked = int(self.dials.get(f"{role}.channel", 0))
        own = DRUM_CHANNEL if role == "drums" else ROLES.index(role)
        return asked - 1 if asked else own

    def role(self, row: Row) -> Role | None:
        """Whose an event is; None where it is of no part that plays."""
        return next((role for role in self.roles if voice_of(role) == row.voice), None)

    def port(self, role: Role) -> str:
        """The output's name; "" is the first."""
        return port_of(role) if self.ports else ""

    def sounds(self, role: Role) -> bool:
        """Whether a part is heard: not muted, and solo where anyone is."""
        solo = any(self.dials.get(f"{other}.solo", 0) >= 0.5 for other in self.roles)
        heard = self.dials.get(f"{role}.solo", 0) >= 0.5 if solo else True
        return heard and self.dials.get(f"{role}.mute", 0) < 0.5

    def note(self, row: Row) -> LiveNote | None:
        """A note as it is played; None for an event of no part of the band."""
        role = self.role(row)
        if role is None or row.pitch < 0:
            return None
        start = row.tick / TICKS_PER_BEAT + self._swing(row.tick)
        return LiveNote(role, start, row.ticks / TICKS_PER_BEAT, row.pitch, self._velocity(role, row.loud))

    def cue(self, note: LiveNote, role: Role) -> Cue:
        return Cue(note.start, note.duration, note.pitch, note.velocity, self.channel(role))

    def _velocity(self, role: Role, loud: int) -> int:
        level = self.dials.get(f"{role}.level", AS_WRITTEN) / AS_WRITTEN
        energy = self.dials.get("energy", 0.5) - 0.5
        return min(127, max(1, round((VELOCITIES[loud] + ENERGY_RANGE * energy) * level)))

    def _swing(self, tick: int) -> float:
        """Beats by which an off-beat eighth is late."""
        amount = self.dials.get("swing", 0.0)
        return amount / 6.0 if amount and tick % TICKS_PER_BEAT == TICKS_PER_BEAT // 2 else 0.0
