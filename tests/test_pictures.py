"""Pictures of takes and sounds: what is on them, and that other programs can look at them."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bandmate.cli import main
from bandmate.demo_phrase import demo_phrase
from bandmate.library import Library
from bandmate.pictures.drawing import Drawing, Words
from bandmate.pictures.png import SCALE, png_bytes, rasterised
from bandmate.pictures.roll import COLOURS, draw_roll
from bandmate.pictures.sound import draw_spectrogram, draw_waveform
from bandmate.pictures.svg import svg_bytes
from bandmate.take import Take
from bandmate_bridge.audio.render import wav_bytes
from bandmate_models.errors import BandmateError
from bandmate_models.midi import midi_bytes
from bandmate_models.score import Note, Part, Score
from scores import scores

SVG = "{http://www.w3.org/2000/svg}"
RATE = 44_100


@pytest.fixture
def song(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("song.mid").write_bytes(midi_bytes(demo_phrase()))
    return "song.mid"


def test_every_note_is_drawn_in_its_part_s_colour() -> None:
    phrase = demo_phrase()
    page = ET.fromstring(svg_bytes(draw_roll(phrase, "demo")))
    drawn = [box for box in page.iter(f"{SVG}rect") if box.find(f"{SVG}title") is not None]
    assert len(drawn) == phrase.note_count
    for part in phrase.parts:
        assert sum(box.get("fill") == COLOURS[part.role].hex for box in drawn) >= len(part.notes)
    words = {text.text for text in page.iter(f"{SVG}text")}
    assert {"demo", "1", "4", "C4", "kick", "0:01"} <= words


def test_time_goes_right_and_pitch_up() -> None:
    part = Part("melody", (Note(0, 1, 60, 90), Note(1, 1, 72, 90), Note(7, 1, 50, 90)))
    page = ET.fromstring(svg_bytes(draw_roll(Score((part,)), "three")))
    low, high, last = ([float(box.get(name, 0)) for name in ("x", "y", "width")]
                       for box in page.iter(f"{SVG}rect") if box.find(f"{SVG}title") is not None)  # fmt: skip
    assert low[0] < high[0] < last[0]
    assert high[1] < low[1] < last[1]
    assert low[0] + low[2] <= high[0]


@settings(max_examples=20)
@given(scores())
def test_any_score_is_drawn_or_refused(score: Score) -> None:
    try:
        drawing = draw_roll(score, "any <&> \x00 title")
    except BandmateError as refusal:
        assert refusal.code in ("silent", "too_long")
        return
    ET.fromstring(svg_bytes(drawing, "made & by"))
    pixels = rasterised(drawing)
    assert pixels.shape == (round(drawing.height * SCALE), round(drawing.width * SCALE), 3)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_png_is_read_back_by_others(rows: int, columns: int, seed: int) -> None:
    pixels = np.random.RandomState(seed).randint(0, 256, (rows, columns, 3)).astype(np.uint8)
    image = Image.open(io.BytesIO(png_bytes(pixels, {"Comment": "größer"})))
    assert image.info["Comment"] == "größer"
    assert (np.asarray(image) == pixels).all()


def test_words_are_there_in_pixels() -> None:
    drawing = Drawing(200, 30)
    drawing.add(Words(100, 20, "Bar 12", anchor="middle"))
    dark = (rasterised(drawing).mean(axis=2) < 128).any(axis=0)
    middle = np.flatnonzero(dark).mean() / SCALE
    assert middle == pytest.approx(100, abs=4)


def test_a_waveform_is_as_high_as_its_sound() -> None:
    sound = np.zeros((1, RATE), np.float32)
    sound[0, RATE // 2 :] = 0.5 * np.sin(np.arange(RATE // 2))
    pixels = rasterised(draw_waveform(sound, RATE, "half")).astype(int)
    blue = (pixels[:, :, 2] - pixels[:, :, 0] > 50).sum(axis=0)
    quiet, loud = blue[200 : blue.size // 2 - 20], blue[blue.size // 2 + 40 : -60]
    assert quiet.max() <= 4
    assert loud.mean() == pytest.approx(0.5 * 106 * SCALE, rel=0.1)


def test_a_tone_is_bright_at_its_frequency() -> None:
    from bandmate.pictures.sound import spectrogram

    sound = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
    pixels = spectrogram(sound, RATE, 100, 400).sum(axis=2)
    row = pixels[:, 50].argmax()
    assert 40 * 400 ** (1 - row / 399) == pytest.approx(1000, rel=0.02)


@pytest.mark.parametrize("kind", ["roll", "waveform", "spectrogram"])
@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_the_command_draws_each_kind(kind: str, suffix: str, song: str) -> None:
    assert main(["picture", song, "--kind", kind, "-o", f"out.{suffix}"]) == 0
    if suffix == "png":
        assert Image.open("out.png").width > 400
    else:
        assert ET.parse("out.svg").getroot().tag == f"{SVG}svg"


def test_a_take_s_picture_says_what_made_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    take = Take.create(demo_phrase(), task="continue", model="m 8bit", seed=3, title="My song")
    kept = Library(tmp_path / "library").add(take)
    for suffix in ("svg", "png"):
        assert main(["picture", "last", "--library", "library", "-o", f"a.{suffix}"]) == 0
    said = f"Generated by Bandmate: model=m 8bit seed=3 take={kept.id}"
    assert ET.parse("a.svg").getroot().findtext(f"{SVG}desc") == said
    assert Image.open("a.png").info["Comment"] == said


def test_sound_files_are_drawn(song: str) -> None:
    Path("tone.wav").write_bytes(
        wav_bytes(np.sin(np.arange(RATE) / 10)[None].repeat(2, 0).astype(np.float32))
    )
    assert main(["picture", "tone.wav"]) == 0
    assert Path("tone waveform.svg").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["song.mid", "-o", "x.gif"], "ends in .svg or .png"),
        (["song.mid", "--kind", "poem"], "--kind is roll"),
        (["tone.wav", "--kind", "roll"], "is sound"),
        (["nothing", "--library", "empty"], "no take 'nothing'"),
        (["no.mid"], "no.mid"),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str], said: str, song: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["picture", *arguments]) == 2
    complaint = capsys.readouterr().err
    assert said in complaint
    assert complaint.count("\n") == 1
    assert [path.name for path in Path().iterdir() if path.name != "song.mid"] in ([], ["empty"])


def test_nothing_is_written_over_unasked(song: str) -> None:
    Path("out.svg").write_text("mine")
    assert main(["picture", song, "-o", "out.svg"]) == 0
    assert Path("out.svg").read_text() == "mine"
    assert Path("out-2.svg").is_file()
    assert main(["picture", song, "-o", "out.svg", "--force"]) == 0
    assert Path("out.svg").read_text() != "mine"


def test_the_spectrogram_s_axis_fits_low_rates() -> None:
    ET.fromstring(svg_bytes(draw_spectrogram(np.zeros((2, 8000), np.float32), 8000, "low")))
