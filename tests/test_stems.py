"""Stems: each part for itself, on one time line, and their sum."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings

from bandmate_bridge.audio import stems as stems_module
from bandmate_bridge.audio.mixes import Mixing, mix_names, mixed
from bandmate_bridge.audio.signal import decibels, peak
from bandmate_bridge.audio.soundfont import BUILT
from bandmate_bridge.audio.soundfont.finding import find_soundfont
from bandmate_bridge.audio.stems import RATES, Stems, dry_mix, stems_of
from bandmate_models.errors import BandmateError
from bandmate_models.score import Control, Note, Part, Score, Tempo
from scores import scores

DRUMS = Part("drums", tuple(Note(beat, 0.25, 37, 100) for beat in (0.0, 1.0, 2.5, 5.0)))
BASS = Part("bass", (Note(0.0, 2.0, 33, 90), Note(4.0, 1.0, 36, 90)), 33, name="Fingered")
PIANO = Part("chords", tuple(Note(2.0, 1.5, pitch, 70) for pitch in (60, 64, 67)), 0)
BAND = Score(parts=(PIANO, DRUMS, BASS))


def onsets(audio: npt.NDArray[np.float32], rate: int, share: float = 0.02) -> npt.NDArray[np.float64]:
    """Seconds at which a dry sound begins that was below a share of its peak."""
    loud = np.flatnonzero(np.abs(audio).max(axis=0) > share * np.abs(audio).max())
    return np.asarray([loud[0], *loud[1:][np.diff(loud) > 0.1 * rate]]) / rate


@pytest.mark.parametrize("rate", RATES)
def test_every_stem_is_as_long_and_begins_with_bar_one(rate: int) -> None:
    stems = stems_of(BAND, rate=rate)
    assert [stem.name for stem in stems] == ["chords", "drums", "Fingered"]
    assert {stem.audio.shape for stem in stems} == {(2, stems.frames)}
    assert stems.seconds > BAND.seconds(BAND.end)
    assert onsets(stems.stems[1].audio, rate) == pytest.approx([0.0, 0.5, 1.25, 2.5], abs=0.002)


def test_a_part_that_rests_is_silent() -> None:
    piano = stems_of(BAND).stems[0].audio
    assert not piano[:, : int(0.999 * 44_100)].any()
    assert piano[:, int(1.01 * 44_100) :].any()


def test_a_part_sounds_the_same_alone_and_in_the_band() -> None:
    together = stems_of(BAND)
    for part, stem in zip(BAND.parts, together, strict=True):
        alone = stems_of(replace(BAND, parts=(part,))).stems[0].audio
        assert np.array_equal(alone, stem.audio[:, : alone.shape[1]])
        assert not stem.audio[:, alone.shape[1] :].any()


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(scores())
def test_the_stems_of_any_score_add_up_to_its_dry_mix(score: Score) -> None:
    stems = stems_of(score)
    assert {stem.audio.shape[1] for stem in stems} <= {stems.frames}
    exact = np.sum([stem.audio for stem in stems], axis=0, dtype=np.float64) if len(stems) else 0.0
    error = np.abs(dry_mix(stems) - exact).max(initial=0.0)
    assert decibels(float(error)) < -90


def test_notes_lie_where_a_changing_tempo_puts_them() -> None:
    tempos = tuple(Tempo(float(beat), 60.0 + 7 * beat) for beat in range(64))
    hits = tuple(Note(2.0 * beat, 0.1, 37, 100) for beat in range(30))
    score = Score(parts=(Part("drums", hits),), tempos=tempos)
    found = onsets(stems_of(score).stems[0].audio, 44_100)
    assert found == pytest.approx([score.seconds(note.start) for note in hits], abs=0.002)


def test_a_pan_is_kept_for_the_mix_and_not_in_the_stem() -> None:
    left = replace(PIANO, controls=(Control(0.0, "cc", 10, 0),))
    [plain], [panned] = (stems_of(Score(parts=(part,))) for part in (PIANO, left))
    assert plain.pan is None and panned.pan == -1.0
    assert np.array_equal(plain.audio, panned.audio)
    [mix] = [mixed(Mixing("plain"), stems_of(Score(parts=(left,))))]
    assert mix is not None and np.abs(mix.audio[0]).max() > 5 * np.abs(mix.audio[1]).max()


def test_progress_is_told_of_every_note_and_may_end_the_work() -> None:
    heard: list[tuple[int, int]] = []
    stems_of(BAND, progress=lambda done, total: heard.append((done, total)))
    assert heard == [(number, BAND.note_count) for number in range(1, BAND.note_count + 1)]

    def stop(done: int, total: int) -> None:
        raise BandmateError("enough", "cancelled")

    with pytest.raises(BandmateError, match="enough"):
        stems_of(BAND, progress=stop)


def test_long_music_lies_on_the_disk_and_sounds_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_memory = stems_of(BAND)
    monkeypatch.setattr(stems_module, "_IN_MEMORY", 0.0)
    on_disk = stems_of(BAND, scratch=tmp_path)
    for one, other in zip(in_memory, on_disk, strict=True):
        assert isinstance(other.audio, np.memmap)
        assert np.array_equal(one.audio, other.audio)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rate", [0, 22_050, 96_000])
def test_other_rates_are_refused(rate: int) -> None:
    with pytest.raises(BandmateError) as refusal:
        stems_of(BAND, rate=rate)
    assert refusal.value.code == "bad_value"


def test_every_mix_has_a_name_and_is_a_sound() -> None:
    stems = stems_of(BAND)
    for name in ("dry", "plain", "default"):
        assert name in mix_names()
        mix = mixed(Mixing(name), stems)
        assert mix is not None and mix.audio.shape[1] >= stems.frames and peak(mix.audio) > 0.01
    assert mixed(Mixing("none"), stems) is None
    with pytest.raises(BandmateError, match="no mix is called 'loud'"):
        mixed(Mixing("loud"), stems)


def test_a_soundfont_is_found_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / ".local" / "share" / "sounds" / "sf2"
    folder.mkdir(parents=True)
    (folder / "Grand_Piano.sf2").write_bytes(BUILT.read_bytes())
    home = {"HOME": str(tmp_path)}
    for name in ("Grand_Piano", "grand", "GRAND_PIANO.SF2"):
        assert find_soundfont(Path(name), home) == folder / "Grand_Piano.sf2"
    assert find_soundfont(None, home) == BUILT
    assert find_soundfont(BUILT, home) == BUILT
    with pytest.raises(BandmateError) as refusal:
        find_soundfont(Path("harpsichord of the queen"), home)
    assert refusal.value.code == "bad_soundfont"


def test_a_fluid_soundfont_of_the_system_plays() -> None:
    try:
        font = find_soundfont(Path("FluidR3"))
    except BandmateError:
        pytest.skip("fluid-soundfont-gm is not installed")
    stems = stems_of(BAND, font)
    found = onsets(stems.stems[1].audio, 44_100, share=0.2)  # its side stick was recorded in a room
    assert found == pytest.approx([0.0, 0.5, 1.25, 2.5], abs=0.005)


def test_nothing_is_left_behind_in_the_systems_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(stems_module, "_IN_MEMORY", 0.0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    stems: Stems = stems_of(BAND)
    assert list(tmp_path.iterdir()) == [] and stems.frames > 0
