"""A sequence in a decoder's cache: it grows, goes back to where a new version differs, and slides by bars.

What is in the cache depends in its last digits on how it was read: a token at a time, or in chunks, and of
which size. So that the same request always gives the same notes, a prompt is always read in the same chunks
from its beginning, whatever was read before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import vocabulary as v
from .decoder import CHUNK, Decoder
from .errors import BandmateError

KEPT_SHARE = 0.5
"""Share of the capacity that is kept, in whole bars, when a context slides."""


class Mark(NamedTuple):
    """A place in a context to go back to."""

    tokens: int
    position: int
    slides: int
    logits: NDArray[np.float32]


class Context:
    """Header and body tokens of one session, kept in step with a decoder's cache.

    `slides` counts how often the oldest bars were let go because the cache was full.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._capacity = decoder.capacity
        self._header: list[int] = []
        self._body: list[int] = []
        self._in_chunks = 0
        self._logits: NDArray[np.float32] | None = None
        self.slides = 0

    @property
    def logits(self) -> NDArray[np.float32]:
        """Logits [V] of the token after the last one."""
        if self._logits is None:
            raise BandmateError("nothing has been said yet", "no_prompt")
        return self._logits

    def set(self, header: Sequence[int], body: Sequence[int]) -> None:
        """Make the context say exactly this: rewind to the chunk of the first difference and read on."""
        header, body = list(header), list(body)
        room = self._capacity - len(header) - 1
        if len(body) > room:
            body = _newest_bars(body, min(room, int(self._capacity * KEPT_SHARE)))
            self.slides += 1
        old, new = (self._header + self._body)[: self._in_chunks], header + body
        if old == new and len(self._header) + len(self._body) == len(new):
            return
        same = min(_common_prefix(old, new), len(new) - 1) // CHUNK * CHUNK
        self._header, self._body = header, body
        self._decoder.rewind_to(same)
        self._logits = self._decoder.append(new[same:])
        self._in_chunks = len(new)

    def mark(self) -> Mark:
        return Mark(len(self._body), self._decoder.position, self.slides, self.logits.copy())

    def back_to(self, mark: Mark) -> bool:
        """Forget what came after a mark; not where the context has slid since."""
        if self.slides != mark.slides:
            return False
        del self._body[mark.tokens :]
        self._decoder.rewind_to(mark.position)
        self._in_chunks = min(self._in_chunks, mark.position)
        self._logits = mark.logits
        return True

    def tokens_since(self, mark: Mark) -> list[int]:
        """The tokens after a mark."""
        return self._body[mark.tokens :]

    def step(self, token: int) -> None:
        """Take one more token, sliding first where the cache is full."""
        if self._decoder.position >= self._capacity:
            self._slide()
        self._body.append(token)
        self._logits = self._decoder.step(token)

    def extend(self, tokens: Sequence[int]) -> None:
        """Take some more tokens at once, which is quicker than one by one."""
        if not tokens:
            return
        if len(tokens) == 1 or self._decoder.position + len(tokens) > self._capacity:
            for token in tokens:
                self.step(token)
            return
        self._body.extend(tokens)
        self._logits = self._decoder.append(tokens)

    def _slide(self) -> None:
        self._body = _newest_bars(self._body, int(self._capacity * KEPT_SHARE) - len(self._header))
        self._decoder.rewind_to(0)
        self._logits = self._decoder.append(self._header + self._body)
        self._in_chunks = self._decoder.position
        self.slides += 1


def _newest_bars(body: list[int], room: int) -> list[int]:
    """The newest whole bars that fit `room` tokens; the newest tokens where not even one bar does."""
    first, last = v.ids("bar").start, v.ids("odd_bar").stop
    start = next((i for i in range(max(0, len(body) - room), len(body)) if first <= body[i] < last), None)
    return body[max(0, len(body) - room) if start is None else start :]


def _common_prefix(old: Sequence[int], new: Sequence[int]) -> int:
    same = 0
    for a, b in zip(old, new, strict=False):
        if a != b:
            break
        same += 1
    return same
