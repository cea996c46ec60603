"""A live session becomes a take: what was played, a part each, on the beats of the clock."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest

from bandmate.band.journal import Origin
from bandmate.library import Library
from bandmate_models.errors import BandmateError
from bandmate_models.score import Key
from live_kit import Desk, heard_by_mido


@pytest.fixture
def desk(tmp_path: Path):  # type: ignore[no-untyped-def]
    desk = Desk(tmp_path).start()
    yield desk
    desk.recorder.close()


def parts(take):  # type: ignore[no-untyped-def]
    return {part.name: [tuple(note) for note in part.notes] for part in take.score.parts}


def test_a_session_is_a_midi_file_with_a_track_for_each_part_on_the_beats_of_the_clock(desk: Desk) -> None:
    played = {("player 1", 0, 0): [], ("drums", 9, 0): [], ("bass", 1, 33): [], ("chords", 2, 4): []}
    chance = random.Random(1)
    for who, channel, program in played:
        beat = 0.0
        for number in range(40):
            beat += chance.uniform(0.3, 1.0)
            length, pitch = chance.uniform(0.05, 0.29), 36 + number
            desk.recorder.note(who, channel, program, beat, length, pitch, 1 + number)
            played[who, channel, program].append((beat, beat + length, pitch, 1 + number))
    desk.run_to(48.0)
    (take,) = desk.finish()
    ticks, tracks = heard_by_mido(desk.library.file(take.id))
    assert [(track.name, track.program) for track in tracks] == [(who, program) for who, _, program in played]
    for track, notes in zip(tracks, played.values(), strict=True):
        for heard, (start, end, pitch, velocity) in zip(track.notes, sorted(notes), strict=True):
            assert abs(heard[0] - start * ticks) <= 1
            assert abs(heard[1] - end * ticks) <= 1
            assert heard[2:] == (pitch, velocity)


def test_a_take_of_a_session_says_what_made_it_and_is_announced(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Origin("small 8 bit", 5, {"genre": "jazz"})).start()
    desk.recorder.key(Key(0.0, 2, "minor"))
    desk.recorder.note("bass", 1, 33, 0.0, 1.0, 40, 90)
    desk.run_to(6.0)
    (take,) = desk.recorder.close()
    card = take.card
    assert (card.model, card.seed, card.controls, card.task) == ("small 8 bit", 5, {"genre": "jazz"}, "jam")
    assert (card.tags, card.key, card.bars, card.metre, card.tempo) == (("live",), "D minor", 1, "4/4", 120.0)
    assert [announced.id for announced in desk.takes] == [take.id]
    assert list(desk.folder.iterdir()) == []


def test_a_session_in_which_nobody_played_leaves_nothing(desk: Desk) -> None:
    desk.run_to(16.0)
    assert desk.finish() == ()
    assert desk.library.list() == []
    assert list(desk.folder.iterdir()) == []


def test_keys_that_go_down_and_up_are_notes(desk: Desk) -> None:
    recorder = desk.recorder
    recorder.note_on("player 1", 0, 0, 0.5, 60, 80)
    recorder.note_on("player 1", 0, 0, 0.5, 64, 81)
    recorder.note_off("player 1", 0, 1.25, 60)
    recorder.note_off("player 1", 0, 2.0, 64)
    recorder.note_off("player 1", 0, 2.5, 67)
    desk.run_to(4.0)
    (take,) = desk.finish()
    assert parts(take) == {"player 1": [(0.5, 0.75, 60, 80), (0.5, 1.5, 64, 81)]}
    assert take.score.parts[0].role == "chords"


def test_each_channel_of_players_is_a_part(desk: Desk) -> None:
    for channel, pitch in ((0, 72), (3, 30), (9, 38)):
        desk.recorder.note(f"player {channel + 1}", channel, 0, 1.0, 1.0, pitch, 80)
    desk.run_to(4.0)
    (take,) = desk.finish()
    assert [(part.name, part.role) for part in take.score.parts] == [
        ("player 1", "melody"),
        ("player 4", "bass"),
        ("player 10", "drums"),
    ]


def test_what_was_told_ahead_and_taken_back_is_not_on_the_tape(desk: Desk) -> None:
    recorder = desk.recorder
    for start in (0.0, 1.0, 2.0, 3.0):
        recorder.note("bass", 1, 33, start, 1.0, 40, 80)
        recorder.note("chords", 2, 0, start, 1.0, 60, 80)
    recorder.note_on("player 1", 0, 0, 1.0, 72, 80)
    recorder.cancel("bass", 1.5)
    desk.run_to(3.5)
    recorder.cancel("", 3.0)
    desk.run_to(4.0)
    (take,) = desk.finish()
    told = parts(take)
    assert told["bass"] == [(0.0, 1.0, 40, 80), (1.0, 0.5, 40, 80)]
    assert [note[0] for note in told["chords"]] == [0.0, 1.0, 2.0]
    assert told["player 1"] == [(1.0, 3.0, 72, 80)]


def test_what_was_to_come_at_the_end_never_sounded(desk: Desk) -> None:
    desk.recorder.note("bass", 1, 33, 1.0, 8.0, 40, 80)
    desk.recorder.note("bass", 1, 33, 3.0, 1.0, 45, 80)
    desk.run_to(2.5)
    (take,) = desk.finish()
    assert parts(take) == {"bass": [(1.0, 1.5, 40, 80)]}


def test_the_last_bars_are_kept_from_bar_line_to_bar_line(desk: Desk) -> None:
    recorder = desk.recorder
    for bar in range(6):
        recorder.note("bass", 1, 33, 4.0 * bar, 1.0, 40 + bar, 80)
        recorder.note("bass", 1, 33, 4.0 * bar + 3.5, 1.0, 50 + bar, 80)  # over the bar line
    recorder.note_on("player 1", 0, 0, 18.0, 72, 90)
    desk.run_to(21.0)
    take = desk.keep(2)
    assert take.card.bars == 2
    assert parts(take)["bass"] == [
        (0.0, 0.5, 52, 80),
        (0.0, 1.0, 43, 80),
        (3.5, 1.0, 53, 80),
        (4.0, 1.0, 44, 80),
        (7.5, 0.5, 54, 80),
    ]
    assert parts(take)["player 1"] == [(6.0, 2.0, 72, 90)]
    assert take.card.tags == ("live", "kept")
    assert [announced.id for announced in desk.takes] == [take.id]
    ticks, tracks = heard_by_mido(desk.library.file(take.id))
    assert max(end for track in tracks for _, end, *_ in track.notes) == 8 * ticks


def test_bars_are_kept_again_and_again_while_it_plays(desk: Desk) -> None:
    for bar in range(9):
        desk.run_to(4.0 * bar)
        desk.recorder.note("bass", 1, 33, 4.0 * bar, 1.0, 40 + bar, 80)
    desk.run_to(36.0)
    assert [note[2] for note in parts(desk.keep(4))["bass"]] == [45, 46, 47, 48]
    assert len(parts(desk.keep(8))["bass"]) == 8
    assert desk.keep(16).card.bars == 9  # all there are
    (session,) = desk.finish()
    assert session.card.notes == 9


def test_what_cannot_be_kept_is_refused_in_a_sentence(desk: Desk) -> None:
    with pytest.raises(BandmateError, match="1 to 64 bars"):
        desk.recorder.keep(0)
    desk.run_to(8.0)
    with pytest.raises(BandmateError, match="nothing was played"):
        desk.keep(4)
    desk.recorder.note("bass", 1, 33, 8.5, 1.0, 40, 80)
    desk.run_to(10.0)
    with pytest.raises(BandmateError, match="nothing was played"):
        desk.keep(1)
    assert desk.notices == ["nothing_played", "nothing_played"]


def test_an_old_bar_is_still_in_the_session_but_can_no_longer_be_kept(desk: Desk) -> None:
    desk.recorder.note("bass", 1, 33, 0.0, 1.0, 40, 80)
    desk.run_to(280.0)
    desk.recorder.note("bass", 1, 33, 276.0, 1.0, 41, 80)
    assert [note[2] for note in parts(desk.keep(64))["bass"]] == [41]
    (session,) = desk.finish()
    assert parts(session)["bass"] == [(0.0, 1.0, 40, 80), (276.0, 1.0, 41, 80)]


def test_after_a_jump_of_the_clock_the_tape_goes_on_at_the_next_bar_line(desk: Desk) -> None:
    desk.recorder.note("bass", 1, 33, 4.0, 4.0, 40, 80)
    desk.recorder.note_on("player 1", 0, 0, 5.0, 72, 80)
    desk.run_to(5.5)
    desk.locate(100.0)
    desk.recorder.note("bass", 1, 33, 101.0, 1.0, 41, 80)
    desk.run_to(104.0)
    (take,) = desk.finish()
    assert parts(take) == {
        "player 1": [(1.0, 0.5, 72, 80)],
        "bass": [(0.0, 1.5, 40, 80), (5.0, 1.0, 41, 80)],
    }
    assert [tuple(marker) for marker in take.score.markers] == [(4.0, "beat 100 of the clock")]


def test_a_loop_of_whole_bars_is_recorded_round_after_round(desk: Desk) -> None:
    for round_ in range(3):
        desk.recorder.note("bass", 1, 33, 0.0, 1.0, 40 + round_, 80)
        desk.recorder.note("bass", 1, 33, 7.5, 0.25, 40 + round_, 80)
        desk.run_to(8.0 + 0.02 * round_)
        desk.locate(0.02 * round_, bar=0.0)
    (take,) = desk.finish()
    starts = [note[0] for note in parts(take)["bass"]]
    assert starts == pytest.approx([0.0, 7.5, 8.0, 15.5, 16.0, 23.5])
    assert take.card.bars == 6


def test_in_a_hosts_loop_what_was_told_goes_along_without_a_seam(desk: Desk) -> None:
    desk.run_to(7.9)
    desk.recorder.note_on("player 1", 0, 0, 7.0, 72, 80)
    desk.recorder.note("bass", 1, 33, 7.5, 1.0, 40, 80)
    desk.recorder.note("bass", 1, 33, 8.5, 0.5, 41, 80)  # planned into the next round
    desk.run_to(8.05)
    desk.loop(8.0)
    desk.recorder.note("bass", 1, 33, 1.5, 0.5, 42, 80)
    desk.recorder.note_off("player 1", 0, 1.0, 72)
    desk.run_to(4.0)
    (take,) = desk.finish()
    assert parts(take) == {
        "player 1": [(3.0, 2.0, 72, 80)],
        "bass": [(3.5, 1.0, 40, 80), (4.5, 0.5, 41, 80), (5.5, 0.5, 42, 80)],
    }
    assert take.score.markers == ()


def test_a_loop_of_broken_bars_has_a_bar_line_where_it_begins(desk: Desk) -> None:
    desk.run_to(6.0)
    desk.loop(6.0)
    desk.recorder.note("bass", 1, 33, 0.0, 0.5, 40, 80)
    desk.recorder.note("bass", 1, 33, 4.0, 0.5, 41, 80)
    desk.run_to(6.0)
    (take,) = desk.finish()
    assert parts(take)["bass"] == [(0.0, 0.5, 40, 80), (4.0, 0.5, 41, 80)]


def test_what_the_loop_cut_off_is_gone_and_what_the_band_said_too_late_is_taken_back(desk: Desk) -> None:
    desk.run_to(7.9)
    desk.recorder.note("bass", 1, 33, 8.0, 1.0, 40, 80)
    desk.run_to(8.0)
    desk.locate(0.0)
    desk.recorder.note("bass", 1, 33, 8.5, 1.0, 41, 80)  # planned before the band knew
    desk.recorder.cancel("", 0.0)
    desk.recorder.note("bass", 1, 33, 1.0, 1.0, 42, 80)
    desk.run_to(4.0)
    (take,) = desk.finish()
    assert parts(take) == {"bass": [(1.0, 1.0, 42, 80)]}


def test_a_clock_that_stood_still_goes_on_where_it_was(desk: Desk) -> None:
    desk.recorder.note("bass", 1, 33, 0.0, 1.0, 40, 80)
    desk.run_to(6.0)
    desk.change(running=False)
    desk.time += 60.0
    desk.change(running=True)
    desk.recorder.note("bass", 1, 33, 7.0, 1.0, 41, 80)
    desk.run_to(8.0)
    (take,) = desk.finish()
    assert parts(take)["bass"] == [(0.0, 1.0, 40, 80), (7.0, 1.0, 41, 80)]
    assert take.score.markers == ()


def test_tempo_and_metre_are_on_the_tape(desk: Desk) -> None:
    desk.recorder.note("bass", 1, 33, 0.0, 1.0, 40, 80)
    desk.run_to(8.0)
    desk.change(bpm=90.0)
    desk.change(bpm=90.01)
    desk.change(numerator=3)
    desk.recorder.note("bass", 1, 33, 11.0, 1.0, 41, 80)
    desk.run_to(14.0)
    take = desk.keep(3)
    assert [tuple(tempo) for tempo in take.score.tempos] == [(0.0, 120.0), (4.0, 90.0)]
    assert [tuple(metre) for metre in take.score.metres] == [(0.0, 4, 4), (4.0, 3, 4)]
    assert [bar.length for bar in take.score.bars(take.length)] == [4.0, 3.0, 3.0]
    (session,) = desk.finish()
    assert session.card.bars == 4


def test_notes_before_the_first_bar_line_make_a_bar_of_their_own(desk: Desk) -> None:
    desk.locate(-4.0)
    desk.recorder.note("player 1", 0, 0, -0.5, 0.5, 72, 80)
    desk.recorder.note("player 1", 0, 0, 0.0, 1.0, 74, 80)
    desk.run_to(4.0)
    (take,) = desk.finish()
    assert parts(take)["player 1"] == [(3.5, 0.5, 72, 80), (4.0, 1.0, 74, 80)]
    assert take.card.bars == 2


def test_another_program_is_a_change_in_the_same_part(desk: Desk) -> None:
    for beat, program in ((0.0, 33), (1.0, 33), (2.0, 35)):
        desk.recorder.note("bass", 1, program, beat, 0.5, 40, 80)
    desk.run_to(4.0)
    (take,) = desk.finish()
    (part,) = take.score.parts
    assert part.program == 33
    assert [tuple(control) for control in part.controls] == [(2.0, "program", 0, 35)]


def test_the_pedal_is_recorded_and_is_down_where_kept_bars_begin(desk: Desk) -> None:
    for bar in range(2):
        desk.recorder.note("player 1", 0, 0, 4.0 * bar + 1, 1.0, 60, 80)
    for beat, value in ((0.5, 127), (2.0, 0), (3.0, 127), (6.0, 0)):
        desk.recorder.control("player 1", 0, beat, 64, value)
    desk.run_to(8.0)
    (part,) = desk.keep(1).score.parts
    assert [tuple(control) for control in part.controls] == [(0.0, "cc", 64, 127), (2.0, "cc", 64, 0)]


def test_a_pitch_that_is_struck_again_ends_the_note_before(desk: Desk) -> None:
    desk.recorder.note("bass", 1, 33, 0.0, 4.0, 40, 80)
    desk.recorder.note("bass", 1, 33, 1.0, 1.0, 40, 80)
    desk.run_to(4.0)
    (take,) = desk.finish()
    assert parts(take)["bass"] == [(0.0, 1.0, 40, 80), (1.0, 1.0, 40, 80)]


def test_a_second_session_begins_with_the_tempo_and_metre_that_are(desk: Desk) -> None:
    desk.change(numerator=3, bpm=77.0)
    desk.recorder.note("bass", 1, 33, 0.0, 1.0, 40, 80)
    desk.run_to(3.0)
    desk.finish()
    desk.recorder.note("bass", 1, 33, 4.0, 1.0, 41, 80)
    desk.run_to(6.0)
    (take,) = desk.finish()
    assert (take.card.tempo, take.card.metre, take.card.bars, take.card.notes) == (77.0, "3/4", 1, 1)
    assert parts(take)["bass"] == [(1.0, 1.0, 41, 80)]


def test_a_session_longer_than_a_midi_file_is_several_takes(desk: Desk, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("bandmate.band.sessions.LONGEST", 10.0)
    for bar in (0, 2, 3, 4, 5):
        desk.recorder.note("bass", 1, 33, 4.0 * bar, 1.0, 40 + bar, 80)
    desk.run_to(24.0)
    takes = desk.finish()
    assert [[note[:1] + note[2:3] for note in parts(take)["bass"]] for take in takes] == [
        [(0.0, 40)],
        [(0.0, 42), (4.0, 43)],
        [(0.0, 44), (4.0, 45)],
    ]


def test_many_threads_may_tell_at_once(desk: Desk) -> None:
    def play(channel: int) -> None:
        for number in range(200):
            desk.recorder.note(f"player {channel + 1}", channel, 0, number / 4, 0.2, 60, 80)

    threads = [threading.Thread(target=play, args=(channel,)) for channel in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.run_to(50.0)
    (take,) = desk.finish()
    assert [len(part.notes) for part in take.score.parts] == [200] * 6


def test_what_no_midi_file_can_hold_is_left_out_with_a_notice(desk: Desk) -> None:
    desk.recorder.note("bass", 1, 33, 0.0, 1.0, 200, 80)
    desk.recorder.note("bass", 1, 33, float("nan"), 1.0, 40, 80)
    desk.recorder.note("bass", 1, 33, 1.0, 1.0, 41, 80)
    desk.run_to(4.0)
    (take,) = desk.finish()
    assert parts(take)["bass"] == [(1.0, 1.0, 41, 80)]
    assert desk.notices == ["bad_note", "bad_note"]


def test_bars_that_the_library_refuses_are_a_notice_and_the_session_goes_on(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("no folder")
    desk = Desk(tmp_path, library=Library(tmp_path / "library")).start()
    desk.recorder.note("bass", 1, 33, 0.0, 1.0, 40, 80)
    desk.run_to(4.0)
    with pytest.raises(BandmateError):
        desk.keep(1)
    (tmp_path / "library").unlink()
    assert desk.keep(1).card.notes == 1
    assert desk.notices == ["library_unusable"]
    desk.recorder.close()
