"""Beat frames: how bars are cut, and in which order two streams' frames stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from .score import Score
from .vocabulary import BASE, MAX_BEAT_INDEX, TICKS_PER_BEAT, bar_ticks, bar_tokens

Stream = Literal["m", "u"]


class Frame(NamedTuple):
    """One beat of a bar: its first tick from the start, its ticks (a bar's last may be short), its index."""

    start: int
    ticks: int
    beat: int
    bar_token: int | None
    """The bar token, where this frame opens a bar."""

    def marker(self, stream: Stream) -> int:
        return BASE["frame_m" if stream == "m" else "frame_u"] + min(self.beat, MAX_BEAT_INDEX - 1)


class Slice(NamedTuple):
    """What comes next in a sequence: a frame of one stream, and whether the bar token goes before it."""

    stream: Stream
    number: int
    frame: Frame
    opens_bar: bool


def frames_of_bars(bars: Iterable[int], start: int = 0) -> Iterator[Frame]:
    """Frames of a run of bar tokens, the first at tick `start`."""
    for token in bars:
        length = bar_ticks(token)
        for beat, offset in enumerate(range(0, length, TICKS_PER_BEAT)):
            yield Frame(
                start + offset, min(TICKS_PER_BEAT, length - offset), beat, token if beat == 0 else None
            )
        start += length


def bars_of(score: Score, until: float | None = None) -> list[int]:
    """Bar tokens of a score up to the bar line at or after `until` beats (default: its end)."""
    tokens: list[int] = []
    for bar in score.bars(until):
        start, end = round(bar.start * TICKS_PER_BEAT), round(bar.end * TICKS_PER_BEAT)
        if end > start:
            tokens += bar_tokens(bar.metre.numerator, bar.metre.denominator, end - start)
    return tokens


def in_order(frames: Iterable[Frame], lag: int | None) -> Iterator[Slice]:
    """Frames of both streams in sequence order: the model's frame t follows the player's frame t - lag.

    `lag` None: there is no player. The stream that reaches a bar first carries its bar token.
    """
    if lag is None:
        for index, frame in enumerate(frames):
            yield Slice("m", index, frame, frame.bar_token is not None)
        return
    source = iter(frames)
    known: list[Frame] = []
    total: int | None = None

    def frame_at(index: int) -> Frame | None:
        nonlocal total
        while total is None and len(known) <= index:
            following = next(source, None)
            if following is None:
                total = len(known)
            else:
                known.append(following)
        return known[index] if 0 <= index < len(known) else None

    step = min(lag, 0)
    while True:
        player, model = frame_at(step - lag), frame_at(step)
        if player is not None:
            yield Slice("u", step - lag, player, lag <= 0 and player.bar_token is not None)
        if model is not None:
            yield Slice("m", step, model, lag > 0 and model.bar_token is not None)
        if total is not None and step >= total - 1 + max(lag, 0):
            return
        step += 1
