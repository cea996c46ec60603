"""Feeds the MIDI reader anything at all; only BandmateError may come out, and what is read can be written.

With atheris (pip install atheris):  python tests/fuzz_midi.py -max_total_time=600 [FOLDER OF MIDI FILES]
Without it, hypothesis does the same for the given number of examples:  python tests/fuzz_midi.py 100000
"""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(_ROOT / "models"), str(_ROOT / "tests")]

from bandmate_models.errors import BandmateError  # noqa: E402
from bandmate_models.midi import midi_bytes, read_midi  # noqa: E402


def read_and_write(data: bytes) -> None:
    try:
        score = read_midi(data, silent=True)
    except BandmateError as error:
        if error.code != "bad_file" or "\n" in str(error):
            raise
        return
    written = midi_bytes(score)
    again = read_midi(written, silent=True)
    if [len(part.notes) for part in again.parts] != [len(part.notes) for part in score.parts]:
        raise AssertionError("a note was lost on the way")
    if midi_bytes(again) != written:
        raise AssertionError("the second round differs from the first")


def with_hypothesis(examples: int) -> None:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st

    from test_midi_bad_files import RICH

    places = st.integers(0, len(RICH) - 1)

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(places, st.integers(0, 255)), max_size=20), places, places)
    def mutated(changes: list[tuple[int, int]], cut: int, repeat: int) -> None:
        data = bytearray(RICH)
        for place, value in changes:
            data[place] = value
        read_and_write(bytes(data))
        read_and_write(bytes(data[:cut] + data[repeat:]))

    mutated()


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1].isdigit():
        with_hypothesis(int(sys.argv[1]))
    else:
        import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

        atheris.instrument_all()
        atheris.Setup(sys.argv, read_and_write)
        atheris.Fuzz()
