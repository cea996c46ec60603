"""Score -> tokens. Lossless on the grid of 48 onsets and 12 duration ticks a beat (docs/format.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from . import vocabulary as v
from .chords import ChordChange, chord_token
from .frames import Frame, bars_of, frames_of_bars, in_order
from .score import Part, Score
from .slots import assign_slots

Rows = NDArray[np.int32]
"""Events [N, 6]: tick, slot, shift, pitch (-2 pedal up, -1 pedal down), duration in ticks, velocity bin."""

FREE_SHARE = 0.25
"""A score with a larger share of onsets off the 12-tick grid counts as played freely."""


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part's line in the header: its slot, who plays it, and what is known of it."""

    slot: int
    player: bool = False
    program: int | None = None
    density: int | None = None
    polyphony: int | None = None
    register: int | None = None
    loudness: int | None = None

    def tokens(self) -> list[int]:
        line = [v.BASE["part_u" if self.player else "part_m"] + self.slot]
        for name in ("program", "density", "polyphony", "register", "loudness"):
            value = getattr(self, name)
            if value is not None:
                line.append(v.BASE[name] + value)
        return line


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before START. Every field but the parts may be left out."""

    parts: tuple[PartLine, ...]
    free_timing: bool | None = None
    lag: int | None = None
    bpm: float | None = None
    key: tuple[int, str] | None = None
    genre: str | None = None
    valence: int | None = None
    arousal: int | None = None
    swing: int | None = None
    distance: int | None = None
    """How far the model's stream is from the player's where it varies it (see attributes.distance_step)."""
    suffix: tuple[int, ...] = ()
    """Body tokens of the bars after the gap, for infill."""

    def tokens(self) -> list[int]:
        line = [v.BOS]
        if self.free_timing is not None:
            line.append(v.FREE_TIMING if self.free_timing else v.GRID_TIMING)
        if self.lag is not None:
            line.append(v.BASE["lag"] + v.LAGS.index(self.lag))
        if self.bpm is not None:
            line.append(v.tempo_token(self.bpm))
        if self.key is not None:
            line.append(v.key_token(*self.key))
        if self.genre is not None:
            line.append(v.BASE["genre"] + v.GENRES.index(self.genre))
        for name in ("valence", "arousal", "swing", "distance"):
            value = getattr(self, name)
            if value is not None:
                line.append(v.BASE[name] + value)
        for part in self.parts:
            line += part.tokens()
        if self.suffix:
            line += [v.SUFFIX, *self.suffix, v.GAP]
        return [*line, v.START]


@dataclass(frozen=True, slots=True)
class Body:
    """Tokens after START, and where each bar token stands among them."""

    tokens: list[int]
    bars: list[int] = field(default_factory=list)


def plays_freely(score: Score) -> bool:
    """Whether more than a quarter of the onsets are off the 12-tick grid."""
    starts = np.array([note.start for part in score.parts for note in part.notes])
    if not len(starts):
        return False
    return float(np.mean(np.rint(starts * v.GRID) % v.SHIFTS_PER_TICK != 0)) > FREE_SHARE


def has_flat_dynamics(part: Part) -> bool:
    """Whether every note of a part of four or more has the same velocity."""
    return len(part.notes) >= 4 and len({note.velocity for note in part.notes}) == 1


def _snap(ticks: NDArray[np.int32]) -> NDArray[np.int32]:
    """The nearest duration that one token holds."""
    table = np.array(v.DURATIONS, dtype=np.int32)
    above = np.searchsorted(table, ticks).clip(1, len(table) - 1)
    lower = table[above - 1]
    nearest: Rows = np.where(ticks - lower <= table[above] - ticks, lower, table[above])
    return nearest


def _note_rows(part: Part, slot: int, free: bool, known: bool) -> Rows:
    notes = np.array(part.notes, dtype=np.float64).reshape(-1, 4)
    grid = np.maximum(np.rint(notes[:, 0] * v.GRID), 0).astype(np.int32)
    tick = (grid + 2) // v.SHIFTS_PER_TICK
    rows = np.empty((len(notes), 6), dtype=np.int32)
    rows[:, 0] = tick
    rows[:, 1] = slot
    rows[:, 2] = grid - tick * v.SHIFTS_PER_TICK
    rows[:, 3] = notes[:, 2]
    duration = np.maximum(np.rint(notes[:, 1] * v.TICKS_PER_BEAT), 1).astype(np.int32)
    rows[:, 4] = _snap(duration) if free else duration
    loud = np.clip((notes[:, 3].astype(np.int32) + 8) // 16, 1, v.LOUDNESS_STEPS)
    rows[:, 5] = loud if known else 0
    return rows


def _pedal_rows(part: Part, slot: int) -> Rows:
    rows, down = [], False
    for control in part.controls:
        if control.kind == "cc" and control.number == 64 and (control.value >= 64) != down:
            down = not down
            tick = max(round(control.beat * v.TICKS_PER_BEAT), 0)
            rows.append((tick, slot, 0, -1 if down else -2, 0, 0))
    return np.array(rows, dtype=np.int32).reshape(-1, 6)


def rows_of(score: Score, slots: Sequence[int], *, free: bool, keep_flat: bool = False) -> Rows:
    """Quantised events in sequence order; of notes at one onset and pitch in one slot the longest stays."""
    blocks = []
    for part, slot in zip(score.parts, slots, strict=True):
        if part.notes:
            blocks.append(_note_rows(part, slot, free, keep_flat or not has_flat_dynamics(part)))
        if part.controls and not part.is_drums:
            blocks.append(_pedal_rows(part, slot))
    if not blocks:
        return np.zeros((0, 6), dtype=np.int32)
    rows = np.concatenate(blocks)
    rows = rows[np.lexsort((-rows[:, 4], rows[:, 3], rows[:, 2], rows[:, 1], rows[:, 0]))]
    fresh = np.ones(len(rows), dtype=bool)
    fresh[1:] = (rows[1:, :4] != rows[:-1, :4]).any(axis=1)
    return rows[fresh]


def frame_tokens(rows: Iterable[Sequence[int]], frame: Frame) -> list[int]:
    """Tokens of one frame's events (of one stream, in order), without its marker."""
    tokens: list[int] = []
    here: tuple[int, int, int] | None = None
    for tick, slot, shift, pitch, ticks, loud in rows:
        if (tick, slot, shift) != here:
            here = (tick, slot, shift)
            tokens.append(v.onset(slot, tick - frame.start))
            if shift:
                tokens.append(v.BASE["shift"] + v.SHIFTS.index(shift))
        if pitch < 0:
            tokens.append(v.PEDAL_DOWN if pitch == -1 else v.PEDAL_UP)
        elif slot in v.DRUM_SLOTS:
            tokens += (v.BASE["drum"] + pitch, v.BASE["drumvel"] + loud)
        else:
            tokens.append(v.BASE["pitch"] + pitch)
            tokens += duration_tokens(ticks, loud)
    return tokens


def duration_tokens(ticks: int, loud: int) -> list[int]:
    """One token for a duration in the table; otherwise whole beats as LONGs, then 1-12 ticks."""
    index = v.DURATION_INDEX.get(ticks)
    if index is not None:
        return [v.duration_velocity(index, loud)]
    beats, rest = divmod(ticks - 1, v.TICKS_PER_BEAT)
    tokens = []
    while beats:
        step = min(beats, v.LONGS)
        tokens.append(v.BASE["long"] + step - 1)
        beats -= step
    return [*tokens, v.duration_velocity(v.DURATION_INDEX[rest + 1], loud)]


def encode_body(
    rows: Rows,
    bars: Sequence[int],
    *,
    player_slots: frozenset[int] = frozenset(),
    lag: int | None = None,
    changes: Mapping[int, list[int]] | None = None,
    chords: Mapping[int, int] | None = None,
    cuts: Mapping[int, int] | None = None,
) -> Body:
    """Body tokens of quantised events over `bars`; events after the last bar are left out.

    `changes` maps a bar's first tick to the tempo and key tokens that follow its bar token, `chords` a
    frame's first tick to the chord token of the model's frame. `cuts` maps a frame's number to the tick in
    it from which on the player's frame is not known.
    """
    frames = list(frames_of_bars(bars))
    edges = np.array(
        [frame.start for frame in frames] + [frames[-1].start + frames[-1].ticks if frames else 0]
    )
    by_player = np.isin(rows[:, 1], sorted(player_slots))
    cut = {}
    for stream, mask in (("m", ~by_player), ("u", by_player)):
        mine = rows[mask]
        cut[stream] = (mine.tolist(), np.searchsorted(mine[:, 0], edges).tolist())
    body = Body([])
    for piece in in_order(frames, lag):
        if piece.opens_bar and piece.frame.bar_token is not None:
            body.bars.append(len(body.tokens))
            body.tokens.append(piece.frame.bar_token)
            if changes:
                body.tokens.extend(changes.get(piece.frame.start, ()))
        body.tokens.append(piece.frame.marker(piece.stream))
        if chords and piece.stream == "m" and piece.frame.start in chords:
            body.tokens.append(chords[piece.frame.start])
        events, index = cut[piece.stream]
        inside = events[index[piece.number] : index[piece.number + 1]]
        known = cuts.get(piece.number) if cuts and piece.stream == "u" else None
        if known is not None:
            inside = [event for event in inside if event[0] < piece.frame.start + known]
        body.tokens.extend(frame_tokens(inside, piece.frame))
        if known is not None:
            body.tokens.append(v.BASE["cut"] + known)
    return body


def chord_marks(changes: Sequence[ChordChange], bars: Sequence[int]) -> dict[int, int]:
    """The chord token of each frame, by its first tick, where the chord changes and at every bar line."""
    marks: dict[int, int] = {}
    index, before = -1, None
    for frame in frames_of_bars(bars):
        beat = frame.start / v.TICKS_PER_BEAT + 1e-6
        while index + 1 < len(changes) and changes[index + 1].beat <= beat:
            index += 1
        if index < 0:
            continue
        token = chord_token(changes[index].chord)
        if token != before or frame.bar_token is not None:
            marks[frame.start] = before = token
    return marks


def map_changes(score: Score, bars: Sequence[int]) -> dict[int, list[int]]:
    """Tempo and key tokens by the first tick of the bar in which they change; bar 0's are the header's."""
    changes: dict[int, list[int]] = {}
    tempo = v.tempo_token(score.tempo_at(0.0).bpm)
    key = score.key_at(0.0)
    for frame in frames_of_bars(bars):
        if frame.bar_token is None:
            continue
        beat = frame.start / v.TICKS_PER_BEAT + 1e-6
        tokens = []
        if v.tempo_token(score.tempo_at(beat).bpm) != tempo:
            tempo = v.tempo_token(score.tempo_at(beat).bpm)
            tokens.append(tempo)
        now = score.key_at(beat)
        if now is not None and (key is None or now[1:] != key[1:]):
            key = now
            tokens.append(v.key_token(now.tonic, now.mode))
        if tokens:
            changes[frame.start] = tokens
    return changes


def encode(score: Score, *, keep_flat: bool = False) -> list[int]:
    """A whole score as the model's stream: header, body with its tempo and key changes, EOS."""
    slots = assign_slots(score.parts)
    free = plays_freely(score)
    key = score.key_at(0.0)
    header = Header(
        parts=tuple(
            PartLine(slot, program=part.program) for part, slot in zip(score.parts, slots, strict=True)
        ),
        free_timing=free,
        bpm=score.tempo_at(0.0).bpm,
        key=(key.tonic, key.mode) if key else None,
    )
    rows = rows_of(score, slots, free=free, keep_flat=keep_flat)
    last = (rows[-1, 0] + 1) / v.TICKS_PER_BEAT if len(rows) else 0.0
    bars = bars_of(score, max(score.end, last))
    body = encode_body(rows, bars, changes=map_changes(score, bars))
    return [*header.tokens(), *body.tokens, v.EOS]
