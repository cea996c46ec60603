"""The locks that controls ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..controls import Controls
from ..score import Key, Role, Score
from ..wishes import for_role
from . import Guide
from .pitches import ChordLock, Harmony, RangeLock, ScaleLock
from .rhythm import PolyphonyLock, RhythmLock, positions_of


def asked_guides(
    controls: Controls,
    roles: Mapping[int, Role],
    *,
    keys: Sequence[Key] = (),
    harmony: Harmony = (),
    phrase: Score | None = None,
) -> list[Guide]:
    """The guides for the slots to be written, each with its role.

    `keys` and `harmony` are what holds when (beats from the sequence's first bar), for scale and chord lock;
    `phrase` is the one whose rhythm is kept. A lock that has nothing to go by is left out. A range that names
    no role is not for the drums, whose pitches are no notes.
    """
    guides: list[Guide] = []
    asked = {"drums": None, **controls.pitch_ranges()}
    ranges = {slot: for_role(asked, role) for slot, role in roles.items()}
    if any(ranges.values()):
        guides.append(RangeLock({slot: limits for slot, limits in ranges.items() if limits is not None}))
    if controls.scale_lock and keys:
        guides.append(ScaleLock(keys))
    if controls.chord_lock and harmony:
        guides.append(ChordLock(harmony))
    if controls.rhythm_lock and phrase is not None and phrase.note_count:
        guides.append(RhythmLock(positions_of(phrase)))
    most = {slot: for_role(controls.polyphonies(), role) for slot, role in roles.items()}
    if any(most.values()):
        guides.append(PolyphonyLock({slot: count for slot, count in most.items() if count is not None}))
    return guides
