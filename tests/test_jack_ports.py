"""The conductor's ports on a real JACK server, with a musician in another process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bandmate_bridge.link import ConductorLink
from bandmate_bridge.messages import (
    Cancel,
    Change,
    Configure,
    ControlHeard,
    CountIn,
    Cue,
    FromConductor,
    ListPorts,
    NoteHeard,
    Panic,
    PlanFinished,
    Play,
    PortList,
    PortsChanged,
    Restarted,
    SetSource,
    SetTempo,
    Start,
)
from bandmate_bridge.phrase import PhraseCapture
from bandmate_models.score import Note
from jack_helpers import IN_PORT, OUT_PORT, JackServer, Musician, brisk, until

pytest_plugins = ("jack",)

Bring = Callable[[], Musician]
JACK = Configure(backend="jack")


class Band:
    """A link and all that its conductor said."""

    def __init__(self) -> None:
        self.said: list[FromConductor] = []
        self.link = ConductorLink(JACK, self.said.append)

    def of(self, kind: type) -> list:  # type: ignore[type-arg]
        return [message for message in self.said if isinstance(message, kind)]

    def play(self, plan: str, *cues: Cue, changes: tuple[Change, ...] = ()) -> None:
        self.link.send(Play(plan, cues, changes))

    def beat(self) -> float:
        return self.link.clock.beat_at(time.perf_counter())


@pytest.fixture
def band(jack: JackServer) -> Iterator[Band]:
    band = Band()
    with band.link:
        yield band


def test_both_ports_are_there_and_open(band: Band) -> None:
    assert [(port.name, port.open, port.detail) for port in band.link.ports] == [
        ("Bandmate In", True, IN_PORT),
        ("Bandmate Out", True, OUT_PORT),
    ]
    listing = band.link.ask(ListPorts(), PortList)
    assert listing.backend == "jack"
    assert OUT_PORT in listing.inputs and IN_PORT in listing.outputs


def test_what_the_musician_plays_is_heard_with_its_beat(band: Band, musician: Bring) -> None:
    band.link.send(SetTempo(120.0))
    band.link.send(Start())
    player = musician()
    player.play((0.0, (0x92, 60, 100)), (0.25, (0x82, 60, 64)), (0.0, (0xB2, 80, 127)))
    until(lambda: band.of(ControlHeard), "the footswitch")
    on, off = band.of(NoteHeard)
    assert (on.channel, on.pitch, on.velocity) == (2, 60, 100)
    assert (off.channel, off.pitch, off.velocity) == (2, 60, 0)
    assert off.beat - on.beat == pytest.approx((off.time - on.time) * 2.0)
    assert band.of(ControlHeard)[0][2:] == (2, 80, 127)


def test_every_note_of_a_long_plan_arrives_in_order(band: Band, musician: Bring) -> None:
    player = musician()
    cues = tuple(Cue(i / 16, 1 / 20, 40 + i % 40, 1 + i % 127, i % 9) for i in range(600))
    band.link.send(SetTempo(240.0))
    band.play("long", *cues)
    band.link.send(Start(-1.0))
    until(lambda: band.of(PlanFinished), "the end of the plan", 60.0)
    until(lambda: not player.still_sounding(), "the last note-off")
    (finished,) = band.of(PlanFinished)
    assert finished == PlanFinished("long", finished.played, finished.dropped, False)
    assert finished.played + finished.dropped == 600
    expected = [(cue.channel, cue.pitch, cue.velocity) for cue in cues]
    until(lambda: len(player.notes_on()) == finished.played, "as many notes as were played")
    if finished.dropped == 0:
        assert player.notes_on() == expected


def test_cancel_and_panic_end_what_sounds(band: Band, musician: Bring) -> None:
    player = musician()
    band.link.send(Start())
    soon = band.beat() + 0.2
    band.play(
        "answer", Cue(soon, 99.0, 60, 90, 0), Cue(soon, 99.0, 64, 90, 0), Cue(soon + 50, 1.0, 67, 90, 0)
    )
    until(lambda: len(player.still_sounding()) == 2, "two notes")
    band.link.send(Cancel("answer"))
    until(lambda: not player.still_sounding(), "note-offs after cancel")
    band.play("answer", Cue(band.beat() + 0.2, 99.0, 62, 90, 3), changes=(Change(band.beat(), (0xC3, 33)),))
    until(player.still_sounding, "another note")
    band.link.send(Panic())
    until(lambda: (0xB3, 123, 0) in [data for _, data in player.heard], "all notes off")
    assert not player.still_sounding()
    assert (0xC3, 33) in [data for _, data in player.heard]


def test_a_count_in_clicks_every_beat_of_its_bars_before_beat_zero(band: Band, musician: Bring) -> None:
    player = musician()
    band.link.send(SetTempo(240.0))
    band.link.send(CountIn(2))
    until(lambda: len(player.notes_on()) == 8, "eight clicks")
    assert [(channel, pitch) for channel, pitch, _ in player.notes_on()] == [(9, 76), *[(9, 77)] * 3] * 2
    until(lambda: band.of(PlanFinished), "the end of the count-in")
    assert band.beat() > -1.5


def test_incoming_midi_clock_leads(band: Band, musician: Bring) -> None:
    band.link.send(SetSource("midi"))
    player = musician()
    pulse = 60.0 / 150.0 / 24.0
    player.play((0.0, (0xFA,)), *[(pulse, (0xF8,))] * (24 * 6))
    until(lambda: band.link.clock.running and band.link.clock.beat > 4.0, "the fourth beat")
    assert 75.0 < band.link.clock.bpm < 225.0  # the musician's pulses are as unsteady as the machine is busy
    band.play("answer", Cue(band.beat() + 0.5, 99.0, 60, 90, 0))
    until(player.still_sounding, "a note on the musician's clock")
    player.play((0.0, (0xFC,)))
    until(lambda: not band.link.clock.running, "the stop")
    until(lambda: not player.still_sounding(), "note-offs at the stop")


def test_four_bars_are_played_and_answered_on_the_next_bar_line(band: Band, musician: Bring) -> None:
    """The live loop without a model: the answer is the phrase, an octave up."""
    capture = PhraseCapture(lead=2.0)
    band.link.send(SetTempo(480.0))
    band.link.send(Start())
    player = musician()
    beat = 60.0 / 480.0
    until(lambda: band.link.clock.running, "the clock")
    time.sleep(band.link.clock.time_at(band.link.clock.bar_after(band.beat() + 1.0)) - time.perf_counter())
    for _ in range(16):
        player.play((0.0, (0x90, 60, 90)), (beat * 0.5, (0x80, 60, 0)), (beat * 0.5, (0x90, 61, 1)))
        player.play((0.0, (0x80, 61, 0)))
    phrase, taken = None, 0
    while phrase is None:
        for message in band.said[taken:]:
            taken += 1
            if isinstance(message, NoteHeard) and message.pitch == 60:
                capture.hear(message)
        phrase = capture.advance(band.link.clock, band.beat())
        time.sleep(0.005)
    assert phrase.answer == phrase.end + 4.0
    notes: tuple[Note, ...] = phrase.score.parts[0].notes
    assert len(notes) == 16
    answer = [Cue(phrase.answer + n.start, n.duration, n.pitch + 12, n.velocity, 0) for n in notes]
    band.play("answer", *answer)
    until(lambda: band.of(PlanFinished), "the whole answer")
    assert band.of(PlanFinished) == [PlanFinished("answer", 16, 0, False)]
    until(lambda: player.notes_on().count((0, 72, 90)) == 16, "the answer's notes")


@brisk
def test_a_killed_conductor_is_replaced_connected_and_silent(band: Band, musician: Bring) -> None:
    player = musician()
    until(lambda: len(band.link.connections) == 2, "both connections to be seen")
    connections, killed = band.link.connections, band.link.pid
    band.link.send(SetTempo(100.0))
    band.link.send(Start())
    band.play("answer", Cue(band.beat() + 0.2, 999.0, 60, 90, 4), Cue(band.beat() + 0.2, 999.0, 64, 90, 4))
    until(lambda: len(player.still_sounding()) == 2, "two notes")
    beat = band.beat()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    until(lambda: not player.still_sounding(), "the new conductor's note-offs")
    until(lambda: band.of(Restarted), "word of the restart")
    assert (0xB4, 123, 0) in [data for _, data in player.heard]
    assert band.of(PlanFinished) == [PlanFinished("answer", 0, 0, True)]
    until(lambda: band.link.connections == connections, "the same connections")
    assert band.link.pid != killed
    until(lambda: band.link.clock.running, "the clock")
    assert (band.link.clock.bpm, band.beat() > beat) == (100.0, True)
    band.play("again", *(Cue(band.beat() + 0.5 + i, 0.1, 72, 90, 0) for i in range(9)))
    until(lambda: (0, 72, 90) in player.notes_on(), "a note from the new conductor")
    player.play((0.0, (0x90, 50, 1)))
    until(lambda: band.of(NoteHeard), "a note to the new conductor")


ENGINE = """
import sys, time
from bandmate_bridge.link import ConductorLink
from bandmate_bridge.messages import Configure, Cue, Play, Start
link = ConductorLink(Configure(backend="jack"), lambda message: None)
link.start()
print(link.pid, flush=True)
sys.stdin.readline()
link.send(Start())
link.send(Play("answer", tuple(Cue(0.2, 999.0, pitch, 90, 2) for pitch in range(60, 70))))
time.sleep(60)
"""


@brisk
def test_when_the_engine_is_killed_the_conductor_silences_and_leaves(
    jack: JackServer, musician: Bring
) -> None:
    root = Path(__file__).parents[1]
    engine = subprocess.Popen(
        [sys.executable, "-c", ENGINE],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(root / name) for name in ("bridge", "models"))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert engine.stdin and engine.stdout and engine.stderr
    try:
        conductor = int(engine.stdout.readline())
        player = musician()
        engine.stdin.write(b"\n")
        engine.stdin.flush()
        until(lambda: len(player.still_sounding()) == 10, "ten notes")
        engine.kill()
        until(lambda: not player.still_sounding(), "note-offs")
        until(lambda: not _is_alive(conductor), "the conductor's end")
        assert b"the engine is gone; 10 sounding notes silenced" in engine.stderr.read()
    finally:
        engine.kill()
        engine.wait()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_ports_come_back_with_the_jack_server(band: Band, jack: JackServer, musician: Bring) -> None:
    first = musician()
    until(lambda: len(band.link.connections) == 2, "both connections to be seen")
    jack.stop()
    until(lambda: not any(port.open for port in band.link.ports), "the ports' end")
    gone = [message.ports for message in band.of(PortsChanged) if not message.ports[0].open]
    assert gone[0][0].detail == "the JACK server has gone"
    band.link.send(Start())
    band.play("unheard", *(Cue(0.01 * i, 0.01, 60, 90, 0) for i in range(3000)))
    first.leave()
    jack.start()
    until(lambda: all(port.open for port in band.link.ports), "the ports' return")
    player = musician()
    band.link.send(Panic())
    band.play("heard", *(Cue(band.beat() + 0.5 + i, 0.1, 72, 90, 0) for i in range(9)))
    until(lambda: (0, 72, 90) in player.notes_on(), "a note after the return")


def test_two_bandmates_have_ports_of_different_names(band: Band) -> None:
    with Band().link as other:
        assert [port.detail for port in other.ports] == [
            "Bandmate In-01:Bandmate In",
            "Bandmate Out-01:Bandmate Out",
        ]
