"""A device in a set that plays, for the tests of live notes: what is sent to it, what is heard of it."""

from __future__ import annotations

from random import Random

from device_kit import device, patch_of
from max_graph import Graph, Message

PATCHES = {name: patch_of(device(name)) for name in ("main", "part")}
ROLES = ("drums", "bass", "chords", "guitar", "strings", "melody")
LEG = 20.0  # ms: the last wait of a note, which asks no more


def loaded(plays: str = "all", name: str = "main", seed: int | None = 0) -> Graph:
    """A device in a set that plays from beat 0 at 120 quarter notes a minute."""
    graph = Graph(PATCHES[name], shuffle=None if seed is None else Random(seed))
    graph.start()
    graph.from_script(2, "plays", plays)
    graph.transport.jump(graph.now, 0.0)
    graph.transport.change(graph.now, playing=True)
    return graph


def band_notes(graph: Graph, role: str, *notes: tuple[float, float, int, int], plan: int = 1) -> None:
    graph.osc("/bandmate/band_notes", plan, role, *(number for note in notes for number in note))


def onsets(graph: Graph) -> list[tuple[float, int]]:
    return [(time, pitch) for time, pitch, velocity in graph.notes() if velocity]


def assert_nothing_sounds(graph: Graph) -> None:
    held: dict[int, int] = {}
    for _, pitch, velocity in graph.notes():
        held[pitch] = held.get(pitch, 0) + 1 if velocity else 0
    assert not any(held.values()), held


def told(graph: Graph, what: str) -> list[Message]:
    return [message for _, message in graph.heard if message[0] == what]
