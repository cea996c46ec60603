"""The tonal home of an answer: which pitch classes are free in it, and how far the others are held back."""

from __future__ import annotations

import math

from .harmony import DIATONIC, pitch_classes
from .score import Key, Score

FARTHEST = 3.0
"""Nats by which a pitch class that is neither in the phrase nor in its key is held back."""
KEY_SHARE = 0.3
"""How much of a phrase's tonal home is its key's scale; the rest is what it plays."""
GOING_ON = 0.3
"""How much of a home counts for an answer that goes on from its phrase: the model has heard it itself."""


def tonal_home(phrase: Score, key: Key | None, *, asked: bool) -> dict[int, float]:
    """The push, 0 or less, on each pitch class; empty where there is no key.

    A class that has a seventh of the home or more is free, a rarer one held back by ln of seven times its
    share. The home of a phrase is what it plays and its key's scale; that of an `asked` key is its scale.
    """
    if key is None:
        return {}
    scale = DIATONIC[key.mode]
    played = pitch_classes(phrase)
    total = played.sum()
    weight = 1.0 if asked or total == 0 else KEY_SHARE
    home = {}
    for pitch_class in range(12):
        of_scale = ((pitch_class - key.tonic) % 12 in scale) / len(scale)
        share = weight * of_scale + (0.0 if weight == 1.0 else (1 - weight) * played[pitch_class] / total)
        home[pitch_class] = max(-FARTHEST, min(0.0, math.log(max(len(scale) * share, 1e-9))))
    return home


def wide_home(phrase: Score, key: Key | None) -> dict[int, float]:
    """The push, 0 or less, on each pitch class: free is what the key's scale has, and what the phrase has."""
    played = tonal_home(phrase, key, asked=False)
    scale = tonal_home(phrase, key, asked=True)
    return {tone: max(push, played[tone]) for tone, push in scale.items()}


def home_going_on(phrase: Score, key: Key | None, *, asked: bool) -> dict[int, float]:
    """The home of an answer that goes on from a phrase: wide, and held to gently; an `asked` key firmly."""
    if asked:
        return tonal_home(phrase, key, asked=True)
    return {tone: GOING_ON * push for tone, push in wide_home(phrase, key).items()}
