"""Ableton Live sets: what Live would sound is what is read, and the same as from a MIDI file of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import live_sets as live
import midi_files as midi
from bandmate_models.ableton import read_live_set
from bandmate_models.ableton.automation import Point
from bandmate_models.ableton.live_set import Clip
from bandmate_models.ableton.maps import tempo_map
from bandmate_models.ableton.sounding import sounded, turned
from bandmate_models.corpus.pieces import pieces_of_folder
from bandmate_models.corpus.prepare import prepare_piece
from bandmate_models.errors import BandmateError
from bandmate_models.midi import read_midi
from bandmate_models.score import Control, Key, Marker, Metre, Note, Part, Score, Tempo

DIVISION = 480
RIFF: list[live.Row] = [(0.0, 0.5, 40, 100), (1.0, 0.5, 43, 80), (3.5, 1.0, 45, 90)]


def score_of(*tracks: str, **more: object) -> Score:
    return read_live_set(live.als(live.live_set(*tracks, **more))).score  # type: ignore[arg-type]


def starts(score: Score) -> list[float]:
    return [note.start for note in score.parts[0].notes]


def rows_of_a_part() -> st.SearchStrategy[list[live.Row]]:
    """Notes on a grid of 48, none over another of its pitch."""
    place = st.tuples(st.integers(0, 600), st.integers(0, 127))
    onsets = st.lists(place, min_size=1, max_size=30, unique=True)
    return st.tuples(onsets, st.integers(1, 127)).map(
        lambda drawn: sorted((on / 48, 1 / 48, pitch, drawn[1]) for on, pitch in drawn[0])
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["Deep Bass", "Piano", "Lead", "7"]), rows_of_a_part(), st.booleans()),
        min_size=1,
        max_size=4,
    ),
    st.floats(40, 240).map(lambda bpm: round(bpm, 2)),
    st.sampled_from([(4, 4), (3, 4), (7, 8), (12, 8), (5, 4)]),
)
def test_a_set_and_a_midi_file_of_the_same_music_are_the_same_score(
    tracks: list[tuple[str, list[live.Row], bool]], bpm: float, metre: tuple[int, int]
) -> None:
    xml = live.live_set(
        *(live.track(name, live.clip(rows, length=1000.0), drums=drums) for name, rows, drums in tracks),
        tempos=[(live.BEFORE_ALL, bpm)],
        metres=[(live.BEFORE_ALL, *metre)],
        markers=[(4.0, "Verse"), (12.0, "Chorus")],
    )
    conductor = midi.track(
        (0, midi.metre(*metre)),
        (0, midi.tempo(bpm)),
        (4 * DIVISION, midi.meta(0x06, b"Verse")),
        (8 * DIVISION, midi.meta(0x06, b"Chorus")),
    )
    chunks = [
        midi_track(name, rows, 9 if drums else index) for index, (name, rows, drums) in enumerate(tracks)
    ]
    assert read_live_set(live.als(xml)).score == read_midi(midi.smf(conductor, *chunks, division=DIVISION))


def midi_track(name: str, rows: list[live.Row], channel: int) -> bytes:
    timed = []
    for start, duration, pitch, velocity in rows:
        timed.append((round(start * DIVISION), 1, midi.on(pitch, velocity, channel)))
        timed.append((round((start + duration) * DIVISION), 0, midi.off(pitch, channel)))
    events, now = [(0, midi.name(name.encode()))], 0
    for tick, _, message in sorted(timed):
        events.append((tick - now, message))
        now = tick
    return midi.track(*events)


@pytest.mark.parametrize(
    ("placed", "heard"),
    [
        ({"length": 8.0, "loop": (0.0, 4.0)}, [0.0, 1.0, 3.5, 4.0, 5.0, 7.5]),
        ({"length": 4.0, "loop": (1.0, 4.0)}, [0.0, 2.5, 3.0]),
        ({"length": 5.0, "loop": (0.0, 4.0), "begins": 3.0}, [0.5, 1.0, 2.0, 4.5]),
        ({"length": 4.0, "loop": (1.0, 4.0), "looped": False}, [0.0, 2.5]),
        ({"length": 6.0, "loop": (2.0, 4.0), "begins": -2.0}, [0.0, 1.0, 3.5, 5.5]),
        ({"length": 4.0, "loop": (0.0, 0.5), "begins": 1.0}, [0.0, 2.5]),
        ({"length": 1.0, "loop": (0.0, 4.0)}, [0.0]),
    ],
    ids=["twice", "from its loop's start", "within it", "no loop", "before it", "behind it", "cut"],
)
def test_a_clip_sounds_from_its_marker_and_around_its_loop(
    placed: dict[str, object], heard: list[float]
) -> None:
    clip = live.clip(RIFF, at=16.0, **placed)  # type: ignore[arg-type]
    assert starts(score_of(live.track("Bass", clip))) == [16.0 + beat for beat in heard]


def walk(clip: Clip, span: int) -> Iterator[int]:
    """Where in a clip's content a playhead is that goes through whole beats one by one."""
    place = int(clip.start)
    inside = clip.looped and place < clip.loop_end
    for _ in range(span):
        yield place
        place += 1
        if inside and place == clip.loop_end:
            place = int(clip.loop_start)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-8, 24), st.integers(1, 9)), max_size=20, unique=True),
    st.integers(-8, 12),
    st.integers(1, 12),
    st.integers(-8, 20),
    st.booleans(),
    st.integers(0, 60),
)
def test_what_sounds_is_what_a_playhead_meets(
    rows: list[tuple[int, int]], loop_start: int, loop: int, begins: int, looped: bool, span: int
) -> None:
    notes = tuple(Note(float(start), 0.5, 40 + pitch, 100) for start, pitch in sorted(rows))
    clip = Clip(
        name="",
        notes=notes,
        controls=tuple(Control(note.start, "cc", 64, index) for index, note in enumerate(notes)),
        start=float(loop_start + begins),
        loop_start=float(loop_start),
        loop_end=float(loop_start + loop),
        looped=looped,
        at=100.0,
    )
    found = sounded(clip, float(span))
    met = [(now, n.pitch) for now, place in enumerate(walk(clip, span)) for n in notes if n.start == place]
    assert sorted((int(note.start) - 100, note.pitch) for note in found) == sorted(met)
    assert all(note.end <= 100 + span for note in found)
    changes = turned(clip, float(span))
    assert all(100 <= change.beat < 100 + span for change in changes)
    for now, place in enumerate(walk(clip, span)):
        drawn = [control.value for control in clip.controls if control.beat <= place]
        told = [change.value for change in changes if change.beat <= 100 + now]
        assert not drawn or told[-1] == drawn[-1]


def test_notes_end_where_the_loop_or_the_clip_does() -> None:
    looped = score_of(live.track("Bass", live.clip(RIFF, length=6.0, loop=(0.0, 4.0))))
    assert [n.duration for n in looped.parts[0].notes] == [0.5, 0.5, 0.5, 0.5, 0.5]
    cut = score_of(live.track("Bass", live.clip([(3.0, 9.0, 40, 100)], length=4.0, looped=False)))
    assert cut.parts[0].notes == (Note(3.0, 1.0, 40, 100),)


def test_pedals_and_bends_of_a_clip_are_those_of_a_midi_file() -> None:
    clip = live.clip(
        RIFF,
        length=8.0,
        envelopes=[
            (66, [(0.5, 0), (0.5, 127), (2.0, 127), (2.0, 0), (7.0, 0), (7.0, 90)]),
            (0, [(1.0, -8192), (3.0, -8192), (3.0, 8191)]),
            (1, [(1.5, 64)]),
            (13, [(4.0, 100)]),
            (200, [(0.0, 1)]),
        ],
    )
    xml = live.live_set(live.track("Bass", clip))
    half = DIVISION // 2
    events = [
        (0, midi.name(b"Bass")),
        (0, midi.on(40, 100)),
        (half, midi.cc(64, 127)),
        (0, midi.off(40)),
        (half, midi.bend(-8192)),
        (0, midi.on(43, 80)),
        (half, bytes([0xD0, 64])),
        (0, midi.off(43)),
        (half, midi.cc(64, 0)),
        (2 * half, midi.bend(8191)),
        (half, midi.on(45, 90)),
        (half, midi.cc(11, 100)),
        (half, midi.off(45)),
        (5 * half, midi.cc(64, 90)),
    ]
    assert read_live_set(xml).score == read_midi(midi.smf(midi.track(*events), division=DIVISION))


def test_a_loop_takes_its_pedal_back_to_where_it_stands() -> None:
    pedal = [(1.0, 0), (1.0, 127), (3.0, 127), (3.0, 0), (5.0, 0), (5.0, 60)]
    clip = live.clip(RIFF, length=8.0, loop=(2.0, 4.0), begins=-2.0, envelopes=[(66, pedal)])
    controls = score_of(live.track("Bass", clip)).parts[0].controls
    assert [(c.beat, c.value) for c in controls] == [
        (1.0, 127), (3.0, 0), (4.0, 127), (5.0, 0), (6.0, 127), (7.0, 0)
    ]  # fmt: skip


def test_a_sloping_envelope_is_steps() -> None:
    clip = live.clip(RIFF, length=8.0, envelopes=[(13, [(0.0, 0), (1.0, 12), (9.0, 12)])])
    controls = score_of(live.track("Bass", clip)).parts[0].controls
    assert [(round(12 * c.beat, 6), c.value) for c in controls] == [(step, step) for step in range(13)]


def test_what_live_does_not_sound_is_left_out() -> None:
    score = score_of(
        live.track("Bass", live.clip(RIFF[:1], muted=RIFF[1:], length=8.0)),
        live.track("Piano", live.clip(RIFF, disabled=True)),
        live.track("Lead", live.clip(RIFF), on=False),
        live.group_track(7, on=False),
        live.group_track(8, on=True, group=7),
        live.track("Pad", live.clip(RIFF), group=8),
    )
    assert score.parts == (Part("bass", (Note(0.0, 0.5, 40, 100),), name="Bass"),)


def test_groups_that_lie_in_each_other_are_no_trap() -> None:
    ring = (live.group_track(1, on=True, group=2), live.group_track(2, on=True, group=1))
    assert score_of(*ring, live.track("Bass", live.clip(RIFF), group=1)).note_count == 3


def test_names_are_as_a_musician_sees_them() -> None:
    score = score_of(
        live.track("", live.clip(RIFF), shown="1-Grand Piano"),
        live.track("# Bass", live.clip(RIFF), shown="2 Bass"),
        live.track("808", live.clip(RIFF), drums=True),
    )
    assert [(part.name, part.role) for part in score.parts] == [
        ("Grand Piano", "chords"),
        ("Bass", "bass"),
        ("808", "drums"),
    ]


@pytest.mark.parametrize(
    ("scale", "key"),
    [
        ((0, 0), None),
        ((2, 1), Key(0.0, 2, "minor")),
        ((9, "Dorian"), Key(0.0, 9, "minor")),
        ((7, 3), Key(0.0, 7, "major")),
        ((5, 7), None),
        ((5, 40), None),
        ((5, ""), None),
    ],
    ids=["untouched", "D minor", "A Dorian", "G Mixolydian", "whole tone", "rare", "none"],
)
def test_a_scale_is_a_key(scale: tuple[object, object], key: Key | None) -> None:
    assert score_of(live.track("Bass", live.clip(RIFF)), scale=scale).keys == ((key,) if key else ())


def test_a_tempo_that_is_drawn_is_held_for_each_sixteenth() -> None:
    """When 200 beats are over, as another reader's tests, made from Live's own display, have it."""
    points = [Point(-63072000, 95.3), Point(0, 95.3), Point(4, 138.3), Point(200, 160)]
    score = Score(tempos=tempo_map(points, 400.0))
    assert score.seconds(4.0) == pytest.approx(2.103149251721395, abs=1e-6)
    assert score.seconds(200.0) == pytest.approx(81.09683000726724, abs=1e-6)
    assert score.tempo_at(300.0).bpm == 160


def test_a_jump_of_tempo_and_new_metres() -> None:
    score = score_of(
        live.track("Bass", live.clip(RIFF, length=32.0, loop=(0.0, 4.0))),
        tempos=[(live.BEFORE_ALL, 100), (8, 100), (8, 140)],
        metres=[(live.BEFORE_ALL, 4, 4), (8, 7, 8), (15, 3, 4)],
    )
    assert score.tempos == (Tempo(0.0, 100), Tempo(8.0, 140))
    assert score.metres == (Metre(0.0, 4, 4), Metre(8.0, 7, 8), Metre(15.0, 3, 4))


def test_an_automation_without_end_becomes_wider_steps() -> None:
    points = [Point(float(beat), 100 + beat % 2) for beat in range(60_000)]
    assert len(tempo_map(points, 1e5)) <= 20_000


def test_markers_are_locators() -> None:
    score = score_of(live.track("Bass", live.clip(RIFF)), markers=[(8.0, "B"), (0.0, "A"), (3.0, "")])
    assert score.markers == (Marker(0.0, "A"), Marker(8.0, "B"))


def test_a_set_of_live_8() -> None:
    xml = live.old_live_set(
        live.track("Bass", slots=["", live.clip(RIFF, length=4.0)]),
        tempos=[(live.BEFORE_ALL, 95.3), (0, 95.3), (4, 138.3)],
        metre=live.metre_code(3, 4),
        scenes=["1", "Bridge 90 BPM 6/8"],
    )
    score, notices = read_live_set(xml)
    assert (score.tempos, score.metres) == ((Tempo(0.0, 90.0),), (Metre(0.0, 6, 8),))
    assert score.note_count == 5 and "Bridge" in notices[0]
    xml = live.old_live_set(live.track("Bass", live.clip(RIFF)), tempos=[(live.BEFORE_ALL, 95.3)])
    assert read_live_set(xml).score.tempos == (Tempo(0.0, 95.3),)


def session() -> bytes:
    return live.als(
        live.live_set(
            live.track("Bass", slots=["", live.clip(RIFF, length=4.0), live.clip(RIFF[:1], length=2.0)]),
            live.track("Lead", slots=["", "", live.clip([(7.0, 1.0, 72, 99)], length=8.0)]),
            live.track("Piano", slots=["", "", live.clip(RIFF, length=4.0, looped=False)]),
            scenes=[live.scene("Intro"), live.scene("Verse"), live.scene("Chorus", tempo=99, metre=200)],
        )
    )


def test_the_first_scene_with_notes_stands_in_for_an_empty_arrangement() -> None:
    score, notices = read_live_set(session())
    assert [part.name for part in score.parts] == ["Bass"] and starts(score) == [0.0, 1.0, 3.5]
    assert "scene 2 'Verse'" in notices[0] and "scene 3 'Chorus'" in notices[0]


@pytest.mark.parametrize("asked", ["3", "chorus"])
def test_a_scene_is_read_once_through_its_longest_clip(asked: str) -> None:
    score = read_live_set(session(), scene=asked).score
    bass, lead, piano = score.parts
    assert (score.tempos, score.metres) == ((Tempo(0.0, 99.0),), (Metre(0.0, 3, 4),))
    assert [note.start for note in bass.notes] == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert [note.start for note in lead.notes] == [7.0]
    assert [note.start for note in piano.notes] == [0.0, 1.0, 3.5]


def test_one_track_alone_is_one_clip_of_a_scene() -> None:
    score = read_live_set(session(), scene="3", track="lead").score
    assert [(part.name, part.role) for part in score.parts] == [("Lead", "melody")]


@pytest.mark.parametrize(
    ("scene", "track", "words"),
    [
        ("4", None, "from 1 to 3"),
        ("Outro", None, "no scene 'Outro'"),
        ("0", None, "no scene '0'"),
        (None, "Harp", "'Bass', 'Lead', 'Piano'"),
        ("1", None, "scene 1 'Intro' holds no MIDI notes"),
    ],
)
def test_what_is_not_there_is_told(scene: str | None, track: str | None, words: str) -> None:
    with pytest.raises(BandmateError, match=words):
        read_live_set(session(), scene=scene, track=track)


def test_a_set_without_notes_says_why(tmp_path: Path) -> None:
    file = tmp_path / "song.als"
    file.write_bytes(live.als(live.live_set(live.track("Bass"))))
    with pytest.raises(BandmateError, match=r"song\.als: the Live set holds no MIDI notes"):
        read_live_set(file)
    with pytest.raises(BandmateError, match="1 MIDI tracks are off"):
        read_live_set(live.live_set(live.track("Bass", live.clip(RIFF), on=False)))


def test_a_folder_of_sets_is_a_corpus_without_live_s_backups(tmp_path: Path) -> None:
    (tmp_path / "Song Project" / "Backup").mkdir(parents=True)
    notes = [(beat / 2, 0.5, 60 + beat % 5, 90) for beat in range(64)]
    xml = live.live_set(live.track("Lead", live.clip(notes, length=32.0)))
    for place in ("Song.als", "Backup/Song [2026-01-01].als"):
        (tmp_path / "Song Project" / place).write_bytes(live.als(xml))
    (tmp_path / "Song Project" / "broken.als").write_bytes(b"?")
    pieces = list(pieces_of_folder(tmp_path))
    assert [piece.path.name for piece in pieces] == ["Song.als", "broken.als"]
    prepared = [prepare_piece(number, piece) for number, piece in enumerate(pieces)]
    assert prepared[0].notes == 64 and prepared[0].sequences
    assert "neither gzip nor XML" in prepared[1].refused
