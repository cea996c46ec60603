"""Chords for a melody: usual ones that hold its tones, known no sooner than they can be."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from bandmate_models import vocabulary as v
from bandmate_models.chordal import FOLLOWED, KNOWN, LASTING, ON_BEAT, Chordal
from bandmate_models.chords import Chord, ChordChange
from bandmate_models.encoding import Header, PartLine
from bandmate_models.harmonising import consonances, harmonised
from bandmate_models.reading import Reader
from bandmate_models.score import Key, Note, Part, Score

C = Key(0.0, 0, "major")
LINES = [0.0, 4.0, 8.0, 12.0]


def melody(*pitches: int) -> Score:
    """A pitch for each half of a bar of four."""
    return Score((Part("melody", tuple(Note(2.0 * i, 2.0, pitch, 80) for i, pitch in enumerate(pitches))),))


def chord_at(changes: list[ChordChange], beat: float) -> Chord | None:
    return next((change.chord for change in reversed(changes) if change.beat <= beat), None)


def test_each_bar_has_a_chord_that_holds_its_tones() -> None:
    changes = harmonised(melody(60, 64, 65, 69, 67, 71), C, LINES)
    assert [chord_at(changes, beat) for beat in (0.0, 4.0, 8.0)] == [
        Chord(0, "maj"), Chord(5, "maj"), Chord(7, "maj"),
    ]  # fmt: skip


@given(st.integers(0, 11), st.lists(st.integers(55, 80), min_size=6, max_size=6))
@example(4, [74, 56, 55, 55, 55, 55])  # two chords are likely alike
def test_a_melody_higher_has_its_chords_higher(semitones: int, pitches: list[int]) -> None:
    low = harmonised(melody(*pitches), C, LINES)
    high = harmonised(melody(*(p + semitones for p in pitches)), Key(0.0, semitones, "major"), LINES)
    assert [(c.beat, c.chord and ((c.chord.root + semitones) % 12, c.chord.quality)) for c in low] == [
        (c.beat, c.chord) for c in high
    ]


@given(st.integers(1, 4), st.integers(1, 10), st.lists(st.integers(55, 80), min_size=6, max_size=6))
def test_what_is_played_later_is_not_known_before(lag: int, at: int, pitches: list[int]) -> None:
    """A beat's chord is the same whatever is played less than `lag` beats before it, and from there on."""
    whole = melody(*pitches)
    heard = whole.excerpt(0.0, float(at))
    known = harmonised(whole, C, LINES, lag)
    then = harmonised(heard, C, LINES, lag)
    assert [chord_at(known, beat) for beat in range(at + lag)] == [
        chord_at(then, beat) for beat in range(at + lag)
    ]
    assert all(change.beat >= lag for change in known)


def test_nothing_pitched_has_no_chords() -> None:
    drums = Score((Part("drums", (Note(0.0, 0.25, 36, 80),)),))
    assert harmonised(drums, C, LINES) == harmonised(Score(), C, [0.0]) == []


def test_what_goes_with_the_player_is_known_at_once_or_a_beat_late() -> None:
    played = melody(60, 62)
    now, late = consonances(played, 4), consonances(played, 4, 1)
    assert [now[0, tone] for tone in (0, 7, 4, 2, 11)] == [1, 1, 1, 0, 0]
    assert (now[2, 2], now[2, 0]) == (1, 0)
    assert not late[0].any()
    assert (late[1] == now[0]).all() and (late[2] == now[0]).all()
    assert late[3, 2] > late[3, 0] > 0


def test_a_key_that_is_still_down_counts_more_than_one_that_is_up() -> None:
    def late(end: float) -> list[float]:
        notes = Note(0.0, end, 60, 80), Note(0.0, 1.0, 61, 80)
        return list(consonances(Score((Part("melody", notes),)), 2, 1)[1, :2])

    assert late(1.0) == [0.5, 0.5]
    assert late(1.5) == [0.75, 0.25]


@given(st.integers(1, 10), st.integers(1, 3), st.lists(st.integers(55, 80), min_size=6, max_size=6))
def test_nor_is_what_will_sound_later(at: int, lag: int, pitches: list[int]) -> None:
    whole = melody(*pitches)
    known, then = consonances(whole, 12, lag), consonances(whole.excerpt(0.0, float(at)), 12, lag)
    assert (known[: at + lag] == then[: at + lag]).all()


def test_tones_that_clash_with_the_player_are_held_back() -> None:
    beside = consonances(melody(60), 1)
    pitch = v.BASE["pitch"]
    push = Chordal([ChordChange(0.0, Chord(0, "maj7"))], (), beside).push(reader_after(v.onset(0, 0)))
    assert push is not None and (push[pitch + 64], push[pitch + 71]) == (0, -KNOWN.clash)


def reader_after(*tokens: int) -> Reader:
    reader = Reader()
    parts = Header(parts=(PartLine(0), PartLine(11))).tokens()
    bar = v.BASE["bar"] + v.METRES.index((4, 4))
    for token in (*parts, bar, v.BASE["frame_m"], *tokens):
        reader.feed(token)
    return reader


def test_other_tones_are_held_back_most_on_the_beat_and_from_lasting() -> None:
    chordal = Chordal([ChordChange(0.0, Chord(0, "maj"))], bass=[11])
    pitch = v.BASE["pitch"]
    held = [chordal.push(reader_after(v.onset(0, tick))) for tick in (0, 6, 3)]
    assert all(push is not None and push[pitch + 60] == push[pitch + 64] == 0 for push in held)
    backs = [float(push[pitch + 62]) for push in held if push is not None]
    assert backs[0] == -ON_BEAT < backs[1] < backs[2] < 0
    bass = chordal.push(reader_after(v.onset(11, 0)))
    assert bass is not None and bass[pitch + 36] > bass[pitch + 43] > bass[pitch + 38]
    long = chordal.push(reader_after(v.onset(0, 3), pitch + 62))
    assert long is not None and long[v.duration_velocity(v.DURATION_INDEX[24], 4)] == -LASTING
    assert long[v.duration_velocity(v.DURATION_INDEX[6], 4)] == 0
    assert chordal.push(reader_after(v.onset(0, 3), pitch + 64)) is None


def test_behind_a_player_chords_count_less_what_he_played_more_and_notes_let_go() -> None:
    clash, tone = v.BASE["pitch"] + 71, v.BASE["pitch"] + 62
    changes, beside = [ChordChange(0.0, Chord(0, "maj7"))], consonances(melody(60), 1)
    known, followed = (Chordal(changes, (), beside, manner) for manner in (KNOWN, FOLLOWED))
    one, other = (chordal.push(reader_after(v.onset(0, 0))) for chordal in (known, followed))
    assert one is not None and other is not None and other[clash] < one[clash] < 0
    apart = [
        Chordal(changes, (), None, manner).push(reader_after(v.onset(0, 0))) for manner in (KNOWN, FOLLOWED)
    ]
    assert apart[0] is not None and apart[1] is not None and apart[0][tone] < apart[1][tone] < 0
    lasting = followed.push(reader_after(v.onset(0, 0), v.BASE["pitch"] + 64))
    assert lasting is not None and lasting[v.duration_velocity(v.DURATION_INDEX[12], 4)] == -FOLLOWED.lasting
    assert lasting[v.duration_velocity(v.DURATION_INDEX[6], 4)] == 0


def test_where_there_is_no_chord_nothing_is_pushed() -> None:
    later = Chordal([ChordChange(1.0, Chord(0, "maj")), ChordChange(2.0, None)])
    assert later.push(reader_after(v.onset(0, 0))) is None
    assert later.push(reader_after()) is None
    after = v.BASE["frame_m"] + 1, v.BASE["frame_m"] + 2, v.onset(0, 0)
    assert later.push(reader_after(*after)) is None
