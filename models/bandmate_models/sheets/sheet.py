"""A sheet: music that is given, gaps that are to be written, on one time line of bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .. import vocabulary as v
from ..encoding import Header, Rows, frame_tokens
from ..frames import Frame, Slice, frames_of_bars, in_order
from ..generation import Pull
from ..grammar import Constraints, Grammar
from ..guides import Guide
from ..opening import Opening
from ..reading import Reader
from ..score import Score
from ..steering import Steering, Target


@dataclass(frozen=True, slots=True)
class Sheet:
    """Given events of both streams over `bars`; the model's frames in `[first, last)` are to be written.

    `chords` maps a frame's first tick to the chord token of the model's frame (see encoding.chord_marks).
    `template` is the answer's own frame: its parts in the order of `slots`, empty, with its maps from beat 0.
    """

    header: Header
    bars: list[int]
    rows: Rows
    slots: list[int]
    template: Score
    constraints: Constraints
    first: int
    last: int
    chords: Mapping[int, int] = field(default_factory=dict)
    guides: Sequence[Guide] = ()
    rates: Target = field(default_factory=dict)
    home: Target = field(default_factory=dict)
    heights: Target = field(default_factory=dict)
    thicknesses: Target = field(default_factory=dict)
    """What the answer is steered to (see steering.Steering)."""
    pull: Pull | None = None
    """What it is drawn to."""
    performed: Rows | None = None
    """Events that the model is to perform as they are written (see performing.perform)."""

    @property
    def frames(self) -> list[Frame]:
        return list(frames_of_bars(self.bars))

    @property
    def start(self) -> float:
        """Beat of the sequence's time line at which the answer begins."""
        return self.frames[self.first].start / v.TICKS_PER_BEAT

    @property
    def beats(self) -> float:
        """Length of the answer in beats."""
        end = self.frames[self.last - 1]
        return (end.start + end.ticks) / v.TICKS_PER_BEAT - self.start

    @property
    def bar_count(self) -> int:
        """Bars of the answer."""
        return sum(frame.bar_token is not None for frame in self.frames[self.first : self.last])

    def steering(self) -> Steering:
        return Steering(self.rates, self.home, self.heights, self.thicknesses)

    def opening(self) -> Opening:
        """The tokens before the first frame to be written, what follows each, and the grammar in between."""
        frames = self.frames
        order = list(in_order(frames, self.header.lag))
        players = frozenset(line.slot for line in self.header.parts if line.player)
        by_player = np.isin(self.rows[:, 1], sorted(players))
        events = {
            "u": _by_frame(self.rows[by_player], frames),
            "m": _by_frame(self.rows[~by_player], frames),
        }
        runs: list[list[int]] = [[]]
        reached = 0
        for position, piece in enumerate(order):
            tokens = self._opened(piece)
            if piece.stream == "m" and self.first <= piece.number < self.last:
                runs[-1] += tokens
                if len(runs) == 1:
                    reached = position + 1
                runs.append([])
            else:
                runs[-1] += tokens + frame_tokens(events[piece.stream][piece.number], piece.frame)
        runs[-1].append(v.EOS)
        header, body = self.header.tokens(), runs[0]
        reader = Reader()
        for token in (*header, *body):
            reader.feed(token)
        grammar = Grammar(
            reader,
            [*order[reached:], self._beyond(frames)],
            self.constraints,
            self.guides,
            sounds_until=self.start,
        )
        opens = [frame.bar_token is not None for frame in frames[self.first : self.last]]
        return Opening(header, body, runs[1:], opens, grammar)

    def _beyond(self, frames: list[Frame]) -> Slice:
        """The frame that would follow: the first of another bar like the last."""
        end = frames[-1].start + frames[-1].ticks
        following = next(frames_of_bars(self.bars[-1:], end))
        player = self.header.lag is not None and self.header.lag <= 0
        return Slice("u" if player else "m", len(frames), following, True)

    def frames_performed(self) -> list[Rows]:
        """What is to be performed, frame by frame of the answer."""
        assert self.performed is not None
        frames = _by_frame(self.performed, self.frames)[self.first : self.last]
        return [np.array(events, dtype=np.int32).reshape(-1, 6) for events in frames]

    def _opened(self, piece: Slice) -> list[int]:
        """What stands before a frame's events: the bar token, the frame's marker, its chord."""
        tokens = []
        if piece.opens_bar and piece.frame.bar_token is not None:
            tokens.append(piece.frame.bar_token)
        tokens.append(piece.frame.marker(piece.stream))
        if piece.stream == "m" and piece.frame.start in self.chords:
            tokens.append(self.chords[piece.frame.start])
        return tokens


def _by_frame(rows: Rows, frames: list[Frame]) -> list[list[list[int]]]:
    """The events of each frame."""
    edges = np.array([frame.start for frame in frames] + [frames[-1].start + frames[-1].ticks])
    index = np.searchsorted(rows[:, 0], edges).tolist()
    events = rows.tolist()
    return [events[index[i] : index[i + 1]] for i in range(len(frames))]
