"""A DAW records the band: Ardour's MIDI region holds the notes of the take in the library."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ardour import PROGRAM, Ardour, StudioServer
from bandmate.library import Library
from bandmate_bridge.osc_client import OscClient
from bandmate_models.errors import BandmateError
from bandmate_models.score import Note, Score
from jack_helpers import OUT_PORT, Musician, until

ROOT = Path(__file__).parent.parent
BPM = 96.0
BEAT = 60.0 / BPM
MELODY, DRUMS = 2, 9
TUNE = (60, 63, 67, 65, 63, 62, 60, 58)
KICK, SNARE = 36, 38

CLOSE = 0.015
"""Seconds: most notes are recorded as near as this to where the take has them, and what JACK lost besides."""

TOO_LATE = 0.05
"""Seconds: Bandmate drops a note that would leave later, as may be where JACK loses as much."""

Key = tuple[int, int]  # channel and pitch


def phrase(bars: int = 4) -> list[tuple[float, tuple[int, ...]]]:
    """Eighth notes, with a kick or a snare on every beat; (seconds to wait, MIDI bytes)."""
    messages: list[tuple[float, tuple[int, ...]]] = []
    for eighth in range(8 * bars):
        pitch, velocity = TUNE[eighth % len(TUNE)], 100 if eighth % 2 == 0 else 80
        drum = SNARE if eighth % 4 == 2 else KICK
        ons = [(0.0, (0x90 | MELODY, pitch, velocity))]
        offs = [(BEAT * 0.3, (0x80 | MELODY, pitch, 0))]
        if eighth % 2 == 0:
            ons.append((0.0, (0x90 | DRUMS, drum, 110)))
            offs.append((0.0, (0x80 | DRUMS, drum, 0)))
        rest = BEAT * 0.2 if eighth else 0.0
        messages += [(rest, ons[0][1]), *ons[1:], *offs]
    return messages


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StudioServer]:
    """A JACK server for this process and its children; skips where jackd, rtmidi or Ardour is missing."""
    pytest.importorskip("rtmidi")
    for program in ("jackd", "jack_wait", PROGRAM):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    if Path("/dev/snd/seq").exists():
        pytest.skip("ALSA's sequencer is here, and Bandmate takes it before JACK")
    monkeypatch.setenv("JACK_NO_AUDIO_RESERVATION", "1")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", f"bandmate-studio-{os.getpid()}")
    server = StudioServer(os.environ["JACK_DEFAULT_SERVER"], tmp_path / "jackd.log")
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def client(studio: StudioServer, tmp_path: Path) -> Iterator[OscClient]:
    """Who listens to a running `bandmate serve`, which plays the model that ships, in four bars of 96."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = int(sock.getsockname()[1])
    settings = tmp_path / "config.toml"
    settings.write_text(
        f'osc_port = {port}\nlibrary = "{tmp_path / "library"}"\ntempo = {BPM}\ncount_in = 0\nseed = 1\n',
        encoding="utf-8",
    )
    roots = os.pathsep.join(str(ROOT / name) for name in ("daemon", "bridge", "models"))
    with (tmp_path / "serve.log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bandmate", "--config", str(settings), "serve"],
            env={**os.environ, "PYTHONPATH": roots},
            stdout=log,
            stderr=log,
        )
        client = OscClient(port)
        try:
            until(lambda: process.poll() is not None or _is_welcome(client), "the daemon", 60.0)
            assert process.poll() is None, Path(log.name).read_text(encoding="utf-8")
            yield client
        finally:
            client.__exit__(None, None, None)
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_welcome(client: OscClient) -> bool:
    with contextlib.suppress(BandmateError):
        client.__enter__()
        return True
    return False


def wait_for(state: str, client: OscClient) -> None:
    """Waits until the live session is in that state."""
    for told in client.announcements(60.0):
        if told.name == "session" and told.values[0] == state:
            return
    pytest.fail(f"the session is not {state}")


def notes_of(take: Score) -> list[tuple[Key, Note]]:
    """The notes of a take, on the channels that they are played on, in the order of their keys."""
    return sorted(
        ((DRUMS if part.is_drums else MELODY, note.pitch), note) for part in take.parts for note in part.notes
    )


def struck(notes: Iterable[tuple[Key, int]]) -> dict[Key, list[int]]:
    """The velocities with which each key was struck, in order."""
    velocities: dict[Key, list[int]] = defaultdict(list)
    for key, velocity in notes:
        velocities[key].append(velocity)
    return velocities


def test_ardour_records_the_answer_as_a_region_with_the_takes_notes(
    studio: StudioServer, client: OscClient, tmp_path: Path
) -> None:
    with contextlib.ExitStack() as leaving:
        ardour = Ardour(tmp_path, OUT_PORT)
        leaving.callback(ardour.leave)
        player = Musician()
        leaving.callback(player.leave)
        ardour.record()
        player.play(*phrase())
        wait_for("answering", client)
        before = studio.lost()
        wait_for("waiting", client)
        lost = studio.lost() - before
        until(lambda: not player.still_sounding(), "the last note-off")
        recorded = ardour.stop()
    library = Library(tmp_path / "library")
    [card] = library.list()
    take = library.get(card.id)
    assert take.phrase is not None
    assert take.phrase.note_count == 48
    notes = notes_of(take.score)
    print(f"{len(notes)} notes in the take, {len(recorded)} in the region; jackd lost {lost * 1e3:.1f} ms")
    assert len(notes) >= 4, "an answer of four bars"

    in_region = struck(((sound.channel, sound.pitch), sound.velocity) for sound in recorded)
    assert in_region == struck(((channel, pitch), velocity) for channel, pitch, velocity in player.notes_on())
    if lost > TOO_LATE and len(recorded) < len(notes):
        in_take = Counter((key, note.velocity) for key, note in notes)
        assert Counter(((s.channel, s.pitch), s.velocity) for s in recorded) <= in_take
        return
    assert in_region == struck((key, note.velocity) for key, note in notes)

    recorded.sort(key=lambda sound: (sound.channel, sound.pitch, sound.start))
    onsets = np.array([note.start * BEAT for _, note in notes])
    heard = np.array([sound.start for sound in recorded])
    assert np.all(np.diff(onsets[np.lexsort((onsets, heard))]) >= 0), "in the take's order"
    offsets = heard - onsets
    errors = np.abs(offsets - np.median(offsets))
    p50, p99 = np.percentile(errors, [50, 99]) * 1e3
    print(
        f"onsets p50 {p50:.1f} ms, p99 {p99:.1f} ms from the take's; "
        f"JACK's period {studio.PERIOD * 1e3:.1f} ms, real time {studio.real_time}"
    )
    assert np.mean(errors <= CLOSE + lost) >= 0.95
