"""Ten examples of every task, each as MIDI and as a picture, each checked by measure.

python examples/make_examples.py [-o FOLDER] [--weights DIR] [TASK …]

An answer is looked at before it is kept: no bar in which every part is silent, no note that is struck while
it sounds or rings beyond the end, and nearly all of its pitched notes in the key. One that fails is made
again with the next seed, at most TRIES times; README.md beside the examples tells seed and figures of each.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bandmate.answers import model_name
from bandmate.files import write_durably
from bandmate.pictures.roll import draw_roll
from bandmate.pictures.writing import write_picture
from bandmate.take import Take
from bandmate.tasks.form import Songwriter
from bandmate.tasks.outcome import take_of
from bandmate.tasks.studio import TASKS, Request, Studio
from bandmate_models.controls import Controls, scale_of
from bandmate_models.harmony import estimate_key
from bandmate_models.midi import read_midi
from bandmate_models.score import Key, Score
from bandmate_models.weights import Weights
from bandmate_models.words import read

ROOT = Path(__file__).resolve().parent
PHRASES = ROOT.parent / "tests" / "data" / "phrases"
NAMES = ("song", "reel", "hymn", "jig-6-8", "waltz-3-4", "jazz", "piano", "quartet", "band", "rock-band")
PROMPTS = (
    "energetic jazz in D minor with walking bass and brushed drums, 140 bpm",
    "sad waltz in A minor, piano and strings",
    "upbeat pop in G major with bass, drums and electric guitar, 118 bpm",
    "driving rock in E minor, distorted guitar, bass and busy drums, 132 bpm",
    "calm folk in D major with acoustic guitar and flute",
    "latin in C major with piano, bass and drums, 108 bpm",
    "slow blues in A, organ, bass and drums, 72 bpm",
    "hymn in F major, choir",
    "straight electronic in F minor with synth bass and drums, 124 bpm",
    "country in G with acoustic guitar, bass and drums, 100 bpm",
)
GENRES = ("jazz", "rock", "latin", "pop", "funk", "country", "electronic", "folk", "blues", "jazz")
BARS = 8
TRIES = 8
IN_KEY, SLACK = 0.9, 0.05
"""Share of pitched notes that are in the key (either form of a minor scale), at least; of a chromatic phrase
as many as of its own notes, less SLACK."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured of an answer."""

    bars: int
    silent: int
    stuck: int
    in_key: float
    wanted: float

    @property
    def sound(self) -> bool:
        return self.silent == 0 and self.stuck == 0 and self.in_key >= self.wanted


def measure(take: Take) -> Measure:
    """Counts bars, bars that nobody sounds in, notes that stick, and the share in key."""
    score, end = take.score, take.length
    notes = [note for part in score.parts for note in part.notes]
    silent = sum(
        not any(note.start < bar.end - 1e-6 and note.end > bar.start + 1e-6 for note in notes)
        for bar in score.bars(end)
    )
    stuck = 0
    for part in score.parts:
        last: dict[int, float] = {}
        for note in part.notes:
            stuck += note.start < last.get(note.pitch, 0.0) - 1e-6
            last[note.pitch] = note.end
            stuck += note.end > end + 1e-6
    key = estimate_key(take.in_place().score)
    own = 1.0 if take.phrase is None else share_in_key(take.phrase, key)
    bars = sum(1 for _ in score.bars(end))
    return Measure(bars, silent, stuck, share_in_key(score, key), min(IN_KEY, own - SLACK))


def share_in_key(score: Score, key: Key | None) -> float:
    """Share of pitched notes that are of a key's scale; 1 where there are none."""
    pitched = [note.pitch for part in score.parts if not part.is_drums for note in part.notes]
    if not pitched or key is None:
        return 1.0
    scale = scale_of(key)
    return sum(pitch % 12 in scale for pitch in pitched) / len(pitched)


def phrase(name: str) -> Score:
    return read_midi(PHRASES / f"{name}.mid")


def tune(name: str) -> Score:
    """A phrase's melody, or its highest part, alone."""
    whole = phrase(name)
    pitched = [part for part in whole.parts if not part.is_drums and part.notes]
    lead = next(
        (part for part in pitched if part.role == "melody"),
        max(pitched, key=lambda part: sum(note.pitch for note in part.notes) / len(part.notes)),
    )
    return replace(whole, parts=(lead,))


def requests(task: str) -> Iterator[tuple[str, Request]]:
    """Ten requests of a task, each with what it is in a few words."""
    for number, name in enumerate(NAMES):
        controls = Controls(bars=BARS)
        other = NAMES[(number + 3) % len(NAMES)]
        if task == "generate":
            said = read(PROMPTS[number])
            yield PROMPTS[number], Request(task, None, Controls.parse(said.controls, controls))
        elif task in ("accompany", "harmonise"):
            yield f"to the tune of {name}", Request(task, tune(name), controls)
        elif task == "drumify":
            yield f"to {name}", Request(task, phrase(name), controls)
        elif task == "infill":
            whole = phrase(name)
            bars = sum(1 for _ in whole.bars())
            span = (bars // 2, min(bars, bars // 2 + 2))
            yield f"bars {span[0] + 1} to {span[1]} of {name}", Request(task, whole, controls, span=span)
        elif task == "vary":
            dial = (number + 1) / 10
            yield (
                f"{name}, creativity {dial:g}",
                Request(task, phrase(name), replace(controls, creativity=dial)),
            )
        elif task == "interpolate":
            yield f"{name} to {other}", Request(task, phrase(name), controls, other=phrase(other))
        elif task == "restyle":
            genre = GENRES[number]
            yield f"{name} as {genre}", Request(task, phrase(name), replace(controls, genre=genre))
        else:
            yield name, Request(task, phrase(name), controls)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tasks", nargs="*", metavar="TASK", help="default: all")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "tasks")
    parser.add_argument("--weights", type=Path)
    options = parser.parse_args()
    weights = Weights.load(options.weights)
    composer = Songwriter(Studio(weights))
    lines = [
        "# Examples",
        "",
        f"Ten of every task by {model_name(weights)}, by `python examples/make_examples.py`. Each is the"
        " answer in its place with its phrase (tests/data/phrases), as MIDI and as a picture. Of the answer"
        " alone: bars, bars nobody sounds in, notes that stick, pitched notes in key; *tries* is how many"
        f" seeds it took to pass (none silent, none stuck, {IN_KEY:.0%} in key or as many as of the phrase).",
    ]
    failed = 0
    for task in options.tasks or TASKS:
        lines += [
            "",
            f"## {task}",
            "",
            "| | what | seed | tries | bars | silent | stuck | in key |",
            "|" + "---|" * 8,
        ]
        for number, (about, request) in enumerate(requests(task), 1):
            for seed in range(TRIES):
                take = take_of(
                    request, composer.answer(request, seed), seed, model_name(weights), title=about
                )
                found = measure(take)
                if found.sound:
                    break
            failed += not found.sound
            stem = options.output / task / f"{number:02d}"
            stem.parent.mkdir(parents=True, exist_ok=True)
            write_durably(stem.with_suffix(".mid"), take.midi_in_place())
            whole = take.in_place()
            drawing = draw_roll(whole.score, f"{task}: {about}", beats=whole.beats, per_beat=12.0)
            write_picture(drawing, stem.with_suffix(".png"), model_name(weights), force=True)
            links = f"[{number}]({task}/{number:02d}.mid) [roll]({task}/{number:02d}.png)"
            lines.append(
                f"| {links} | {about} | {seed} | {seed + 1} | {found.bars} | {found.silent} | {found.stuck} |"
                f" {found.in_key:.0%}{'' if found.sound else ' **not passed**'} |"
            )
            print(f"{task} {number}: {about}, seed {seed}, {found}", file=sys.stderr)
    (options.output / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
