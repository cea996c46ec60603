"""`bandmate jam` as it is typed: without a screen, with one, and where there is nothing to show one on."""

from __future__ import annotations

import io
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bandmate.console import Console
from bandmate.jam.headless import play
from bandmate.jam.news import News
from bandmate.library import Library
from jam_stand_in import StandIn

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-m", "bandmate", "jam", "--roles", "drums,bass", "--seed", "3"]


def environment(folder: Path) -> dict[str, str]:
    paths = os.pathsep.join(str(ROOT / top) for top in ("daemon", "bridge", "models"))
    own = {
        "PYTHONPATH": paths,
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "JACK_DEFAULT_SERVER": f"nobody{os.getpid()}",
        "JACK_NO_START_SERVER": "1",
        "BANDMATE_OSC_PORT": "17463",
        "TERM": "xterm-256color",
    }
    return {**os.environ, **own}


def library(folder: Path) -> Library:
    return Library(folder / "bandmate" / "library")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env=environment(folder), capture_output=True, text=True, timeout=100
    )


def test_a_headless_session_prints_a_line_a_bar() -> None:
    stage, out = StandIn(), io.StringIO()
    stage.clock = stage.clock._replace(running=True, beat=0.0, bar=0.0, bpm=120.0)
    news, times = News(), iter(step / 10 for step in range(1000))
    news.say("Bandmate In is closed")
    play(stage, news, Console(out), 6.0, lambda seconds: False, lambda: next(times))
    lines = out.getvalue().splitlines()
    assert lines[0] == "Bandmate In is closed"
    assert [re.findall(r"^bar (\d+) +playing +120.0 bpm 4/4 +Dm7", line) for line in lines[1:]] == [
        [str(number)] for number in range(1, 5)
    ]
    assert all("in time 99.98 %" in line and "re-plan 11.5/31.2 ms" in line for line in lines[1:])
    assert stage.turned == [("play", 1.0)]


def test_a_headless_session_ends_when_it_is_told_to() -> None:
    stage, asked = StandIn(), []

    def ended(seconds: float) -> bool:
        asked.append(seconds)
        return len(asked) == 3

    play(stage, News(), Console(io.StringIO()), float("inf"), ended)
    assert len(asked) == 3


def test_the_band_plays_headless_and_its_session_is_a_take(tmp_path: Path) -> None:
    done = run(tmp_path, "--headless", "--minutes", "0.15", "--tempo", "200")
    assert done.returncode == 0, done.stderr
    (card,) = library(tmp_path).list()
    assert f"take {card.id}: " in done.stdout
    assert Path(done.stdout.splitlines()[-1].split(": ", 1)[1]).is_file()
    assert set(card.roles) == {"drums", "bass"}
    assert card.tempo == 200.0
    assert card.tags == ("live",)
    assert len(re.findall(r"^bar \d+", done.stdout, re.MULTILINE)) >= 5


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_jam_is_recovered_by_the_next(tmp_path: Path) -> None:
    command = [*COMMAND, "--headless", "--tempo", "200"]
    with subprocess.Popen(
        command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as jam:
        assert jam.stdout is not None
        for line in jam.stdout:
            if line.startswith("bar 6"):
                jam.send_signal(signal.SIGKILL)
    assert library(tmp_path).list() == []
    done = run(tmp_path, "--headless", "--minutes", "0.02")
    assert done.returncode == 0, done.stderr
    recovered = [card for card in library(tmp_path).list() if "recovered" in card.tags]
    assert [set(card.roles) for card in recovered] == [{"drums", "bass"}]
    assert recovered[0].bars >= 4


BARS_SECONDS = 4.0
"""Three bars and a beat at 200 beats a minute."""


class Terminal:
    """A jam in a pseudo-terminal: `until` waits for what it writes, `seen` is what it wrote since."""

    def __init__(self, folder: Path) -> None:
        import pty

        self._ours, theirs = pty.openpty()
        self.seen = b""
        self.jam = subprocess.Popen(
            [*COMMAND, "--tempo", "200"],
            env=environment(folder),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def until(self, text: bytes | None) -> None:
        """Until the text is there; None: until the jam has left."""
        late = time.monotonic() + 60
        self.seen = b""
        while time.monotonic() < late and (text is None or text not in self.seen):
            if select.select([self._ours], [], [], 0.2)[0]:
                try:
                    self.seen += os.read(self._ours, 65536)
                except OSError:  # closed at the other end
                    break
        assert text is None or text in self.seen

    def watch(self, seconds: float) -> None:
        """Reads what is drawn for so long: of a line that changes only the new letters are."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self._ours], [], [], left)[0]:
                self.seen += os.read(self._ours, 65536)

    def press(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def close(self) -> None:
        os.close(self._ours)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("way", ["q", "SIGTERM", "the terminal goes"])
def test_the_screen_comes_up_in_a_terminal_and_however_it_is_left_the_session_is_kept(
    tmp_path: Path, way: str
) -> None:
    terminal = Terminal(tmp_path)
    terminal.until(b"resting")
    terminal.press(b" ")
    terminal.until(b"playing")
    terminal.watch(BARS_SECONDS)
    if way == "the terminal goes":
        terminal.close()  # and nothing says so: it is nobody's controlling terminal
    elif way == "q":
        terminal.press(b"q")
    else:
        terminal.jam.send_signal(getattr(signal, way))
    if way != "the terminal goes":
        terminal.until(None)
        terminal.close()
        assert b"take " in terminal.seen
        assert b"Traceback" not in terminal.seen
        assert terminal.jam.wait(20) == 0
    terminal.jam.wait(40)
    assert [card.tags for card in library(tmp_path).list()] == [("live",)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "the screen needs a terminal"),
        (["--minutes", "3"], "--minutes goes with --headless"),
        (["--headless", "--minutes", "0"], "--minutes must be above 0"),
        (["--headless", "--minutes", "nan"], "--minutes must be above 0"),
        (["--headless", "--roles", "kazoo"], "kazoo"),
        (["--headless", "--tempo", "9"], "tempo"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("bandmate: ")
    assert sentence in line
