"""The chord in the player's hand: what the keys that are down, or were a moment ago, make together."""

from __future__ import annotations

from collections.abc import Sequence

from bandmate_models.chords import Chord, chord_of

ROLLED = 0.25
"""Beats within which keys that go down after one another make one chord."""
LINGERS = 0.5
"""Beats for which a key that has come up still belongs to the chord, where nothing new was struck."""


NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
QUALITIES = {"maj": "", "min": "m", "min7": "m7"}
"""How qualities are written that are not written as the vocabulary has them."""


def name_of(chord: Chord) -> str:
    """A chord's symbol, as on a lead sheet."""
    return NAMES[chord.root] + QUALITIES.get(chord.quality, chord.quality)


class Hand:
    """Keys by beat; `chord` is the newest chord that was clear. Melodies over a held chord leave it alone."""

    def __init__(self) -> None:
        self.chord: Chord | None = None
        self._struck: dict[int, float] = {}

    def press(self, pitch: int, beat: float) -> None:
        self._struck[pitch] = beat

    def read(self, held: Sequence[int], beat: float) -> Chord | None:
        """The chord at a beat, from the keys that are down; the one before where they make none.

        Three different tones make a chord. Those struck within ROLLED of the newest key count first, then all
        that are down.
        """
        struck = {pitch: at for pitch, at in self._struck.items() if pitch in held or beat - at < LINGERS}
        self._struck = struck
        newest = max(struck.values(), default=beat)
        together = [pitch for pitch, at in struck.items() if newest - at <= ROLLED]
        for keys in (together, [pitch for pitch in struck if pitch in held], list(held)):
            if len({pitch % 12 for pitch in keys}) >= 3:
                chord = chord_of(keys)
                if chord is not None:
                    self.chord = chord
                    return chord
        return self.chord

    def forget(self) -> None:
        self.chord = None
        self._struck.clear()
