"""The same notes as plain REMI tokens, written by MidiTok (extra "benchmark")."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...score import Score
from ...vocabulary import METRES, TICKS_PER_BEAT
from .pieces import LONGEST


@lru_cache(maxsize=1)
def tokeniser() -> Any:
    """MidiTok's REMI: bar, time signature, position, and of each note its program, pitch and duration."""
    import miditok

    return miditok.REMI(
        miditok.TokenizerConfig(
            pitch_range=(0, 127),
            beat_res={(0, LONGEST // TICKS_PER_BEAT): TICKS_PER_BEAT},
            special_tokens=["PAD", "BOS", "EOS"],
            use_velocities=False,
            use_note_duration_programs=list(range(128)),
            use_pitchdrum_tokens=True,
            use_programs=True,
            programs=list(range(-1, 128)),
            use_time_signatures=True,
            time_signature_range={d: [n for n, e in METRES if e == d] for d in {d for _, d in METRES}},
        )
    )


START = 1
"""The id of BOS, after PAD."""


def size() -> int:
    return len(tokeniser())


def ids_of(score: Score) -> NDArray[np.int32]:
    """REMI ids of a score as `pieces.plain` leaves it: one part a program, notes on the grid."""
    import symusic

    ticks: Any = symusic.Score(TICKS_PER_BEAT)
    for part in score.parts:
        track: Any = symusic.Track(program=part.program, is_drum=part.is_drums)
        for note in part.notes:
            start, length = (round(beats * TICKS_PER_BEAT) for beats in (note.start, note.duration))
            track.notes.append(symusic.Note(start, length, note.pitch, note.velocity))
        ticks.tracks.append(track)
    metre = score.metres[0]
    ticks.time_signatures.append(symusic.TimeSignature(0, metre.numerator, metre.denominator))
    return np.array(tokeniser()(ticks).ids, dtype=np.int32)


def bars_of(ids: NDArray[np.int32]) -> NDArray[np.int32]:
    """Where each bar begins among ids."""
    return np.flatnonzero(ids == tokeniser().vocab["Bar_None"]).astype(np.int32)


def notes_of(ids: NDArray[np.int32]) -> int:
    """Notes among ids."""
    named = [index for token, index in tokeniser().vocab.items() if token.startswith("Pitch")]
    return int(np.isin(ids, named).sum())


def program_id(program: int, drums: bool) -> int:
    index: int = tokeniser().vocab[f"Program_{-1 if drums else program}"]
    return index


def transposition(semitones: int) -> NDArray[np.int64]:
    """Map of every id to its id `semitones` higher, as vocabulary.transposition: drums stay."""
    table = np.arange(size())
    vocab = tokeniser().vocab
    for pitch in range(128):
        moved = pitch + semitones
        moved += -12 if moved > 127 else 12 if moved < 0 else 0
        table[vocab[f"Pitch_{pitch}"]] = vocab[f"Pitch_{moved}"]
    return table
