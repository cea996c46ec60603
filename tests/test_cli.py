"""The command line: the main job from file to files."""

import io
import wave
from pathlib import Path

import mido
import pytest

from bandmate.demo_phrase import demo_phrase
from bandmate.library import Library
from bandmate_models.midi import midi_bytes, read_midi
from bandmate_models.score import Metre, Note, Part, Score, Tempo
from command_line_kit import band, bandmate, phrase, process, workplace

__all__ = ["band", "phrase", "workplace"]

SEVEN_EIGHT = Score(
    parts=(Part("melody", tuple(Note(0.5 * step, 0.4, 60 + step % 5, 80) for step in range(14)), 65),),
    tempos=(Tempo(0.0, 90.0),),
    metres=(Metre(0.0, 7, 8),),
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
def test_the_same_seed_gives_the_same_music_and_another_other_music(phrase: str) -> None:
    for folder, seed in (("a", 3), ("b", 3), ("c", 4)):
        assert bandmate("continue", phrase, "--seed", seed, "-o", folder, "--no-keep") == 0
    for name in ("phrase 1.mid", "phrase 1 with phrase.mid", "phrase 1.wav"):
        first, second, other = (_music(Path(folder, name)) for folder in "abc")
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
        "Night train with phrase.mid",
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
        assert _music(file) == _music(Path("b", file.name))
    answers = {Path("a", f"demo {take}.mid").read_bytes() for take in (1, 2, 3)}
    assert len(answers) == 3
    for data in answers:
        file = mido.MidiFile(file=io.BytesIO(data))
        assert {sum(m.time for m in track) / file.ticks_per_beat for track in file.tracks} == {16.0}
        assert read_midi(data).keys[0][1:] == (2, "minor")


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


def _music(file: Path) -> object:
    """What a file sounds like, without the take that it says it is of."""
    if file.suffix == ".mid":
        return read_midi(file)
    with wave.open(str(file)) as sound:
        return sound.readframes(sound.getnframes())
