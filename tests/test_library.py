"""The library: nothing is lost, whatever happens to the folder."""

import errno
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bandmate import files
from bandmate.index import Index
from bandmate.library import Library
from bandmate.migrations import STEPS
from bandmate.take import Take
from bandmate_models.errors import BandmateError
from bandmate_models.score import Key, Note, Part, Role, Score

INDEX = "index.sqlite"


def tune(*roles: Role, tonic: int = 2) -> Score:
    return Score(
        parts=tuple(
            Part(role, (Note(0.0, 1.0, 60, 80), Note(1.0, 1.0, 62, 80))) for role in roles or ("melody",)
        ),
        keys=(Key(0.0, tonic, "minor"),),
    )


def take(*roles: Role, **about: object) -> Take:
    return Take.create(tune(*roles), task="continue", phrase=tune("bass"), bars=1, **about)  # type: ignore[arg-type]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def python(code: str, *arguments: object) -> "subprocess.Popen[str]":
    """Another process that runs `code` with the same modules."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


ADD = """
import sys
from pathlib import Path
from bandmate.library import Library
from bandmate.take import Take
from bandmate_models.score import Note, Part, Score
library = Library(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    score = Score(parts=(Part("melody", (Note(0.0, 1.0, 60, 80),)),))
    take = library.add(Take.create(score, task="continue", title=f"take {number}"))
    print(take.id, flush=True)
"""


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
    assert [path.name for path in first] == ["a-b- c.mid", "a-b- c phrase.mid"]
    assert [path.name for path in second] == ["a-b- c-2.mid", "a-b- c phrase-2.mid"]
    assert third == first
    assert first[0].read_bytes() == (library.folder / "takes" / added.id / "take.mid").read_bytes()


@pytest.mark.parametrize("name", ["..", "../../x", "/", "CON", ".", "\u202e", "x" * 300])
def test_an_export_stays_in_its_folder(library: Library, tmp_path: Path, name: str) -> None:
    added = library.add(take())
    for path in library.export(added.id, tmp_path / "out", name=name):
        assert path.parent == tmp_path / "out"


@pytest.mark.parametrize("damage", [b"", b"this is no database" * 100, None])
def test_a_damaged_index_is_made_anew(library: Library, damage: "bytes | None") -> None:
    added = [library.add(take(title=f"take {number}")) for number in range(3)]
    index = library.folder / INDEX
    if damage is None:
        content = bytearray(index.read_bytes())
        content[100:4096] = b"\xff" * 3996
        damage = bytes(content)
    index.write_bytes(damage)
    assert {card.id for card in library.list()} == {one.id for one in added}
    assert [card.title for card in library.search("2")] == ["take 2"]
    with sqlite3.connect(index) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM takes").fetchone() == (3,)


def test_the_index_of_a_later_version_is_left_alone(library: Library) -> None:
    added = library.add(take())
    with sqlite3.connect(library.folder / INDEX) as connection:
        connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    assert [card.id for card in library.list()] == [added.id]
    assert library.rate(added.id, 3).rating == 3
    with sqlite3.connect(library.folder / INDEX) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(STEPS) + 1,)


def test_an_empty_database_becomes_the_latest_schema(tmp_path: Path) -> None:
    with Index.open(tmp_path / INDEX) as index:
        assert index.stamps() == {}
    with sqlite3.connect(tmp_path / INDEX) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(STEPS),)


def test_takes_that_come_and_go_by_hand_are_noticed(library: Library, tmp_path: Path) -> None:
    gone, stays = library.add(take()), library.add(take())
    other = Library(tmp_path / "other")
    brought = other.add(take(title="brought"))
    shutil.rmtree(library.folder / "takes" / gone.id)
    shutil.copytree(other.folder / "takes" / brought.id, library.folder / "takes" / brought.id)
    assert {card.id for card in library.list()} == {stays.id, brought.id}


def test_a_card_changed_by_hand_is_noticed(library: Library) -> None:
    added = library.add(take())
    library.list()
    file = library.folder / "takes" / added.id / "take.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"title": "By hand"}))
    os.utime(file, ns=(1, 1))
    assert [card.id for card in library.search("hand")] == [added.id]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"id": "x"}'])
def test_one_damaged_take_does_not_hide_the_others(library: Library, damage: str) -> None:
    broken, sound = library.add(take()), library.add(take())
    (library.folder / "takes" / broken.id / "take.json").write_text(damage)
    (library.folder / INDEX).unlink()
    assert [card.id for card in library.list()] == [sound.id]
    with pytest.raises(BandmateError) as refusal:
        library.get(broken.id)
    assert refusal.value.code == "bad_take"


def test_two_processes_add_and_tag_at_once(library: Library) -> None:
    shared = library.add(take(title="shared"))
    tag = """
        import sys
        from pathlib import Path
        from bandmate.library import Library
        library = Library(Path(sys.argv[1]))
        for number in range(10):
            library.tag(sys.argv[2], [f"{sys.argv[3]} {number}"])
    """
    writers = [python(ADD, library.folder, 12) for _ in range(2)]
    writers += [python(tag, library.folder, shared.id, name) for name in ("a", "b")]
    ids = set()
    for writer in writers:
        out, err = writer.communicate(timeout=120)
        assert writer.returncode == 0, err
        ids |= set(out.split())
    assert {card.id for card in library.list()} == ids | {shared.id}
    assert len(ids) == 24
    assert len(library.get(shared.id).card.tags) == 20


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows")
def test_a_killed_writer_leaves_whole_takes_only(library: Library) -> None:
    writer = python(ADD, library.folder, 100_000)
    assert writer.stdout is not None
    announced = [writer.stdout.readline().strip() for _ in range(5)]
    writer.send_signal(signal.SIGKILL)
    announced += writer.communicate()[0].split()
    found = {card.id for card in library.list()}
    assert found >= {name for name in announced if len(name) == 11}
    for name in found:
        assert library.get(name).score.note_count == 1


def test_a_half_written_take_is_swept_away_when_it_is_old(library: Library) -> None:
    library.add(take())
    old, new = (library.folder / "takes" / f".new-{name}" for name in ("old", "new"))
    for folder in (old, new):
        folder.mkdir()
        (folder / "take.mid").write_bytes(b"MThd")
    os.utime(old, (1, 1))
    library.add(take())
    assert (old.exists(), new.exists()) == (False, True)


def test_a_full_disk_loses_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = library.add(take())

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", full)
        for action in (lambda: library.add(take()), lambda: library.rate(kept.id, 5)):
            with pytest.raises(BandmateError) as refusal:
                action()
            assert refusal.value.code == "library_full"
    assert [path.name for path in (library.folder / "takes").iterdir()] == [kept.id]
    assert library.get(kept.id).card == kept.card
    assert library.list() == [kept.card]


@pytest.mark.skipif(sys.platform == "win32", reason="folders are not made read-only by their mode on Windows")
def test_a_read_only_library_is_read_and_says_so(open_folder: Path) -> None:
    library = Library(open_folder / "library")
    kept = library.add(take(title="kept"))
    for path in (library.folder, library.folder / "takes", library.folder / "takes" / kept.id):
        path.chmod(0o555)
    look = """
        import os
        import sys
        from pathlib import Path
        from bandmate.library import Library
        from bandmate.take import Take
        from bandmate_models.errors import BandmateError
        from bandmate_models.score import Score
        if os.geteuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        library = Library(Path(sys.argv[1]))
        print([card.title for card in library.search("kept")])
        for action in (lambda: library.add(Take.create(Score(), task="x")), lambda: library.rate("last", 3)):
            try:
                action()
            except BandmateError as error:
                print(error.code)
    """
    reader = python(look, library.folder)
    out, err = reader.communicate(timeout=60)
    for path in (library.folder, library.folder / "takes", library.folder / "takes" / kept.id):
        path.chmod(0o755)
    assert (out.split("\n")[:3], err) == (["['kept']", "library_readonly", "library_readonly"], "")


def test_a_file_where_the_library_should_be_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("not a folder")
    library = Library(tmp_path / "library")
    assert library.list() == []
    with pytest.raises(BandmateError, match="library"):
        library.add(take())
