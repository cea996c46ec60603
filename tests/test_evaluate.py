"""`bandmate evaluate`, from a corpus to its table, its file and its picture."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bandmate.cli import main
from bandmate.commands import evaluate as command
from bandmate.evaluating.accompanying import controls_for, lead_sheet
from bandmate.evaluating.crew import Crew, Musician
from bandmate.evaluating.phrases import phrases_of, through_format
from bandmate.evaluating.running import SECTIONS
from bandmate.evaluating.sizes import Sizes
from bandmate_models.corpus.pieces import pieces_of_manifest
from bandmate_models.corpus.prepare import prepare
from bandmate_models.corpus.sources import BY_NAME
from bandmate_models.errors import BandmateError
from bandmate_models.evaluation.excerpts import excerpt_of
from bandmate_models.evaluation.held_pieces import HeldPiece
from bandmate_models.evaluation.picture import picture
from bandmate_models.evaluation.report import Table, lines_of, number, tables_of
from bandmate_models.midi import write_midi
from bandmate_models.score import Metre, Note, Part, Role, Score

TINY = Sizes(
    per_source=2, context=256, samples=2, ngram_samples=2, lieder=2, phrases=2, locks=1
)  # fmt: skip
BARS = 28


def part(role: Role, seed: int) -> Part:
    """A part that is different in every bar, one note a beat."""
    rng = random.Random(seed)
    low = {"bass": 33, "drums": 36, "chords": 52}.get(role, 66)
    high = low + (6 if role == "drums" else 12)
    notes = tuple(
        Note(beat + rng.choice((0.0, 0.5)), 0.5, rng.randrange(low, high), rng.choice((50, 80, 110)))
        for beat in range(4 * BARS)
    )
    return Part(role, notes, 33 if role == "bass" else 0)


def score(seed: int, *roles: Role) -> Score:
    return Score(parts=tuple(part(role, 10 * seed + place) for place, role in enumerate(roles)))


BAND: tuple[Role, ...] = ("melody", "chords", "bass", "drums")
KINDS: dict[str, tuple[tuple[Role, ...], int]] = {
    "freedoom": (BAND, 1),
    "openscore_lieder": (("melody", "chords"), 0),
    "groove": (("drums",), 0),
}
"""Roles of each source's pieces, and whether it has bands."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two held-out pieces and two for training of each of three sources: MIDI, manifest, prepared."""
    folder = tmp_path_factory.mktemp("corpus")
    lines = ["source,path,group,split,band"]
    for place, (source, (roles, band)) in enumerate(KINDS.items()):
        (folder / source).mkdir()
        for at in range(4):
            name, split = f"{source}/{at}.mid", "test" if at < 2 else "train"
            write_midi(score(10 * place + at, *roles), folder / name)
            lines.append(f"{source},{name},{source}{at},{split},{band}")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    prepare(list(pieces_of_manifest(folder / "manifest.csv", folder)), folder / "prepared", workers=1)
    return folder


@pytest.fixture(scope="module")
def record(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the command writes of a very small evaluation."""
    out = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bandmate.evaluating.sizes.QUICK", TINY)
        arguments = ["evaluate", "--midi", str(corpus), "--manifest", str(corpus / "manifest.csv")]
        arguments += ["--data", str(corpus / "prepared"), "--quick", "--workers", "1"]
        assert main([*arguments, "-o", str(out / "e.json"), "--picture", str(out / "e.svg")]) == 0
    assert ElementTree.parse(out / "e.svg").getroot().tag.endswith("svg")
    read: dict[str, Any] = json.loads((out / "e.json").read_text(encoding="utf-8"))
    return read


def rows(record: dict[str, Any], start: str) -> Table:
    return next(rows for title, rows in tables_of(record).items() if title.startswith(start))


def test_bits_are_told_by_task_and_source(record: dict[str, Any]) -> None:
    tasks = rows(record, "Held-out bits per note, by task")
    assert tasks.keys() >= {
        "continue",
        "infill",
        "accompany, live",
        "accompany, offline",
        "drumify",
        "harmonise",
    }
    assert all(tasks[task]["ours"] > 0 for task in tasks)
    assert {"player dropped", "player swapped"} <= tasks["drumify"].keys()
    assert {"freedoom", "groove", "openscore_lieder", "average"} == rows(
        record, "Held-out bits per note, by source"
    ).keys()


def test_music_is_measured_on_all_three_sides(record: dict[str, Any]) -> None:
    music = rows(record, "Music")
    assert {"real", "ours", "5-gram"} <= music["onset_jsd"].keys()
    assert music["empty_bar_rate"]["real"] == 0
    assert rows(record, "Memorisation").keys() == {"real", "ours", "5-gram"}


def test_accompaniments_are_judged_beside_the_real_ones(record: dict[str, Any]) -> None:
    for name in ("bands", "lieder"):
        sides = rows(record, f"Accompaniment of {name}")
        assert {
            "real",
            "ours, offline",
            "ours, live",
            "ours, live, lock on chords heard",
            "ours, live, lock on chords given",
            "5-gram, live",
        } <= sides.keys()
        assert sides["real"]["counted"] == "2 of 2"


def test_every_task_and_control_has_its_gate(record: dict[str, Any]) -> None:
    gates = record["gates"]
    begun = {gate["name"].split(":")[0].split(",")[0] for gate in gates}
    assert begun >= {
        "vary", "interpolate", "restyle", "humanise", "drumify", "harmonise", "scale lock", "range lock",
        "polyphony lock", "density", "register", "bands", "lieder", "accompany",
    }  # fmt: skip
    kept = {gate["name"]: gate["met"] for gate in gates}
    assert kept["scale lock"] and kept["range lock"] and kept["polyphony lock"]


def test_the_table_holds_every_section_and_gate(record: dict[str, Any]) -> None:
    text = "\n".join(lines_of(record))
    assert all(f"## {title}" in text for title in tables_of(record))
    assert "gates met." in text and "| what " in text
    assert all(line.count("|") == text.split("\n")[at - 1].count("|") for at, line in table_lines(text))


def table_lines(text: str) -> list[tuple[int, str]]:
    """Lines of tables that follow another line of the same table."""
    lines = text.split("\n")
    return [
        (at, line) for at, line in enumerate(lines) if line.startswith("|") and lines[at - 1].startswith("|")
    ]


def test_numbers_are_as_long_as_they_need_to_be() -> None:
    assert [number(value) for value in (5000, 0.1234, 12.345, 1.0)] == ["5,000", "0.123", "12.3", "1.000"]


def test_a_picture_of_nothing_is_still_one() -> None:
    ElementTree.fromstring(picture({"model": "a & b"}))


def test_phrases_take_turns_and_are_followed_by_what_follows() -> None:
    pieces = [
        HeldPiece(BY_NAME[source], f"{source}{at}", "x", score(at, *KINDS[source][0]), False)
        for source in ("freedoom", "groove")
        for at in range(2)
    ]
    found = list(phrases_of(pieces, 4, 4))
    assert [phrase.source for phrase in found[:4]] == ["freedoom", "groove", "freedoom", "groove"]
    assert len({phrase.group for phrase in found[:4]}) == 4
    for phrase in found:
        assert len(phrase.following_bars) == 4 and phrase.given.note_count > 0
        assert all(0 <= note.start < 16 for part in phrase.following.parts for note in part.notes)


def test_the_format_changes_a_score_once() -> None:
    once = through_format(score(1, *BAND))
    assert through_format(once) == once


def test_an_accompaniment_is_asked_for_as_it_really_is() -> None:
    piece = HeldPiece(BY_NAME["freedoom"], "g", "x", score(1, *BAND), True)
    excerpt = excerpt_of(piece, "accompany", 8)
    assert excerpt is not None
    controls = controls_for(excerpt, {"lag": 1})
    assert controls.asked_roles([]) == ("chords", "bass", "drums") and controls.lag == 1
    assert controls.densities().keys() == {"chords", "bass", "drums"}
    assert controls.registers().keys() == {"chords", "bass"}
    assert controls.polyphonies() == {"chords": 1, "bass": 1}


def test_a_lead_sheet_holds_the_chords_that_lead_and_accompaniment_play() -> None:
    """In C major and in A minor by turns, two bars each: chords that the lead alone does not tell."""
    melody = Part("melody", tuple(Note(4.0 * bar, 4.0, 72, 80) for bar in range(16)))
    held = tuple(
        Note(8.0 * turn, 8.0, pitch, 80)
        for turn in range(8)
        for pitch in ((48, 52, 55), (45, 52, 57))[turn % 2]
    )
    song = Score((melody, Part("chords", tuple(sorted(held)))), metres=(Metre(0.0, 4, 4),))
    excerpt = excerpt_of(HeldPiece(BY_NAME["freedoom"], "g", "x", song, True), "accompany", 8)
    assert excerpt is not None
    assert lead_sheet(excerpt) == "| C | C | Am | Am | C | C | Am | Am |"
    controls = controls_for(excerpt, {"lag": 1, "chord_lock": True, "chords": lead_sheet})
    assert controls.progression is not None and controls.progression.text == lead_sheet(excerpt)


def test_the_commands_sections_are_all_there_are() -> None:
    assert tuple(SECTIONS) == command.SECTIONS


def stop(musician: Musician) -> None:
    """Ends the process that works on it."""
    os._exit(1)


def test_a_process_that_dies_is_told_in_one_sentence() -> None:
    crew = Crew(2, lambda label: lambda done, total: None)
    try:
        with pytest.raises(BandmateError, match="--workers"):
            crew.each("x", stop, [Musician(None, None)])
    finally:
        crew.close()


def test_a_corpus_without_training_music_is_refused(corpus: Path, tmp_path: Path) -> None:
    held_out = [
        piece for piece in pieces_of_manifest(corpus / "manifest.csv", corpus) if piece.split == "test"
    ]
    prepare(held_out, tmp_path / "prepared", workers=1)
    arguments = [
        "evaluate",
        "--midi",
        str(corpus),
        "--manifest",
        str(corpus / "manifest.csv"),
        "--only",
        "music",
    ]
    assert main([*arguments, "--data", str(tmp_path / "prepared")]) == 2


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["--only", "music,noise"], "noise"),
        (["--workers", "0"], "--workers"),
        (["--samples", "0"], "--samples"),
        (["-o", "nowhere/e.json"], "nowhere"),
        (["--manifest", "none.csv"], "none.csv"),
        (["--data", "nothing"], "nothing"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str], wrong: str, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["evaluate", "--midi", str(corpus), "--manifest", str(corpus / "manifest.csv"), *arguments]
    assert main(given) == 2
    error = capsys.readouterr().err
    assert wrong in error and error.count("\n") == 1
