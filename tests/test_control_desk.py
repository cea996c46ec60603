"""Learning a controller over OSC: it works at once, everybody is told, and it is kept."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bandmate.band.bindings import Source, binding
from bandmate.band.control_desk import ControlDesk
from bandmate.band.control_file import load_bindings
from bandmate.band.control_map import ControlMap
from bandmate.config import Config
from bandmate.server import Engine
from bandmate_bridge.messages import ClockState, ControlHeard, NoteHeard
from bandmate_models.errors import BandmateError
from stand_in import StandIn

WAIT = 5.0


class Desk:
    """A desk, the client that asks, and what is told."""

    def __init__(self, file: Path) -> None:
        self.controls = ControlMap([binding("energy", Source("cc", 1))])
        self.told: list[tuple[Any, ...]] = []
        self.kept = threading.Event()
        self.notices: list[tuple[str, str]] = []
        self.desk = ControlDesk(self.controls, file, self.notice)

    def notice(self, code: str, sentence: str) -> None:
        self.notices.append((code, sentence))
        if code != "learnt":
            self.kept.set()

    def tell(self, *atoms: Any) -> None:
        self.told.append(atoms)

    def ask(self, dial: str) -> None:
        self.desk.handlers()["learn"](self, 7, dial)  # type: ignore[arg-type]

    def press(self, number: int) -> list[tuple[str, float]]:
        return self.controls.hear(ControlHeard(0.0, 0.0, 2, number, 127))


def written(file: Path) -> None:
    """Waits for the thread that writes."""
    for thread in threading.enumerate():
        if thread.name == "controls":
            thread.join(WAIT)
    assert file.is_file()


def test_what_is_learnt_works_is_told_and_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "controls.toml"
    desk = Desk(file)
    desk.ask("fill")
    assert desk.told == [("ok", 7)]
    assert desk.press(44) == []
    assert desk.notices == [("learnt", "cc44@3 turns fill (press, 0 to 1)")]
    assert desk.controls.hear(ControlHeard(0.0, 0.0, 2, 44, 0)) == []
    assert desk.press(44) == [("fill", 1.0)]
    written(file)
    assert load_bindings(file) == (
        binding("energy", Source("cc", 1)),
        binding("fill", Source("cc", 44, 2)),
    )


def test_a_bound_key_begins_no_phrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(Config(osc_port=0, library=tmp_path), (StandIn(), StandIn()), "stand-in")
    controls = ControlMap([binding("fill", Source("key", 24))])
    heard: list[object] = []
    engine.bandstand = SimpleNamespace(hear=heard.append, controllers=controls)  # type: ignore[assignment]
    phrase: list[object] = []
    monkeypatch.setattr(engine._session, "hear", phrase.append)
    clock = ClockState(False, "internal", 0.0, 0.0, 120.0, 4, 4, 0.0)
    lead, music = NoteHeard(0.0, 0.0, 0, 24, 90), NoteHeard(0.0, 0.0, 0, 60, 90)
    for message in (lead, clock, music):
        engine._hear(message)
    assert heard == [lead, clock, music] and phrase == [clock, music]
    engine._server.stop()


def test_an_empty_name_calls_it_off(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "controls.toml")
    desk.ask("fill")
    desk.ask("")
    assert desk.press(44) == [] and desk.notices == []


def test_a_dial_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BandmateError, match="'wobble' is no dial"):
        Desk(tmp_path / "controls.toml").ask("wobble")


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    desk = Desk(tmp_path / "taken" / "controls.toml")
    desk.ask("fill")
    desk.press(44)
    assert desk.kept.wait(WAIT)
    assert desk.notices[1][0] == "bad_path" and "cannot write" in desk.notices[1][1]
