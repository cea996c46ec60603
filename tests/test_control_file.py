"""The control map's file and `bandmate map`; controls as text."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.band import learning
from bandmate.band.bindings import (
    FITTING,
    Binding,
    Source,
    binding,
    bound,
    key_name,
    unbound,
    usual_bindings,
)
from bandmate.band.control_file import control_file, load_bindings, save_bindings
from bandmate.band.dials import dial_names, find_dial
from bandmate_bridge.messages import ControlHeard, NoteHeard
from bandmate_models.errors import BandmateError
from bandmate_models.wishes import pitch_of
from command_line_kit import bandmate, workplace

__all__ = ["workplace"]

SOURCES = st.one_of(
    st.builds(Source, st.just("cc"), st.integers(0, 119), st.none() | st.integers(0, 15)),
    st.builds(Source, st.just("key"), st.integers(0, 127), st.none() | st.integers(0, 15)),
)


@st.composite
def bindings(draw: st.DrawFn) -> Binding:
    dial, source = draw(st.sampled_from(dial_names())), draw(SOURCES)
    found, _ = find_dial(dial)
    ends = st.floats(found.low, found.high)
    low, high = draw(st.tuples(ends, ends).filter(lambda pair: pair[0] != pair[1]))
    return binding(dial, source, draw(st.sampled_from(FITTING[found.kind, source.kind])), low, high)


@given(SOURCES)
def test_a_source_is_what_it_says(source: Source) -> None:
    assert Source.parse(str(source)) == source


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("cc74", Source("cc", 74)),
        ("CC 74 @ 10", Source("cc", 74, 9)),
        ("key C4", Source("key", 60)),
        ("note f#1@16", Source("key", 30, 15)),
        ("key 36", Source("key", 36)),
    ],
)
def test_sources_are_written_in_several_ways(text: str, source: Source) -> None:
    assert Source.parse(text) == source


@pytest.mark.parametrize(
    "text", ["", "74", "cc", "cc120", "cc-1", "cc1.5", "cc1@0", "cc1@17", "key H3", "key 128"]
)
def test_what_is_no_source_is_told(text: str) -> None:
    with pytest.raises(BandmateError):
        Source.parse(text)


@given(st.integers(0, 127))
def test_keys_are_named_as_everywhere(pitch: int) -> None:
    assert pitch_of(key_name(pitch)) == pitch


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("wobble", "cc1"), "is no dial"),
        (("energy", "key C1", "pickup"), "a key turns energy by toggle or hold, not by 'pickup'"),
        (("fill", "cc1", "toggle"), "a controller turns fill by press"),
        (("trade", "cc1", None, 0, 9), "trade goes from 0 to 8, not to 9"),
        (("energy", "cc1", None, 0.5, 0.5), "that is one value"),
        (("energy", "cc1", None, float("nan")), "not to nan"),
    ],
)
def test_what_does_not_fit_is_told(wrong: tuple[Any, ...], words: str) -> None:
    dial, source, *rest = wrong
    with pytest.raises(BandmateError, match=words):
        binding(dial, Source.parse(source), *rest)


@given(st.lists(bindings(), max_size=8))
def test_the_file_keeps_all(kept: list[Binding]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "deep" / "controls.toml"
        save_bindings(kept, file)
        assert load_bindings(file) == tuple(kept)


def test_without_a_file_the_usual_is_bound() -> None:
    assert load_bindings(Path("none.toml")) == usual_bindings()
    sources = [of.source for of in usual_bindings()]
    assert len(set(sources)) == len(sources) and all(source.kind == "cc" for source in sources)
    taken_by_midi = {0, 1, 2, 4, 5, 6, 7, 8, 10, 11, 32, 38, *range(64, 70), 80, *range(96, 102)}
    assert not taken_by_midi & {source.number for source in sources}


def test_binding_and_unbinding() -> None:
    first, second = binding("energy", Source("cc", 1)), binding("swing", Source("cc", 2))
    again = binding("energy", Source("cc", 2, 4))
    assert bound([first, second], again) == (again,)
    assert bound([first, second], again, also=True) == (first, again)
    assert unbound([first, second], "cc 2") == (first,)
    assert unbound([first, second], "energy") == (second,)
    for word in ("cc3", "trade", "wobble"):
        with pytest.raises(BandmateError):
            unbound([first, second], word)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[control", "is not valid TOML"),
        ("energy = 1", "holds [[control]] tables and nothing else"),
        ("control = 1", "holds [[control]] tables"),
        ('[[control]]\ndial = "energy"', "control 1 in {file} lacks a dial or a source"),
        ('[[control]]\ndial = "energy"\nsource = 3', "source is 3"),
        ('[[control]]\ndial = "energy"\nsource = "cc1"\nlow = true', "low is True"),
        ('[[control]]\ndial = "energy"\nsource = "cc1"\ncurve = 1', "has 'curve'; it may have dial, source"),
        (
            '[[control]]\ndial = "energy"\nsource = "cc1"\n[[control]]\ndial = "x"\nsource = "cc2"',
            "control 2 in",
        ),
    ],
)
def test_a_broken_file_is_one_line(text: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = control_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    assert bandmate("map") == 2
    told = capsys.readouterr().err
    assert words.format(file=file) in told and told.count("\n") == 1


def test_the_file_lies_with_the_settings(tmp_path: Path) -> None:
    settings = {"BANDMATE_CONFIG": str(tmp_path / "band.toml")}
    assert control_file(settings) == tmp_path / "controls.toml"


def test_listing_setting_removing_and_resetting(capsys: pytest.CaptureFixture[str]) -> None:
    def told(*arguments: object) -> str:
        assert bandmate("map", *arguments) == 0
        return capsys.readouterr().out

    assert "the usual" in told() and "cc21" in told("list")
    assert "cc74@2 turns bass.density (pickup, -1 to 4)" in told("set", "bass.density", "cc74@2", "--high", 4)
    said = told("set", "energy", "key C1", "--mode", "hold")
    assert "key C1 turns energy (hold, 0 to 1)" in said and "cc21 turns energy no more" in said
    assert "cc22 turned swing before" in told("set", "energy", "cc22", "--also")
    listed = told("list")
    assert str(control_file()) in listed and "cc21" not in listed
    assert listed.index("key C1") < listed.index("cc22")
    assert "nothing is bound to bass.density" in told("remove", "bass.density")
    assert told("list").count("bass.density") == 0
    told("reset")
    assert not control_file().exists() and "the usual" in told()


def test_all_dials_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert bandmate("map", "dials") == 0
    told = capsys.readouterr().out
    for name in dial_names():
        own = name.rpartition(".")[2]
        assert f"  {own} " in told or f"  PART.{own} " in told


class FakePorts:
    """Ports on which a knob is moved as soon as they are open."""

    moved: tuple[tuple[int, ...], ...] = ((0xF8,), (0xB0, 74, 0), (0x92, 60, 90), (0xB0, 74, 90))
    found = True
    backend = "jack"
    why_none = "no MIDI"

    def __init__(self, configure: Any, heard: Any, changed: Any) -> None:
        self._name = configure.inputs[0].name
        self._heard = heard
        self.closed = False

    def open(self) -> None:
        pass

    def states(self) -> tuple[Any, ...]:
        detail = f"{self._name} 20:0" if self.found else f"there is no port named '{self._name}'"
        return (SimpleNamespace(open=self.found, detail=detail),)

    def close(self) -> None:
        self.closed = True

    def play(self) -> None:
        for data in self.moved:
            self._heard(0.0, data)


def test_learning_from_a_port(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    opened: list[FakePorts] = []

    def ports(*arguments: Any) -> FakePorts:
        opened.append(FakePorts(*arguments))
        return opened[-1]

    monkeypatch.setattr(learning, "Ports", ports)
    said: list[str] = []

    def say(sentence: str) -> None:
        said.append(sentence)
        opened[-1].play()

    found = learning.listen_and_learn("energy", "Keystation", say)
    assert found == binding("energy", Source("cc", 74, 0))
    assert "Keystation 20:0" in said[0] and opened[0].closed
    with pytest.raises(BandmateError, match="nothing was moved within 0 seconds"):
        learning.listen_and_learn("energy", "Keystation", lambda _: None, seconds=0.0)
    monkeypatch.setattr(FakePorts, "found", False)
    assert bandmate("map", "learn", "energy", "--port", "Nano") == 2
    assert "there is no port named 'Nano'" in capsys.readouterr().err
    assert all(port.closed for port in opened)
    assert bandmate("map", "learn", "wobble", "--port", "Nano") == 2


def test_messages_of_a_port() -> None:
    assert learning.heard(1.5, (0xB3, 7, 9)) == ControlHeard(0.0, 1.5, 3, 7, 9)
    assert learning.heard(1.5, (0x9F, 60, 9)) == NoteHeard(0.0, 1.5, 15, 60, 9)
    assert learning.heard(1.5, (0x8F, 60, 9)) == NoteHeard(0.0, 1.5, 15, 60, 0)
    assert learning.heard(1.5, (0xC0, 4)) is None and learning.heard(1.5, (0xF8,)) is None
