"""A drawing as a file."""

from __future__ import annotations

from pathlib import Path

from bandmate.files import write_beside, write_durably
from bandmate.pictures.drawing import Drawing
from bandmate.pictures.png import png_bytes, rasterised
from bandmate.pictures.svg import svg_bytes
from bandmate_models.errors import BandmateError


def write_picture(drawing: Drawing, target: Path, made_by: str, *, force: bool = False) -> Path:
    """SVG or PNG by the target's suffix, beside what is there unless `force`; the file.

    The picture says what it shows and, where `made_by` does, what made the music. Raises BandmateError
    ("bad_path").
    """
    if target.suffix.lower() == ".png":
        texts = {"Title": drawing.about, "Software": "Bandmate", "Comment": made_by}
        data = png_bytes(rasterised(drawing), {name: text for name, text in texts.items() if text})
    else:
        data = svg_bytes(drawing, made_by)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not force:
            return write_beside(target, data)
        write_durably(target, data)
    except OSError as error:
        raise BandmateError(f"cannot write {target}: {error.strerror or error}", "bad_path") from error
    return target
