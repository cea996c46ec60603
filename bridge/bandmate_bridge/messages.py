"""What the engine and the conductor say to each other: one table each way, in beats.

`wire` turns them into lines and back. Beats are quarter notes on the conductor's clock; `time` fields are
seconds of `time.perf_counter()`, which is one clock for all processes of a machine.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

Backend = Literal["auto", "alsa", "coremidi", "jack", "windows", "none"]
Source = Literal["internal", "midi", "host", "link", "player"]


class PortWish(NamedTuple):
    """A port to open: a virtual one called `name`, or an existing one whose name contains `name`."""

    name: str
    virtual: bool = True


class PortState(NamedTuple):
    name: str
    direction: Literal["in", "out"]
    open: bool
    detail: str  # its full name in the system, or why it is not open


class Cue(NamedTuple):
    """A note to play: absolute `start` and `duration` in beats, velocity 1-127, channel 0-15 (9 is drums)."""

    start: float
    duration: float
    pitch: int
    velocity: int
    channel: int


class Change(NamedTuple):
    """Raw MIDI bytes at an absolute beat: a control change, program change, pitch bend or pressure."""

    beat: float
    data: tuple[int, ...]


# Engine -> conductor


class Configure(NamedTuple):
    """Which ports to hold and which clock to follow; the first message of every conductor.

    `monitor` is the port and token of a `FeedAddress` that hears all that is played, () for nobody.
    `clock_out` is the name of the output that MIDI clock is sent by, "" for none: one of `outputs`, or a
    port of its own, which is virtual where `clock_out_virtual`.
    """

    inputs: tuple[PortWish, ...] = (PortWish("Bandmate In"),)
    outputs: tuple[PortWish, ...] = (PortWish("Bandmate Out"),)
    backend: Backend = "auto"
    source: Source = "internal"
    monitor: tuple[int, ...] = ()
    clock_out: str = ""
    clock_out_virtual: bool = True
    thru: bool = False  # notes, controllers and bends that come in go out by the first output too


class SetTempo(NamedTuple):
    bpm: float  # quarter notes per minute, from now on


class SetMetre(NamedTuple):
    """From the next bar line on; at once where the clock stands still."""

    numerator: int
    denominator: int


class SetSource(NamedTuple):
    source: Source


class Start(NamedTuple):
    """Runs the internal clock from `beat`, with a bar line at `bar`."""

    beat: float = 0.0
    bar: float = 0.0


class Stop(NamedTuple):
    """Silences what sounds, drops every plan, halts the internal clock."""


class Locate(NamedTuple):
    """`beat` is (or was, or will be) at `time`; queued notes keep their beats."""

    beat: float
    time: float


class Steer(NamedTuple):
    """`beat` is (or was) at `time`, and the tempo is `bpm`: the clock glides there without a jump.

    `bar` is the beat of a bar line, where it is another than was thought.
    """

    beat: float
    time: float
    bpm: float
    bar: float | None = None


class Resume(NamedTuple):
    """The clock ran before a conductor died: `beat` was at `time`, with a bar line at `bar`."""

    beat: float
    time: float
    bpm: float
    bar: float


class HostTransport(NamedTuple):
    """Where the host said to be, in a message that came at `time`. A loop of length 0 is none."""

    playing: bool
    beat: float
    bpm: float
    numerator: int
    denominator: int
    loop_start: float
    loop_length: float
    time: float


class CountIn(NamedTuple):
    """Clicks for `bars` bars: to beat 0 where the clock stands still, else from the next bar line."""

    bars: int = 1


class Play(NamedTuple):
    """Notes of a plan, by absolute beat. Several with one `plan` add up; the one with `last` closes it.

    `jumps` is that of the `ClockState` by which the beats were reckoned: where the clock has jumped since,
    they are carried along as what was queued, or the plan is cancelled. None takes the beats as they are.
    """

    plan: str
    cues: tuple[Cue, ...]
    changes: tuple[Change, ...] = ()
    port: str = ""  # an output's name; "" is the first
    last: bool = True
    jumps: int | None = None


class Cancel(NamedTuple):
    """Forgets what `plan` has not played and ends what sounds of it at once."""

    plan: str


class Panic(NamedTuple):
    """Cancels every plan; note-offs for all that sounds, then CC64=0, CC123, CC120 on the used channels."""


class SilenceNotes(NamedTuple):
    """Note-offs for (channel, pitch) that a conductor before may have left sounding, then a panic."""

    notes: tuple[tuple[int, int], ...]


class ServerLost(NamedTuple):
    """The JACK server has gone; the ports are opened anew when it is back."""


class ListPorts(NamedTuple):
    """Answered by `PortList`."""


class Measure(NamedTuple):
    """Answered by `Timing`, which counts from the previous one."""


class Ping(NamedTuple):
    token: int


class Shutdown(NamedTuple):
    """Silence, close the ports, leave."""


# Conductor -> engine


class Ready(NamedTuple):
    pid: int
    backend: str  # the MIDI system in use, or "none"
    realtime: bool  # whether the scheduler has real-time priority
    ports: tuple[PortState, ...]


class PortsChanged(NamedTuple):
    """At every change of a port's state or, on JACK, of what is connected to it (pairs of full names).

    The link fills in the connections; the conductor itself does not know them.
    """

    ports: tuple[PortState, ...]
    connections: tuple[tuple[str, str], ...]
    backend: str = ""  # as in Ready


class PortList(NamedTuple):
    """Every port of the system that a wish could name."""

    backend: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class NoteHeard(NamedTuple):
    """A key went down (velocity 1-127) or came up (velocity 0)."""

    beat: float
    time: float
    channel: int
    pitch: int
    velocity: int


class ControlHeard(NamedTuple):
    beat: float
    time: float
    channel: int
    number: int
    value: int


class ClockState(NamedTuple):
    """Where the clock is: at every change, and four times a second while it runs.

    `bar` is the beat of a bar line at or before `beat`. Where the host loops, `loop_length` is not 0, and the
    clock jumps back from the loop's end. `jumps` counts the clock's jumps: what was queued before one was
    carried along or cancelled, as `Jumped` says.
    """

    running: bool
    source: Source
    beat: float
    time: float
    bpm: float
    numerator: int
    denominator: int
    bar: float
    loop_start: float = 0.0
    loop_length: float = 0.0
    jumps: int = 0

    @property
    def bar_length(self) -> float:
        return self.numerator * 4.0 / self.denominator

    def beat_at(self, time: float) -> float:
        """The beat at `time`, taking the tempo as it is."""
        return self.beat + (time - self.time) * self.bpm / 60.0 if self.running else self.beat

    def time_at(self, beat: float) -> float:
        """When `beat` comes if the clock runs on as it does."""
        return self.time + (beat - self.beat) * 60.0 / self.bpm

    def bar_before(self, beat: float) -> float:
        """The last bar line at or before `beat`."""
        return self.bar + math.floor((beat - self.bar) / self.bar_length + 1e-6) * self.bar_length

    def bar_after(self, beat: float) -> float:
        """The first bar line at or after `beat`."""
        return self.bar + math.ceil((beat - self.bar) / self.bar_length - 1e-6) * self.bar_length


class Jumped(NamedTuple):
    """The clock has jumped by `by` beats, told before its new state.

    Where `carried`, queued and sounding notes went along: what stood at beat b now stands at b + by. Else
    what sounded has ended and every plan is cancelled.
    """

    by: float
    time: float
    carried: bool
    jumps: int  # as in the ClockState that follows


class PlanStarted(NamedTuple):
    plan: str
    time: float  # when its first note left
    beat: float


class PlanFinished(NamedTuple):
    plan: str
    played: int
    dropped: int  # notes that were more than 50 ms late
    cancelled: bool


class Timing(NamedTuple):
    """Lateness of the note-ons since the last report, in milliseconds."""

    notes: int
    dropped: int
    p50: float
    p95: float
    p99: float
    worst: float
    realtime: bool
    late: int = 0  # notes that left more than 5 ms after their beat


class Pong(NamedTuple):
    token: int
    time: float


class Fault(NamedTuple):
    """Something the player should read; the conductor lives on."""

    code: str
    sentence: str


class Restarted(NamedTuple):
    """From the link itself: the conductor had died and a new one is in place."""

    reason: str
    seconds: float  # from noticing the death to ports open, connected and silent


ToConductor = (
    Configure
    | SetTempo
    | SetMetre
    | SetSource
    | Start
    | Stop
    | Locate
    | Steer
    | Resume
    | HostTransport
    | CountIn
    | Play
    | Cancel
    | Panic
    | SilenceNotes
    | ServerLost
    | ListPorts
    | Measure
    | Ping
    | Shutdown
)
FromConductor = (
    Ready
    | PortsChanged
    | PortList
    | NoteHeard
    | ControlHeard
    | ClockState
    | Jumped
    | PlanStarted
    | PlanFinished
    | Timing
    | Pong
    | Fault
    | Restarted
)
Message = ToConductor | FromConductor
