"""Settings: four places, one record, and every mistake one sentence."""

from dataclasses import fields
from pathlib import Path

import pytest

from bandmate.config import SETTINGS, Config, config_file, load_config
from bandmate.folders import config_folder, data_folder
from bandmate_models.controls import Controls
from bandmate_models.errors import BandmateError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def settings(file: Path, text: str, **environ: str) -> Config:
    file.write_text(text, encoding="utf-8")
    return load_config(file, environ=environ)


def test_every_setting_is_documented_and_its_default_is_allowed() -> None:
    assert [field.name for field in fields(Config)] == list(SETTINGS)
    defaults = {name: getattr(Config(), name) for name in SETTINGS}
    assert load_config(flags=defaults, environ={"XDG_CONFIG_HOME": "/nowhere"}) == Config()


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_config(environ={"XDG_CONFIG_HOME": str(tmp_path), "APPDATA": str(tmp_path)}) == Config()


def test_flags_win_over_environment_and_that_over_the_file(file: Path) -> None:
    file.write_text("tempo = 90\nbars = 2\nosc_port = 7500\n")
    environ = {"BANDMATE_TEMPO": "100", "BANDMATE_BARS": "3"}
    config = load_config(file, {"tempo": 110.0, "bars": None, "osc_port": None}, environ)
    assert (config.tempo, config.bars, config.osc_port) == (110.0, 3, 7500)


def test_the_environment_names_the_file(file: Path) -> None:
    file.write_text('midi_in = "Keys"')
    assert load_config(environ={"BANDMATE_CONFIG": str(file)}).midi_in == "Keys"
    assert config_file({"BANDMATE_CONFIG": str(file)}) == file


@pytest.mark.parametrize(("text", "truth"), [("1", True), ("yes", True), ("False", False), ("no", False)])
def test_truth_in_the_environment(text: str, truth: bool) -> None:
    assert load_config(environ={"BANDMATE_AUDIO": text}).audio is truth


def test_a_path_from_the_environment_is_a_path() -> None:
    config = load_config(environ={"BANDMATE_LIBRARY": "~/takes"})
    assert config.library_folder == Path.home() / "takes"


def test_a_whole_number_is_a_number(file: Path) -> None:
    assert settings(file, "tempo = 90").tempo == 90.0


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("tempoo = 90", "unknown setting 'tempoo' .*did you mean tempo?"),
        ("colour = 3", "unknown setting 'colour' .*the settings are host, osc_port"),
        ("tempo = nan", "tempo .* must be between 20 and 400, not nan"),
        ("tempo = 1e9", "tempo .* must be between"),
        ("tempo = true", "tempo .* must be a number, not True"),
        ("osc_port = 0", "osc_port .* must be between 1 and 65535"),
        ("osc_port = 7400.5", "osc_port .* must be a whole number"),
        ('audio = "yes"', "audio .* must be true or false"),
        ('clock = "sundial"', "clock .* must be internal or midi"),
        ('metre = "5/3"', "metre .* must look like 4/4"),
        ('metre = "0/4"', "metre .* must look like 4/4"),
        ('midi_in = ""', "midi_in .* must be a text"),
        ("library = 3", "library .* must be a path"),
        ("host = [1]", "host .* must be a text"),
        ("bars = 10000", "bars .* must be between 1 and 256"),
        ("tempo = ", "not valid TOML"),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence(file: Path, text: str, complaint: str) -> None:
    with pytest.raises(BandmateError, match=complaint) as refusal:
        settings(file, text)
    assert refusal.value.code == "bad_config"
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("variable", ["TEMPO", "BARS", "AUDIO", "SEED"])
def test_a_mistake_in_the_environment_names_the_variable(variable: str) -> None:
    with pytest.raises(BandmateError, match=f"BANDMATE_{variable}"):
        load_config(environ={f"BANDMATE_{variable}": "many"})


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(BandmateError, match="cannot read the settings"):
        load_config(tmp_path / "none.toml")
    with pytest.raises(BandmateError, match="cannot read the settings"):
        load_config(environ={"BANDMATE_CONFIG": str(tmp_path / "none.toml")})


def test_a_file_in_another_encoding_is_refused(file: Path) -> None:
    file.write_bytes('midi_in = "Flügel"'.encode("latin-1"))
    with pytest.raises(BandmateError, match="not valid TOML"):
        load_config(file)


def test_the_controls_are_those_of_the_settings(file: Path) -> None:
    text = 'bars = 8\ntemperature = 0.5\nkey = "D minor"\nscale_lock = true\nseed = 3'
    wanted = Controls(bars=8, temperature=0.5, key="D minor", scale_lock=True, seed=3)
    assert settings(file, text).controls == wanted
    assert Config().controls == Controls()


def test_a_key_that_is_none_is_refused_when_it_is_used(file: Path) -> None:
    with pytest.raises(BandmateError, match="H dorian"):
        _ = settings(file, 'key = "H dorian"').controls


@pytest.mark.parametrize(
    ("platform", "environ", "end"),
    [
        ("linux", {"XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/c"}, Path("/c/bandmate")),
        ("linux", {}, Path(".config/bandmate")),
        ("darwin", {}, Path("Library/Application Support/Bandmate")),
        ("win32", {"APPDATA": "C:/a", "LOCALAPPDATA": "C:/a"}, Path("C:/a/Bandmate")),
    ],
)
def test_every_platform_has_its_folders(
    monkeypatch: pytest.MonkeyPatch, platform: str, environ: dict[str, str], end: Path
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    assert str(config_folder(environ)).endswith(str(end))
    assert data_folder(environ).name == end.name
