"""Chords that a melody could have: the likeliest way through a key's chords, beat by beat."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from .chords import Chord, ChordChange, sounding
from .harmony import DIATONIC, consonant_shares
from .score import Key, Score
from .vocabulary import TICKS_PER_BEAT

COMMON: dict[str, dict[tuple[int, str], float]] = {
    "major": {
        (0, "maj"): 0.3, (5, "maj"): 0.17, (7, "maj"): 0.15, (9, "min"): 0.1, (2, "min"): 0.07,
        (4, "min"): 0.04, (2, "maj"): 0.03, (10, "maj"): 0.03, (4, "maj"): 0.015, (9, "maj"): 0.01,
        (11, "dim"): 0.01, (5, "min"): 0.01, (8, "maj"): 0.01, (3, "maj"): 0.01,
    },
    "minor": {
        (0, "min"): 0.28, (3, "maj"): 0.14, (8, "maj"): 0.13, (7, "maj"): 0.12, (5, "min"): 0.12,
        (10, "maj"): 0.1, (7, "min"): 0.03, (2, "dim"): 0.02, (5, "maj"): 0.02, (0, "maj"): 0.02,
        (10, "min"): 0.01, (1, "maj"): 0.01,
    },
}  # fmt: skip
"""How usual a chord is in a key, by its root above the tonic and its quality; the rest has RARE."""
RARE = 0.002
TONES = (0.30, 0.28, 0.20)
"""Share of a melody's time that is on its chord's root, third and fifth."""
CHROMATIC = 0.2
"""How likely a tone that is not of the scale is, of those that are not of the chord, beside one that is."""
STRUCK = 0.5
"""Beats that a note which begins on the beat counts more than it lasts there."""
TRUST = 1.5
"""How much a beat of melody counts beside how usual a chord is."""
CHANGES = (0.6, 0.3, 0.05)
"""Chance that a chord changes on a bar line, in the middle of a bar of even beats, on another beat."""
MEMORY = 1.0
"""Beats after which what was played counts e times less for what is likely to be played next."""
STILL_DOWN = 2.0
"""Beats for which a key counts that is still down as the beat begins: it sounds on."""
_STATES = [Chord(root, quality) for quality in ("maj", "min", "dim") for root in range(12)]
"""Roots are above the tonic, as is all that is reckoned: the same chords in every key, to the last digit."""

Table = NDArray[np.float64]


def harmonised(played: Score, key: Key, lines: Sequence[float], lag: int = 0) -> list[ChordChange]:
    """The chord of each beat between bar `lines`, where one changes; empty where nothing pitched is played.

    The likeliest path (Viterbi, 1967) of a hidden Markov model whose states are triads: a chord stays or is
    drawn anew by how usual it is in the key, and a melody spends its time on its tones. With a `lag` above 0
    a beat knows what was played so many beats before it, and no later: its chord is the likeliest then.
    """
    beats = int(np.ceil(lines[-1] - 1e-9))
    if not beats:
        return []
    weights = np.roll(sounding(played, beats, STRUCK), -key.tonic, axis=1)
    if not weights.any():
        return []
    usual = _usual(key.mode)
    heard = TRUST * weights @ _tones(key.mode).T
    chances = [_chance(beat, lines) for beat in range(beats)]
    states = _as_heard(usual, heard, chances, lag) if lag > 0 else _path(usual, heard, chances)
    changes: list[ChordChange] = []
    for beat, state in enumerate(states):
        if state is None:
            continue
        degree, quality = _STATES[state]
        chord = Chord((degree + key.tonic) % 12, quality)
        if not changes or changes[-1].chord != chord:
            changes.append(ChordChange(float(beat), chord))
    return changes


def _usual(mode: str) -> Table:
    """Log of how usual each state is, [36]."""
    shares = [COMMON[mode].get((chord.root, chord.quality), RARE) for chord in _STATES]
    logs: Table = np.log(shares)
    return logs


def _tones(mode: str) -> Table:
    """Log of the share of each pitch class above the tonic over each state, [36, 12]."""
    scale = set(DIATONIC[mode])
    if mode == "minor":
        scale.add(11)
    logs: Table = np.log([_shares(chord, scale) for chord in _STATES])
    return logs


def _shares(chord: Chord, scale: Collection[int]) -> Table:
    shares = np.array([1.0 if tone in scale else CHROMATIC for tone in range(12)])
    shares[sorted(chord.tones)] = 0.0
    shares *= (1 - sum(TONES)) / shares.sum()
    third = 4 if chord.quality == "maj" else 3
    fifth = 6 if chord.quality == "dim" else 7
    shares[[chord.root, (chord.root + third) % 12, (chord.root + fifth) % 12]] = TONES
    return shares


def _chance(beat: int, lines: Sequence[float]) -> float:
    """The chance that the chord changes on a beat."""
    bar = max((line for line in lines if line <= beat + 1e-6), default=0.0)
    end = min((line for line in lines if line > beat + 1e-6), default=bar + 4.0)
    if abs(bar - beat) < 1e-6:
        return CHANGES[0]
    return CHANGES[1] if abs((bar + end) / 2 - beat) < 1e-6 else CHANGES[2]


def _moved(best: Table, usual: Table, chance: float) -> tuple[Table, NDArray[np.int64]]:
    """The best log-likelihood of each state a beat later, and the state that it came from."""
    stay, anew = best + np.log(1 - chance), best.max() + np.log(chance) + usual
    came = np.where(stay >= anew, np.arange(len(best)), int(best.argmax()))
    return np.maximum(stay, anew), came


def _path(usual: Table, heard: Table, chances: Sequence[float]) -> list[int]:
    best, came_from = usual + heard[0], []
    for beat in range(1, len(heard)):
        best, came = _moved(best, usual, chances[beat])
        best = best + heard[beat]
        came_from.append(came)
    path = [int(best.argmax())]
    for came in reversed(came_from):
        path.append(int(came[path[-1]]))
    return path[::-1]


def _as_heard(usual: Table, heard: Table, chances: Sequence[float], lag: int) -> list[int | None]:
    """The likeliest state of each beat by what was played `lag` beats before; None before anything was."""
    states: list[int | None] = []
    best = usual
    for beat in range(len(heard)):
        if beat >= lag:
            best, _ = _moved(best, usual, chances[beat - lag])
            best = best + heard[beat - lag]
        ahead = best
        for later in range(max(0, beat - lag + 1), beat + 1):
            ahead, _ = _moved(ahead, usual, chances[later])
        known = heard[: max(0, beat - lag + 1)].any()
        states.append(int(ahead.argmax()) if known else None)
    return states


def consonances(played: Score, beats: int, lag: int = 0) -> Table:
    """How likely each pitch class is consonant with what is played in each beat, 0 to 1, [beats, 12].

    With a `lag` above 0 a beat is taken to have the pitch classes that were heard up to so many beats before
    it, the newest the most, and above all those of keys that were still down then. A beat in which nothing is
    played, or was heard, has zeros.
    """
    weights = sounding(played, beats)
    if lag > 0:
        kept = np.exp(-1.0 / MEMORY)
        heard = np.zeros((beats, 12))
        for beat in range(lag, beats):
            heard[beat] = heard[beat - 1] * kept + weights[beat - lag]
        heard[lag:] += STILL_DOWN * _still_down(played, beats)[1 : beats - lag + 1]
        weights = heard
    return consonant_shares(weights)


def _still_down(played: Score, beats: int) -> Table:
    """How many keys of each pitch class are held over the beginning of each beat, [beats + 1, 12]."""
    held = np.zeros((beats + 1, 12))
    for part in played.parts:
        for note in () if part.is_drums else part.notes:
            first, last = int(note.start + 1e-6) + 1, int(np.ceil(note.end - 1.0 / TICKS_PER_BEAT - 1e-6))
            held[first : min(last, beats + 1), note.pitch % 12] += 1
    return held
