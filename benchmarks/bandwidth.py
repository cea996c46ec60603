"""How fast one thread reads memory."""

from __future__ import annotations

import torch

from harness import timed


def read_bandwidth(size: int, repeats: int = 9) -> float:
    """Bytes a second at which one thread reads `size` bytes again and again; the best of `repeats`."""
    torch.set_num_threads(1)
    buffer = torch.ones(max(size // 4, 1024))
    again = max(1, 50_000_000 // size)

    def read() -> None:
        for _ in range(again):
            torch.dot(buffer, buffer)

    return size * again / (min(timed(read, repeats, warm_up=1)) / 1e3)
