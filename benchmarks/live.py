"""The live session: from the phrase's end to the first note for the conductor, read ahead and not.

python benchmarks/live.py [--weights DIR] [--phrases N]

Phrases of four bars of chords and melody come beat by beat and are read as they come; each is another. The
footswitch is pressed at the end of the last bar, so that its last beat is still unread.
"""

from __future__ import annotations

import argparse
import queue
import random
import time
from pathlib import Path

from bandmate.tasks.continuation import Continuation
from bandmate.writer import Answer, Writer
from bandmate_bridge.messages import ClockState, NoteHeard, Play, ToConductor
from bandmate_bridge.phrase import PhraseCapture
from bandmate_models.controls import Controls
from bandmate_models.prompt import prompt_of
from bandmate_models.weights import Weights
from harness import percentiles, table, write_result
from osc_ping import scheduling

GOAL = 30.0  # ms at p99, where the phrase was read while it came
CLOCK = ClockState(True, "internal", 0.0, 0.0, 120.0, 4, 4, 0.0)
CONTROLS = Controls(bars=4)
BEATS = 16


class Take:
    """One phrase played into a writer of its own context."""

    def __init__(self, writer: Writer, sent: queue.SimpleQueue[ToConductor], seed: int) -> None:
        self._writer = writer
        self._sent = sent
        self._chance = random.Random(seed)
        self._capture = PhraseCapture()
        self.tokens = 0

    def play(self, ahead: bool) -> float:
        """Milliseconds from the phrase's end to the first note of its answer."""
        for beat in range(BEATS):
            if ahead and beat:
                draft = self._capture.so_far(CLOCK)
                assert draft is not None
                self._writer.hear(draft, CONTROLS)
                while not self._writer.resting:
                    time.sleep(0.001)
            self._play_beat(beat)
        phrase = self._capture.so_far(CLOCK)
        assert phrase is not None
        prompt = prompt_of(phrase.score, CONTROLS)
        self.tokens = len(prompt.header) + len(prompt.body)
        answer = Answer("answer", phrase, CONTROLS, seed=self._chance.randrange(1000))
        begun = time.perf_counter()
        self._writer.write(answer)
        while not isinstance(message := self._sent.get(timeout=60.0), Play) or not message.cues:
            pass
        took = 1000 * (time.perf_counter() - begun)
        answer.withdraw(self._sent.put)
        while not self._writer.resting:
            time.sleep(0.001)
        return took

    def _play_beat(self, beat: int) -> None:
        strokes = [(0.0, pitch, 1.0) for pitch in (48, 52, 55)]
        strokes += [(half, self._chance.randrange(65, 85), 0.5) for half in (0.0, 0.5)]
        for offset, pitch, length in strokes:
            start = beat + offset + self._chance.gauss(0.0, 0.01)
            for moment, velocity in ((start, self._chance.randrange(60, 110)), (start + 0.9 * length, 0)):
                self._capture.hear(NoteHeard(moment, moment / 2, 0, pitch, velocity))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--weights", type=Path)
    arguments.add_argument("--phrases", type=int, default=100)
    options = arguments.parse_args()

    weights = Weights.load(options.weights)
    sent: queue.SimpleQueue[ToConductor] = queue.SimpleQueue()
    writer = Writer(Continuation(weights), sent.put, lambda answer: None)
    writer.start()
    samples: dict[bool, list[float]] = {True: [], False: []}
    tokens = []
    for seed in range(2 * options.phrases):
        take = Take(writer, sent, seed)
        samples[seed % 2 == 0].append(take.play(ahead=seed % 2 == 0))
        tokens.append(take.tokens)
    writer.stop()
    ahead, cold = percentiles(samples[True]), percentiles(samples[False])
    keys = ("p50", "p95", "p99", "max")
    print(table([
        {"the phrase was": name, **{key: figures[key] for key in keys}}
        for name, figures in (("read while it came", ahead), ("read at its end", cold))
    ]))  # fmt: skip
    sooner = cold["p50"] / ahead["p50"]
    print(f"prompts of {min(tokens)} to {max(tokens)} tokens; {sooner:.1f} times as soon when read ahead")
    write_result(
        "live",
        {
            "scheduling": scheduling(),
            "read_ahead_ms": ahead,
            "read_at_the_end_ms": cold,
            "goal_ms": GOAL,
            "times_as_soon": sooner,
            "prompt_tokens": [min(tokens), max(tokens)],
        },
    )


if __name__ == "__main__":
    main()
