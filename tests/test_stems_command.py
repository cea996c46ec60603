"""`bandmate stems`: a folder that a DAW can take, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bandmate.library import Library
from bandmate.stems.export import Wishes, export_stems
from bandmate.stems.music import Music
from bandmate.take import Take
from bandmate_bridge.audio.signal import decibels
from bandmate_models.errors import BandmateError
from bandmate_models.midi import read_midi
from bandmate_models.score import Note, Part, Score
from command_line_kit import bandmate, process, workplace
from library_kit import take
from stems_kit import HITS, SONG, SOUNDS, decoded, probed, program, song

__all__ = ["workplace"]

CODECS = {"wav": "pcm_s24le", "flac": "flac", "ogg": "vorbis", "mp3": "mp3"}


def manifest(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "stems.json").read_bytes())
    return content


def files(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def hidden(folder: Path) -> list[str]:
    """What a writer that was interrupted has left."""
    return [file.name for file in folder.iterdir() if file.name.startswith(".")]


@pytest.mark.parametrize("kind", CODECS)
def test_every_format_opens_elsewhere(kind: str, workplace: Path) -> None:
    assert bandmate("stems", song(workplace), "-o", "out", "--format", kind) == 0
    out = workplace / "out"
    midi = {f"{name}.mid" for name in (*SOUNDS[1:], "00 All parts")}
    assert files(out) == {f"{name}.{kind}" for name in SOUNDS} | midi | {"stems.json"}
    lengths = set()
    for name in SOUNDS:
        file = out / f"{name}.{kind}"
        found = probed(file)
        assert (found.codec, found.rate, found.channels) == (CODECS[kind], 44_100, 2)
        assert found.tags["title"] == name and "Bandmate" in found.tags["comment"]
        lengths.add(decoded(file).shape[1])
        assert program("soxi", "-r", file).strip() == "44100"
        assert "Maximum amplitude" in subprocess.run(
            ["sox", str(file), "-n", "stat"], capture_output=True, text=True, check=True
        ).stderr  # fmt: skip
    assert len(lengths) == 1
    frames = manifest(out)["frames"]
    assert lengths.pop() == frames if kind != "mp3" else abs(lengths.pop() - frames) < 2 * 1152


@pytest.mark.parametrize(
    ("kind", "bits", "rate", "said"),
    [
        ("wav", "16", 44_100, "16-bit Signed Integer PCM"),
        ("wav", "24", 48_000, "24-bit Signed Integer PCM"),
        ("wav", "32f", 48_000, "32-bit Floating Point PCM"),
        ("flac", "16", 48_000, "16-bit FLAC"),
        ("flac", "24", 44_100, "24-bit FLAC"),
    ],
)
def test_bits_and_rate_are_as_asked_for(kind: str, bits: str, rate: int, said: str, workplace: Path) -> None:
    arguments = ("--format", kind, "--bits", bits, "--rate", rate)
    assert bandmate("stems", song(workplace), "-o", "out", *arguments) == 0
    for name in SOUNDS:
        told = program("soxi", workplace / "out" / f"{name}.{kind}")
        assert said in told and f"Sample Rate    : {rate}" in told


def test_the_stems_add_up_to_the_dry_mix(workplace: Path) -> None:
    assert bandmate("stems", song(workplace), "-o", "out", "--mix", "dry") == 0
    mix, *stems = (decoded(workplace / "out" / f"{name}.wav") for name in SOUNDS)
    error = np.abs(np.sum(stems, axis=0, dtype=np.float64) - mix).max()
    assert decibels(float(error)) < -90


def test_the_manifest_says_where_everything_lies(workplace: Path) -> None:
    assert bandmate("stems", song(workplace), "-o", "out", "--rate", 48_000) == 0
    told = manifest(workplace / "out")
    assert (told["title"], told["source"], told["take"]) == ("song", "song.mid", None)
    assert (told["rate"], told["bars"], told["beats"]) == (48_000, 3, 8.0)
    assert told["start"] == {"beat": 0.0, "seconds": 0.0, "frame": 0}
    assert told["tempo"][1] == {"beat": 4.0, "seconds": 2.0, "frame": 96_000, "bpm": 90.0}
    assert [(metre["bar"], metre["metre"]) for metre in told["metre"]] == [(1, "3/4"), (2, "5/8")]
    assert told["key"][0]["key"] == "Eb major" and told["markers"][0]["text"] == "five"
    assert [stem["file"] for stem in told["stems"]] == [f"{name}.wav" for name in SOUNDS[1:]]
    assert [stem["role"] for stem in told["stems"]] == ["drums", "bass", "chords", "chords"]
    assert all(-60 < stem["loudness_lufs"] < 0 and -40 < stem["peak_dbfs"] < 0 for stem in told["stems"])
    assert told["mix"]["mix"] == "plain"


def test_each_midi_file_holds_its_part_and_the_tempo_map(workplace: Path) -> None:
    assert bandmate("stems", song(workplace), "-o", "out", "--mix", "none") == 0
    assert "00 Mix.wav" not in files(workplace / "out")
    whole = read_midi(workplace / "out" / "00 All parts.mid")
    assert [part.role for part in whole.parts] == ["drums", "bass", "chords", "chords"]
    for name, part in zip(SOUNDS[1:], whole.parts, strict=True):
        alone = read_midi(workplace / "out" / f"{name}.mid")
        assert [each.notes for each in alone.parts] == [part.notes]
        assert (alone.tempos, alone.metres) == (SONG.tempos, SONG.metres)


def test_a_take_says_where_it_came_from(workplace: Path) -> None:
    kept = Library(workplace / "library").add(take("drums", "bass", title="Ballad", seed=7, model="m 8bit"))
    assert bandmate("stems", "last") == 0
    out = workplace / "Ballad stems"
    told = manifest(out)
    assert told["take"]["id"] == kept.id and (told["take"]["seed"], told["take"]["model"]) == (7, "m 8bit")
    assert (
        probed(out / "01 Drums.wav").tags["comment"]
        == f"Generated by Bandmate: model=m 8bit seed=7 take={kept.id}"
    )
    assert b"seed=7" in (out / "01 Drums.mid").read_bytes()


def test_the_phrase_comes_before_the_answer_where_it_is_asked_for(workplace: Path) -> None:
    Library(workplace / "library").add(take("drums", title="Ballad"))
    assert bandmate("stems", "last", "--phrase", "-o", "out") == 0
    told = manifest(workplace / "out")
    assert told["answer"] == {"beat": 4.0, "seconds": 2.0, "frame": 88_200}
    assert (told["bars"], [stem["role"] for stem in told["stems"]]) == (2, ["drums", "bass"])
    drums = decoded(workplace / "out" / "01 Drums.wav")
    assert not drums[:, : 88_200 - 50].any() and drums[:, 88_200:].any()


def test_loud_music_is_turned_down_all_alike(workplace: Path) -> None:
    crash = Part("drums", tuple(Note(0.0, 1.0, key, 127) for key in range(35, 82)))
    score = Score(parts=(crash, Part("bass", (Note(0.0, 1.0, 40, 127),), 33)))
    assert bandmate("stems", song(workplace, score), "-o", "out", "--mix", "dry") == 0
    told = manifest(workplace / "out")
    assert told["gain_db"] < -3
    loudest = max(row["peak_dbfs"] for row in (told["mix"], *told["stems"]))
    assert loudest == pytest.approx(-1.0, abs=0.01)


def test_the_same_export_gives_the_same_files(workplace: Path) -> None:
    for out in ("one", "two"):
        assert bandmate("stems", song(workplace), "-o", out, "--bits", "16") == 0
    for file in (workplace / "one").iterdir():
        assert file.read_bytes() == (workplace / "two" / file.name).read_bytes(), file.name


# Nothing is overwritten, nothing is half done


def test_a_folder_that_is_there_is_kept(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = workplace / "out"
    out.mkdir()
    assert bandmate("stems", song(workplace), "-o", "out") == 0  # it was empty
    (out / "my.als").write_text("a set")
    before = files(out)
    for force in ((), ("--force",)):
        assert bandmate("stems", song(workplace), "-o", "out", *force) == 2
        assert "out is there already; name a new folder" in capsys.readouterr().err
    assert files(out) == before
    (out / "my.als").unlink()
    assert (
        bandmate("stems", song(workplace), "-o", "out", "--force", "--format", "flac", "--mix", "none") == 0
    )
    assert "01 Drums.flac" in files(out) and "01 Drums.wav" not in files(out)
    assert hidden(workplace) == []


def test_the_folder_one_is_in_is_kept(workplace: Path) -> None:
    (workplace / "elsewhere").mkdir()
    os.chdir(workplace / "elsewhere")
    assert bandmate("stems", song(workplace), "-o", ".") == 2
    assert files(workplace / "elsewhere") == set()


@pytest.mark.parametrize("moment", [0.02, 0.1, 0.2, 0.3, 0.5, 0.8])
def test_a_killed_export_leaves_no_folder(moment: float, workplace: Path) -> None:
    """Killed at some share of the time it takes, it has made either nothing that is seen, or everything."""
    file = song(workplace, Score(parts=(Part("drums", tuple(n._replace(start=20 * n.start) for n in HITS)),)))
    code = """
        import sys
        from pathlib import Path
        from bandmate.stems.export import Wishes, export_stems
        from bandmate.stems.music import Music
        def told(done, total):
            print(done, flush=True)
        export_stems(Music.of_file(Path(sys.argv[1])), Wishes(), Path("out"), progress=told)
        """
    writer = process(code, str(file))
    assert writer.stdout is not None
    for line in writer.stdout:
        if int(line) >= 1000 * moment:
            break
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    left = [name for name in files(workplace) if not name.startswith(".")]
    if "out" in left:
        assert len(files(workplace / "out")) == 6
    else:
        assert sorted(left) == ["song.mid"]
    assert bandmate("stems", file, "-o", "again") == 0


def test_what_was_killed_long_ago_is_swept_away(workplace: Path) -> None:
    old, new = (workplace / f".out.{name}.unfinished" for name in ("old", "new"))
    for folder in (old, new):
        folder.mkdir()
        (folder / "01 Drums.wav").write_bytes(b"half")
    long_ago = time.time() - 7200
    os.utime(old, (long_ago, long_ago))
    assert bandmate("stems", song(workplace), "-o", "out") == 0
    assert hidden(workplace) == [new.name]


def test_what_was_to_be_replaced_comes_back(workplace: Path) -> None:
    """Killed between the two renames of `--force`, the old folder has no name, and none has its name."""
    assert bandmate("stems", song(workplace), "-o", "out", "--mix", "none") == 0
    before = files(workplace / "out")
    (workplace / "out").rename(workplace / ".out.abc.replaced")
    assert bandmate("stems", "song.mid", "-o", "out") == 2
    assert files(workplace / "out") == before and hidden(workplace) == []


@pytest.fixture
def small_disk(workplace: Path) -> Iterator[Path]:
    """A file system of 1 MB; skips where it cannot be made."""
    place = workplace / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg"])
def test_a_full_disk_is_told_and_nothing_stays(
    kind: str, workplace: Path, small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (small_disk / "ballast").write_bytes(bytes(1_000_000))
    assert bandmate("stems", song(workplace), "-o", small_disk / "out", "--format", kind) == 2
    assert capsys.readouterr().err == (
        f"bandmate: the disk of {small_disk}/out is full; free some space or choose another folder\n"
    )
    assert files(small_disk) == {"ballast"}


def test_a_limit_to_the_size_of_files_is_told(workplace: Path) -> None:
    """As a quota is; the sound library itself says nothing of why."""
    code = """
        import resource, sys
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        from bandmate.cli import main
        sys.exit(main(["stems", sys.argv[1], "-o", "out"]))
        """
    writer = process(code, str(song(workplace)))
    _, said = writer.communicate()
    assert writer.returncode == 2 and b"is full" in said and said.count(b"\n") == 1
    assert [name for name in files(workplace) if "out" in name] == []


def test_long_music_on_a_full_disk_is_told(
    workplace: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bandmate_bridge.audio.stems._IN_MEMORY", 0.0)
    with pytest.raises(BandmateError, match="is full"):
        export_stems(Music.of_file(song(workplace)), Wishes(), small_disk / "out")
    assert files(small_disk) == set()


# Mistakes


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line that a command is refused with."""
    assert bandmate("stems", *arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


def test_every_mistake_is_one_line(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = song(workplace)
    (workplace / "text.sf2").write_text("no soundfont at all")
    cases = {
        "there is no take 'nothing'": ("nothing",),
        "cannot read gone.mid": ("gone.mid",),
        "text.sf2 is not a soundfont": (file, "--soundfont", "text.sf2"),
        "cannot open the soundfont gone/x.sf2": (file, "--soundfont", "gone/x.sf2"),
        "there is no soundfont gone": (file, "--soundfont", "gone"),
        "a format is wav, flac, ogg, mp3, not 'aiff'": (file, "--format", "aiff"),
        "mp3 takes no bits": (file, "--format", "mp3", "--bits", "16"),
        "flac has 24 or 16 bits, not '32f'": (file, "--format", "flac", "--bits", "32f"),
        "44100 or 48000 Hz, not 96000": (file, "--rate", "96000"),
        "no mix is called 'loud'": (file, "--mix", "loud"),
        "cannot be written": (file, "-o", "song.mid/out"),
        "song.mid is there already": (file, "-o", "song.mid"),
    }
    for said, arguments in cases.items():
        assert said in refused(capsys, *arguments)
    assert [name for name in files(workplace) if "stems" in name or "unfinished" in name] == []


def test_a_forbidden_folder_is_told(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = "/proc/sys/out" if os.geteuid() == 0 else "/out"
    assert "cannot be written" in refused(capsys, song(workplace), "-o", where)


def test_an_empty_take_is_told(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = Take.create(Score(parts=(Part("drums"),)), task="continue", title="Pause", bars=1)
    Library(workplace / "library").add(empty)
    assert "Pause holds no notes" in refused(capsys, "last")


def test_a_take_that_vanished_is_told(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = Library(workplace / "library").add(take("drums"))
    (workplace / "library" / "takes" / kept.id / "take.mid").unlink()
    assert kept.id in refused(capsys, kept.id)
    shutil.rmtree(workplace / "library" / "takes" / kept.id)
    assert "there is no take" in refused(capsys, kept.id)


def test_music_that_is_too_long_is_told(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = Score(parts=(Part("bass", (Note(0.0, 1.0, 40, 80), Note(30_000.0, 1.0, 40, 80))),))
    assert "hours are too long to sound" in refused(capsys, song(workplace, long))
