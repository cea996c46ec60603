"""Names that stand in a DAW, and a file manager, in the order of a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bandmate.files import safe_stem
from bandmate_models.score import ROLES, Role, Score

MIX, ALL_PARTS = "00 Mix", "00 All parts"

_ORDER: tuple[Role, ...] = ("drums", "bass", "chords", "guitar", "strings", "melody", "other")
_LONGEST = 40  # letters of a part's name

assert set(_ORDER) == set(ROLES)


def in_order(score: Score) -> Score:
    """The score with its rhythm section first."""
    return replace(score, parts=tuple(sorted(score.parts, key=lambda part: _ORDER.index(part.role))))


def numbered(names: Sequence[str]) -> list[str]:
    """ "01 Drums", "02 Bass", "03 Piano", "04 Piano 2": files' names without a suffix, no two alike."""
    digits, seen, result = max(2, len(str(len(names)))), set(), []
    for number, name in enumerate(names, 1):
        stem = safe_stem(name[:_LONGEST])
        stem = stem[:1].upper() + stem[1:]
        plain, copy = stem, 1
        while stem.casefold() in seen:
            copy += 1
            stem = f"{plain} {copy}"
        seen.add(stem.casefold())
        result.append(f"{number:0{digits}} {stem}")
    return result
