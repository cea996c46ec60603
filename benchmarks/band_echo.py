"""The bare echo that the band is measured beside: rtmidi in, rtmidi out, nothing between."""

from __future__ import annotations

import signal
import threading
import time

import rtmidi


def main() -> None:
    out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="Echo Out")
    out.open_virtual_port("Echo Out")
    source = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="Echo In")
    source.open_virtual_port("Echo In")
    source.set_callback(lambda event, _: out.send_message(event[0]))
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    print("ready", flush=True)
    while not ended.wait(0.5):
        pass
    source.cancel_callback()  # JACK ends the thread that calls back, wherever it is
    time.sleep(0.1)
    for port in (source, out):
        port.delete()


if __name__ == "__main__":
    main()
