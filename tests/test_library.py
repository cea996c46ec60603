"""The library: takes come back as they were added, and are found."""

import json
import os
import time
from pathlib import Path

import pytest

from bandmate.library import Library
from bandmate.take import Take
from bandmate_models.errors import BandmateError
from bandmate_models.score import Score
from library_kit import INDEX, library, take, tune

__all__ = ["library"]


def test_a_take_comes_back_as_it_was_added(library: Library) -> None:
    added = library.add(take("melody", "drums", seed=3, title="One", controls={"bars": 1, "key": None}))
    found = library.get(added.id)
    assert found.card == added.card
    assert [part.role for part in found.score.parts] == ["melody", "drums"]
    assert [part.notes for part in found.score.parts] == [part.notes for part in added.score.parts]
    assert found.phrase is not None
    assert found.phrase.parts[0].notes == tune().parts[0].notes


def test_a_take_is_on_disk_as_soon_as_it_is_added(library: Library) -> None:
    added = library.add(take())
    folder = library.folder / "takes" / added.id
    assert sorted(path.name for path in folder.iterdir()) == ["phrase.mid", "take.json", "take.mid"]
    assert json.loads((folder / "take.json").read_text())["id"] == added.id


def test_a_silent_answer_is_kept(library: Library) -> None:
    added = library.add(Take.create(Score(), task="continue", bars=4))
    assert library.get(added.id).score.note_count == 0


def test_two_takes_of_one_id_are_both_kept(library: Library) -> None:
    first = take(title="first")
    second = Take(first.card, first.score)
    library.add(first)
    other = library.add(second)
    assert other.id != first.id
    assert {card.id for card in library.list()} == {first.id, other.id}


def test_the_newest_come_first(library: Library) -> None:
    ids = []
    for _ in range(3):
        ids.append(library.add(take()).id)
        time.sleep(0.002)
    assert [card.id for card in library.list()] == ids[::-1]
    assert [card.id for card in library.list(limit=1)] == ids[-1:]


def test_a_library_that_is_not_there_is_empty_and_stays_away(tmp_path: Path) -> None:
    library = Library(tmp_path / "nowhere")
    assert library.list() == []
    assert not (tmp_path / "nowhere").exists()


def test_search_by_everything(library: Library) -> None:
    blue = library.add(take("melody", title="Blue moon", tags=("ballad",)))
    funk = library.add(take("drums", "bass", title="Funk 100%"))
    library.rate(blue.id, 4)

    def ids(*words: str, **wanted: object) -> list[str]:
        return [card.id for card in library.search(*words, **wanted)]  # type: ignore[arg-type]

    assert ids("MOON blue") == [blue.id]
    assert ids("moon funk") == []
    assert ids("100%") == [funk.id]
    assert ids("%") == [funk.id]
    assert ids(tag="ballad") == [blue.id]
    assert ids(role="drums") == [funk.id]
    assert ids(rating=4) == [blue.id]
    assert ids(rating=5) == []
    assert set(ids(key="d MINOR")) == {blue.id, funk.id}
    assert ids(key="E minor") == []
    assert ids("'; DROP TABLE takes; --") == []
    assert len(ids()) == 2


def test_tags_and_rating_are_kept_with_the_take(library: Library) -> None:
    added = library.add(take(tags=("old",)))
    library.tag(added.id, ["Good ", "two  words", "good"], remove=["old"])
    library.rate(added.id, 5)
    library.rename(added.id, "Song")
    (library.folder / INDEX).unlink()
    card = library.get(added.id).card
    assert (card.tags, card.rating, card.title) == (("good", "two words"), 5, "Song")
    assert [card.id for card in library.search(tag="two words")] == [added.id]
    assert library.rate(added.id, None).rating is None


@pytest.mark.parametrize("rating", [0, 6, -1])
def test_a_rating_beyond_five_stars_is_refused(library: Library, rating: int) -> None:
    added = library.add(take())
    with pytest.raises(BandmateError):
        library.rate(added.id, rating)
    assert library.get(added.id).card.rating is None


@pytest.mark.parametrize("tag", ["", "   ", "x" * 65])
def test_a_tag_that_is_none_is_refused(library: Library, tag: str) -> None:
    added = library.add(take())
    with pytest.raises(BandmateError):
        library.tag(added.id, [tag])


def test_versions_are_the_whole_family(library: Library) -> None:
    first = library.add(take())
    second = library.add(take(parent=first.id))
    third = library.add(take(parent=second.id))
    library.add(take())
    for member in (first, second, third):
        assert {card.id for card in library.versions(member.id)} == {first.id, second.id, third.id}


def test_a_take_is_found_by_a_part_of_its_id(library: Library) -> None:
    first, second = library.add(take()), library.add(take())
    assert library.find(second.id[-5:]) == second.id
    assert library.find("last") == max(first.id, second.id)
    with pytest.raises(BandmateError, match="2 takes match"):
        library.find(first.id[:2])


@pytest.mark.parametrize("name", ["", "..", "../library", "/etc/passwd", "takes", "nothing", "*", "\0"])
def test_no_name_leads_out_of_the_library(library: Library, name: str) -> None:
    library.add(take())
    with pytest.raises(BandmateError) as refusal:
        library.get(name)
    assert refusal.value.code == "no_take"


def test_export_never_overwrites_unasked(library: Library, tmp_path: Path) -> None:
    added = library.add(take(title="a/b: c?"))
    first = library.export(added.id, tmp_path / "out")
    second = library.export(added.id, tmp_path / "out")
    third = library.export(added.id, tmp_path / "out", force=True)
    names = ["a-b- c", "a-b- c with phrase", "a-b- c phrase"]
    assert [path.name for path in first] == [f"{name}.mid" for name in names]
    assert [path.name for path in second] == [f"{name}-2.mid" for name in names]
    assert third == first
    assert first[0].read_bytes() == (library.folder / "takes" / added.id / "take.mid").read_bytes()


@pytest.mark.parametrize("name", ["..", "../../x", "/", "CON", ".", "\u202e", "x" * 300])
def test_an_export_stays_in_its_folder(library: Library, tmp_path: Path, name: str) -> None:
    added = library.add(take())
    for path in library.export(added.id, tmp_path / "out", name=name):
        assert path.parent == tmp_path / "out"


def test_versions_end_where_parents_go_in_a_circle(library: Library) -> None:
    first, second = library.add(take()), library.add(take())
    for one, other in ((first, second), (second, first)):
        file = library.folder / "takes" / one.id / "take.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"parent": other.id}))
        os.utime(file, ns=(1, 1))
    assert {card.id for card in library.versions(first.id)} == {first.id, second.id}
