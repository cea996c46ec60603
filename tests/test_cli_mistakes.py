"""The command line: every mistake is one clear line, and nothing is lost."""

import errno
import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import band_stand_in
from bandmate import files
from bandmate.demo_phrase import demo_phrase
from bandmate_models.midi import midi_bytes
from bandmate_models.score import Note, Part, Score
from command_line_kit import band, bandmate, phrase, process, workplace

__all__ = ["band", "phrase", "workplace"]


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
        (["--soundfont", "none.sf2"], "there is no soundfont none.sf2"),
        (["--weights", "nowhere"], "nowhere is missing"),
        (["--bars"], "expected one argument"),
        (["--loudness", "9"], "loudness must be a whole number from 0 to 7, not 9"),
        (["--density", "bas:3"], "there is no role 'bas'; did you mean bass?"),
        (["--roles", "bass,horns"], "there is no role 'horns'"),
        (["--genre", "jaz"], "there is no genre 'jaz'; did you mean jazz?"),
        (["--volume", "3"], "unrecognized arguments"),
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


def test_what_is_too_long_to_sound_is_written_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    band_stand_in.install(monkeypatch)
    long = Score(parts=(Part("melody", (Note(0.0, 1.0, 60, 80), Note(16000.0, 1.0, 60, 80))),))
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
    bandmate.answers.Studio = Slow
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
        bandmate.answers.Studio = StandInBand
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
