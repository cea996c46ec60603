"""Fixtures: a JACK server of a test's own, and musicians. A test module takes them by `pytest_plugins`."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator

import pytest

from jack_helpers import PATIENT, JackServer, Musician


@pytest.fixture
def jack(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[JackServer]:
    """A private JACK server that this process and its children use; skips where jackd or rtmidi is missing.

    `@brisk` on a test gives it a server that soon gives up a dead client.
    """
    pytest.importorskip("rtmidi")
    for program in ("jackd", "jack_wait"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    monkeypatch.setenv("JACK_NO_AUDIO_RESERVATION", "1")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", f"bandmate-test-{os.getpid()}-{time.monotonic_ns() % 100000}")
    server = JackServer(os.environ["JACK_DEFAULT_SERVER"], getattr(request, "param", PATIENT))
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def musician(jack: JackServer) -> Iterator[Callable[[], Musician]]:
    """Brings in musicians, once Bandmate's ports are there."""
    present: list[Musician] = []

    def bring() -> Musician:
        present.append(Musician())
        return present[-1]

    yield bring
    for one in present:
        one.leave()
