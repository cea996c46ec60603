"""Which slot of the format each part of a score takes."""

from __future__ import annotations

from collections.abc import Sequence

from .score import Part
from .vocabulary import SLOTS

_OF_ROLE = {role: [i for i, (r, _) in enumerate(SLOTS) if r == role] for role, _ in SLOTS}


_TWIN = {
    slot: slots[index + len(slots) // 2]
    for slots in _OF_ROLE.values()
    for index, slot in enumerate(slots[: len(slots) // 2])
}


def twin_slot(slot: int) -> int | None:
    """The slot of the same role where the player's version stands of a part that the model plays anew.

    None for the upper half of a role's slots, which are such slots themselves.
    """
    return _TWIN.get(slot)


def assign_slots(parts: Sequence[Part]) -> list[int]:
    """One slot a part, in order: the next of its role, then of "other"; beyond that parts share the last.

    Drums never share with pitched parts: more drum parts than slots share the last drum slot.
    """
    free = {role: list(slots) for role, slots in _OF_ROLE.items()}
    chosen = []
    for part in parts:
        if free[part.role]:
            chosen.append(free[part.role].pop(0))
        elif part.is_drums:
            chosen.append(_OF_ROLE["drums"][-1])
        elif free["other"]:
            chosen.append(free["other"].pop(0))
        else:
            chosen.append(_OF_ROLE["other"][-1])
    return chosen
