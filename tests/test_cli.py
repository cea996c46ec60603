"""The command line: the main job from file to files, and one clear line for every mistake."""

import errno
import io
import os
import re
import signal
import subprocess
import sys
import textwrap
import wave
from pathlib import Path

import mido
import pytest

import band_stand_in
from bandmate import cli, files
from bandmate.demo_phrase import demo_phrase
from bandmate.library import Library
from bandmate_models.midi import midi_bytes, read_midi
from bandmate_models.score import Metre, Note, Part, Score, Tempo

SEVEN_EIGHT = Score(
    parts=(Part("melody", tuple(Note(0.5 * step, 0.4, 60 + step % 5, 80) for step in range(14)), 65),),
    tempos=(Tempo(0.0, 90.0),),
    metres=(Metre(0.0, 7, 8),),
)


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, a library of its own, no settings from outside."""
    for variable in list(os.environ):
        if variable.startswith("BANDMATE_"):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("BANDMATE_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "settings"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def band(monkeypatch: pytest.MonkeyPatch) -> None:
    band_stand_in.install(monkeypatch)


@pytest.fixture
def phrase(workplace: Path) -> str:
    (workplace / "phrase.mid").write_bytes(midi_bytes(demo_phrase()))
    return "phrase.mid"


def bandmate(*arguments: object) -> int:
    """The exit code of a command."""
    try:
        return cli.main([str(argument) for argument in arguments])
    except SystemExit as leaving:
        return int(leaving.code or 0)


def process(code: str, *arguments: str) -> "subprocess.Popen[bytes]":
    """Python code in a process of its own, beside the stand-in."""
    path = os.pathsep.join([*sys.path, str(Path(__file__).parent)])
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.usefixtures("band")
def test_continue_writes_what_it_says(phrase: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert bandmate("continue", phrase, "--bars", 2, "--takes", 2, "--seed", 5, "-o", "out") == 0
    out, err = capsys.readouterr()
    written = sorted(path.name for path in Path("out").iterdir())
    assert written == sorted(
        f"phrase {take}{suffix}" for take in (1, 2) for suffix in (".mid", " with phrase.mid", ".wav")
    )
    assert all(str(Path("out") / name) in out for name in written)
    assert "Take 1 of 2 (seed 5" in out
    assert "Take 2 of 2 (seed 6" in out
    assert "2 bars of 4/4 in D minor, 102 bpm" in out
    assert "bass │" in out
    assert err == ""


@pytest.mark.usefixtures("band")
def test_the_answer_has_exactly_the_bars_in_the_phrase_s_tempo_and_metre() -> None:
    Path("seven.mid").write_bytes(midi_bytes(SEVEN_EIGHT))
    assert bandmate("continue", "seven.mid", "--bars", 3, "--no-audio", "-o", "out") == 0
    file = mido.MidiFile("out/seven 1.mid")
    assert {sum(m.time for m in track) / file.ticks_per_beat for track in file.tracks} == {3 * 3.5}
    score = read_midi(Path("out/seven 1.mid"))
    assert (score.tempos[0].bpm, score.metres[0]) == (pytest.approx(90), Metre(0.0, 7, 8))
    whole = read_midi(Path("out/seven 1 with phrase.mid"))
    assert min(note.start for note in whole.parts[0].notes if note.start >= 7.0) == 7.0
    assert whole.note_count == SEVEN_EIGHT.note_count + score.note_count


@pytest.mark.usefixtures("band")
def test_the_same_seed_gives_the_same_bytes_and_another_others(phrase: str) -> None:
    for folder, seed in (("a", 3), ("b", 3), ("c", 4)):
        assert bandmate("continue", phrase, "--seed", seed, "-o", folder, "--no-keep") == 0
    for name in ("phrase 1.mid", "phrase 1 with phrase.mid", "phrase 1.wav"):
        first, second, other = (Path(folder, name).read_bytes() for folder in "abc")
        assert first == second
        assert first != other


@pytest.mark.usefixtures("band")
def test_nothing_is_overwritten_unasked(phrase: str) -> None:
    Path("out").mkdir()
    Path("out/phrase 2.wav").write_text("mine")
    for _ in range(2):
        assert bandmate("continue", phrase, "-o", "out", "--no-audio") == 0
    assert Path("out/phrase 2.wav").read_text() == "mine"
    assert sorted(path.name for path in Path("out").glob("*.mid") if "with" not in path.name) == [
        "phrase 1.mid",
        "phrase 3.mid",
    ]
    before = Path("out/phrase 1.mid").read_bytes()
    assert bandmate("continue", phrase, "-o", "out", "--seed", 77, "--force", "--no-audio") == 0
    assert Path("out/phrase 1.mid").read_bytes() != before
    assert not Path("out/phrase 4.mid").exists()


@pytest.mark.usefixtures("band")
def test_the_wav_holds_phrase_and_answer(phrase: str) -> None:
    assert bandmate("continue", phrase, "--bars", 4, "-o", "out") == 0
    with wave.open("out/phrase 1.wav") as file:
        assert file.getnframes() / file.getframerate() > 32 * 60 / 102


@pytest.mark.usefixtures("band")
def test_takes_are_kept_and_found(phrase: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert bandmate("continue", phrase, "--takes", 2, "--no-audio", "--key", "A minor") == 0
    capsys.readouterr()
    assert bandmate("takes", "list") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert bandmate("takes", "tag", "last", "Keeper") == 0
    assert bandmate("takes", "rate", "last", 4) == 0
    assert bandmate("takes", "rename", "last", "Night train") == 0
    capsys.readouterr()
    assert bandmate("takes", "search", "night", "--tag", "keeper", "--rating", 4, "--key", "A minor") == 0
    found = capsys.readouterr().out
    assert found.count("\n") == 1
    assert "Night train #keeper" in found
    assert bandmate("takes", "search", "nothing like it") == 0
    assert "no take is like that" in capsys.readouterr().out
    assert bandmate("takes", "show", "last") == 0
    shown = capsys.readouterr().out
    assert "Night train  ****" in shown
    assert "stand-in fp32" in shown
    assert "│" in shown
    assert bandmate("takes", "export", "last", "-o", "exported") == 0
    assert sorted(path.name for path in Path("exported").iterdir()) == [
        "Night train phrase.mid",
        "Night train.mid",
    ]


@pytest.mark.usefixtures("band")
def test_a_library_that_cannot_be_used_does_not_stop_the_music(
    phrase: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").write_text("in the way")
    monkeypatch.setenv("BANDMATE_LIBRARY", "file")
    assert bandmate("continue", phrase, "--takes", 3, "--no-audio", "-o", "out") == 2
    assert Path("out/phrase 3.mid").exists()
    assert capsys.readouterr().err.count("not kept in the library") == 1


@pytest.mark.usefixtures("band")
def test_settings_are_the_defaults_of_flags(phrase: str, workplace: Path) -> None:
    Path("mine.toml").write_text("bars = 1\naudio = false\n")
    assert bandmate("--config", "mine.toml", "continue", phrase, "-o", "out") == 0
    assert Library(workplace / "library").list()[0].bars == 1
    assert not list(Path("out").glob("*.wav"))
    assert bandmate("--config", "mine.toml", "continue", phrase, "-o", "out", "--audio", "--bars", 2) == 0
    assert Library(workplace / "library").list()[0].bars == 2
    assert len(list(Path("out").glob("*.wav"))) == 1


@pytest.mark.usefixtures("band")
def test_the_demo_needs_nothing(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bandmate("demo") == 0
    assert len(list(Path("bandmate-demo").glob("*.wav"))) == 3
    assert len(list(Path("bandmate-demo").glob("*.mid"))) == 6
    assert capsys.readouterr().out.count("snare") >= 3
    assert not (workplace / "library").exists()


def test_the_shipped_model_answers_the_same_way_twice(capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("a", "b"):
        assert bandmate("demo", "-o", folder, "--no-audio") == 0
    files_of_a = sorted(Path("a").iterdir())
    assert len(files_of_a) == 6
    for file in files_of_a:
        assert file.read_bytes() == Path("b", file.name).read_bytes()
    answers = {Path("a", f"demo {take}.mid").read_bytes() for take in (1, 2, 3)}
    assert len(answers) == 3
    for data in answers:
        file = mido.MidiFile(file=io.BytesIO(data))
        assert {sum(m.time for m in track) / file.ticks_per_beat for track in file.tracks} == {16.0}
        assert read_midi(data).keys[0][1:] == (2, "minor")


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        (["--bars", "-1"], "bars must be a whole number from 1 to 256, not -1"),
        (["--bars", "10000"], "bars must be a whole number from 1 to 256, not 10000"),
        (["--bars", "2.5"], "bars must be a whole number"),
        (["--bars", "many"], "bars must be a whole number"),
        (["--takes", "0"], "takes must be"),
        (["--temperature", "nan"], "temperature must be a number"),
        (["--temperature", "inf"], "temperature must be a number"),
        (["--top-p", "0"], "top_p must be a number"),
        (["--seed", "-1"], "seed must be"),
        (["--key", "H dorian"], "'H dorian' is no key"),
        (["--threads", "0"], "threads .* must be between 1 and 64"),
        (["--soundfont", "none.sf2"], "cannot open the soundfont none.sf2"),
        (["--weights", "nowhere"], "nowhere is missing"),
        (["--bars"], "expected one argument"),
        (["--loudness", "3"], "unrecognized arguments"),
    ],
)
def test_a_bad_wish_is_one_line_and_exit_code_2(
    phrase: str,
    wish: list[str],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if "--weights" not in wish:
        band_stand_in.install(monkeypatch)
    assert bandmate("continue", phrase, *wish) == 2
    _refused(capsys, complaint)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "MIDI file"),
        (b"RIFF not midi at all", "MIDI file"),
        (midi_bytes(demo_phrase())[:300], "MIDI file|track"),
        (midi_bytes(Score()), "no notes"),
        (None, "No such file"),
    ],
    ids=["empty", "other", "truncated", "silent", "missing"],
)
@pytest.mark.usefixtures("band")
def test_a_bad_file_is_one_line_and_exit_code_2(
    content: "bytes | None", complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        Path("bad.mid").write_bytes(content)
    assert bandmate("continue", "bad.mid") == 2
    _refused(capsys, complaint)
    assert not Path("bandmate-takes").exists()


@pytest.mark.usefixtures("band")
def test_a_folder_that_cannot_be_written_is_one_line(phrase: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("out").write_text("in the way")
    assert bandmate("continue", phrase, "-o", "out") == 2
    _refused(capsys, "cannot write to out")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "required: COMMAND"),
        (["sing"], "invalid choice: 'sing'"),
        (["takes", "show", "../../etc"], "there is no take"),
        (["takes", "rate", "last", "9"], "a rating is 1 to 5|there is no take"),
        (["takes", "list", "-n", "0"], "--limit must be 1 or more"),
        (["bench", "no-such"], "there is no benchmark 'no-such'"),
        (["demo", "--seed", "x"], "seed must be"),
        (["--config", "none.toml", "takes", "list"], "cannot read the settings"),
        (["serve", "--osc-port", "70000"], "osc_port .* must be between 1 and 65535"),
        (["serve", "--clock", "sundial"], "clock .* must be internal or midi"),
        (["serve", "--tempo", "nan"], "tempo .* must be between"),
    ],
)
def test_other_mistakes_are_one_line_too(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bandmate(*arguments) == 2
    _refused(capsys, complaint)


def _refused(capsys: pytest.CaptureFixture[str], complaint: str) -> None:
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("bandmate: ")
    assert err.count("\n") == 1
    assert re.search(complaint, err), err


def test_an_empty_library_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert bandmate("takes", "list") == 0
    assert "no takes yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command", [[], *([name] for name in ("continue", "serve", "takes", "ports", "doctor"))]
)
def test_help_is_there(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert bandmate(*command, "--help") == 0
    assert "usage: bandmate" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert bandmate("--version") == 0
    assert capsys.readouterr().out.startswith("bandmate ")


def test_a_benchmark_of_the_checkout_is_listed_and_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks/harness.py").write_text("")
    lines = (
        '"""How quick it is."""',
        'if __name__ == "__main__":',
        '    print("quick")',
        "    raise SystemExit(3)",
    )
    (tmp_path / "benchmarks/quick.py").write_text("\n".join(lines))
    monkeypatch.setattr("bandmate.__file__", str(tmp_path / "daemon/bandmate/__init__.py"))
    assert bandmate("bench", "--list") == 0
    assert capfd.readouterr().out.split() == ["quick", "How", "quick", "it", "is."]
    assert bandmate("bench", "quick") == 3
    assert capfd.readouterr().out.strip() == "quick"


def test_what_is_too_long_to_sound_is_written_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    band_stand_in.install(monkeypatch)
    long = Score(parts=(Part("melody", (Note(0.0, 1.0, 60, 80), Note(4000.0, 1.0, 60, 80))),))
    Path("long.mid").write_bytes(midi_bytes(long))
    assert bandmate("continue", "long.mid", "-o", "out", "--no-roll") == 2
    assert sorted(path.name for path in Path("out").iterdir()) == ["long 1 with phrase.mid", "long 1.mid"]
    assert "too long to sound" in capsys.readouterr().err


def test_a_full_disk_leaves_no_empty_file(
    phrase: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    band_stand_in.install(monkeypatch)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    assert bandmate("continue", phrase, "-o", "out") == 2
    _refused(capsys, "cannot write to out: No space left on device")
    assert list(Path("out").iterdir()) == []


_SLOW_BAND = """
    import sys, time
    import bandmate.answers, bandmate.producing
    from band_stand_in import StandInBand, StandInWeights
    from bandmate.cli import main
    class Slow(StandInBand):
        def answer(self, *arguments, **how):
            print("working", flush=True)
            time.sleep(60)
    bandmate.answers.Continuation = Slow
    bandmate.producing.Weights = StandInWeights
    raise SystemExit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process on Windows")
def test_ctrl_c_ends_without_a_traceback(phrase: str) -> None:
    running = process(_SLOW_BAND, "continue", phrase)
    assert running.stdout is not None
    assert running.stdout.readline() == b"working\n"
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert err.strip() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="a closed pipe is another error on Windows")
def test_a_reader_that_goes_away_is_no_trouble(phrase: str) -> None:
    code = """
        import sys
        import bandmate.answers, bandmate.producing
        from band_stand_in import StandInBand, StandInWeights
        from bandmate.cli import main
        bandmate.answers.Continuation = StandInBand
        bandmate.producing.Weights = StandInWeights
        sys.stdin.readline()
        raise SystemExit(main(sys.argv[1:]))
    """
    read, write = os.pipe()
    os.close(read)
    path = os.pathsep.join([*sys.path, str(Path(__file__).parent)])
    running = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), "continue", phrase, "--takes", "3", "--no-audio"],
        env={**os.environ, "PYTHONPATH": path},
        input=b"\n",
        stdout=write,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(write)
    assert running.stderr == b""
    assert running.returncode == 141


def test_starting_imports_nothing_heavy() -> None:
    code = """
        import io, sys
        from contextlib import redirect_stdout
        from bandmate.cli import main
        with redirect_stdout(io.StringIO()):
            try:
                main(["--help"])
            except SystemExit:
                pass
        print(sorted({"torch", "symusic", "onnxruntime", "rtmidi", "sounddevice"} & set(sys.modules)))
    """
    out, err = process(code).communicate(timeout=60)
    assert (out.strip(), err) == (b"[]", b"")


def test_the_demo_phrase_is_four_bars_for_five_players() -> None:
    phrase = demo_phrase()
    assert len(list(phrase.bars())) == 4
    assert [part.role for part in phrase.parts] == ["melody", "chords", "guitar", "bass", "drums"]
    in_key = {2, 4, 5, 7, 9, 10, 0, 11, 1}  # D minor with its raised sixth and seventh
    for part in phrase.parts[:3]:
        assert {note.pitch % 12 for note in part.notes} <= in_key
    read = read_midi(midi_bytes(phrase))
    assert [part.role for part in read.parts] == [part.role for part in phrase.parts]
    assert read.note_count == phrase.note_count
