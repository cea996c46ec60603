"""Learning a control from a MIDI port, without a daemon: open it, wait until something is moved."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from bandmate.band.bindings import Binding
from bandmate.band.control_map import LEARNING, ControlMap
from bandmate.band.dials import find_dial
from bandmate_bridge.messages import Configure, ControlHeard, NoteHeard, PortWish
from bandmate_bridge.ports import Ports
from bandmate_models.errors import BandmateError


def listen_and_learn(
    dial: str, port: str, say: Callable[[str], None], *, seconds: float = LEARNING
) -> Binding:
    """The binding of the control that is moved on a port whose name contains `port`.

    Raises BandmateError: "no_midi" without a MIDI system or such a port, "bad_value" where nothing was moved.
    """
    find_dial(dial)
    found: queue.SimpleQueue[Binding] = queue.SimpleQueue()
    controls = ControlMap(learnt=found.put)

    def hear(moment: float, data: tuple[int, ...]) -> None:
        message = heard(moment, data)
        if message is not None:
            controls.hear(message)

    ports = Ports(Configure(inputs=(PortWish(port, virtual=False),), outputs=()), hear, threading.Event().set)
    ports.open()
    try:
        [state] = ports.states()
        if ports.backend == "none" or not state.open:
            raise BandmateError(ports.why_none if ports.backend == "none" else state.detail, "no_midi")
        controls.learn(dial, time.perf_counter())
        say(f"move what is to turn {dial} (an encoder both ways), on {state.detail}")
        return found.get(timeout=seconds)
    except queue.Empty:
        raise BandmateError(f"nothing was moved within {seconds:g} seconds", "bad_value") from None
    finally:
        ports.close()


def heard(moment: float, data: tuple[int, ...]) -> ControlHeard | NoteHeard | None:
    """A controller's or key's message from its bytes; None for any other."""
    if len(data) != 3:
        return None
    kind, channel = data[0] & 0xF0, data[0] & 0x0F
    if kind == 0xB0:
        return ControlHeard(0.0, moment, channel, data[1], data[2])
    if kind in (0x80, 0x90):
        return NoteHeard(0.0, moment, channel, data[1], data[2] if kind == 0x90 else 0)
    return None
