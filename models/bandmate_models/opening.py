"""Where writing begins, and what stands between the frames that are written."""

from __future__ import annotations

from dataclasses import dataclass

from .grammar import Grammar


@dataclass(frozen=True, slots=True)
class Opening:
    """Where writing begins: header and body tokens up to the first frame to be written, its marker included.

    Each of `runs` stands after one frame that is written, up to the next that is to be, or to EOS.
    """

    header: list[int]
    body: list[int]
    runs: list[list[int]]
    opens_bar: list[bool]
    """Of each frame that is written, whether it begins a bar."""
    grammar: Grammar

    @property
    def bars(self) -> list[list[list[int]]]:
        """The runs, bar by bar."""
        bars: list[list[list[int]]] = []
        for run, opens in zip(self.runs, self.opens_bar, strict=True):
            if opens or not bars:
                bars.append([])
            bars[-1].append(run)
        return bars
