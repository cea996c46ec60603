"""Every task on the command line, with the weights that ship: what is written, and what stays as it was."""

from __future__ import annotations

import re
from pathlib import Path

import mido
import pytest

from bandmate.library import Library
from bandmate_models.midi import midi_bytes, read_midi
from bandmate_models.score import Metre, Role, Score
from command_line_kit import bandmate, workplace
from trio import BARS, notes_of, trio

__all__ = ["workplace"]

QUIET = ("--no-audio", "--no-roll", "--no-keep")
TASKS: dict[str, tuple[tuple[str, ...], int, tuple[Role, ...]]] = {
    "generate": (
        ("--bars", "2", "--metre", "3/4", "--tempo", "96"),
        2,
        ("melody", "chords", "bass", "drums"),
    ),
    "continue": (("in.mid", "--bars", "2"), 2, ("melody", "chords", "bass")),
    "accompany": (("in.mid", "--roles", "drums,strings"), BARS, ("drums", "strings")),
    "harmonise": (("tune.mid",), BARS, ("chords",)),
    "drumify": (("in.mid",), BARS, ("drums",)),
    "infill": (("in.mid", "--span", "2-3"), 2, ("melody", "chords", "bass")),
    "vary": (("in.mid", "--creativity", "0.4"), BARS, ("melody", "chords", "bass")),
    "humanise": (("in.mid",), BARS, ("melody", "chords", "bass")),
    "interpolate": (("in.mid", "other.mid", "--bars", "2"), 2, ("melody", "chords", "bass", "drums")),
    "restyle": (("in.mid", "--genre", "jazz"), BARS, ("chords", "bass")),
}
"""For each task: what follows its name, the bars of its answer, its parts."""


@pytest.fixture(autouse=True)
def music(workplace: Path) -> None:
    for name, score in {
        "in": trio(),
        "tune": trio("melody"),
        "other": trio("melody", "bass", "drums"),
        "drums": trio("drums"),
        "silent": Score(),
    }.items():
        (workplace / f"{name}.mid").write_bytes(midi_bytes(score))


def answer_of(folder: str, *, whole: bool = False) -> Path:
    """The one answer in a folder, or the file that has it in its place."""
    [file] = [path for path in Path(folder).glob("*.mid") if ("with phrase" in path.name) == whole]
    return file


@pytest.mark.parametrize("task", TASKS)
def test_an_answer_has_its_bars_tempo_metre_and_parts(task: str) -> None:
    arguments, bars, roles = TASKS[task]
    for folder, seed in (("a", 5), ("b", 5), ("c", 6)):
        assert bandmate(task, *arguments, "--seed", seed, "-o", folder, *QUIET) == 0
    file = mido.MidiFile(answer_of("a"))
    assert {sum(m.time for m in track) / file.ticks_per_beat for track in file.tracks} == {3.0 * bars}
    score = read_midi(answer_of("a"))
    assert (round(score.tempos[0].bpm), score.metres) == (96, (Metre(0.0, 3, 4),))
    assert {part.role for part in score.parts} <= set(roles)
    assert score.note_count > 0
    assert score == read_midi(answer_of("b"))
    assert score != read_midi(answer_of("c"))


@pytest.mark.parametrize(
    ("task", "kept"),
    [
        ("accompany", ("melody", "chords", "bass")),
        ("harmonise", ("melody",)),
        ("drumify", ("melody", "chords", "bass")),
        ("restyle", ("melody",)),
    ],
)
def test_what_is_given_stands_untouched_beside_its_answer(task: str, kept: tuple[Role, ...]) -> None:
    arguments, _, roles = TASKS[task]
    assert bandmate(task, *arguments, "--seed", 5, "-o", "out", *QUIET) == 0
    given, whole = read_midi(Path(arguments[0])), read_midi(answer_of("out", whole=True))
    answer = read_midi(answer_of("out"))
    for role in kept:
        assert notes_of(given)[role] in [part.notes for part in whole.parts if part.role == role]
    assert whole.note_count == answer.note_count + sum(len(notes_of(given)[role]) for role in kept)
    assert {part.role for part in whole.parts} <= {*kept, *roles}


@pytest.mark.parametrize("span", ["1", "2-3", "4-4", "1-3"])
def test_infill_leaves_the_other_bars_as_they_are(span: str) -> None:
    first, last = (int(number) for number in (span.split("-") * 2)[:2])
    assert bandmate("infill", "in.mid", "--span", span, "--seed", 1, "-o", "out", *QUIET) == 0
    given, whole, answer = (
        read_midi(Path("in.mid")),
        *(read_midi(answer_of("out", whole=whole)) for whole in (True, False)),
    )
    begin, end = 3.0 * (first - 1), 3.0 * last
    for role, notes in notes_of(given).items():
        there = notes_of(whole).get(role, ())
        assert [n for n in there if not begin <= n.start < end] == [
            n for n in notes if not begin <= n.start < end
        ]
    inside = [n for part in whole.parts for n in part.notes if begin <= n.start < end]
    assert len(inside) == answer.note_count
    file = mido.MidiFile(answer_of("out", whole=True))
    assert max(sum(m.time for m in t) / file.ticks_per_beat for t in file.tracks) == 3.0 * BARS


def test_infill_of_some_roles_leaves_the_other_parts_as_they_are() -> None:
    flags = ("--span", "2-3", "--roles", "bass", "--seed", 1, "-o", "out")
    assert bandmate("infill", "in.mid", *flags, *QUIET) == 0
    given, whole = read_midi(Path("in.mid")), read_midi(answer_of("out", whole=True))
    assert notes_of(whole)["melody"] == notes_of(given)["melody"]
    assert notes_of(whole)["chords"] == notes_of(given)["chords"]
    assert {part.role for part in read_midi(answer_of("out")).parts} <= {"bass"}


def test_interpolate_leads_from_the_first_phrase_to_the_second() -> None:
    assert bandmate("interpolate", "in.mid", "other.mid", "--bars", 2, "--seed", 1, "-o", "out", *QUIET) == 0
    first, second = read_midi(Path("in.mid")), read_midi(Path("other.mid"))
    whole = read_midi(answer_of("out", whole=True))
    start, end = 3.0 * BARS, 3.0 * (BARS + 2)
    melody = notes_of(whole)["melody"]
    assert tuple(n for n in melody if n.start < start) == notes_of(first)["melody"]
    assert (
        tuple(n._replace(start=n.start - end) for n in melody if n.start >= end)
        == (notes_of(second)["melody"])
    )
    assert Path("out/in to other 1.mid").exists()


def test_humanise_keeps_every_pitch_and_rhythm_and_plays_with_time_and_loudness() -> None:
    assert bandmate("humanise", "in.mid", "--seed", 3, "-o", "out", *QUIET) == 0
    given, played = notes_of(read_midi(Path("in.mid"))), notes_of(read_midi(answer_of("out")))
    assert given.keys() == played.keys()
    for role, notes in given.items():
        assert sorted(n.pitch for n in notes) == sorted(n.pitch for n in played[role])
        starts = sorted((n.pitch, n.start) for n in notes)
        moved = sorted((n.pitch, n.start) for n in played[role])
        assert all(abs(a[1] - b[1]) <= 1 / 24 for a, b in zip(starts, moved, strict=True))
    assert given != played


def test_restyle_takes_the_parts_of_an_example() -> None:
    assert bandmate("restyle", "in.mid", "--like", "other.mid", "--seed", 1, "-o", "out", *QUIET) == 0
    assert {part.role for part in read_midi(answer_of("out")).parts} <= {"chords", "bass", "drums"}


def test_drums_give_way_to_new_drums() -> None:
    assert bandmate("drumify", "other.mid", "--seed", 1, "-o", "out", *QUIET) == 0
    whole, answer = read_midi(answer_of("out", whole=True)), read_midi(answer_of("out"))
    assert notes_of(whole)["drums"] == notes_of(answer)["drums"]


@pytest.mark.parametrize("arguments", [("generate", "--roles", "melody,bass"), ("continue", "in.mid")])
def test_a_song_form_has_exactly_its_bars(arguments: tuple[str, ...]) -> None:
    assert bandmate(*arguments, "--form", "AABA:1", "--seed", 2, "-o", "out", *QUIET) == 0
    score = read_midi(answer_of("out"))
    length = score.metres[0].bar_length
    file = mido.MidiFile(answer_of("out"))
    assert {sum(m.time for m in t) / file.ticks_per_beat for t in file.tracks} == {4 * length}
    assert all(score.excerpt(bar * length, (bar + 1) * length).note_count for bar in range(4))


def test_every_task_is_drawn_sounded_kept_and_found_again(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bandmate("infill", "in.mid", "--span", "2", "--takes", 2, "--seed", 4, "-o", "out") == 0
    out = capsys.readouterr().out
    assert "1 bar of 3/4 in D minor, 96 bpm" in out
    assert "│" in out
    names = [f"in infill {n}{end}" for n in (1, 2) for end in (".mid", ".wav", " with phrase.mid")]
    assert sorted(path.name for path in Path("out").iterdir()) == sorted(names)
    take = Library(workplace / "library").get("last")
    assert (take.card.task, take.card.placing, take.card.start, take.card.bars) == (
        "infill",
        "within",
        3.0,
        1,
    )
    assert take.midi_in_place() == Path("out/in infill 2 with phrase.mid").read_bytes()
    assert bandmate("takes", "show", "last") == 0
    assert "in bars of its phrase" in capsys.readouterr().out
    assert bandmate("takes", "export", "last", "-o", "exported") == 0
    exported = Path("exported/in infill with phrase.mid").read_bytes()
    assert exported == Path("out/in infill 2 with phrase.mid").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("accompany",), "required: IN.mid"),
        (("accompany", "none.mid"), "No such file"),
        (("accompany", "in.mid", "--roles", "horns"), "there is no role 'horns'"),
        (("accompany", "in.mid", "--roles=-chords,-bass,-drums"), "no parts are left"),
        (("generate", "--roles=-melody,-chords,-bass,-drums"), "no parts are left"),
        (("infill", "in.mid"), "required: --span"),
        (("infill", "in.mid", "--span", "4-5"), "bars to fill: 4 to 5, of a phrase of 4"),
        (("infill", "in.mid", "--span", "3-2"), "'3-2' is no run of bars"),
        (("infill", "in.mid", "--span", "0-2"), "'0-2' is no run of bars"),
        (("infill", "in.mid", "--span", "all"), "'all' is no run of bars"),
        (("infill", "in.mid", "--span", "1-4"), "no notes around the gap"),
        (("infill", "in.mid", "--span", "2", "--roles", "drums"), "no part of the phrase is drums"),
        (("harmonise", "drums.mid"), "there is no melody to harmonise"),
        (("restyle", "drums.mid"), "there is no melody to keep"),
        (("interpolate", "in.mid"), "required: B.mid"),
        (("interpolate", "in.mid", "silent.mid"), "no notes"),
        (("generate", "--form", "AABA:100"), "has 400 bars"),
        *(
            ((task, "silent.mid"), "no notes")
            for task in ("accompany", "harmonise", "drumify", "vary", "humanise")
        ),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bandmate(*arguments, "-o", "out") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("bandmate: ")
    assert err.count("\n") == 1
    assert re.search(complaint, err), err
    assert not Path("out").exists()
