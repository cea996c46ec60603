"""The conductor: the process that holds the ports, the clock and the scheduler, and is never late.

`python -m bandmate_bridge.conductor` speaks lines of JSON (`wire`) on its standard input and output. It ends
when told to, or when its input ends: then the engine is gone, and it silences what sounds.
"""

from __future__ import annotations

import argparse
import gc
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable

from bandmate_bridge.conductor_loop import Conductor
from bandmate_bridge.messages import FromConductor
from bandmate_bridge.waiting import ask_for_short_slices, gain_realtime_priority, give_precedence
from bandmate_bridge.wire import encode

SWITCH_INTERVAL = 5e-5
"""Seconds for which a thread may keep the interpreter from the one that plays."""

LEAVE_WITHIN = 2.0
"""Seconds after which the process ends though a MIDI system holds it up."""


def _speak(descriptor: int, messages: queue.SimpleQueue[FromConductor | None]) -> None:
    """Writes messages until None; an engine that is gone is noticed by the reader."""
    give_precedence()
    while (message := messages.get()) is not None:
        try:
            os.write(descriptor, encode(message))
        except OSError:
            return


def _listen(descriptor: int, take: Callable[[bytes | None], None]) -> None:
    """Hands over each line that comes, then None."""
    give_precedence()
    rest = b""
    while chunk := os.read(descriptor, 65536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            take(line)
    take(None)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="bandmate-conductor", description="started by `bandmate serve`")
    arguments.add_argument("--no-realtime", action="store_true", help="keep ordinary priority")
    realtime = not arguments.parse_args().no_realtime and gain_realtime_priority()
    if not realtime:
        ask_for_short_slices()
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.disable()

    out = os.dup(1)
    os.dup2(2, 1)  # what libraries print goes to standard error
    messages: queue.SimpleQueue[FromConductor | None] = queue.SimpleQueue()
    conductor = Conductor(messages.put, realtime)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: conductor.leave())
    speaker = threading.Thread(target=_speak, args=(out, messages), name="speaker", daemon=True)
    speaker.start()
    threading.Thread(target=_listen, args=(0, conductor.take), name="listener", daemon=True).start()
    conductor.run()
    deadline = threading.Timer(LEAVE_WITHIN, os._exit, (1,))
    deadline.daemon = True
    deadline.start()
    conductor.close()
    messages.put(None)
    speaker.join(0.5)


if __name__ == "__main__":
    main()
    sys.stderr.flush()
    os._exit(0)  # threads of MIDI libraries must not hold the process up
