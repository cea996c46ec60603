"""Build `bandmate` as one file that needs no Python, with the model and the soundfont inside.

    python -m venv bundling && . bundling/bin/activate
    pip install '.[audio]' pyinstaller
    python packaging/build_bundle.py            # dist/bandmate, or dist\\bandmate.exe
    python packaging/try_bundle.py dist/bandmate

Build it on the oldest system that it is to run on. PyInstaller (GPL-2.0 with an exception that leaves a
bundle its own licence) is a tool of the build alone.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
TRAINING = ("training", "transformer", "export", "onnx_graph", "quantisation")
HEAVY = ("torch", "onnx", "scipy", "matplotlib", "PIL", "tkinter", "transformers", "tensorboard", "pytest")
GPL = ("link", "_link")  # LinkPython-extern: whoever wants Ableton Link installs it
WITH_DATA = ("bandmate_bridge", "bandmate_models")
CODE = ("bandmate", "bandmate_bridge", "bandmate_models")
LATE = ("symusic", "soundfile", "sounddevice", "rtmidi", "onnxruntime")  # imported by name
_LICENCE = ("licen", "copying", "notice", "thirdparty", "authors")


def options(out: Path, work: Path) -> list[str]:
    """PyInstaller's command line."""
    from PyInstaller.utils.hooks import collect_submodules

    training = tuple(f"bandmate_models.{name}" for name in TRAINING)
    modules = [m for package in CODE for m in collect_submodules(package) if not m.startswith(training)]
    late = [name for name in LATE if installed(name)]
    words = ["--onefile", "--noupx", "--noconfirm", "--log-level=WARN", "--name=bandmate"]
    words += [f"--distpath={out}", f"--workpath={work}", f"--specpath={work}", "--python-option=u"]
    words += [f"--hidden-import={name}" for name in (*modules, *late)]
    words += [f"--collect-data={name}" for name in WITH_DATA]
    words.append("--collect-all=symusic")
    words += [f"--exclude-module={name}" for name in (*HEAVY, *GPL, *training)]
    if sys.platform == "win32":
        words.append("--hide-console=hide-early")  # when the Task Scheduler starts it
    return [*words, str(HERE / "bundle_main.py")]


def installed(package: str) -> bool:
    """Whether the environment has a package."""
    return bool(metadata.packages_distributions().get(package))


def licences() -> Iterator[tuple[str, str]]:
    """(package, text) of every licence that the distributions of this environment carry."""
    for distribution in sorted(metadata.distributions(), key=lambda d: d.name.lower()):
        for file in distribution.files or ():
            name = file.name.lower()
            if name.startswith(_LICENCE) and Path(str(file.locate())).is_file():
                text = Path(str(file.locate())).read_text(encoding="utf-8", errors="replace")
                yield f"{distribution.name} {distribution.version}, {file.name}", text


def main() -> None:
    parser = argparse.ArgumentParser(description="Build bandmate as one file.")
    parser.add_argument("-o", "--output", type=Path, default=Path("dist"), metavar="FOLDER")
    out = parser.parse_args().output.resolve()
    try:
        from PyInstaller.__main__ import run
    except ImportError:
        sys.exit("build_bundle: PyInstaller is not installed: pip install pyinstaller")
    os.chdir(HERE)  # where no checkout shadows what is installed
    run(options(out, out / "work"))
    texts = [f"{title}\n{'=' * len(title)}\n\n{text}\n" for title, text in licences()]
    (out / "bandmate-licences.txt").write_text("\n".join(texts), encoding="utf-8")
    made = out / ("bandmate.exe" if sys.platform == "win32" else "bandmate")
    print(f"{made}: {made.stat().st_size / 1e6:.1f} MB; licences of {len(texts)} texts beside it")


if __name__ == "__main__":
    main()
