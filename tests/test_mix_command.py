"""--mix, --lufs and --binaural: the WAV of a take, the mix among the stems, and what is refused."""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from bandmate_bridge.audio.mix.loudness import loudness
from bandmate_bridge.audio.mix.true_peak import true_peak
from command_line_kit import band, bandmate, phrase, workplace

__all__ = ["band", "phrase", "workplace"]


def sound(file: Path) -> tuple[npt.NDArray[np.float32], int]:
    """What a WAV file of 16 or 24 bits holds, [2, frames], and its rate."""
    with wave.open(str(file)) as wav:
        width, data = wav.getsampwidth(), np.frombuffer(wav.readframes(wav.getnframes()), np.uint8)
        whole = np.zeros((len(data) // width, 4), np.uint8)
        whole[:, 4 - width :] = data.reshape(-1, width)
        return (whole.view("<i4")[:, 0] / 2**31).astype(np.float32).reshape(-1, 2).T, wav.getframerate()


@pytest.mark.parametrize("flags", [("--lufs", "-20"), ("--lufs", "-20", "--binaural")])
def test_a_take_sounds_as_loud_as_asked_for(band: None, phrase: str, flags: tuple[str, ...]) -> None:
    assert bandmate("continue", phrase, "--mix", "jazz", *flags, "--no-keep", "-o", "out") == 0
    audio, rate = sound(Path("out/phrase 1.wav"))
    assert loudness(audio, rate).integrated == pytest.approx(-20, abs=0.5)
    assert true_peak(audio) <= -1


def test_a_mix_can_be_a_setting(band: None, phrase: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANDMATE_MIX", "hymn")
    assert bandmate("continue", phrase, "--no-keep", "-o", "out") == 0
    audio, rate = sound(Path("out/phrase 1.wav"))
    assert loudness(audio, rate).integrated == pytest.approx(-14, abs=0.5)


def test_the_mix_among_the_stems_is_by_the_preset(phrase: str) -> None:
    assert bandmate("stems", phrase, "--mix", "rock", "--lufs", "-16", "-o", "out") == 0
    [file] = Path("out").glob("*Mix.wav")
    audio, rate = sound(file)
    assert loudness(audio, rate).integrated == pytest.approx(-16, abs=0.5)


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--mix", "polka"), "no mix is called 'polka'"),
        (("--binaural",), "binaural needs a preset"),
        (("--lufs", "-16"), "a loudness needs a preset"),
        (("--mix", "pop", "--lufs", "0"), "must be between -50 and -6"),
        (("--mix", "pop", "--lufs", "nan"), "must be between -50 and -6"),
    ],
)
def test_what_cannot_be_mixed_is_refused_before_anything_is_made(
    band: None, phrase: str, flags: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("continue", "stems"):
        assert bandmate(command, phrase, *flags, "-o", "out") == 2
        error = capsys.readouterr().err
        assert told in error and len(error.splitlines()) == 1
        assert not Path("out").exists()
