"""stems.json: all that a program, or a person, may want to know of a folder of stems."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import inf, isfinite
from pathlib import Path
from typing import Any, NamedTuple

from bandmate.stems.music import Music
from bandmate.take import key_name
from bandmate_bridge.audio.curve import TimeLine
from bandmate_models.score import Metre, Score

MANIFEST = "stems.json"
VERSION = 1

_KIND = "bandmate stems"


class Row(NamedTuple):
    """One sound file of the folder, with its MIDI file; levels are minus infinity for silence."""

    file: str
    midi: str
    name: str
    facts: Mapping[str, Any] = {}
    peak: float = -inf  # dBFS
    loudness: float = -inf  # LUFS


def manifest(
    music: Music,
    rate: int,
    frames: int,
    stems: Sequence[Row],
    mix: Row | None,
    midi: str,
    facts: Mapping[str, Any],
) -> bytes:
    """The file's content. `frames` is the length of every sound, `midi` the file that holds all parts."""
    at = _Ruler(music.score, rate)
    content = {
        "kind": _KIND,
        "version": VERSION,
        "title": music.title,
        **music.origin,
        **facts,
        "rate": rate,
        "frames": frames,
        "seconds": round(frames / rate, 6),
        "beats": music.beats,
        "bars": sum(1 for _ in music.score.bars(music.beats)),
        "start": at.place(0.0),
        "answer": at.place(music.answer),
        **at.maps(),
        "midi": midi,
        "stems": [_row(stem) for stem in stems],
        "mix": _row(mix) if mix else None,
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode()


def listed_files(folder: Path) -> set[str] | None:
    """The names of all files that a folder's manifest lists, itself included; None where it has none."""
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
        if content["kind"] != _KIND:
            return None
        rows = [*content["stems"], *([content["mix"]] if content["mix"] else [])]
        return {MANIFEST, content["midi"], *(row[field] for row in rows for field in ("file", "midi"))}
    except (OSError, ValueError, KeyError, TypeError):
        return None


class _Ruler:
    """Where a score's beats lie in the files."""

    def __init__(self, score: Score, rate: int) -> None:
        self._score = score
        self._rate = rate
        self._line = TimeLine(score)
        last = max(metre.beat for metre in score.metres)
        self._bars = {round(bar.start, 6): bar.number + 1 for bar in score.bars(last + 1e-6)}

    def place(self, beat: float) -> dict[str, Any]:
        seconds = self._line.seconds(beat)
        return {"beat": beat, "seconds": round(seconds, 6), "frame": round(seconds * self._rate)}

    def maps(self) -> dict[str, Any]:
        """Tempo, metre, key and markers."""
        score, place = self._score, self.place
        return {
            "tempo": [{**place(tempo.beat), "bpm": round(tempo.bpm, 6)} for tempo in score.tempos],
            "metre": [{**place(metre.beat), **self._metre(metre)} for metre in score.metres],
            "key": [{**place(key.beat), "key": key_name(key)} for key in score.keys],
            "markers": [{**place(marker.beat), "text": marker.text} for marker in score.markers],
        }

    def _metre(self, metre: Metre) -> dict[str, Any]:
        bar = self._bars.get(round(metre.beat, 6), 1)
        return {"bar": bar, "metre": f"{metre.numerator}/{metre.denominator}"}


def _row(row: Row) -> dict[str, Any]:
    levels = {"peak_dbfs": row.peak, "loudness_lufs": row.loudness}
    measured = {name: round(level, 2) if isfinite(level) else None for name, level in levels.items()}
    return {"file": row.file, "midi": row.midi, "name": row.name, **row.facts, **measured}
