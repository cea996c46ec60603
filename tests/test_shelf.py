"""Other people's models: fetched once, checked, kept with their licence, removed."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import pytest

from bandmate import shelf
from bandmate.shelf import PUBLISHED, Published, Shelf
from bandmate_models.errors import BandmateError
from command_line_kit import bandmate, workplace

__all__ = ["workplace"]

MODEL = b"a model" * 100


def wheel(model: bytes = MODEL) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("toy/saved/toy.onnx", model)
        file.writestr("toy-1.dist-info/LICENSE", "do as you like")
    return data.getvalue()


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Published:
    """A published model that is small and ours."""
    sums = (hashlib.sha256(wheel()).hexdigest(), hashlib.sha256(MODEL).hexdigest())
    toy = Published(
        "toy", "plays", "us", "MIT", "toy", "toy-1-py3-none-any.whl", sums[0], "toy/saved/toy.onnx", sums[1],
        ("toy-1.dist-info/LICENSE",),
    )  # fmt: skip
    monkeypatch.setattr(shelf, "PUBLISHED", {"toy": toy})
    return toy


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package index on this machine, with the toy's wheel; its folder."""
    folder = tmp_path / "index"
    (folder / "simple" / "toy").mkdir(parents=True)
    (folder / "files").mkdir()
    (folder / "files" / "toy-1-py3-none-any.whl").write_bytes(wheel())
    link = '<a href="../../files/toy-1-py3-none-any.whl#sha256=0">toy-1-py3-none-any.whl</a>'
    (folder / "simple" / "toy" / "index.html").write_text(f"<html>{link}</html>")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
    monkeypatch.setenv("no_proxy", "*")
    yield folder
    server.shutdown()
    server.server_close()


def code_of(call: partial[object]) -> str:
    with pytest.raises(BandmateError) as caught:
        call()
    return caught.value.code


def test_a_model_is_fetched_from_the_index_once(toy: Published, index: Path, tmp_path: Path) -> None:
    there = Shelf(tmp_path / "models")
    assert not there.has("toy") and code_of(partial(there.get, "toy")) == "no_model"
    there.add("toy")
    (index / "files" / "toy-1-py3-none-any.whl").unlink()
    assert there.get("toy").read_bytes() == MODEL
    assert (tmp_path / "models" / "toy" / "LICENSE").read_text() == "do as you like"
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["toy"]


def test_a_wheel_at_hand_needs_no_index(toy: Published, tmp_path: Path) -> None:
    (tmp_path / "any.whl").write_bytes(wheel())
    assert Shelf(tmp_path / "models").add("toy", tmp_path / "any.whl").read_bytes() == MODEL


def test_another_model_under_that_name_is_refused(toy: Published, index: Path, tmp_path: Path) -> None:
    other = wheel(b"another")
    (index / "files" / "toy-1-py3-none-any.whl").write_bytes(other)
    (tmp_path / "other.whl").write_bytes(other)
    there = Shelf(tmp_path / "models")
    assert code_of(partial(there.add, "toy")) == "bad_model"
    assert code_of(partial(there.add, "toy", tmp_path / "other.whl")) == "bad_model"
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("content", [b"", b"no zip", wheel()[:-40]])
def test_what_is_no_wheel_is_refused(content: bytes, toy: Published, tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_bytes(content)
    assert code_of(partial(Shelf(tmp_path / "models").add, "toy", tmp_path / "a.whl")) == "bad_file"


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/simple", "gopher://x", "nonsense"])
def test_an_index_that_is_not_reached_is_one_line(
    address: str, toy: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", address)
    monkeypatch.setenv("no_proxy", "*")
    assert code_of(partial(Shelf(tmp_path / "models").add, "toy")) == "unreachable"


def test_an_index_without_the_wheel_is_told(toy: Published, index: Path, tmp_path: Path) -> None:
    (index / "simple" / "toy" / "index.html").write_text("<html></html>")
    assert code_of(partial(Shelf(tmp_path / "models").add, "toy")) == "unreachable"


def test_a_model_that_was_changed_is_not_used(toy: Published, tmp_path: Path) -> None:
    (tmp_path / "any.whl").write_bytes(wheel())
    there = Shelf(tmp_path / "models")
    there.add("toy", tmp_path / "any.whl").write_bytes(b"changed")
    assert code_of(partial(there.get, "toy")) == "bad_model"
    there.add("toy", tmp_path / "any.whl")
    assert there.get("toy").read_bytes() == MODEL


def test_models_are_removed(toy: Published, tmp_path: Path) -> None:
    (tmp_path / "any.whl").write_bytes(wheel())
    there = Shelf(tmp_path / "models")
    there.add("toy", tmp_path / "any.whl")
    there.remove("toy")
    assert not there.has("toy") and code_of(partial(there.remove, "toy")) == "no_model"


def test_the_published_checksum_is_that_of_basic_pitch() -> None:
    found = find_spec("basic_pitch")
    if found is None or found.origin is None:
        pytest.skip("the package basic-pitch is not installed")
    model = PUBLISHED["basic-pitch"]
    file = Path(found.origin).parent.parent / model.member
    assert hashlib.sha256(file.read_bytes()).hexdigest() == model.sha256


def test_the_commands_say_what_is_here_and_under_which_licence(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(workplace / "data"))
    assert bandmate("models", "list") == 0
    assert "basic-pitch  not fetched  Apache-2.0, Spotify AB" in capsys.readouterr().out
    assert bandmate("models", "add", "something") == 2
    assert bandmate("models", "remove", "basic-pitch") == 2
    (workplace / "a.whl").write_bytes(wheel())
    assert bandmate("models", "add", "basic-pitch", "--from", "a.whl") == 2
    assert len(capsys.readouterr().err.splitlines()) == 3
