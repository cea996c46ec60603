"""A crash loses nothing but the last instant: journals are recovered, damaged ones as far as they read."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.band import journal as journals
from bandmate.band.journal import Journal, Origin, abandoned, decode, encode, parse
from bandmate.band.sessions import recover
from bandmate.band.tape import Down, Jump, Sound, Tape, Turn, Up, Void
from bandmate.library import Library
from bandmate_models.errors import BandmateError
from bandmate_models.score import Key, Marker, Metre, Tempo
from live_kit import Desk

ENTRIES = (
    Tempo(-4.0, 132.5),
    Metre(-4.0, 7, 8),
    Key(0.0, 3, "minor"),
    Sound("bass", 1, 33, 0.0, 0.5, 40, 90),
    Down("player 1", 0, 0, 1.0, 60, 80),
    Turn("player 1", 0, 1.5, 64, 127),
    Up("player 1", 0, 2.0, 60),
    Void("", 3.0),
    Jump(3.5, 7.0, 100.0),
    Marker(7.0, "the bridge"),
)

PLAYER = """
import sys, time
from pathlib import Path
sys.path[:0] = {paths}
from bandmate.band.journal import Origin
from bandmate.band.recording import Recorder
from bandmate.library import Library
from bandmate_bridge.messages import ClockState

folder = Path({folder!r})
recorder = Recorder(folder / "journals", Library(folder / "library"), Origin("small", 7))
recorder.start()
for number in range(10_000):
    beat = number / 4
    recorder.clock(ClockState(True, "internal", beat, time.perf_counter(), 3000.0, 4, 4, beat // 4 * 4))
    recorder.note_on("player 1", 0, 0, beat, 60 + number % 12, 80)
    recorder.note("bass", 1, 33, beat, 0.25, 36 + number % 12, 90)
    recorder.note_off("player 1", 0, beat + 0.2, 60 + number % 12)
    print(number, flush=True)
    time.sleep(0.005)
"""


def recovered(folder: Path) -> tuple[list, list[str]]:  # type: ignore[type-arg]
    notices: list[str] = []
    library = Library(folder / "library")
    takes = recover(folder / "journals", library, lambda take: None, lambda code, _: notices.append(code))
    return takes, notices


def write(folder: Path, *lines: bytes, name: str = "a") -> Path:
    (folder / "journals").mkdir(exist_ok=True)
    path = folder / "journals" / f"{name}.journal"
    path.write_bytes(b"".join(lines))
    return path


def head(folder: Path) -> bytes:
    """The first line of a journal."""
    journal = Journal(folder / "elsewhere", Origin("small", 7, {"genre": "jazz"}))
    journal.flush()
    journal.close(remove=False)
    return journal.path.read_bytes()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: type(entry).__name__)
def test_every_entry_comes_back_from_its_line(entry) -> None:  # type: ignore[no-untyped-def]
    assert decode(encode(entry)) == entry
    assert type(decode(encode(entry))) is type(entry)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{}",
        b"7",
        b'["Sound"]',
        b'["Nothing",1]',
        b'["Sound","bass",1,33,0.0,0.5,200,90]',
        b'["Sound","bass",1,33,NaN,0.5,40,90]',
        b'["Sound",3,1,33,0.0,0.5,40,90]',
        b'["Sound","bass",1,33,0.0,0.5,40,90,1]',
        b'["Sound","bass",1.5,33,0.0,0.5,40,90]',
        b'["Key",0.0,3,"locrian"]',
        b'["Metre",0.0,4,3]',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_entry_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="not an entry"):
        decode(line)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_session_is_recovered_up_to_its_last_moments(tmp_path: Path) -> None:
    paths = [path for path in sys.path if path.endswith(("daemon", "bridge", "models"))]
    program = PLAYER.format(paths=paths, folder=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as player:
        assert player.stdout is not None
        for line in player.stdout:
            last = int(line)
            if last == 60:
                player.send_signal(signal.SIGKILL)
    takes, notices = recovered(tmp_path)
    (take,) = takes
    assert notices == []
    assert (take.card.tags, take.card.model, take.card.seed) == (("live", "recovered"), "small", 7)
    by_name = {part.name: part.notes for part in take.score.parts}
    assert [note.pitch for note in by_name["player 1"]][:60] == [60 + number % 12 for number in range(60)]
    assert [note.start for note in by_name["bass"]][:60] == [number / 4 for number in range(60)]
    assert len(by_name["bass"]) <= last + 2
    assert list((tmp_path / "journals").iterdir()) == []
    assert recovered(tmp_path) == ([], [])
    assert [card.id for card in Library(tmp_path / "library").list()] == [take.id]


def test_a_key_that_was_down_in_a_crash_is_a_note(tmp_path: Path) -> None:
    desk = Desk(tmp_path).start()
    desk.recorder.note_on("player 1", 0, 0, 1.0, 60, 80)
    desk.recorder.note("bass", 1, 33, 2.0, 8.0, 40, 80)
    desk.recorder.note("bass", 1, 33, 6.0, 1.0, 42, 80)
    desk.run_to(5.0)
    desk.keep(1)  # by then all of it was written
    (path,) = desk.folder.iterdir()
    data = path.read_bytes()
    desk.recorder.close()
    write(tmp_path, data)
    ((take,), _) = recovered(tmp_path)
    notes = {part.name: [tuple(note) for note in part.notes] for part in take.score.parts}
    assert notes == {"player 1": [(1.0, 4.0, 60, 80)], "bass": [(2.0, 3.0, 40, 80)]}


def test_the_journal_of_a_session_that_still_runs_is_left_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path).start()
    desk.recorder.note("bass", 1, 33, 0.0, 1.0, 40, 80)
    desk.run_to(4.0)
    desk.keep(1)
    assert list(abandoned(desk.folder)) == []
    assert recovered(tmp_path) == ([], [])
    assert [take.card.tags for take in desk.recorder.close()] == [("live",)]


def test_the_next_recorder_recovers_and_announces(tmp_path: Path) -> None:
    write(tmp_path, head(tmp_path), *map(encode, ENTRIES))
    desk = Desk(tmp_path).start()
    desk.recorder.close()
    assert [take.card.tags for take in desk.takes] == [("live", "recovered")]
    assert [take.card.controls for take in desk.takes] == [{"genre": "jazz"}]


def test_a_session_that_was_stored_before_the_crash_is_not_stored_twice(tmp_path: Path) -> None:
    path = write(tmp_path, head(tmp_path), *map(encode, ENTRIES))
    data = path.read_bytes()
    ((take,), _) = recovered(tmp_path)
    write(tmp_path, data, journals.kept_line([take.id]))
    assert recovered(tmp_path) == ([], [])
    assert list((tmp_path / "journals").iterdir()) == []
    write(tmp_path, data, journals.kept_line(["0000000000a"]))  # the crash came between line and library
    assert len(recovered(tmp_path)[0]) == 1


def test_a_torn_last_line_costs_that_line(tmp_path: Path) -> None:
    lines = [encode(Sound("bass", 1, 33, float(beat), 0.5, 40, 90)) for beat in range(8)]
    now = b'["Now",8.0]\n'
    write(tmp_path, head(tmp_path), now, *lines[:-1], lines[-1][:20])
    ((take,), notices) = recovered(tmp_path)
    assert (take.card.notes, notices) == (7, [])


def test_a_journal_that_says_nothing_is_left_where_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, b"\x00" * 500 + b"\nrubbish\n")
    assert recovered(tmp_path) == ([], ["not_recovered"])
    assert path.exists()


def test_an_empty_journal_is_removed(tmp_path: Path) -> None:
    paths = [write(tmp_path, b"", name="a"), write(tmp_path, head(tmp_path), name="b")]
    assert recovered(tmp_path) == ([], [])
    assert not any(path.exists() for path in paths)


def test_a_newer_version_is_left_to_the_newer_program(tmp_path: Path) -> None:
    path = write(tmp_path, b'["Journal",99,{}]\n["Chime",3]\n')
    assert recovered(tmp_path) == ([], ["not_recovered"])
    assert path.exists()


def test_a_library_that_refuses_leaves_the_journal_for_later(tmp_path: Path) -> None:
    write(tmp_path, head(tmp_path), *map(encode, ENTRIES))
    (tmp_path / "library").write_text("no folder")
    assert recovered(tmp_path) == ([], ["not_recovered"])
    (tmp_path / "library").unlink()
    assert len(recovered(tmp_path)[0]) == 1


@given(st.data())
def test_damage_of_any_kind_costs_no_more_than_the_lines_it_hit(data: st.DataObject) -> None:
    lines = [encode(Sound("bass", 1, 33, float(beat), 0.5, 40, 90)) for beat in range(20)]
    hit = data.draw(st.sets(st.integers(0, 19), max_size=5))
    for number in hit:
        rubbish = data.draw(st.binary(max_size=30))
        at = data.draw(st.integers(0, len(lines[number]) - 1))
        lines[number] = (lines[number][:at] + rubbish).replace(b"\n", b"") + b"\n"
    found = parse(b'["Journal",1,{"model":"","seed":null,"controls":{}}]\n' + b"".join(lines))
    starts = {entry.start for entry in found.entries if isinstance(entry, Sound)}
    assert starts >= {float(beat) for beat in range(20) if beat not in hit}
    Tape.of(found.entries).score(0.0, 20.0)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_a_crash(data: bytes) -> None:
    try:
        Tape.of(parse(data).entries).score(0.0, 20.0)
    except BandmateError as error:
        assert error.code == "bad_journal"


class FullDisk:
    """os.write of a disk with room for so many bytes."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._write = os.write

    def __call__(self, handle: int, data: bytes) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fits = min(self.room, len(data))
        self.room -= fits
        return self._write(handle, bytes(data[:fits]))


def test_a_full_disk_is_a_notice_and_loses_nothing_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(300)
    monkeypatch.setattr(journals.os, "write", disk)
    monkeypatch.setattr("bandmate.band.scribe.SYNC", 0.05)
    desk = Desk(tmp_path).start()
    for number in range(16):
        desk.run_to(number / 2)
        desk.recorder.note("bass", 1, 33, number / 2, 0.5, 40 + number, 80)
    desk.run_to(8.0)
    desk.keep(1)
    assert desk.notices == ["recording_stalled"]
    disk.room = 1 << 30
    until = time.monotonic() + 10
    while "recording_resumed" not in desk.notices and time.monotonic() < until:
        time.sleep(0.01)
    assert desk.notices == ["recording_stalled", "recording_resumed"]
    (path,) = desk.folder.iterdir()
    assert [e.pitch for e in parse(path.read_bytes()).entries if isinstance(e, Sound)] == list(range(40, 56))
    (take,) = desk.recorder.close()
    assert take.card.notes == 16


def test_a_disk_that_is_never_there_costs_only_what_memory_cannot_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "MOST_WAITING", 700)
    (tmp_path / "journals").write_text("no folder")
    desk = Desk(tmp_path).start()
    for number in range(32):
        desk.recorder.note("bass", 1, 33, number / 2, 0.5, 40 + number, 80)
    desk.run_to(16.0)
    assert desk.keep(4).card.notes == 32
    assert sorted(desk.notices) == ["recording_lost", "recording_stalled"]
    (take,) = desk.recorder.close()
    assert 0 < take.card.notes < 32


def test_a_session_that_the_library_refuses_stays_in_its_journal(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("no folder")
    desk = Desk(tmp_path).start()
    desk.recorder.note("bass", 1, 33, 0.0, 1.0, 40, 80)
    desk.run_to(4.0)
    with pytest.raises(BandmateError, match="it is kept in"):
        desk.recorder.close()
    assert desk.notices == ["library_unusable"]
    (tmp_path / "library").unlink()
    ((take,), _) = recovered(tmp_path)
    assert take.card.notes == 1
