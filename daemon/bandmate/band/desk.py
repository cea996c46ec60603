"""The part of the desk that leads the live band: clients turn its dials, play to it, hear its notes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from bandmate.band.band import Band, State
from bandmate.band.dials import ROLES, checked, dial_names
from bandmate.band.status import LiveNote
from bandmate_bridge.messages import NoteHeard
from bandmate_bridge.osc_clients import Client
from bandmate_bridge.osc_packet import Atom
from bandmate_bridge.osc_server import Handler
from bandmate_models.controls import Controls
from bandmate_models.errors import BandmateError
from bandmate_models.score import Role

NOTES_A_MESSAGE = 40
WISHES = ("roles", "key", "genre", "mood", "valence", "arousal", "programs", "temperature")
"""Controls that the band takes, besides its dials."""

HEARD_AHEAD = 0.2
"""Seconds that notes are sent ahead to clients which play them themselves."""


class BandDesk:
    """Answers for the live band over OSC, and is its witness. `band` is set once it is there."""

    band: Band

    def __init__(
        self, controls: Controls, notice: Callable[[str, str], None], play: Callable[[NoteHeard], None]
    ) -> None:
        """`play` takes the keys that a client tells of."""
        self._controls = controls
        self._notice = notice
        self._play = play
        self._lock = threading.Lock()  # of who listens: a client says so, the band finds that one has gone
        self._listeners: list[Client] = []
        self._sent = 0

    def handlers(self) -> Mapping[str, Handler]:
        return {"band": self._band, "play_note": self._play_note}

    # What clients ask

    def _band(self, client: Client, request: int, *wishes: Atom) -> None:
        """Dials, parts and wishes; all are checked before any is turned."""
        pairs = dict(zip(map(str, wishes[::2]), wishes[1::2], strict=True))
        listen = _number("listen", pairs.pop("listen")) if "listen" in pairs else None
        known = dial_names()
        dials = {name: checked(name, _number(name, pairs.pop(name))) for name in list(pairs) if name in known}
        strange = [name for name in pairs if name not in WISHES]
        if strange:
            raise BandmateError(
                f"the band has no {strange[0]!r}; it has listen, {', '.join(WISHES)} and its dials",
                "bad_value",
            )
        if pairs:
            controls = Controls.parse(pairs, base=self._controls)
            self.band.cast(controls.asked_roles(self.band.scoring.roles), controls)
            self._controls = controls
        if listen is not None:
            self._listen(client, listen >= 0.5)
        for name in sorted(dials, key=lambda name: name == "play"):
            self.band.turn(name, dials[name])
        client.tell("ok", request)

    def _listen(self, client: Client, wanted: bool) -> None:
        with self._lock:
            others = [other for other in self._listeners if other is not client and not other.gone]
            self._listeners = [*others, client] if wanted else others
            self.band.pace.least = HEARD_AHEAD if self._listeners else 0.0

    def _play_note(
        self, client: Client, request: int, beat: float, pitch: int, velocity: int, channel: int
    ) -> None:
        if not 0 <= channel <= 15:
            raise BandmateError(f"a channel is 0 to 15, not {channel}", "bad_value")
        self._play(NoteHeard(beat, time.perf_counter(), channel, pitch, velocity))

    # What the band tells

    def notes(self, role: Role, notes: Sequence[LiveNote]) -> None:
        for first in range(0, len(notes), NOTES_A_MESSAGE):
            self._sent += 1
            atoms: list[Atom] = []
            for note in notes[first : first + NOTES_A_MESSAGE]:
                atoms += [note.start, note.duration, note.pitch, note.velocity]
            self._tell("band_notes", self._sent, role, *atoms)

    def cancelled(self, role: Role | None, beat: float) -> None:
        self._sent += 1
        self._tell("band_cancel", self._sent, role or "", beat)

    def heard(self, note: LiveNote) -> None:
        """Players' notes are told to nobody: they know them."""

    def state(self, state: State, bar: int, level: str, in_time: float) -> None:
        self._tell("band_state", 0, state, max(0, bar), level, in_time)

    def notice(self, code: str, sentence: str) -> None:
        self._notice(code, sentence)

    def _tell(self, name: str, *atoms: Atom) -> None:
        for client in self._listeners:
            if client.gone:
                self._listen(client, False)
            client.tell(name, *atoms)


def _number(name: str, atom: Atom) -> float:
    if isinstance(atom, str):
        try:
            return float(atom)
        except ValueError:
            raise BandmateError(f"{name} is a number, not {atom[:40]!r}", "bad_value") from None
    return float(atom)


def band_roles(controls: Controls) -> tuple[Role, ...]:
    """Who plays in the live band: the roles asked for, or drums, bass and chords."""
    asked = controls.asked_roles(("drums", "bass", "chords"))
    return tuple(role for role in asked if role in ROLES) or ("drums", "bass", "chords")
