"""The doctor: every line has a verdict, and what is wrong has advice."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bandmate import doctor
from bandmate.cli import main
from bandmate.config import Config
from bandmate.doctor import Finding, examine
from bandmate_models.errors import BandmateError


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(library=tmp_path / "library", osc_port=_free_port())


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def findings(config: Config, *checks: str) -> dict[str, Finding]:
    chosen = [getattr(doctor, f"_{check}") for check in checks]
    return {finding.about: finding for check in chosen for finding in check(config)}


def test_every_check_says_something_on_any_machine(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        doctor, "CHECKS", tuple(check for check in doctor.CHECKS if check is not doctor._model)
    )
    found = {finding.about: finding for finding in examine(config)}
    assert set(found) == {
        "python",
        "settings",
        "MIDI",
        "JACK",
        "WAV",
        "audio out",
        "OSC",
        "library",
        "real time",
    }
    for finding in found.values():
        assert finding.level in ("ok", "warn")
        assert finding.says
        assert "\n" not in finding.says
        assert finding.advice or finding.level == "ok"


def test_a_model_that_is_missing_fails(config: Config, tmp_path: Path) -> None:
    found = findings(replace(config, weights=tmp_path / "nowhere"), "model")
    assert found["model"].level == "fail"
    assert "missing" in found["model"].says
    assert found["model"].advice


def test_a_taken_port_is_noticed(config: Config) -> None:
    assert findings(config, "osc")["OSC"].level == "ok"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((config.host, config.osc_port))
        taken = findings(config, "osc")["OSC"]
    assert taken.level == "warn"
    assert "another Bandmate" in taken.advice


def test_a_library_in_the_way_of_a_file_is_noticed(config: Config, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert findings(config, "library")["library"].level == "ok"
    assert (
        findings(replace(config, library=tmp_path / "file" / "library"), "library")["library"].level == "warn"
    )


def test_looking_leaves_nothing_behind(config: Config, tmp_path: Path) -> None:
    findings(config, "library", "osc", "sound")
    assert list(tmp_path.iterdir()) == []


def test_a_bad_soundfont_is_a_warning(config: Config, tmp_path: Path) -> None:
    finding = findings(replace(config, soundfont=tmp_path / "none.sf2"), "sound")["WAV"]
    assert finding.level == "warn"
    assert "--no-audio" in finding.advice


@pytest.mark.parametrize(
    "trouble", [RuntimeError("a mess"), BandmateError("a sentence"), OSError(5, "I/O error")]
)
def test_a_check_that_breaks_is_a_finding(
    config: Config, trouble: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def _broken(config: Config) -> Iterator[Finding]:
        raise trouble
        yield

    monkeypatch.setattr(doctor, "CHECKS", (_broken, doctor._python))
    found = list(examine(config))
    assert [finding.about for finding in found] == ["broken", "python"]
    assert found[0].level == "warn"


@pytest.mark.parametrize(("level", "code"), [("ok", 0), ("warn", 0), ("fail", 1)])
def test_the_exit_code_says_whether_the_main_job_can_run(
    level: doctor.Level, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def check(config: Config) -> Iterator[Finding]:
        yield Finding(level, "thing", "as it is", "do that")

    monkeypatch.setattr(doctor, "CHECKS", (check, doctor._python))
    assert main(["doctor"]) == code
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == [level, "thing", "as", "it", "is"]
    assert out[1].strip() == "-> do that"
