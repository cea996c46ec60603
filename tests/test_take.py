"""Takes: ids, cards, and the files they become."""

import io
from datetime import datetime, timedelta, timezone

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.take import Take, TakeCard, is_id, new_id
from bandmate_models.errors import BandmateError
from bandmate_models.midi import read_midi
from bandmate_models.score import Control, Key, Metre, Note, Part, Score, Tempo

WALTZ = Score(
    parts=(
        Part("melody", (Note(0.0, 1.0, 62, 80), Note(1.0, 0.5, 65, 70)), 65),
        Part("drums", (Note(0, 0.1, 36, 90),)),
    ),
    tempos=(Tempo(0.0, 90.0),),
    metres=(Metre(0.0, 3, 4),),
    keys=(Key(0.0, 2, "minor"),),
)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2054, 1, 1)), st.integers(1, 10**9))
def test_ids_sort_by_time(moment: datetime, later_ms: int) -> None:
    moment = moment.replace(tzinfo=timezone.utc)
    first, second = new_id(moment), new_id(moment + timedelta(milliseconds=later_ms))
    assert is_id(first)
    assert first < second


def test_ids_of_one_moment_differ() -> None:
    now = datetime.now(timezone.utc)
    assert len({new_id(now) for _ in range(100)}) > 90


@pytest.mark.parametrize("text", ["", "..", "../../etc/x", "0123456789", "0123456789l", "0123456789A", "a/b"])
def test_what_is_no_id(text: str) -> None:
    assert not is_id(text)


def test_a_card_says_what_the_music_is() -> None:
    card = Take.create(WALTZ, task="continue", bars=2, seed=7, controls={"temperature": 1.0}).card
    assert (card.bars, card.notes, card.metre, card.key, card.tempo) == (2, 3, "3/4", "D minor", 90.0)
    assert card.roles == ("melody", "drums")
    assert datetime.fromisoformat(card.created).tzinfo is not None


def test_a_card_survives_json() -> None:
    card = Take.create(WALTZ, task="continue", tags=("good", "one"), title="Ende", parent=None).card
    assert TakeCard.from_json(card.to_json()) == card


def test_a_card_of_a_later_version_is_read() -> None:
    card = Take.create(WALTZ, task="continue").card
    assert TakeCard.from_json(card.to_json() | {"mood": "blue"}) == card


@pytest.mark.parametrize(
    "damage",
    [
        {"id": "../../x"},
        {"tags": None},
        {"tags": [1]},
        {"roles": ["triangle"]},
        {"controls": []},
        {"title": 3},
    ],
)
def test_a_damaged_card_is_refused(damage: dict[str, object]) -> None:
    data = Take.create(WALTZ, task="continue").card.to_json()
    with pytest.raises(BandmateError) as refusal:
        TakeCard.from_json(data | damage)
    assert refusal.value.code == "bad_take"


@pytest.mark.parametrize("data", [None, [], {}, "take", 3, {"id": "0123456789a"}])
def test_what_is_no_card_is_refused(data: object) -> None:
    with pytest.raises(BandmateError):
        TakeCard.from_json(data)


@pytest.mark.parametrize("bars", [1, 2, 5])
def test_the_file_has_exactly_the_bars_asked_for(bars: int) -> None:
    take = Take.create(WALTZ, task="continue", bars=bars)
    file = mido.MidiFile(file=io.BytesIO(take.midi()))
    ends = {sum(message.time for message in track) / file.ticks_per_beat for track in file.tracks}
    assert ends == {3.0 * bars}


def test_the_file_says_what_made_it() -> None:
    data = Take.create(WALTZ, task="continue", model="small int8", seed=41).midi()
    assert b"small int8" in data
    assert b"41" in data


def test_a_file_read_again_is_the_same_music() -> None:
    score = read_midi(Take.create(WALTZ, task="continue", bars=2).midi())
    assert [part.role for part in score.parts] == ["melody", "drums"]
    assert score.parts[0].notes == WALTZ.parts[0].notes
    assert (score.tempos[0].bpm, score.metres, score.keys) == (pytest.approx(90), WALTZ.metres, WALTZ.keys)


def test_the_answer_follows_the_phrase_on_its_last_bar_line() -> None:
    phrase = Score(
        parts=(
            Part(
                "melody", (Note(0.0, 1.0, 60, 80), Note(4.0, 1.0, 61, 80)), 65, (Control(0.0, "cc", 64, 127),)
            ),
        ),
        tempos=(Tempo(0.0, 90.0),),
        metres=(Metre(0.0, 3, 4),),
    )
    whole = Take.create(WALTZ, task="continue", phrase=phrase).in_place().score
    melody, drums = whole.parts
    assert [note.start for note in melody.notes] == [0.0, 4.0, 6.0, 7.0]
    assert [note.start for note in drums.notes] == [6.0]
    assert melody.controls[-1] == Control(6.0, "cc", 64, 0)
    assert [(key.beat, key.tonic) for key in whole.keys] == [(6.0, 2)]
    assert len(whole.tempos) == len(whole.metres) == 1


def test_what_changed_in_the_phrase_is_kept_in_the_whole() -> None:
    phrase = Score(
        parts=(Part("melody", (Note(0.0, 4.0, 60, 80), Note(4.0, 4.0, 60, 80))),),
        tempos=(Tempo(0.0, 100.0), Tempo(4.0, 90.0)),
        metres=(Metre(0.0, 4, 4),),
    )
    whole = Take.create(WALTZ, task="continue", phrase=phrase).in_place().score
    assert [(tempo.beat, tempo.bpm) for tempo in whole.tempos] == [(0.0, 100.0), (4.0, 90.0)]
    assert [(metre.beat, metre.numerator) for metre in whole.metres] == [(0.0, 4), (8.0, 3)]


def test_a_take_without_a_phrase_is_whole_alone() -> None:
    assert Take.create(WALTZ, task="continue").in_place().score == WALTZ


def test_the_summary_is_one_line() -> None:
    assert Take.create(WALTZ, task="continue", bars=1).summary() == (
        "1 bar of 3/4 in D minor, 90 bpm, 3 notes: 2 melody, 1 drums"
    )
    assert "silence" in Take.create(Score(), task="continue", bars=4).summary()
