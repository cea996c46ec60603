"""What was played before is found again, transposed or not; what was not is hardly ever."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate_models.corpus.pieces import pieces_of_folder
from bandmate_models.corpus.prepare import prepare
from bandmate_models.corpus.sources import USER
from bandmate_models.corpus.variants import sequence_of
from bandmate_models.errors import BandmateError
from bandmate_models.evaluation.memorisation import (
    filter_of,
    longest_shared,
    main,
    stretches_of,
)
from bandmate_models.evaluation.prepared_notes import columns_of
from bandmate_models.memorisation import GRAM, MemoryFilter
from bandmate_models.midi import write_midi
from bandmate_models.score import Metre, Note, Part, Score


def melody(length: int, seed: int, *, transposed: int = 0, later: float = 0.0) -> tuple[Note, ...]:
    rng = random.Random(seed)
    beat, notes = later, []
    for _ in range(length):
        notes.append(Note(beat, 0.25, rng.randint(50, 70) + transposed, 80))
        beat += rng.choice((0.25, 0.5, 1.0))
    return tuple(notes)


def part(notes: tuple[Note, ...]) -> Part:
    return Part("melody", notes)


def trained(*parts: Part) -> list:
    scores = [Score(parts=(one,)) for one in parts]
    sequences = [sequence_of(score, USER) for score in scores]
    return [stretches_of(c) for c in columns_of(np.array(s.header + s.body) for s in sequences)]


@given(st.integers(GRAM, 60), st.integers(-12, 12), st.integers(0, 9))
def test_a_transposed_quotation_is_found_whole(length: int, semitones: int, bars: int) -> None:
    known = trained(part(melody(80, 1)), part(melody(80, 2)))
    quotation = melody(80, 2, transposed=semitones, later=4.0 * bars)[:length]
    assert longest_shared([part(quotation)], known).tolist() == [length]
    assert filter_of(known, 100_000).longest(quotation) == length


def test_the_longest_of_several_matches_counts() -> None:
    theirs = melody(80, 2)
    known = trained(part(theirs[10:40]), part(theirs[5:60]))
    assert longest_shared([part(theirs)], known).tolist() == [55]


def test_music_of_ones_own_is_not_found() -> None:
    known = trained(part(melody(80, 1)))
    assert longest_shared([part(melody(80, 5))], known).tolist() == [0]
    assert filter_of(known, 100_000).longest(melody(80, 5)) == 0


def test_a_changed_note_cuts_a_match_in_two() -> None:
    known = trained(part(melody(60, 1)))
    changed = list(melody(60, 1))
    changed[20] = changed[20]._replace(pitch=30)
    assert longest_shared([part(tuple(changed))], known).tolist() == [39]


def test_matches_do_not_run_from_one_part_into_another() -> None:
    whole = melody(40, 1)
    known = trained(part(whole[:20]), part(whole[20:]))
    assert longest_shared([part(whole)], known).tolist() == [20]
    assert longest_shared([part(whole[:20]), part(whole[20:])], trained(part(whole))).tolist() == [20, 20]


def test_an_ostinato_is_nobodys() -> None:
    pulse = tuple(Note(i / 2, 0.5, 40 + 12 * (i % 2), 80) for i in range(64))
    assert longest_shared([part(pulse)], trained(part(pulse))).tolist() == [0]


def test_drums_do_not_count() -> None:
    beat = Part("drums", melody(64, 3))
    assert longest_shared([beat], trained(beat)).tolist() == [0]


def test_no_parts_and_few_notes_are_no_match() -> None:
    known = trained(part(melody(60, 1)))
    assert longest_shared([], known).tolist() == []
    assert longest_shared([part(melody(3, 1)), part(())], known).tolist() == [0, 0]
    assert filter_of(known, 1000).longest(()) == 0


def test_columns_hold_what_was_played() -> None:
    notes = (Note(0.0, 1.0, 60, 80), Note(0.0, 7.5, 64, 80), Note(5.25, 0.5, 67, 80), Note(6.0, 1.0, 60, 80))
    score = Score(parts=(Part("melody", notes),), metres=(Metre(0.0, 3, 4),))
    sequence = sequence_of(score, USER)
    (columns,) = columns_of([np.array(sequence.header + sequence.body)])
    assert columns.tick.tolist() == [0, 0, 63, 72]
    assert columns.pitch.tolist() == [60, 64, 67, 60]
    assert columns.duration.tolist() == [12, 90, 6, 12]
    assert columns.bar.tolist() == [0, 0, 36, 72]


def test_a_filter_errs_seldom_and_never_the_other_way() -> None:
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 2**63, 20_000).astype(np.uint64)
    made = MemoryFilter.of(keys[:10_000], 8_000)
    assert made.contains(keys[:10_000]).all()
    wrong = float(made.contains(keys[10_000:]).mean())
    assert wrong == pytest.approx(made.error_rate, abs=0.02) and wrong < 0.1


def test_a_file_gives_the_same_filter_back(tmp_path: Path) -> None:
    made = filter_of(trained(part(melody(60, 1))), 4_000)
    made.save(tmp_path / "memory.bin")
    assert MemoryFilter.load(tmp_path / "memory.bin").longest(melody(60, 1)) == 60


@pytest.mark.parametrize("content", [b"", b"BMEM", b"X" * 100, None])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "memory.bin"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BandmateError, match=r"memory\.bin"):
        MemoryFilter.load(path)


def test_the_command_builds_the_filter_of_a_prepared_corpus(tmp_path: Path) -> None:
    midi = tmp_path / "midi"
    midi.mkdir()
    for seed in range(12):
        write_midi(Score(parts=(part(melody(60, seed)),)), midi / f"{seed}.mid")
    pieces = list(pieces_of_folder(midi))
    prepare(pieces, tmp_path / "data", workers=1)
    assert main(["--data", str(tmp_path / "data"), "-o", str(tmp_path), "--size", "10000"]) == 0
    memory = MemoryFilter.load(tmp_path / "memory.bin")
    learnt = next(int(piece.path.stem) for piece in pieces if piece.split == "train")
    assert memory.longest(melody(60, learnt)) >= 59
    assert memory.longest(melody(60, 99)) == 0


def test_the_command_refuses_too_large_a_filter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "-o", str(tmp_path), "--size", "6000000"]) == 2
    assert "5,000,000" in capsys.readouterr().err
