"""How an answer stands with its phrase: after, beside, within, between, instead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.library import Library
from bandmate.placing import OF_TASK, PLACINGS, placed
from bandmate.take import Take, TakeCard
from bandmate.tasks.studio import TASKS
from bandmate_models.errors import BandmateError
from bandmate_models.score import Control, Note, Part, Role, Score
from trio import BARS, BASS, BEATS, DRUMS, MELODY, notes_of, trio


def bars_of(*roles: Role, start: float = 0.0, end: float = BEATS) -> Score:
    """Bars of the trio, a tone higher."""
    cut = trio(*roles).excerpt(start, end)
    higher = (
        replace(part, notes=tuple(n._replace(pitch=n.pitch + 2) for n in part.notes)) for part in cut.parts
    )
    return replace(cut, parts=tuple(higher))


def test_every_task_has_its_place() -> None:
    assert OF_TASK.keys() == TASKS.keys()
    assert set(OF_TASK.values()) == set(PLACINGS)


@pytest.mark.parametrize("placing", PLACINGS)
def test_an_answer_to_nothing_stands_alone(placing: str) -> None:
    answer = bars_of("bass")
    for phrase in (None, Score()):
        assert placed(answer, BEATS, placing, phrase) == (answer, 0.0, BEATS)  # type: ignore[arg-type]


def test_after_its_phrase() -> None:
    answer = bars_of("melody", end=3.0)
    whole = placed(answer, 3.0, "after", trio())
    assert (whole.start, whole.beats) == (BEATS, BEATS + 3.0)
    melody = notes_of(whole.score)["melody"]
    assert melody[: len(MELODY.notes)] == MELODY.notes
    assert [n.start - BEATS for n in melody[len(MELODY.notes) :]] == [n.start for n in answer.parts[0].notes]


def test_after_a_phrase_that_ends_in_silence() -> None:
    assert placed(bars_of("melody"), 3.0, "after", trio(), start=18.0)[1:] == (18.0, 21.0)


def test_beside_its_phrase() -> None:
    whole = placed(bars_of("drums"), BEATS, "beside", trio())
    assert [part.role for part in whole.score.parts] == ["melody", "chords", "bass", "drums"]
    assert whole.score.parts[:3] == trio().parts
    assert whole[1:] == (0.0, BEATS)


def test_for_the_drums_of_its_phrase() -> None:
    new = bars_of("drums")
    whole = placed(new, BEATS, "beside_pitched", trio("melody", "drums")).score
    assert whole.parts == (MELODY, new.parts[0])
    assert placed(new, BEATS, "beside_pitched", trio("drums")).score.parts == (DRUMS, new.parts[0])


def test_with_the_lead_of_its_phrase() -> None:
    whole = placed(bars_of("bass", "drums"), BEATS, "beside_lead", trio("bass", "melody", "drums")).score
    assert [part.role for part in whole.parts] == ["melody", "bass", "drums"]
    assert whole.parts[0] == MELODY


def test_between_two_phrases() -> None:
    whole = placed(bars_of("melody", end=6.0), 6.0, "between", trio(), trio("melody", "drums"))
    assert (whole.start, whole.beats) == (BEATS, 2 * BEATS + 6.0)
    drums = notes_of(whole.score)["drums"]
    assert [n.start - BEATS - 6.0 for n in drums] == [n.start for n in DRUMS.notes]


@given(
    st.integers(0, BARS - 1),
    st.integers(1, BARS),
    st.lists(st.sampled_from(("melody", "chords", "bass")), min_size=1, unique=True),
)
def test_within_its_phrase(first: int, count: int, roles: list[Role]) -> None:
    start, end = 3.0 * first, min(3.0 * (first + count), BEATS)
    answer = bars_of(*roles, start=start, end=end)
    whole = placed(answer, end - start, "within", trio(), start=start)
    assert whole[1:] == (start, BEATS)
    assert [part.role for part in whole.score.parts] == ["melody", "chords", "bass"]
    for old, new in zip(trio().parts, whole.score.parts, strict=True):
        outside = [n for n in new.notes if not start <= n.start < end]
        assert [n[:1] + n[2:] for n in outside] == [
            n[:1] + n[2:] for n in old.notes if not start <= n.start < end
        ]
        inside = [n for n in new.notes if start <= n.start < end]
        fresh = {part.role: part.notes for part in answer.parts}.get(old.role)
        if fresh is None:
            assert new == old
        else:
            assert [n._replace(start=n.start - start) for n in inside] == list(fresh)


def test_a_note_that_rings_into_the_new_bars_ends_where_its_key_is_struck() -> None:
    phrase = Score(
        (Part("melody", (Note(0.0, 8.0, 60, 80), Note(1.0, 7.0, 64, 80), Note(8.0, 4.0, 60, 80))),)
    )
    answer = Score((Part("melody", (Note(1.0, 2.0, 60, 80),)),))
    [part] = placed(answer, 4.0, "within", phrase, start=4.0).score.parts
    assert part.notes == (
        Note(0.0, 5.0, 60, 80),
        Note(1.0, 7.0, 64, 80),
        Note(5.0, 2.0, 60, 80),
        Note(8.0, 4.0, 60, 80),
    )


def test_a_pedal_is_up_in_the_new_bars_and_down_again_after_them() -> None:
    phrase = Score(
        (
            Part(
                "chords",
                (Note(0.0, 1.0, 60, 80), Note(11.0, 1.0, 60, 80)),
                controls=(Control(1.0, "cc", 64, 127), Control(10.0, "cc", 64, 0)),
            ),
        )
    )
    answer = Score((Part("chords", (Note(0.0, 1.0, 62, 80),)),))
    [part] = placed(answer, 4.0, "within", phrase, start=4.0).score.parts
    assert [(c.beat, c.value) for c in part.controls] == [(1.0, 127), (4.0, 0), (8.0, 127), (10.0, 0)]


def test_of_two_parts_alike_each_goes_on_as_itself() -> None:
    def pair(low: int) -> Score:
        return Score(
            tuple(
                Part("strings", (Note(0.0, 4.0, pitch, 80),), 48, name="violin") for pitch in (low, low + 12)
            )
        )

    first, second = placed(pair(50), 4.0, "after", pair(40)).score.parts
    assert [n.pitch for n in first.notes] == [40, 50]
    assert [n.pitch for n in second.notes] == [52, 62]


def test_the_library_keeps_how_a_take_stands(tmp_path: Path) -> None:
    take = Take.create(
        bars_of("melody"), task="interpolate", phrase=trio(), other=trio("bass", "drums"), start=15.0, bars=2
    )
    library = Library(tmp_path)
    kept = library.get(library.add(take).id)
    assert (kept.card.placing, kept.card.start) == ("between", 15.0)
    assert kept.other is not None
    assert notes_of(kept.other) == {"bass": BASS.notes, "drums": DRUMS.notes}
    files = library.export(kept.id, tmp_path / "out", name="way")
    assert sorted(file.name for file in files) == [
        "way other.mid",
        "way phrase.mid",
        "way with phrase.mid",
        "way.mid",
    ]


def test_a_take_from_before_stands_after_its_phrase() -> None:
    card = Take.create(bars_of("melody"), task="continue", phrase=trio()).card.to_json()
    del card["placing"], card["start"]
    take = Take(TakeCard.from_json(card), bars_of("melody"), trio())
    assert take.in_place().start == BEATS
    assert not take.stands_alone


@pytest.mark.parametrize("damage", [{"placing": "under"}, {"placing": None}, {"placing": []}, {"start": "x"}])
def test_a_card_with_no_such_place_is_refused(damage: dict[str, object]) -> None:
    data = Take.create(bars_of("melody"), task="vary").card.to_json()
    with pytest.raises(BandmateError):
        TakeCard.from_json(data | damage)
