"""The engine's memory of what is connected to the conductor's JACK ports: it outlives the conductor.

It is the engine's so that the conductor is as few JACK clients as it can be: jackd stands still for each
client that dies.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from bandmate_bridge.jack_graph import JackGraph
from bandmate_bridge.messages import PortState

Pairs = tuple[tuple[str, str], ...]


class ConnectionMemory:
    """Pairs (source, destination) of full port names, as they were when last looked at."""

    def __init__(self) -> None:
        self.pairs: Pairs = ()
        self._graph: JackGraph | None = None
        self._doubted: Pairs | None = None

    def look(self, ports: Sequence[PortState]) -> bool:
        """Looks at what is connected to the ports that are open; whether the memory changed.

        What is missing is believed at the second look: ports lose their connections just before they go.
        """
        ours = [port for port in ports if port.open]
        if not ours or not self._reach():
            return False
        assert self._graph is not None
        sources, destinations = (
            [port.detail for port in ours if port.direction == way] for way in ("out", "in")
        )
        found: Pairs = tuple(sorted(self._graph.connections(sources, destinations)))
        if found == self.pairs or not all(self._graph.has(port.detail) for port in ours):
            return False
        if not set(found) >= set(self.pairs) and found != self._doubted:
            self._doubted = found
            return False
        self.pairs, self._doubted = found, None
        return True

    def lost_server(self) -> bool:
        """Whether the JACK server went away since the last look; said once."""
        if self._graph is None or self._graph.alive:
            return False
        self._graph = None
        return True

    def close(self) -> None:
        if self._graph is not None:
            self._graph.close()

    def _reach(self) -> bool:
        if self._graph is None:
            with contextlib.suppress(OSError):
                self._graph = JackGraph("Bandmate")
        return self._graph is not None
