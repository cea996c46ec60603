"""Notochord as a live band, in an environment of its own: JACK in, its model, JACK out, until SIGTERM.

Started by `band.py` with a Python that has `notochord`; it knows nothing of Bandmate. It plays along as
Notochord's improviser does: all that is heard or played is fed to the model, then the next event of four
voices is sampled, kept, and sent when its time has come; a player's note before that has it sampled anew.
Notes that wait are fed together, and an event that is due goes before them: both spare the model time.

Printed is one line of JSON. `notes` are the note-ons sent, `in_time` the share of them that left within 5 ms
of the time that was sampled for them, which is how Bandmate counts its own, and `late_ms` how late they left.
`replaced` are the other note-ons `planned`: a player's note was heard before they were sent. `query_ms` is
from the first feed to the next event. `heard` counts the player's keys, down and up.

Only times compare with Bandmate's. The sizes are the constructor's own, but the weights are random: what it
plays is noise. It has no beat and plans a single event ahead, so it is held to its own intention, where
Bandmate's notes are due on a beat. What random weights would leave to chance is bounded by the query's own
arguments: compass, polyphony and length of the voices' notes, and the time of an event, at most `SPREAD`
after the earliest, which makes for some eight to ten notes a second. The earliest is 10 ms ahead: what the
improviser allows a query to take.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import math
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import rtmidi
import torch


class Voice(NamedTuple):
    channel: int
    pitches: range
    polyphony: int


VOICES = {
    34: Voice(1, range(28, 56), 1),  # bass guitar
    5: Voice(2, range(48, 85), 4),  # electric piano
    26: Voice(3, range(40, 77), 4),  # guitar
    129: Voice(9, range(35, 60), 4),  # drums
}
"""By Notochord's number of the instrument."""

PLAYER = 1
"""Notochord's number of the player's grand piano."""

LEAD, SPREAD = 0.010, 0.050
"""Seconds from a query to the earliest event, and on to the latest (the improviser's is 0.2 or more)."""

LONGEST = 5.0
"""Seconds after which a note of a voice is ended, as the improviser has it."""

IN_TIME_MS = 5.0
SPIN = 0.001


class Event(NamedTuple):
    time: float
    instrument: int
    pitch: int
    velocity: int


class Notochord:
    """The model, the event that it plans, and what became of those before."""

    def __init__(self, send: Callable[[list[int]], None]) -> None:
        self.plan: Event | None = None
        self._send = send
        self._last: float | None = None
        self._late: list[float] = []
        self._query: list[float] = []
        self._heard = self._replaced = 0
        self._model = importlib.import_module("notochord").Notochord().eval()
        self._model.reset()

    def warm_up(self) -> None:
        """Plays for nobody what is slow only once; nothing of it is kept."""
        for step in range(50):
            self._next([Event(time.perf_counter(), PLAYER, 60, 64 * (step % 2))])
        self.plan, self._last = None, None
        self._query.clear()
        self._model.reset()

    def hear(self, notes: list[Event]) -> None:
        """The player's notes: another event is planned."""
        self._heard += len(notes)
        self._replaced += self.plan is not None and self.plan.velocity > 0
        self._next(notes)

    def play(self, event: Event) -> None:
        """Sends what was planned, and plans the next event."""
        sounds = (event.instrument, event.pitch) in self._model.held_notes
        if event.instrument not in VOICES or sounds == (event.velocity > 0):
            self._next([])
            return
        self._note(event.instrument, event.pitch, event.velocity)
        now = time.perf_counter()
        if event.velocity:
            self._late.append(1000 * (now - event.time))
        self._next([event._replace(time=now)])

    def close(self) -> dict[str, Any]:
        """Ends what sounds; gives the figures."""
        for instrument, pitch in self._model.held_notes:
            if instrument in VOICES:
                self._note(instrument, pitch, 0)
        return {
            "planned": len(self._late) + self._replaced,
            "in_time": sum(ms <= IN_TIME_MS for ms in self._late) / max(1, len(self._late)),
            "late_ms": percentiles(self._late),
            "query_ms": percentiles(self._query),
            "notes": len(self._late),
            "replaced": self._replaced,
            "heard": self._heard,
        }

    def _next(self, events: list[Event]) -> None:
        """Feeds `events` and plans another."""
        began = time.perf_counter()
        for at, instrument, pitch, velocity in events:
            since = 0.0 if self._last is None else max(0.0, at - self._last)
            self._model.feed(inst=instrument, pitch=pitch, time=since, vel=velocity)
            self._last = at
        assert self._last is not None
        earliest = time.perf_counter() - self._last + LEAD
        found = self._model.query_vtip(
            note_on_map={instrument: set(voice.pitches) for instrument, voice in VOICES.items()},
            min_time=earliest,
            max_time=earliest + SPREAD,
            min_vel=1,
            max_polyphony={instrument: voice.polyphony for instrument, voice in VOICES.items()},
            max_duration=dict.fromkeys(VOICES, LONGEST),
        )
        self.plan = Event(self._last + found["time"], found["inst"], found["pitch"], round(found["vel"]))
        self._query.append(1000 * (time.perf_counter() - began))

    def _note(self, instrument: int, pitch: int, velocity: int) -> None:
        self._send([(0x90 if velocity else 0x80) | VOICES[instrument].channel, pitch, velocity])


def percentiles(samples_ms: list[float]) -> dict[str, float]:
    """p50, p95 and p99 by nearest rank; nothing of no samples."""
    if not samples_ms:
        return {}
    ranks = np.percentile(samples_ms, (50, 95, 99), method="inverted_cdf")
    return dict(zip(("p50", "p95", "p99"), ranks.tolist(), strict=True))


def main() -> None:
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    torch.set_num_threads(1)
    torch.manual_seed(0)
    heard: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def receive(event: tuple[list[int], float], _: Any) -> None:
        status, *data = event[0]
        if status & 0xE0 == 0x80:
            heard.put(Event(time.perf_counter(), PLAYER, data[0], data[1] if status & 0x10 else 0))

    said = sys.stdout
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="Notochord Out")
        out.open_virtual_port("Notochord Out")
        band = Notochord(out.send_message)
        band.warm_up()
        source = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="Notochord In")
        source.set_callback(receive)
        source.open_virtual_port("Notochord In")
        print("ready", file=said, flush=True)
        while not ended.is_set():
            left = band.plan.time - time.perf_counter() if band.plan else math.inf
            if band.plan and left <= 0:
                band.play(band.plan)
                continue
            with contextlib.suppress(queue.Empty):
                first = heard.get(timeout=min(left - SPIN, 0.1)) if left > SPIN else heard.get_nowait()
                band.hear([first, *(heard.get_nowait() for _ in range(heard.qsize()))])
        figures = band.close()
        for port in (source, out):
            port.delete()
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
