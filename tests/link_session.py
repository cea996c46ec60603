"""A Link session of two on this machine's loopback alone: a peer, and a conductor that follows Link.

Run by test_ableton_link.py in a network namespace of its own. Prints one line of JSON.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from link import Link

from bandmate_bridge.link import ConductorLink
from bandmate_bridge.messages import ClockState, Configure, Cue, FromConductor, PlanStarted, Play

BAR = 4.0
FOUNDED = 1.0
"""Seconds that the peer is alone: of two sessions that meet, the older one's tempo stays, but of two that
were founded within half a second of each other, chance decides."""


class Peer:
    """Another program of the session, by whose tempo it is."""

    def __init__(self, bpm: float) -> None:
        self.link = Link(bpm)
        self.link.startStopSyncEnabled = True
        self.link.enabled = True

    @property
    def tempo(self) -> float:
        return float(self.link.captureAppSessionState().tempo())

    def set_tempo(self, bpm: float) -> None:
        state = self.link.captureAppSessionState()
        state.setTempo(bpm, self.link.clock().micros())
        self.link.commitAppSessionState(state)

    def set_playing(self, playing: bool) -> None:
        state = self.link.captureAppSessionState()
        state.setIsPlaying(playing, self.link.clock().micros())
        self.link.commitAppSessionState(state)

    def beat(self) -> float:
        state = self.link.captureAppSessionState()
        return float(state.beatAtTime(self.link.clock().micros(), BAR))


def comes(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(condition())


def phase_apart(link: ConductorLink, peer: Peer) -> float:
    """Seconds between the two places in the bar."""
    clock: ClockState = link.clock
    apart = (clock.beat_at(time.perf_counter()) - peer.beat() + BAR / 2.0) % BAR - BAR / 2.0
    return abs(apart) * 60.0 / clock.bpm


def main() -> None:
    peer = Peer(97.0)
    time.sleep(FOUNDED)
    said: list[FromConductor] = []
    found: dict[str, object] = {}
    with ConductorLink(Configure(backend="none", source="link"), said.append) as link:
        found["met"] = comes(lambda: peer.link.numPeers() == 1)
        found["takes the tempo"] = comes(lambda: abs(link.clock.bpm - 97.0) < 0.01)
        time.sleep(0.6)
        found["tempo of the session"] = peer.tempo
        found["source"] = link.clock.source
        found["apart after joining"] = phase_apart(link, peer)
        peer.set_tempo(131.0)
        found["follows a tempo"] = comes(lambda: abs(link.clock.bpm - 131.0) < 0.01)
        time.sleep(1.0)
        found["apart after a change"] = phase_apart(link, peer)
        beat = link.clock.beat_at(time.perf_counter())
        link.send(Play("note", (Cue(beat + 1.0, 0.1, 60, 90, 0),)))
        found["plays"] = comes(lambda: any(isinstance(message, PlanStarted) for message in said))
        peer.set_playing(True)
        time.sleep(0.3)
        found["runs on when started"] = link.clock.running
        peer.set_playing(False)
        found["stops"] = comes(lambda: not link.clock.running)
        peer.set_playing(True)
        found["starts"] = comes(lambda: link.clock.running)
        peer.link.enabled = False
        time.sleep(0.5)
        found["runs on alone"] = link.clock.running and abs(link.clock.bpm - 131.0) < 0.01
    print(json.dumps(found))


if __name__ == "__main__":
    main()
