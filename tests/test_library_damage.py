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
from collections.abc import Iterator
from pathlib import Path

import pytest

from bandmate import files
from bandmate.index import Index
from bandmate.library import Library
from bandmate.migrations import STEPS
from bandmate_models.errors import BandmateError
from library_kit import INDEX, library, take

__all__ = ["library"]


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
