"""Does the live band's harmony follow the player's hand: 100 chord changes of held-out songs.

python benchmarks/chord_following.py [--changes 100]

The piano of held-out songs is played to a bass, chords and a guitar, half a beat committed at a time; what
is known of the player ends a quarter of a beat before each commitment. At each change of chord of the piano
the band has changed when what its parts sound in the next beat (from one beat after the change) fits the new
chord better than the old one. With the chord lock, without it, and without any player at all.
"""

from __future__ import annotations

import argparse
import csv
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bandmate.band.ear import Ear
from bandmate.band.pace import STEP, Pace
from bandmate.band.planner import Planner
from bandmate_bridge.messages import NoteHeard
from bandmate_models.chords import CHORDS, Chord, chords_of, fits
from bandmate_models.controls import Controls
from bandmate_models.harmony import estimate_key
from bandmate_models.live.ensemble import ensemble_of
from bandmate_models.midi import read_midi
from bandmate_models.score import Part, Role, Score
from bandmate_models.vocabulary import TICKS_PER_BEAT
from bandmate_models.weights import Weights
from harness import ROOT, table, write_result

ROLES: tuple[Role, ...] = ("bass", "chords", "guitar")
SOURCE = "pop909"
BARS = 16
BEHIND = 3
"""Ticks before a commitment's first at which the player is known: 125 ms at 120."""
WAYS = ("with the lock", "without it", "without the player")


class Song(NamedTuple):
    """Bars of a pianist, from beat 0, and the changes of chord: beat, chord before, chord after."""

    name: str
    score: Score
    changes: list[tuple[float, Chord, Chord]]


def songs(folder: Path, manifest: Path, wanted: int) -> list[Song]:
    """Held-out songs until they have `wanted` changes together."""
    with manifest.open(newline="", encoding="utf-8") as rows:
        ours = [row for row in csv.DictReader(rows) if (row["source"], row["split"]) == (SOURCE, "test")]
        held = [Path(row["path"]).name for row in ours]
    found: list[Song] = []
    for name in sorted(held):
        if sum(len(song.changes) for song in found) >= wanted:
            break
        score = read_midi((folder / SOURCE / name).read_bytes())
        piano = max((part for part in score.parts if not part.is_drums), key=lambda part: len(part.notes))
        first = 4.0 * int(piano.notes[0].start / 4.0 + 4)
        cut = Score((piano,)).excerpt(first, first + 4.0 * BARS)
        told = chords_of(cut, 4.0 * BARS)
        changes = [
            (later.beat, earlier.chord, later.chord)
            for earlier, later in pairwise(told)
            if earlier.chord and later.chord and 4.0 <= later.beat <= 4.0 * BARS - 2
        ]
        found.append(Song(name, cut, changes[: wanted - sum(len(song.changes) for song in found)]))
    return found


def played(weights: Weights, song: Song, way: str, seed: int) -> np.ndarray:
    """Beats that the band sounds each pitch class in each beat of a song [beats, 12]."""
    key = estimate_key(song.score)
    ensemble = ensemble_of([Part("chords")], ROLES, Controls(), bpm=120, metre=(4, 4), key=key)
    planner = Planner(weights, ensemble, 0, Pace(), seed=seed)
    ear = Ear(planner.plan.ledger)
    events = []
    if way != "without the player":
        for note in song.score.parts[0].notes:
            events.append(NoteHeard(note.start, 0.0, 0, note.pitch, max(1, note.velocity)))
            events.append(NoteHeard(note.end - 0.01, 0.0, 0, note.pitch, 0))
    events.sort(key=lambda event: event.beat)
    for committed in range(0, 4 * BARS * TICKS_PER_BEAT, STEP):
        known = max(0, committed - BEHIND)
        while events and events[0].beat * TICKS_PER_BEAT < known:
            event = events.pop(0)
            if event.velocity:
                planner.press(event.pitch, event.beat)
            ear.hear(event)
        beat = known / TICKS_PER_BEAT
        planner.listen(ear.leading(), ear.sounding(beat), beat, lock=way == "with the lock")
        planner.commit(known, lambda: False)
    sounds = np.zeros((4 * BARS + 1, 12))
    for row in planner.plan.ledger.rows("m", 0, 10**6):
        start, end = row.tick / TICKS_PER_BEAT, (row.tick + row.ticks) / TICKS_PER_BEAT
        for beat in range(int(start), min(4 * BARS, int(end) + 1)):
            sounds[beat, row.pitch % 12] += max(0.0, min(end, beat + 1) - max(start, beat))
    return sounds


def follows(sounds: np.ndarray, beat: float, before: Chord, after: Chord) -> bool:
    weights = sounds[int(beat) + 1]
    if not weights.any():
        return False
    fit = fits(weights[None, :], np.array([-1]))[0]
    return bool(fit[CHORDS.index(after)] > fit[CHORDS.index(before)])


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--changes", type=int, default=100)
    arguments.add_argument("--corpus", type=Path, default=ROOT / "corpus")
    arguments.add_argument("--manifest", type=Path, default=ROOT / "manifest.csv")
    options = arguments.parse_args()
    weights = Weights.load(None)
    chosen = songs(options.corpus, options.manifest, options.changes)
    rows = []
    for way in WAYS:
        followed = [
            follows(sounds, *change)
            for seed, song in enumerate(chosen)
            for sounds in [played(weights, song, way, seed)]
            for change in song.changes
        ]
        rows.append({"way": way, "changes": len(followed), "followed": sum(followed) / len(followed)})
        print(table(rows), flush=True)
    print(f"written to {write_result('chord_following', {'songs': len(chosen), 'ways': rows})}")


if __name__ == "__main__":
    main()
