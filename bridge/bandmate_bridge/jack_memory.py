"""What is connected to the conductor's JACK ports, remembered when they have gone."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

from bandmate_bridge.jack_graph import JackGraph
from bandmate_bridge.messages import PortState

Pairs = tuple[tuple[str, str], ...]

MEND_FOR = 10.0
"""Seconds for which a lost connection is tried again."""


class ConnectionMemory:
    """Pairs (source, destination) of full port names, as they were when last looked at."""

    def __init__(self) -> None:
        self.pairs: Pairs = ()
        self._graph: JackGraph | None = None
        self._doubted: Pairs | None = None
        self._missing: set[tuple[str, str]] = set()
        self._mend_until: float | None = None

    def look(self, ports: Sequence[PortState]) -> bool:
        """Looks at what is connected to the ports that are open; whether the memory changed.

        What is missing is believed at the second look: ports lose their connections just before they go.
        """
        ours = [port for port in ports if port.open]
        graph = self._reach() if ours else None
        if graph is None or self._missing:
            return False
        outs = [port.detail for port in ours if port.direction == "out"]
        ins = [port.detail for port in ours if port.direction == "in"]
        found: Pairs = tuple(sorted(graph.connections(outs, ins)))
        if found == self.pairs or not all(graph.has(port.detail) for port in ours):
            return False
        if not set(found) >= set(self.pairs) and found != self._doubted:
            self._doubted = found
            return False
        self.pairs, self._doubted = found, None
        return True

    def lose(self) -> None:
        """The ports have gone, and every connection with them: `mend` is to make them again."""
        self._missing, self._mend_until = set(self.pairs), None

    def mend(self) -> None:
        """Makes the lost connections whose ends are both there; gives up some time after the return."""
        graph = self._reach() if self._missing else None
        if graph is None:
            return
        if self._mend_until is None:
            self._mend_until = time.monotonic() + MEND_FOR
        self._missing = {pair for pair in self._missing if not graph.connect(*pair)}
        if time.monotonic() > self._mend_until:
            self._missing.clear()

    def lost_server(self) -> bool:
        """Whether the JACK server went away since the last look; said once."""
        if self._graph is None or self._graph.alive:
            return False
        self._graph = None
        return True

    def close(self) -> None:
        if self._graph is not None:
            self._graph.close()
            self._graph = None

    def _reach(self) -> JackGraph | None:
        if self._graph is None:
            with contextlib.suppress(OSError):
                self._graph = JackGraph("Bandmate")
        return self._graph
