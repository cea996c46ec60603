"""Sentences for the player, from any thread to whoever shows them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

MOST = 100


class News:
    """`say` is for those who have something to tell; `read` for the one who shows it."""

    def __init__(self) -> None:
        self._sentences: deque[str] = deque(maxlen=MOST)

    def say(self, sentence: str) -> None:
        self._sentences.append(sentence)

    def read(self) -> Iterator[str]:
        """What was said since the last time."""
        while self._sentences:
            yield self._sentences.popleft()
