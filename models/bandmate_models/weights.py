"""A model's weights on disk, and in memory: one immutable object that every session shares."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime

from bandmate_models import vocabulary
from bandmate_models.errors import BandmateError
from bandmate_models.memorisation import FILE_NAME as MEMORY_FILE
from bandmate_models.memorisation import MemoryFilter
from bandmate_models.model_config import ModelConfig

FORMAT = 1
"""Version of the folder's layout and of the graph's inputs and outputs."""

CONFIG_FILE = "config.json"
MODEL_FILE = "model.onnx"
DEFAULT_FOLDER = Path(__file__).parent / "weights" / "default"

_NO_FLASH = "ORT_GQA_DISABLE_FLASH_ATTENTION"


@dataclass(frozen=True)
class Weights:
    """A loaded model. `session` is safe to run from several threads; whatever changes lives in a Decoder."""

    config: ModelConfig
    session: onnxruntime.InferenceSession
    folder: Path
    sha256: str

    @classmethod
    def load(cls, folder: Path | None = None, precision: str | None = None, *, threads: int = 1) -> Weights:
        """The model in `folder` (None: the one that ships), or in its subfolder named `precision`.

        BandmateError("bad_weights") when it is missing, damaged, of another version or of another shape than
        its config says.
        """
        folder = DEFAULT_FOLDER if folder is None else Path(folder)
        if precision is not None and (folder / precision / CONFIG_FILE).is_file():
            folder = folder / precision
        content = _read_config(folder)
        config = ModelConfig.from_dict(content["model"])
        if precision is not None and precision != config.precision:
            raise BandmateError(
                f"the model in {folder} holds {config.precision} weights, not {precision}; ask for "
                f"{config.precision}, or export it again in the precision that you want",
                "bad_weights",
            )
        if config.vocabulary_version != vocabulary.FORMAT_VERSION:
            raise _bad(
                folder,
                f"speaks token format {config.vocabulary_version}, and this version speaks"
                f" {vocabulary.FORMAT_VERSION}",
            )
        if config.vocabulary_size != vocabulary.SIZE:
            raise _bad(folder, f"knows {config.vocabulary_size} tokens, and the format has {vocabulary.SIZE}")
        blob = _read_model(folder, content["sha256"])
        session = _session(folder, blob, threads)
        _check_shapes(folder, session, config)
        return cls(config, session, folder, content["sha256"])

    def memory(self) -> MemoryFilter | None:
        """What the model has read, as a filter that lies beside it; None where there is none.

        BandmateError("bad_weights") when it is damaged.
        """
        path = self.folder / MEMORY_FILE
        return MemoryFilter.load(path) if path.is_file() else None


def write_weights(folder: Path, model: bytes, config: ModelConfig, notes: Mapping[str, Any]) -> None:
    """Write `model` and a config.json with `notes` to `folder`, each complete or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "format": FORMAT,
        "sha256": hashlib.sha256(model).hexdigest(),
        "model": config.to_dict(),
        **notes,
    }
    _replace(folder / MODEL_FILE, model)
    _replace(folder / CONFIG_FILE, (json.dumps(content, indent=2) + "\n").encode())


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(content)
    beside.replace(path)


def _bad(folder: Path, what: str) -> BandmateError:
    return BandmateError(
        f"the model in {folder} {what}; install Bandmate again, or export the model again", "bad_weights"
    )


def _read_config(folder: Path) -> dict[str, Any]:
    """config.json with "format", "sha256" and "model" checked to be there and of the right kind."""
    try:
        content = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _bad(folder, f"is missing: there is no {CONFIG_FILE}") from None
    except (OSError, ValueError) as error:
        raise _bad(folder, f"has a {CONFIG_FILE} that cannot be read ({_line(error)})") from None
    if not isinstance(content, dict) or type(content.get("format")) is not int:
        raise _bad(folder, f"has a {CONFIG_FILE} without a format version")
    if content["format"] != FORMAT:
        raise _bad(folder, f"is of format {content['format']}, and this version reads {FORMAT}")
    if not isinstance(content.get("sha256"), str) or not isinstance(content.get("model"), dict):
        raise _bad(folder, f"has a {CONFIG_FILE} without its checksum or shape")
    return content


def _read_model(folder: Path, sha256: str) -> bytes:
    try:
        blob = (folder / MODEL_FILE).read_bytes()
    except FileNotFoundError:
        raise _bad(folder, f"is missing: there is no {MODEL_FILE}") from None
    except OSError as error:
        raise _bad(folder, f"has a {MODEL_FILE} that cannot be read ({_line(error)})") from None
    if hashlib.sha256(blob).hexdigest() != sha256:
        raise _bad(folder, f"is damaged: {MODEL_FILE} is not the file that {CONFIG_FILE} describes")
    return blob


def _session(folder: Path, blob: bytes, threads: int) -> onnxruntime.InferenceSession:
    """A session that never spins: the threads that wait for it have music to play."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    try:
        with _without_flash_attention():
            return onnxruntime.InferenceSession(blob, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base class
        raise _bad(folder, f"cannot be loaded by onnxruntime ({_line(error)})") from None


@contextmanager
def _without_flash_attention() -> Iterator[None]:
    """onnxruntime's tiled kernel takes 1.6 times as long as its plain one for the single query of a step."""
    before = os.environ.get(_NO_FLASH)
    os.environ[_NO_FLASH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_NO_FLASH]
        else:
            os.environ[_NO_FLASH] = before


def _check_shapes(folder: Path, session: onnxruntime.InferenceSession, config: ModelConfig) -> None:
    cache: list[int | str] = [1, config.n_kv_heads, "capacity", config.head_dim]
    wanted: dict[str, list[int | str]] = {
        "tokens": [1, "T"],
        "wanted": ["W"],
        "last_position": [1],
        "total_length": [],
        "logits": [1, "W", config.vocabulary_size],
    }
    for layer in range(config.n_layers):
        for part in ("key", "value", "new_key", "new_value"):
            wanted[f"{part}.{layer}"] = cache
    found = {value.name: value.shape for value in (*session.get_inputs(), *session.get_outputs())}
    if found != wanted:
        name = min(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        raise _bad(
            folder,
            f"is not of the shape its {CONFIG_FILE} gives: {name} is {found.get(name, 'missing')},"
            f" expected {wanted.get(name, 'nothing')}",
        )


def _line(error: Exception) -> str:
    """The first line of an error's message."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
