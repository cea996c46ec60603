"""A small process that watches JACK's connections, and the link's handle on it.

It is a process of its own because jackd stands still for each client that dies: so the conductor is no more
clients than it has ports, the engine is none, and whichever of them is killed, this one outlives it and
leaves in good order.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import IO, Any

from bandmate_bridge.children import child_command
from bandmate_bridge.jack_memory import ConnectionMemory, Pairs
from bandmate_bridge.messages import PortState

LOOK_EVERY = 0.25
"""Seconds between two looks at what is connected."""


class JackWatch:
    """What is connected to the conductor's ports, remembered when they have gone, and made again on request.

    `changed()` and `server_lost()` are called on a thread of the watch's own.
    """

    def __init__(
        self, environment: dict[str, str], changed: Callable[[], None], server_lost: Callable[[], None]
    ) -> None:
        self.pairs: Pairs = ()
        self._environment = environment
        self._changed = changed
        self._server_lost = server_lost
        self._process: subprocess.Popen[bytes] | None = None
        self._ports: tuple[PortState, ...] = ()
        self._mended = threading.Event()

    def watch(self, ports: tuple[PortState, ...]) -> None:
        """Looks at these ports from now on."""
        if self._process is None or self._process.poll() is not None:
            self._process, self._ports = self._spawn(), ()
        if ports != self._ports:
            self._ports = ports
            self._say("ports", ports)

    def lose(self) -> None:
        """The ports have gone, and every connection with them."""
        self._ports = ()
        self._say("lose")

    def mend(self, timeout: float = 1.0) -> None:
        """Makes the lost connections anew, now that the ports are back; gives up waiting after `timeout`."""
        self._mended.clear()
        if self._say("mend"):
            self._mended.wait(timeout)

    def close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            try:
                self._process.wait(1.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _spawn(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            child_command("bandmate_bridge.jack_watch"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._environment,
            start_new_session=True,
        )
        assert process.stdout is not None
        threading.Thread(target=self._listen, args=(process.stdout,), name="jack watch", daemon=True).start()
        return process

    def _say(self, *words: Any) -> bool:
        if self._process is None or self._process.stdin is None:
            return False
        try:
            self._process.stdin.write(json.dumps(words).encode() + b"\n")
            self._process.stdin.flush()
        except (OSError, ValueError):
            return False
        return True

    def _listen(self, stream: IO[bytes]) -> None:
        for line in stream:
            word, *rest = json.loads(line)
            if word == "pairs":
                self.pairs = tuple((source, destination) for source, destination in rest[0])
                self._changed()
            elif word == "mended":
                self._mended.set()
            elif word == "server lost":
                self._server_lost()


def _read(lines: queue.SimpleQueue[list[Any] | None]) -> None:
    for line in sys.stdin:
        lines.put(json.loads(line))
    lines.put(None)


def _tell(descriptor: int, *words: Any) -> None:
    os.write(descriptor, json.dumps(words).encode() + b"\n")


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out = os.dup(1)
    os.dup2(2, 1)  # what libraries print goes to standard error
    lines: queue.SimpleQueue[list[Any] | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    memory = ConnectionMemory()
    ports: Sequence[PortState] = ()
    mending = False
    while True:
        try:
            line = lines.get(timeout=LOOK_EVERY)
        except queue.Empty:
            line = ["look"]
        if line is None:
            break
        if line[0] == "ports":
            ports = [PortState(*port) for port in line[1]]
        elif line[0] == "lose":
            memory.lose()
            ports, mending = (), False  # a dead client's ports stay for a moment, connected as they were
        if memory.lost_server():
            memory.lose()
            mending = True
            _tell(out, "server lost")
        mending = mending or line[0] == "mend"
        if mending:
            memory.mend()
        if line[0] == "mend":
            _tell(out, "mended")
        if memory.look(ports):
            _tell(out, "pairs", memory.pairs)
    memory.close()


if __name__ == "__main__":
    main()
