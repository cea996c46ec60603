"""JACK's own view of its ports: which are there, what is connected, whether the server lives.

rtmidi opens JACK ports but neither sees nor makes connections, so this asks libjack itself, the one that the
rtmidi wheel carries, else the system's.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

try:
    import rtmidi
except ImportError:
    rtmidi = None

NO_START_SERVER = 1
MIDI = b"8 bit raw midi"

_Words = ctypes.POINTER(ctypes.c_char_p)
_Handle = ctypes.c_void_p
_Talk = ctypes.CFUNCTYPE(None, ctypes.c_char_p)
_Shutdown = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_ignore = _Talk(lambda text: None)

_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "jack_client_open": (_Handle, (ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(ctypes.c_int))),
    "jack_client_close": (ctypes.c_int, (_Handle,)),
    "jack_on_shutdown": (None, (_Handle, _Shutdown, ctypes.c_void_p)),
    "jack_port_by_name": (_Handle, (_Handle, ctypes.c_char_p)),
    "jack_port_flags": (ctypes.c_int, (_Handle,)),
    "jack_port_get_all_connections": (_Words, (_Handle, _Handle)),
    "jack_get_ports": (_Words, (_Handle, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong)),
    "jack_connect": (ctypes.c_int, (_Handle, ctypes.c_char_p, ctypes.c_char_p)),
    "jack_free": (None, (ctypes.c_void_p,)),
    "jack_set_error_function": (None, (_Talk,)),
    "jack_set_info_function": (None, (_Talk,)),
}


def _candidates() -> Iterator[str]:
    if rtmidi is not None:
        site = Path(rtmidi.__file__).parents[1]
        yield from (str(path) for path in sorted(site.glob("python_rtmidi*/libjack*")))
    for name in ("jack", "libjack64"):
        if found := ctypes.util.find_library(name):
            yield found


def load_library() -> ctypes.CDLL:
    """libjack with its functions typed and its chatter off; OSError where there is none."""
    for candidate in _candidates():
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(candidate)
            for name, (result, arguments) in _FUNCTIONS.items():
                function = getattr(library, name)
                function.restype, function.argtypes = result, arguments
            library.jack_set_error_function(_ignore)
            library.jack_set_info_function(_ignore)
            return library
    raise OSError("no libjack on this machine")


def quieten() -> None:
    """Keeps libjack, where there is one, from writing to standard error that no server is running."""
    with contextlib.suppress(OSError):
        load_library()


class JackGraph:
    """A client of the JACK server that only looks and connects. Ports go by their full names.

    OSError where there is no library or no server. A graph whose server has gone is not `alive` and stays so.
    """

    def __init__(self, name: str = "Bandmate graph") -> None:
        self._jack = load_library()
        client = self._jack.jack_client_open(name.encode(), NO_START_SERVER, None)
        if not client:
            raise OSError("no JACK server is running")
        self._client = _Handle(client)
        self.alive = True
        self._on_shutdown = _Shutdown(self._gone)
        self._jack.jack_on_shutdown(self._client, self._on_shutdown, None)

    def has(self, port: str) -> bool:
        return self.alive and bool(self._jack.jack_port_by_name(self._client, port.encode()))

    def ports(self, flags: int = 0) -> list[str]:
        """The MIDI ports of every client."""
        return self._words(self._jack.jack_get_ports(self._client, None, MIDI, flags)) if self.alive else []

    def connections(self, sources: Iterable[str], destinations: Iterable[str]) -> set[tuple[str, str]]:
        """Pairs (source, destination) that begin at one of `sources` or end at one of `destinations`."""
        pairs = {(port, other) for port in sources for other in self._neighbours(port)}
        return pairs | {(other, port) for port in destinations for other in self._neighbours(port)}

    def connect(self, source: str, destination: str) -> bool:
        """Whether both ports exist and now are connected."""
        if not (self.has(source) and self.has(destination)):
            return False
        if destination in self._neighbours(source):
            return True
        return bool(
            self._jack.jack_connect(self._client, source.encode(), destination.encode()) == 0
            or destination in self._neighbours(source)
        )

    def close(self) -> None:
        if self.alive:
            self.alive = False
            self._jack.jack_client_close(self._client)

    def _neighbours(self, port: str) -> list[str]:
        if not self.alive:
            return []
        handle = self._jack.jack_port_by_name(self._client, port.encode())
        if not handle:
            return []
        return self._words(self._jack.jack_port_get_all_connections(self._client, handle))

    def _words(self, words: Any) -> list[str]:
        if not words:
            return []
        found: list[str] = []
        while (word := words[len(found)]) is not None:
            found.append(word.decode(errors="replace"))
        self._jack.jack_free(ctypes.cast(words, ctypes.c_void_p))
        return found

    def _gone(self, _: Any) -> None:
        self.alive = False
