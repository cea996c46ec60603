"""The command line: what is wished for in words and flags."""

import json
from pathlib import Path

import pytest

from bandmate_models.controls import Controls
from command_line_kit import band, bandmate, phrase, workplace

__all__ = ["band", "phrase", "workplace"]


def asked(library: Path) -> Controls:
    """The controls of the only take in the library."""
    [card] = library.glob("takes/*/take.json")
    controls = json.loads(card.read_text(encoding="utf-8"))["controls"]
    return Controls.parse(controls)


@pytest.mark.usefixtures("band")
def test_a_prompt_sets_what_no_flag_does(phrase: str, capsys: pytest.CaptureFixture[str]) -> None:
    wishes = ("--prompt", "sad jazz in E minor, 8 bars", "--bars", 2, "--no-audio", "--no-roll")
    assert bandmate("continue", phrase, *wishes) == 0
    controls = asked(Path("library"))
    assert (controls.genre, controls.key, controls.bars, controls.valence) == ("jazz", "E minor", 2, 0)
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("band")
def test_what_is_not_understood_is_one_line_and_the_rest_is_done(
    phrase: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bandmate("continue", phrase, "--prompt", "drivng jazz", "--no-audio", "--no-roll") == 0
    assert asked(Path("library")).genre == "jazz"
    told = capsys.readouterr().err
    assert told.startswith("bandmate: not understood in the prompt: drivng (known: driving")
    assert told.count("\n") == 1


@pytest.mark.usefixtures("band")
def test_flags_take_values_role_by_role(phrase: str) -> None:
    wishes = ("--density", "4,drums:6", "--roles", "no drums", "--chords", "Dm7 | G7", "--chord-lock")
    assert bandmate("continue", phrase, *wishes, "--no-audio", "--no-roll") == 0
    controls = asked(Path("library"))
    assert controls.densities() == {None: 4, "drums": 6}
    assert controls.asked_roles(("bass", "drums")) == ("bass",)
    assert controls.chord_lock and controls.progression is not None


@pytest.mark.usefixtures("band")
def test_settings_are_wishes_that_stand(phrase: str) -> None:
    Path("config.toml").write_text('genre = "jazz"\ndensity = "3"\nprompt = "8 bars in E minor"\n')
    assert (
        bandmate("--config", "config.toml", "continue", phrase, "--key", "C", "--no-audio", "--no-roll") == 0
    )
    controls = asked(Path("library"))
    assert (controls.genre, controls.density, controls.bars, controls.key) == ("jazz", "3", 8, "C")
