"""The Bitwig script, run in node against a strict stand-in for its API, with the real daemon over UDP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import pytest

from bandmate.library import Library
from bandmate.tasks.form import Songwriter
from bandmate.tasks.studio import Studio
from bandmate_bridge.osc_client import OscClient
from bandmate_bridge.osc_clients import Client
from bandmate_bridge.osc_packet import Atom
from bandmate_bridge.osc_server import OWN, Handler, OscServer
from bandmate_bridge.protocol import ASKS
from bandmate_models.score import Note, Score
from bandmate_models.weights import Weights
from stand_in import StandIn

sys.path.insert(0, str(Path(__file__).parent / "hosts"))
from engines import daemon, free_port

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "examples" / "hosts" / "bitwig" / "Bandmate.control.js"
HOST = ROOT / "tests" / "hosts" / "bitwig_host.js"
STEPS = 48
pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")

PHRASE = {
    "0:0:62": {"velocity": 90, "duration": 1.0},
    "0:48:65": {"velocity": 84, "duration": 0.5},
    "0:72:69": {"velocity": 92, "duration": 0.25},
    "0:100:67": {"velocity": 80, "duration": 3.0},
}


def clip(notes: dict[str, Any], length: float = 4.0, **more: Any) -> dict[str, Any]:
    usual = {"name": "", "length": length, "loop": True, "loopStart": 0, "loopLength": length, "playStart": 0}
    return {**usual, "notes": notes, **more}


class Bitwig:
    """A running stand-in with the script loaded."""

    def __init__(self, port: int, slots: list[Any], name: str = "Lead", seed: int = 0) -> None:
        words = ["node", str(HOST), str(SCRIPT), str(port), str(free_port()), str(seed)]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._said: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self.popups: list[str] = []
        self.created: list[int] = []
        threading.Thread(target=self._listen, daemon=True).start()
        self.tell("track", name=name, slots=slots)
        self.tell("init")

    def tell(self, do: str, **more: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self._process.stdin.flush()

    def slots(self) -> list[Any]:
        self.tell("look")
        return list(self._until(lambda said: said["event"] == "document")["tracks"][0]["slots"])

    def popup(self, words: str) -> str:
        """The next message to the user that holds these words."""
        return str(self._until(lambda said: said["event"] == "popup" and words in said["text"])["text"])

    def select(self, slot: int, track: int = 0) -> None:
        self.tell("select", track=track, slot=slot)
        time.sleep(0.2)

    def close(self) -> None:
        self.tell("exit")
        self._process.wait(10)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.put(json.loads(line))

    def _until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                said = self._said.get(timeout=0.2)
            except Empty:
                continue
            assert said["event"] != "fault", said["text"]
            if said["event"] == "created":
                self.created.append(said["slot"])
            if wanted(said):
                return said
        pytest.fail("Bitwig never said so")


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def musician(library: Library, port: int) -> Iterator[StandIn]:
    musician = StandIn()
    with daemon(library.folder, port, musician):
        yield musician


@pytest.fixture
def bitwig(port: int) -> Iterator[Bitwig]:
    slots = [None, clip(dict(PHRASE)), clip({"0:0:60": {"velocity": 1, "duration": 1.0}}), None, None, None]
    bitwig = Bitwig(port, slots + [None] * 58)
    yield bitwig
    bitwig.close()


def notes_in(made: dict[str, Any]) -> list[Note]:
    """A clip's notes, as the script wrote them."""
    notes = []
    for key, note in made["notes"].items():
        _, x, pitch = (int(number) for number in key.split(":"))
        notes.append(Note(x / STEPS, note["duration"], pitch, note["velocity"]))
    return same(notes)


def notes_of(score: Score) -> list[Note]:
    return same(note for part in score.parts for note in part.notes)


def same(notes: Iterable[Note]) -> list[Note]:
    """Notes in order, their beats as exact as a 32-bit float carries them."""
    return sorted(note._replace(start=round(note[0], 5), duration=round(note[1], 5)) for note in notes)


def taken(library: Library) -> list[Score]:
    """The scores of the library's takes, oldest first."""
    return [library.get(card.id).score for card in reversed(library.list())]


def test_a_clip_is_continued_into_the_next_empty_slots(
    musician: StandIn, bitwig: Bitwig, library: Library
) -> None:
    bitwig.popup("connected")
    bitwig.select(1)
    bitwig.tell("set", label="Answer/Bars", to=2)
    bitwig.tell("set", label="Answer/Takes", to=2)
    bitwig.tell("press", label="Do/Continue")
    bitwig.popup("done")
    slots = bitwig.slots()
    heard = musician.heard[0]
    assert heard.parts[0].role == "melody"
    assert heard.parts[0].notes == (
        *(Note(0.0, 1.0, 62, 90), Note(1.0, 0.5, 65, 84), Note(1.5, 0.25, 69, 92)),
        Note(pytest.approx(100 / 48, abs=1e-3), pytest.approx(4 - 100 / 48, abs=2e-3), 67, 80),
    )
    assert (heard.tempos[0].bpm, heard.metres[0][1:]) == (120.0, (4, 4))
    assert bitwig.created == [3, 4], "slot 2 has a clip"
    assert slots[1] == clip(PHRASE) and slots[2]["notes"] == {"0:0:60": {"velocity": 1, "duration": 1.0}}
    for slot, score in zip(slots[3:5], taken(library), strict=True):
        assert notes_in(slot) == notes_of(score)
        assert slot["length"] == slot["loopLength"] == 8
        assert slot["name"]
    assert slots[5] is None


def test_only_what_sounds_is_the_phrase(musician: StandIn, port: int) -> None:
    notes = {
        "0:0:50": {"velocity": 90, "duration": 1.0},
        "0:96:60": {"velocity": 90, "duration": 1.0},
        "0:144:61": {"velocity": 90, "duration": 1.0, "muted": True},
        "0:288:62": {"velocity": 90, "duration": 4.0},
        "0:400:63": {"velocity": 90, "duration": 1.0},
    }
    bitwig = Bitwig(port, [clip(notes, 16.0, loopStart=2, loopLength=5.5)] + [None] * 63, "Drum Machine")
    bitwig.popup("connected")
    bitwig.tell("transport", name="tempo", to=96.1)
    bitwig.tell("transport", name="beats", to=7)
    bitwig.tell("transport", name="unit", to=8)
    bitwig.select(0)
    bitwig.tell("press", label="Do/Vary")
    bitwig.popup("done")
    bitwig.close()
    heard = musician.heard[0]
    assert heard.parts[0].role == "drums"
    assert [note[:3] for note in heard.parts[0].notes] == [(0, 1, 60), (4, 1.5, 62)]
    assert heard.tempos[0].bpm == pytest.approx(96.1)
    assert heard.metres[0][1:] == (7, 8)


def test_a_full_column_keeps_its_clips(musician: StandIn, port: int, library: Library) -> None:
    slots = [clip(dict(PHRASE)) for _ in range(64)]
    bitwig = Bitwig(port, slots)
    bitwig.popup("connected")
    bitwig.select(5)
    bitwig.tell("press", label="Do/Continue")
    bitwig.popup("no empty slot")
    assert bitwig.slots() == slots and bitwig.created == []
    assert len(library.list()) == 1, "the take is not lost"
    bitwig.close()


def test_another_track_that_is_selected_meanwhile_gets_nothing(musician: StandIn, bitwig: Bitwig) -> None:
    bitwig.tell("track", name="Other", slots=[None] * 64)
    bitwig.popup("connected")
    bitwig.select(1)
    musician.pause = 0.02
    bitwig.tell("press", label="Do/Continue")
    bitwig.popup("continue")
    bitwig.select(0, track=1)
    bitwig.popup("another track")
    bitwig.tell("look")
    assert bitwig.created == []


def test_what_cannot_be_asked_is_said(musician: StandIn, bitwig: Bitwig) -> None:
    bitwig.tell("press", label="Do/Continue")
    bitwig.popup("start it with `bandmate serve`")
    bitwig.popup("connected")
    bitwig.tell("press", label="Do/Continue")
    bitwig.popup("select a launcher clip")
    bitwig.tell("transport", name="beats", to=31)
    bitwig.tell("transport", name="unit", to=32)
    bitwig.select(1)
    musician.pause = 0.05
    bitwig.tell("press", label="Do/Continue")
    bitwig.popup("continue")
    bitwig.tell("press", label="Do/Continue")
    bitwig.popup("still writing")
    bitwig.tell("press", label="Do/Cancel")
    bitwig.popup("cancelled")
    assert bitwig.created == []


def test_a_daemon_that_comes_back_is_found_again(bitwig: Bitwig, port: int, tmp_path: Path) -> None:
    for life in ("first", "second"):
        with daemon(tmp_path / life, port, StandIn()):
            bitwig.popup("connected")
            bitwig.select(1)
            bitwig.tell("press", label="Do/Continue")
            bitwig.popup("done")
        bitwig.popup("does not answer")
    assert bitwig.created == [3, 4]


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_what_the_network_loses_doubles_and_disorders_arrives(library: Library, port: int, seed: int) -> None:
    riff = {f"0:{x * 12}:{50 + x % 20}": {"velocity": 64 + x % 60, "duration": 0.25} for x in range(96)}
    with daemon(library.folder, port, musician := StandIn(per_beat=6)):
        bitwig = Bitwig(port, [clip(riff, 24.0)] + [None] * 63, seed=seed)
        bitwig.popup("connected")
        bitwig.select(0)
        bitwig.tell("set", label="Answer/Takes", to=2)
        bitwig.tell("press", label="Do/Continue")
        bitwig.popup("done")
        slots = bitwig.slots()
        bitwig.close()
    assert musician.heard[0].note_count == 96
    assert [notes_in(slot) for slot in slots[1:3]] == [notes_of(score) for score in taken(library)]
    assert slots[3] is None


def test_every_task_is_answered_by_the_model(bitwig: Bitwig, port: int, library: Library) -> None:
    with daemon(library.folder, port, Songwriter(Studio(Weights.load()))):
        bitwig.popup("connected")
        bitwig.tell("set", label="Answer/Bars", to=1)
        for task in ("Continue", "Vary", "Harmonise", "Drumify", "Accompany", "Humanise", "Generate"):
            bitwig.select(1)
            begun = len(bitwig.created)
            bitwig.tell("press", label=f"Do/{task}")
            bitwig.popup("done")
            slots = bitwig.slots()
            written = [note for slot in bitwig.created[begun:] for note in notes_in(slots[slot])]
            assert same(written) == notes_of(taken(library)[-1]), task
    assert bitwig.created == list(range(3, 3 + len(bitwig.created)))


def test_the_live_band_plays_to_the_transport(port: int, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "bandmate", "serve", "--osc-port", str(port), "--library", str(tmp_path)]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    server = subprocess.Popen(words, env=environ, cwd=tmp_path, stdout=subprocess.DEVNULL)
    bitwig = Bitwig(port, [None] * 64)
    try:
        bitwig.tell("set", label="Band/Follow Bitwig", to=True)
        bitwig.popup("connected")
        bitwig.tell("transport", name="tempo", to=100.5)
        bitwig.tell("transport", name="playing", to=True)
        begun, state = time.monotonic(), {}
        while time.monotonic() < begun + 30 and not state.get("band_planned"):
            bitwig.tell("transport", name="position", to=(time.monotonic() - begun) * 100.5 / 60)
            time.sleep(0.05)
            if int((time.monotonic() - begun) * 20) % 20 == 0:
                with OscClient(port) as client:
                    words = client.ask("status")[-1].values
                state = dict(zip(words[::2], words[1::2], strict=True))
        assert (state["clock"], state["band"], state["refused"]) == ("host", "playing", 0)
        assert state["bpm"] == pytest.approx(100.5)
    finally:
        bitwig.close()
        server.terminate()
        server.wait(20)


def test_the_band_follows_the_transport(port: int, bitwig: Bitwig) -> None:
    heard: SimpleQueue[tuple[str, tuple[Atom, ...]]] = SimpleQueue()

    def handler(name: str) -> Handler:
        def answer(client: Client, request: int, *values: Atom) -> None:
            heard.put((name, values))
            client.tell("ok", request)

        return answer

    server = OscServer({name: handler(name) for name in set(ASKS) - OWN}, port=port)
    server.introduction = ("1.0", "stand-in", "live")
    server.start()
    try:
        bitwig.popup("connected")
        bitwig.tell("set", label="Band/Follow Bitwig", to=False)  # stops no band that is not followed
        bitwig.tell("set", label="Band/Follow Bitwig", to=True)
        bitwig.tell("transport", name="tempo", to=96.25)
        bitwig.tell("transport", name="position", to=10.5)
        bitwig.tell("transport", name="playing", to=True)
        assert heard.get(timeout=10) == ("clock", ("host",))
        asked = [heard.get(timeout=10) for _ in range(3)]
        assert asked == [("band", turn) for turn in (("energy", 0.5), ("swing", 0), ("play", 1))]
        while (message := heard.get(timeout=10))[0] != "host" or message[1][0] == 0:
            pass
        assert message[1] == (1, 10.5, 96.25, 4, 4, 0, 0, 16)
        bitwig.tell("transport", name="playing", to=False)
        while (message := heard.get(timeout=10))[0] != "host" or message[1][0] == 1:
            pass  # what was asked may be asked again
        assert message[1][0] == 0
        bitwig.tell("set", label="Band/Energy", to=0.7)
        while heard.get(timeout=10) != ("band", ("energy", pytest.approx(0.7))):
            pass
    finally:
        server.stop()
