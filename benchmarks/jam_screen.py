"""What the screen of `bandmate jam` costs: the same band with and without it, while somebody plays chords.

    python benchmarks/jam_screen.py [--seconds N] [--picture FILE.svg]

The screen is drawn in Textual's own terminal, which shows nothing. `--picture` writes its last state.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
import threading
import time
from pathlib import Path

from bandmate.band.bandstand import Bandstand
from bandmate.band.stage import EngineStage
from bandmate.config import Config
from bandmate.demo_phrase import demo_phrase
from bandmate.jam.news import News
from bandmate.jam.screen import Jam
from bandmate.server import SWITCH_INTERVAL, engine_of
from bandmate_bridge.messages import ClockState, NoteHeard
from bandmate_models.weights import Weights

SIZE = (116, 38)
_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_FAMILY = '"Fira Code", "DejaVu Sans Mono", Menlo, Consolas, monospace'


class Player(threading.Thread):
    """Plays the chords of the demo's phrase round and round, on the band's clock."""

    def __init__(self, bandstand: Bandstand) -> None:
        super().__init__(daemon=True)
        self.ending = threading.Event()
        self._bandstand = bandstand
        phrase = demo_phrase()
        (part,) = (part for part in phrase.parts if part.role == "chords")
        length = list(phrase.bars())[-1].end
        events = [(note.start, note.pitch, note.velocity) for note in part.notes]
        events += [(note.end - 0.02, note.pitch, 0) for note in part.notes]
        self._events, self._length = sorted(events), length

    def run(self) -> None:
        rounds = 0
        while not self.ending.is_set():
            for beat, pitch, velocity in self._events:
                at = rounds * self._length + beat
                if not self._wait(at):
                    return
                self._bandstand.hear(NoteHeard(at, time.perf_counter(), 0, pitch, velocity))
            rounds += 1

    def _wait(self, beat: float) -> bool:
        """Until that beat comes; False when it is over."""
        while not self.ending.is_set():
            clock: ClockState = self._bandstand.status().clock
            if clock.running and clock.beat_at(time.perf_counter()) >= beat:
                return True
            time.sleep(0.005)
        return False


async def measured(stage: EngineStage, seconds: float, picture: Path | None, *, screen: bool) -> str:
    """Plays so long; one line of figures."""
    app = Jam(stage, News())
    used, begun = time.process_time(), time.perf_counter()
    if screen:
        async with app.run_test(size=SIZE) as pilot:
            await asyncio.sleep(seconds)
            if picture is not None:
                await pilot.press("down", "down")
                for _ in range(200):
                    if plans_ahead(stage):
                        break
                    await asyncio.sleep(0.02)
                app.show()
                await pilot.pause()
                picture.write_text(plain(app.export_screenshot(title="bandmate jam")), encoding="utf-8")
    else:
        await asyncio.sleep(seconds)
    share = (time.process_time() - used) / (time.perf_counter() - begun)
    timing = stage.status().timing
    return (
        f"{'with' if screen else 'without'} the screen: {share:.1%} of a core, "
        f"re-plan p50 {timing.plan_p50:.1f} p99 {timing.plan_p99:.1f} ms, "
        f"{timing.dropped} of {timing.planned} notes dropped"
    )


def plans_ahead(stage: EngineStage) -> bool:
    """Whether there are notes to be seen that may still change."""
    status = stage.status()
    return any(note.start > status.committed + 1.0 for note in status.planned)


def plain(svg: str) -> str:
    """The picture without fonts from elsewhere."""
    return re.sub(r"font-family: Fira Code[^;]*;", f"font-family: {_FAMILY};", _FACE.sub("", svg))


def main() -> None:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    sys.setswitchinterval(SWITCH_INTERVAL)
    for screen in (False, True, True, False):
        with tempfile.TemporaryDirectory() as folder:
            config = Config(
                library=Path(folder) / "library", osc_port=0, roles="drums,bass,guitar", tempo=84.0, seed=3
            )
            engine = engine_of(config, Weights.load(), lambda line: None)
            assert engine.bandstand is not None
            stage = EngineStage(engine, engine.bandstand, engine.start())
            player = Player(engine.bandstand)
            player.start()
            stage.turn("play", 1.0)
            print(asyncio.run(measured(stage, options.seconds, options.picture, screen=screen)), flush=True)
            player.ending.set()
            player.join()
            stage.close()


if __name__ == "__main__":
    main()
