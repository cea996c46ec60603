"""The genre of a file, where its name or its source's own tables tell it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from .sources import Source

GROOVE_GENRES = {
    "afrobeat": "funk", "afrocuban": "latin", "blues": "blues", "country": "country", "dance": "electronic",
    "funk": "funk", "gospel": "hymn", "highlife": "latin", "hiphop": "funk", "jazz": "jazz", "latin": "latin",
    "middleeastern": "folk", "neworleans": "funk", "pop": "pop", "punk": "rock", "reggae": "latin",
    "rock": "rock", "soul": "funk",
}  # fmt: skip
"""Styles in the names of Groove's files."""

MMA_GENRES = {
    genre: tuple(names.split())
    for genre, names in {
        "folk": "Folk FolkRock Desert Zydeco BlueFolk Waltz FastWaltz",
        "jazz": "Softshoe NiteJazz ModernJazz FastSwing SlowJazz QuickStep Jive Bebop FastJazzWaltz EasySwing"
        " Swing ModernJazzWaltz MellowJazz Evansish JazzCombo JazzWaltz Foxtrot",
        "blues": "FastBlues SlowBlues ShuffleBoggie Blues CountryBlues",
        "latin": "Rhumba Beguine Merengue Calypso LightTango Afro-Cuban JazzRhumba LatinWaltz Samba"
        " SlowBolero LFusion",
        "country": "CountrySwing BlueGrass CountryWaltz WesternSwing SlowCountry",
        "rock": "Twist RockWaltz BasicRock Rock128 RockBallad 60sRock BubbleRock 50sRock JazzRock",
        "pop": "8Beat SoftRock GuitarBallad PopBallad PianoBallad BoneyM",
        "funk": "R&B R&B-Ballad Strut DSoul BVFunk Ska",
        "electronic": "Trance",
    }.items()
}
"""Grooves of MMA, genre by genre."""

_MMA = {groove: genre for genre, grooves in MMA_GENRES.items() for groove in grooves}


def grooves_of(folder: Path, source: str) -> dict[str, str]:
    """The groove behind each generated file of a source, from its `_meta` table where there is one."""
    try:
        lines = (folder / "_meta" / f"{source}.meta.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        return {row["f"]: row["groove"] for row in rows if "groove" in row}
    except (OSError, ValueError, KeyError):
        return {}


def genre_of(source: Source, path: Path, grooves: Mapping[str, str]) -> str | None:
    """The genre of one file; None where only the source's own is known."""
    if path.name in grooves:
        return _MMA.get(grooves[path.name])
    if source.name == "groove":
        words = path.stem.lower().replace("_", " ").replace("-", " ").split()
        return next((GROOVE_GENRES[word] for word in words if word in GROOVE_GENRES), None)
    return None
