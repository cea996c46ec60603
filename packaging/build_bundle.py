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
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
UNWANTED = ("libreadline", "libgdbm", "libdb-", "_link.", "torch")  # copyleft or heavy: must not be inside
_LICENCE = ("licen", "copying", "notice", "thirdparty", "authors")


def licences() -> Iterator[tuple[str, str]]:
    """(package, text) of every licence that the distributions of this environment carry."""
    for distribution in sorted(metadata.distributions(), key=lambda d: d.name.lower()):
        for file in distribution.files or ():
            name = file.name.lower()
            if name.startswith(_LICENCE) and Path(str(file.locate())).is_file():
                text = Path(str(file.locate())).read_text(encoding="utf-8", errors="replace")
                yield f"{distribution.name} {distribution.version}, {file.name}", text
    python = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    if python.is_file():
        yield f"Python {sys.version.split()[0]}", python.read_text(encoding="utf-8", errors="replace")


def packed(program: Path) -> list[str]:
    """The names of the files inside a bundle."""
    from PyInstaller.archive.readers import CArchiveReader

    return sorted(CArchiveReader(str(program)).toc)


def debian_licences(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(package, text) of the system's own libraries among these files, where the system is a Debian."""
    if shutil.which("dpkg-query") is None:
        return
    libraries = [path for name in names if ".so" in name for path in Path("/usr/lib").glob(f"*/{name}")]
    packages = set()
    for library in libraries:
        found = subprocess.run(
            ["dpkg-query", "-S", f"*{library.resolve().name}"], capture_output=True, text=True, check=False
        )
        packages |= {line.partition(":")[0] for line in found.stdout.splitlines()}
    for package in sorted(packages):
        text = Path("/usr/share/doc") / package / "copyright"
        if text.is_file():
            yield f"{package} (Debian)", text.read_text(encoding="utf-8", errors="replace")


def main() -> None:
    parser = argparse.ArgumentParser(description="Build bandmate as one file.")
    parser.add_argument("-o", "--output", type=Path, default=Path("dist"), metavar="FOLDER")
    out = parser.parse_args().output.resolve()
    try:
        from PyInstaller.__main__ import run
    except ImportError:
        sys.exit("build_bundle: PyInstaller is not installed: pip install pyinstaller")
    os.chdir(HERE)  # where no checkout shadows what is installed
    folders = [f"--distpath={out}", f"--workpath={out / 'work'}"]
    run([*folders, "--noconfirm", "--log-level=WARN", str(HERE / "bandmate.spec")])
    made = out / ("bandmate.exe" if sys.platform == "win32" else "bandmate")
    names = packed(made)
    if copyleft := [name for name in names if any(word in name for word in UNWANTED)]:
        sys.exit(f"build_bundle: {made} holds what it must not: {', '.join(copyleft)}")
    told = [*licences(), *debian_licences(names)]
    texts = [f"{title}\n{'=' * len(title)}\n\n{text}\n" for title, text in told]
    (out / "bandmate-licences.txt").write_text("\n".join(texts), encoding="utf-8")
    print(f"{made}: {made.stat().st_size / 1e6:.1f} MB; licences of {len(texts)} texts beside it")


if __name__ == "__main__":
    main()
