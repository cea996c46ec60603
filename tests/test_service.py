"""`bandmate service`: what it writes for each system, and that the daemon it starts is the real one."""

from __future__ import annotations

import argparse
import plistlib
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.commands.service import serve_arguments
from bandmate.config import SETTINGS, load_config
from bandmate.service import manager as managers
from bandmate.service.answering import answers
from bandmate.service.background import run
from bandmate.service.launchd import Launchd
from bandmate.service.manager import MARK, Manager
from bandmate.service.service import Done, Service, Status, address_in, run_command
from bandmate.service.systemd import Systemd
from bandmate.service.windows_task import WindowsTask
from bandmate_models.errors import BandmateError
from command_line_kit import bandmate, workplace
from service_managers import FakeLaunchd, FakeManager, FakeScheduler, FakeSystemd

__all__ = ["workplace"]

AWKWARD = ['/home/a b/100% mine/$HOME "x"/bin/python', "-m", "bandmate", "--key", "C # $5 %h \\ é", ""]
LONG = 300.0  # seconds that a daemon may take to answer on a busy machine
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def systemd(folder: Path) -> Systemd:
    return Systemd({"XDG_CONFIG_HOME": str(folder / "my settings")})


def launchd(folder: Path) -> Launchd:
    return Launchd(folder / "home of mine", 501)


def windows(folder: Path) -> WindowsTask:
    return WindowsTask(folder / "my data", {"USERDOMAIN": "STUDIO", "USERNAME": "Ana"})


KINDS = {"systemd": systemd, "launchd": launchd, "windows": windows}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bandmate.service.service._PAUSE", 0.0)


@pytest.fixture(params=KINDS)
def system(request: pytest.FixtureRequest, tmp_path: Path) -> Manager:
    return KINDS[request.param](tmp_path)


@pytest.fixture
def fake(system: Manager, tmp_path: Path) -> Iterator[FakeManager]:
    fakes = {
        Systemd: lambda: FakeSystemd(tmp_path, system.file),
        Launchd: lambda: FakeLaunchd(tmp_path),
        WindowsTask: lambda: FakeScheduler(tmp_path),
    }
    fake = fakes[type(system)]()
    yield fake
    fake.program.stop()


@pytest.fixture
def port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def serving(port: int, folder: Path) -> list[str]:
    none = "No such port"
    return [
        *("serve", "--osc-port", str(port), "--library", str(folder / "my library")),
        *("--midi-in", none, "--midi-out", none),
    ]


def test_a_description_gives_back_the_command_it_was_made_of(system: Manager) -> None:
    assert system.command_in(system.describe(AWKWARD)) == AWKWARD


_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.just(" "), max_size=12)


@pytest.mark.parametrize("kind", KINDS)
@given(words=st.lists(_WORDS, max_size=4))
def test_any_words_come_back(kind: str, words: list[str]) -> None:
    system = KINDS[kind](Path("/nowhere"))
    assert system.command_in(system.describe(["/bin/python", *words])) == ["/bin/python", *words]


def test_a_word_with_a_line_break_is_refused(system: Manager) -> None:
    with pytest.raises(BandmateError) as error:
        system.describe(["/bin/python", "a\nExecStartPre=/bin/rm"])
    assert error.value.code == "bad_path"


def test_the_unit_is_what_systemd_reads(tmp_path: Path) -> None:
    text = systemd(tmp_path).describe([sys.executable, "-m", "bandmate", "serve"]).decode()
    unit = ConfigParser(interpolation=None, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(text)
    assert shlex.split(unit["Service"]["ExecStart"]) == [sys.executable, "-m", "bandmate", "serve"]
    assert unit["Install"]["WantedBy"] == "default.target"
    assert unit["Service"]["RestartPreventExitStatus"] == "2"
    assert text.startswith(f"# {MARK}")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    odd = tmp_path / "100% a b"
    odd.mkdir()
    (odd / "python").symlink_to(sys.executable)
    unit = tmp_path / "bandmate.service"
    unit.write_bytes(systemd(tmp_path).describe([str(odd / "python"), *AWKWARD[1:]]))
    done = subprocess.run(
        ["systemd-analyze", "--user", "--man=no", "verify", unit],
        capture_output=True,
        text=True,
        check=False,
        env={"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert [line for line in done.stderr.splitlines() if "bandmate" in line] == []
    assert done.returncode == 0, done.stderr


def test_the_agent_is_what_launchd_reads(tmp_path: Path) -> None:
    system = launchd(tmp_path)
    content = system.describe(AWKWARD)
    agent = plistlib.loads(content)
    assert agent["Label"] == system.file.stem
    assert agent["ProgramArguments"] == AWKWARD
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["StandardErrorPath"] == str(tmp_path / "home of mine/Library/Logs/Bandmate.log")
    assert MARK.encode() in content


def test_the_task_is_what_the_scheduler_reads(tmp_path: Path) -> None:
    content = windows(tmp_path).describe(AWKWARD)
    assert content.startswith(b"\xff\xfe")
    task = ElementTree.fromstring(content.decode("utf-16"))
    assert task.tag == f"{TASK}Task"
    assert [child.tag.removeprefix(TASK) for child in task] == [
        *("RegistrationInfo", "Triggers", "Principals", "Settings", "Actions")
    ]
    assert task.findtext(f".//{TASK}LogonTrigger/{TASK}UserId") == "STUDIO\\Ana"
    assert task.findtext(f".//{TASK}Settings/{TASK}Priority") == "4"
    assert task.findtext(f".//{TASK}Settings/{TASK}ExecutionTimeLimit") == "PT0S"
    assert task.findtext(f".//{TASK}Exec/{TASK}Command") == AWKWARD[0]
    assert task.findtext(f".//{TASK}Exec/{TASK}Arguments") == subprocess.list2cmdline(AWKWARD[1:])


def test_a_task_opens_no_window_where_it_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("python.exe", "pythonw.exe"):
        (tmp_path / name).touch()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python.exe"))
    command = windows(tmp_path).command(["serve"])
    log = str(tmp_path / "my data" / "Bandmate.log")
    assert command == [str(tmp_path / "pythonw.exe"), "-m", "bandmate.service.background", log, "serve"]


def test_a_bundle_is_started_as_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/bandmate")
    assert systemd(tmp_path).command(["serve"]) == ["/opt/bandmate", "serve"]


def test_it_is_installed_answers_and_is_removed(
    system: Manager, fake: FakeManager, port: int, tmp_path: Path
) -> None:
    service = Service(system, fake)
    assert service.status() == Status("nobody", False, None, False)
    assert service.install(serving(port, tmp_path), LONG)
    assert answers("127.0.0.1", port)
    assert service.status() == Status("us", True, ("127.0.0.1", port), True)
    assert not service.install(serving(port, tmp_path), LONG), "once is enough"
    assert fake.program.starts == 1
    assert service.install([*serving(port, tmp_path), "--tempo", "96"], LONG), "other settings, another start"
    assert fake.program.starts == 2
    assert service.remove()
    assert not fake.program.running
    assert not system.file.exists()
    assert service.status() == Status("nobody", False, None, False)
    assert not service.remove(), "there is nothing left to remove"


def test_an_agent_that_is_still_leaving_is_waited_for(tmp_path: Path, port: int) -> None:
    fake = FakeLaunchd(tmp_path)
    service = Service(launchd(tmp_path), fake)
    fake.leaving = 3
    try:
        assert service.install(serving(port, tmp_path), LONG)
    finally:
        fake.program.stop()
    assert len([line for line in fake.told if "bootstrap" in line]) == 4
    fake.leaving = 99
    with pytest.raises(BandmateError, match="Bootstrap failed"):
        service.install([*serving(port, tmp_path), "--tempo", "96"], LONG)


def test_what_somebody_else_wrote_is_left_alone(system: Manager, fake: FakeManager, port: int) -> None:
    service = Service(system, fake)
    system.file.parent.mkdir(parents=True)
    like_ours = system.describe(["/usr/bin/mine"])
    unmarked = like_ours.replace(MARK.encode(), b"me").replace(MARK.encode("utf-16-le"), b"m\0")
    for theirs in (unmarked, b"\xff", b""):
        system.file.write_bytes(theirs)
        for attempt in (lambda: service.install(["serve", "--osc-port", str(port)]), service.remove):
            with pytest.raises(BandmateError) as error:
                attempt()
            assert error.value.code == "not_ours"
        assert system.file.read_bytes() == theirs
    assert fake.program.starts == 0


def test_a_service_that_the_system_has_from_elsewhere_is_left_alone(system: Manager) -> None:
    told = []

    def knows(command: tuple[str, ...]) -> Done:
        told.append(command)
        return Done(0, "")

    with pytest.raises(BandmateError) as error:
        Service(system, knows).install(["serve"])
    assert error.value.code == "not_ours"
    assert told == [system.knowing]


def test_a_manager_that_refuses_leaves_nothing_behind(system: Manager, fake: FakeManager, port: int) -> None:
    fake.broken = "Failed to connect to bus"
    with pytest.raises(BandmateError, match="failed: Failed to connect to bus") as error:
        Service(system, fake).install(["serve", "--osc-port", str(port)])
    assert error.value.code == "no_service"
    assert not system.file.exists()


def test_a_daemon_that_somebody_started_by_hand_is_in_the_way(
    system: Manager, fake: FakeManager, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bandmate.service.service._falls_silent", lambda address: False)
    with pytest.raises(BandmateError, match="stop it first") as error:
        Service(system, fake).install(["serve", "--osc-port", str(port)])
    assert error.value.code == "port_taken"
    assert not system.file.exists()


def test_a_daemon_that_does_not_come_up_is_told(
    system: Manager, fake: FakeManager, port: int, tmp_path: Path
) -> None:
    nowhere = [*serving(port, tmp_path), "--weights", str(tmp_path / "no model")]
    with pytest.raises(BandmateError, match="does not answer") as error:
        Service(system, fake).install(nowhere, patience=0.3)
    assert error.value.code == "no_answer"
    assert Service(system, fake).status().owner == "us"


def test_a_program_that_is_not_there_is_no_traceback() -> None:
    assert run_command(("bandmate-no-such-program", "x")).code == 127
    assert run_command((sys.executable, "-c", "raise SystemExit('one\\ntwo')")) == Done(1, "one")


def test_the_address_is_that_of_the_installed_settings(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('osc_port = 7555\nhost = "127.0.0.2"')
    settings = ["--config", str(tmp_path / "mine.toml"), "serve"]
    assert address_in(settings) == ("127.0.0.2", 7555)
    assert address_in([*settings, "--osc-port", "7556"]) == ("127.0.0.2", 7556)


def test_settings_of_flags_and_environment_are_written_into_the_service(tmp_path: Path) -> None:
    options = argparse.Namespace(**dict.fromkeys(SETTINGS), config=None)
    options.tempo, options.audio, options.library = 96.0, False, Path("takes of mine")
    environ = {"BANDMATE_CLOCK": "midi", "BANDMATE_SCALE_LOCK": "1"}
    flags = {name: getattr(options, name) for name in SETTINGS}
    config = load_config(None, flags, {**environ, "XDG_CONFIG_HOME": str(tmp_path)})
    arguments = serve_arguments(options, config, environ)
    assert arguments == [
        *("serve", "--library", str(Path("takes of mine").absolute()), "--no-audio"),
        *("--clock", "midi", "--tempo", "96.0", "--scale-lock"),
    ]
    options.config = Path("my.toml")
    assert serve_arguments(options, config, environ)[:2] == ["--config", str(Path("my.toml").absolute())]


def test_a_dry_run_prints_and_does_nothing(
    system: Manager, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(managers, "manager", lambda: system)
    assert bandmate("service", "install", "--dry-run", "--osc-port", 7477) == 0
    out = capsys.readouterr().out
    assert MARK in out and "7477" in out and str(system.file) in out
    assert all(" ".join(command) in out for command in system.starting)
    assert bandmate("service", "remove", "--dry-run") == 0
    assert all(" ".join(command) in capsys.readouterr().out for command in system.stopping[:1])
    assert not system.file.exists()


def test_a_refusal_is_one_line_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    system = systemd(tmp_path)
    system.file.parent.mkdir(parents=True)
    system.file.write_text("[Service]\nExecStart=/bin/true\n")
    monkeypatch.setattr(managers, "manager", lambda: system)
    assert bandmate("service", "install") == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "was not made by" in err
    assert bandmate("service", "status") == 1
    assert "was not made by" in capsys.readouterr().out


def test_without_a_terminal_what_is_said_goes_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "Bandmate.log"
    assert run(log, ["takes", "list"]) == 0
    assert run(log, ["takes", "show", "nothing"]) == 2
    assert "no takes yet" in log.read_text() and "bandmate: " in log.read_text()
    log.write_bytes(b"x" * 1_000_001)
    assert run(log, ["takes", "list"]) == 0
    assert log.with_suffix(".old").stat().st_size == 1_000_001
    assert log.stat().st_size < 1000


def test_nobody_answers_where_nobody_is(port: int) -> None:
    assert not answers("127.0.0.1", port, 0.3)
    assert not answers("no such host", port, 0.3)
