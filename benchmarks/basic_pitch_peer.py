"""Basic Pitch's own pipeline, and mir_eval, in an environment of their own: `basic_pitch_peer.py JOB.json`.

The job is a list of {"wav", "reference", "ours"}, notes as [start, end, pitch] in seconds; printed is a list
of {"ours": [precision, recall, F1], "theirs": …, "seconds": what theirs took}. It knows nothing of Bandmate.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ONSET = 0.05  # seconds


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    results = []
    with contextlib.redirect_stdout(sys.stderr):
        import basic_pitch
        from basic_pitch.inference import Model, predict

        onnx = Path(basic_pitch.__file__).parent / "saved_models" / "icassp_2022" / "nmp.onnx"
        model = Model(onnx)
        predict(job[0]["wav"], model)  # compiles what it compiles once
        for phrase in job:
            began = time.process_time()
            _, _, events = predict(phrase["wav"], model)
            spent = time.process_time() - began
            theirs = [[start, end, pitch] for start, end, pitch, *_ in events]
            measured = {
                name: score(phrase["reference"], notes)
                for name, notes in (("ours", phrase["ours"]), ("theirs", theirs))
            }
            results.append({**measured, "seconds": spent})
    json.dump(results, sys.stdout)


def score(reference: list[Any], estimate: list[Any]) -> list[float]:
    """Precision, recall and F1 of notes by onset and pitch (mir_eval)."""
    import mir_eval

    if not estimate:
        return [0.0, 0.0, 0.0]
    (times, pitches), (heard_times, heard_pitches) = (
        (
            np.array([note[:2] for note in notes]),
            np.array([440 * 2 ** ((note[2] - 69) / 12) for note in notes]),
        )
        for notes in (reference, estimate)
    )
    measured = mir_eval.transcription.precision_recall_f1_overlap(
        times, pitches, heard_times, heard_pitches, onset_tolerance=ONSET, offset_ratio=None
    )
    return [float(value) for value in measured[:3]]


if __name__ == "__main__":
    main()
