"""Pages of sheet music by verovio, and PDF of them by cairosvg; both come with the extra `notation`."""

from __future__ import annotations

import io
from importlib import import_module
from typing import Any

from bandmate_models.errors import BandmateError

_MISSING = "pages of sheet music need an engraver: pip install 'bandmate[notation]', or write .musicxml"
_NO_PDF = "PDF needs cairosvg and the cairo library: pip install 'bandmate[notation]', or write .svg pages"


def svg_pages(musicxml: bytes) -> list[bytes]:
    """One SVG a page, A4. Raises BandmateError ("no_engraver", "bad_notation")."""
    try:
        verovio: Any = import_module("verovio")
    except ImportError as error:
        raise BandmateError(_MISSING, "no_engraver") from error
    toolkit = verovio.toolkit()
    toolkit.setOptions({"adjustPageHeight": False, "footer": "none", "header": "auto", "svgViewBox": True})
    if not toolkit.loadData(musicxml.decode()):
        raise BandmateError("the engraver does not take this score", "bad_notation")
    return [toolkit.renderToSVG(page).encode() for page in range(1, toolkit.getPageCount() + 1)]


def pdf_bytes(pages: list[bytes]) -> bytes:
    """All pages in one file. Raises BandmateError ("no_engraver")."""
    try:
        cairosvg: Any = import_module("cairosvg")
        pypdf: Any = import_module("pypdf")
    except (ImportError, OSError) as error:
        raise BandmateError(_NO_PDF, "no_engraver") from error
    writer, whole = pypdf.PdfWriter(), io.BytesIO()
    for page in pages:
        writer.append(io.BytesIO(cairosvg.svg2pdf(bytestring=page)))
    writer.write(whole)
    return whole.getvalue()
