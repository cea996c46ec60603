"""A musician on JACK plays into the daemon, hears its answer, and plays over it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bandmate.config import Config
from bandmate.library import Library
from bandmate.server import Engine
from bandmate_bridge.osc_client import OscClient
from jack_helpers import JackServer, Musician, brisk, until
from stand_in import StandIn

pytest_plugins = ("jack",)

Bring = Callable[[], Musician]
BPM = 240.0
BEAT = 60.0 / BPM
FOOTSWITCH_DOWN = (0xB0, 80, 127)


def bars(count: int, pitch: int = 48) -> list[tuple[float, tuple[int, ...]]]:
    """Quarter notes for so many bars of 4/4, each sounding for half a beat."""
    messages: list[tuple[float, tuple[int, ...]]] = []
    for step in range(4 * count):
        messages += [
            (BEAT / 2 if step else 0.0, (0x90, pitch + step % 4, 80)),
            (BEAT / 2, (0x80, pitch + step % 4, 0)),
        ]
    return messages


@pytest.fixture
def engine(jack: JackServer, tmp_path: Path) -> Iterator[Engine]:
    """A daemon that answers two bars, 60 61 62 ..., to what is played."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    config = Config(osc_port=port, library=tmp_path / "library", tempo=BPM, count_in=0, bars=2, seed=0)
    engine = Engine(config, (StandIn(), StandIn()), "stand-in")
    ready = engine.start()
    assert ready.backend == "jack"
    yield engine
    engine.stop()


def test_four_bars_are_played_and_the_answer_is_heard_and_kept(
    engine: Engine, musician: Bring, tmp_path: Path
) -> None:
    player = musician()
    with OscClient(engine.address[1]) as client:
        player.play(*bars(4))
        told = []
        for answer in client.announcements(30.0):
            told.append(answer)
            if answer.name == "session" and answer.values[0] == "waiting":
                break
        asked = client.ask("continue", 0, "bars", 1)
    assert [answer.values for answer in told if answer.name == "session"] == [
        ["listening", 0.0], ["answering", 20.0], ["waiting", 28.0],
    ]  # fmt: skip
    until(lambda: len(player.notes_on()) == 8 and not player.still_sounding(), "the answer's end")
    assert [pitch for _, pitch, _ in player.notes_on()] == [60 + step for step in range(8)]
    [take] = [answer for answer in told if answer.name == "take"]
    kept = Library(tmp_path / "library").get(str(take.values[0]))
    assert [note.pitch for note in kept.score.parts[0].notes] == [60 + step for step in range(8)]
    assert kept.phrase is not None
    assert [note.pitch for note in kept.phrase.parts[0].notes] == [48 + step % 4 for step in range(16)]
    [again] = [answer for answer in asked if answer.name == "take"]
    assert Library(tmp_path / "library").get(str(again.values[0])).phrase == kept.phrase


def test_playing_again_ends_what_sounds_and_is_the_next_phrase(engine: Engine, musician: Bring) -> None:
    player = musician()
    player.play(*bars(1))
    until(lambda: len(player.notes_on()) == 3, "three notes of the answer")
    player.play(*bars(1, pitch=72))
    until(lambda: len(player.notes_on()) >= 3 + 8, "the second answer")
    until(lambda: not player.still_sounding(), "silence")
    pitches = [pitch for _, pitch, _ in player.notes_on()]
    assert pitches[-8:] == [60 + step for step in range(8)]
    assert len(pitches) < 16, "the first answer was cancelled"


def test_the_footswitch_ends_the_phrase(engine: Engine, musician: Bring) -> None:
    player = musician()
    with OscClient(engine.address[1]) as client:
        player.play(*bars(1)[:5], (0.0, FOOTSWITCH_DOWN), (BEAT / 2, (0x80, 50, 0)))
        states = (answer for answer in client.announcements(30.0) if answer.name == "session")
        assert [next(states).values for _ in range(2)] == [["listening", 0.0], ["answering", 4.0]]
    until(lambda: len(player.notes_on()) == 8 and not player.still_sounding(), "the whole answer")


def test_panic_over_osc_silences_the_answer(engine: Engine, musician: Bring) -> None:
    player = musician()
    player.play(*bars(1))
    until(lambda: player.notes_on(), "the answer")
    with OscClient(engine.address[1]) as client:
        assert client.ask("panic")[-1].name == "ok"
    until(lambda: not player.still_sounding(), "silence")
    assert len(player.notes_on()) < 8


@brisk
def test_a_killed_conductor_is_replaced_and_the_next_phrase_is_answered(
    engine: Engine, musician: Bring
) -> None:
    player = musician()
    with OscClient(engine.address[1]) as client:
        player.play(*bars(1))
        until(lambda: len(player.notes_on()) == 2, "two notes of the answer")
        conductor = engine.conductor
        assert conductor is not None
        os.kill(conductor, signal.SIGKILL)
        told = {}
        for answer in client.announcements(30.0):
            told[answer.name] = answer.values
            if {"notice", "session"} <= told.keys() and told["session"][0] == "waiting":
                break
        assert told["notice"][0] == "conductor_restarted"
    until(lambda: not player.still_sounding(), "silence")
    before = len(player.notes_on())
    player.play(*bars(1, pitch=72))
    until(lambda: len(player.notes_on()) == before + 8, "the second answer", seconds=40.0)
    until(lambda: not player.still_sounding(), "silence")
