"""Sheet music: what is written is what was played, as music21 reads it back."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.cli import main
from bandmate.demo_phrase import demo_phrase
from bandmate.notation.musicxml import musicxml_bytes
from bandmate.notation.spelling import fifths, spelled, stroke_of
from bandmate_models.errors import BandmateError
from bandmate_models.midi import midi_bytes
from bandmate_models.score import Key, Metre, Note, Part, Role, Score, Tempo
from scores import scores

Sounded = tuple[float, float, int]


def read_back(data: bytes) -> list[list[Sounded]]:
    """Start, length in beats and pitch of each part's notes, tied ones as one; drums as (start, 0, place)."""
    music21 = pytest.importorskip("music21")
    score = music21.converter.parseData(data.decode(), format="musicxml")
    parts = []
    for part in score.parts:
        found: list[Sounded] = []
        ties: dict[tuple[float, int], int] = {}  # end and pitch of a note that is tied on: its place
        for element in sorted(part.flatten().notes, key=lambda element: element.offset):
            start, length = float(element.offset), float(element.quarterLength)
            for note in getattr(element, "notes", [element]):
                if isinstance(note, music21.note.Unpitched):
                    found.append((start, 0.0, note.displayPitch().midi))
                    continue
                pitch, tie = note.pitch.midi, note.tie.type if note.tie else ""
                if tie in ("stop", "continue"):
                    place = ties.pop((round(start, 4), pitch))
                    found[place] = (found[place][0], found[place][1] + length, pitch)
                else:
                    place = len(found)
                    found.append((start, length, pitch))
                if tie in ("start", "continue"):
                    ties[round(start + length, 4), pitch] = place
        assert not ties, "every tie leads somewhere"
        parts.append(sorted(found))
    return parts


def song(*notes: Note, role: Role = "melody", program: int = 65, **maps: object) -> Score:
    return Score((Part(role, tuple(sorted(notes)), program),), **maps)  # type: ignore[arg-type]


def written(score: Score) -> list[Sounded]:
    return [note for part in read_back(musicxml_bytes(score, "test")) for note in part]


on_sixteenths = st.lists(
    st.builds(
        lambda start, length, pitch: Note(start / 4, length / 4, pitch, 80),
        st.integers(0, 60), st.integers(1, 24), st.integers(40, 90),
    ),
    min_size=1, max_size=12, unique_by=lambda note: note.start,
)  # fmt: skip


@settings(max_examples=12)
@given(on_sixteenths, st.sampled_from([(4, 4), (3, 4), (6, 8), (7, 8), (2, 2), (5, 4), (12, 8)]))
def test_notes_on_sixteenths_come_back_as_they_are(notes: list[Note], metre: tuple[int, int]) -> None:
    ordered = sorted(notes)
    apart = [
        note._replace(duration=min(note.duration, later.start - note.start))
        for note, later in zip(ordered, [*ordered[1:], Note(1e9, 1, 1, 1)], strict=True)
    ]
    score = song(*apart, metres=(Metre(0.0, *metre),))
    back = written(score)
    assert [(start, pitch) for start, _, pitch in back] == [(note.start, note.pitch) for note in apart]
    for (_, length, _), note in zip(back, apart, strict=True):
        assert note.duration <= length < note.duration + 0.25 + 1e-6, "no more than a gap is closed"


@settings(max_examples=12)
@given(on_sixteenths)
def test_overlapping_notes_keep_their_beginnings(notes: list[Note]) -> None:
    back = written(song(*notes))
    assert Counter((start, pitch) for start, _, pitch in back) == Counter((n.start, n.pitch) for n in notes)


def test_triplets_are_triplets() -> None:
    third = 1 / 3
    notes = [Note(step * third, third, 60 + step, 80) for step in range(6)]
    data = musicxml_bytes(song(*notes, Note(2, 0.5, 70, 80), Note(2.5, 1.5, 71, 80)), "triplets")
    assert data.count(b"<actual-notes>3") == 6
    assert (data.count(b'<tuplet type="start"'), data.count(b'<tuplet type="stop"')) == (2, 2)
    [back] = read_back(data)
    assert [pitch for _, _, pitch in back] == [60, 61, 62, 63, 64, 65, 70, 71]
    for (start, length, _), note in zip(back, notes, strict=False):
        assert Fraction(start).limit_denominator(12) == Fraction(note.start).limit_denominator(12)
        assert length == pytest.approx(third)


def test_a_note_over_the_bar_line_is_tied() -> None:
    data = musicxml_bytes(song(Note(3, 6, 60, 80)), "tied")
    root = ET.fromstring(data)
    assert [tie.get("type") for tie in root.iter("tie")] == ["start", "stop", "start", "stop"]
    assert read_back(data) == [[(3.0, 6.0, 60)]]


def test_playing_that_is_a_little_off_is_written_straight() -> None:
    notes = [Note(step / 2 + 0.03 * (-1) ** step + 0.03, 0.43, 60 + step, 80) for step in range(8)]
    assert [(start, length) for start, length, _ in written(song(*notes))] == [(s / 2, 0.5) for s in range(8)]


def test_the_whole_phrase_of_the_demo_comes_back() -> None:
    phrase = demo_phrase()
    data = musicxml_bytes(phrase, "demo", "Generated by Bandmate: seed=1")
    pitched = [part for part in phrase.parts if not part.is_drums]
    back = read_back(data)
    heard = Counter((round(start * 4), pitch) for part in back for start, length, pitch in part if length)
    wanted = Counter((round(n.start * 4), n.pitch) for part in pitched for n in part.notes)
    assert heard == wanted
    drums = next(part for part in phrase.parts if part.is_drums)
    root = ET.fromstring(data)
    assert len(list(root.iter("unpitched"))) == len(drums.notes)
    assert root.findtext(".//miscellaneous-field") == "Generated by Bandmate: seed=1"
    assert {sign.text for sign in root.iter("sign")} == {"G", "F", "percussion"}
    assert root.findtext(".//per-minute") == "102"


def test_keys_metres_and_tempos_change_where_they_do() -> None:
    score = song(
        *(Note(float(beat), 1, 61, 80) for beat in range(10)),
        metres=(Metre(0, 4, 4), Metre(4, 3, 4)),
        keys=(Key(0, 2, "major"), Key(4, 0, "minor")),
        tempos=(Tempo(0, 90), Tempo(7, 60)),
    )
    root = ET.fromstring(musicxml_bytes(score, "changes"))
    measures = root.findall("part/measure")
    assert [measure.findtext("attributes/time/beats") for measure in measures] == ["4", "3", None]
    assert [measure.findtext("attributes/key/fifths") for measure in measures] == ["2", "-3", None]
    assert [measure.findtext("direction//per-minute") for measure in measures] == ["90", None, "60"]
    names = [
        (step.text, alter.text) for step, alter in zip(root.iter("step"), root.iter("alter"), strict=True)
    ]
    assert names[0] == ("C", "1")
    assert names[-1] == ("D", "-1")


def test_a_pickup_is_measure_nought() -> None:
    score = song(Note(0, 1, 67, 80), Note(1, 4, 72, 80), metres=(Metre(0, 1, 4), Metre(1, 4, 4)))
    first, second = ET.fromstring(musicxml_bytes(score, "pickup")).findall("part/measure")
    assert (first.get("number"), first.get("implicit"), second.get("number")) == ("0", "yes", "1")


@given(st.integers(0, 127), st.integers(0, 11), st.sampled_from(["major", "minor"]))
def test_a_name_sounds_its_pitch(pitch: int, tonic: int, mode: str) -> None:
    name = spelled(pitch, Key(0.0, tonic, mode))  # type: ignore[arg-type]
    natural = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[name.step]
    assert natural + name.alter + 12 * (name.octave + 1) == pitch
    assert abs(name.alter) <= 2


def test_keys_have_their_signatures() -> None:
    names = {
        (0, "major"): 0,
        (9, "minor"): 0,
        (5, "major"): -1,
        (2, "minor"): -1,
        (4, "major"): 4,
        (1, "minor"): 4,
    }
    assert {key: fifths(Key(0.0, *key)) for key in names} == names  # type: ignore[arg-type]
    assert spelled(68, Key(0.0, 9, "minor"))[:2] == ("G", 1)
    assert spelled(70, Key(0.0, 5, "major"))[:2] == ("B", -1)


def test_short_notes_of_a_beat_share_a_beam() -> None:
    starts = (0, 0.25, 0.5, 1, 1.75, 2, 3.5)
    notes = [Note(s, min(later - s, 1), 60, 80) for s, later in zip(starts, (*starts[1:], 4), strict=True)]
    root = ET.fromstring(musicxml_bytes(song(*notes), "beams"))
    beams = [[beam.text for beam in note.findall("beam")] for note in root.iter("note")]
    assert beams[:5] == [
        ["begin", "begin"],
        ["continue", "end"],
        ["end"],
        ["begin"],
        ["end", "backward hook"],
    ]
    assert not any(beams[5:])


def test_drums_have_their_places() -> None:
    assert [stroke_of(key).step for key in (36, 38, 42, 49)] == ["F", "C", "G", "A"]


@settings(max_examples=12)
@given(scores())
def test_every_bar_of_any_score_is_full(score: Score) -> None:
    try:
        root = ET.fromstring(musicxml_bytes(score, "any"))
    except BandmateError as refusal:
        assert refusal.code == "silent"
        return
    bars = list(score.bars())
    for part in root.findall("part"):
        for bar, measure in zip(bars, part.findall("measure"), strict=True):
            lengths: Counter[str] = Counter()
            for note in measure.findall("note"):
                if note.find("chord") is None:
                    lengths[note.findtext("voice") or ""] += int(note.findtext("duration") or 0)
            assert set(lengths.values()) == {round(bar.length * 48)}


@pytest.mark.parametrize("suffix", ["musicxml", "svg", "pdf"])
def test_the_command_writes_each_kind(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if suffix != "musicxml":
        pytest.importorskip("verovio")
        pytest.importorskip("cairosvg")
    monkeypatch.chdir(tmp_path)
    Path("song.mid").write_bytes(midi_bytes(demo_phrase()))
    assert main(["notation", "song.mid", "-o", f"out.{suffix}"]) == 0
    begin = {"musicxml": b"<?xml", "svg": b"<svg", "pdf": b"%PDF"}[suffix]
    assert begin in Path(f"out.{suffix}").read_bytes()[:200]


def test_mistakes_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("silent.mid").write_bytes(midi_bytes(Score()))
    assert main(["notation", "silent.mid"]) == 2
    assert main(["notation", "silent.mid", "-o", "x.docx"]) == 2
    assert capsys.readouterr().err.count("\n") == 2
    assert [file.name for file in Path().iterdir()] == ["silent.mid"]
