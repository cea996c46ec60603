"""One bar of progress over work that has several stages."""

from __future__ import annotations

from bandmate_bridge.audio.stems import Progress

STEPS = 1000


class Stages:
    """Stages follow each other; each takes its share of the whole."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._begun = 0.0

    def stage(self, share: float) -> Progress:
        """The progress of the next stage, which is so much of the whole (all shares add up to 1)."""
        begun, self._begun = self._begun, self._begun + share

        def told(done: int, total: int) -> None:
            part = done / total if total else 1.0
            self._progress(round(STEPS * (begun + share * part)), STEPS)

        return told
