"""Plays what it is told on standard input, `[seconds to wait, bytes]` a line, and prints what it hears."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from types import FrameType

import mido

_printing = threading.Lock()


def write(line: str) -> None:
    with _printing:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def main(player_port: str, bandmate_port: str) -> None:
    ending = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    output = mido.open_output(player_port)
    source = mido.open_input(
        bandmate_port, callback=lambda message: write(json.dumps([time.perf_counter(), message.bytes()]))
    )
    write("connected")
    try:
        for line in sys.stdin:
            wait, data = json.loads(line)
            time.sleep(wait)
            output.send(mido.Message.from_bytes(data))
        ending.wait()
    except KeyboardInterrupt:
        source.close()
        output.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
