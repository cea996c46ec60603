"""How wide text is, roughly: Live's own font is not to be had here, so letters count what they usually do."""

from __future__ import annotations

_WIDTHS = {
    0.28: "ijl.,:;'|!",
    0.36: " ftr()-/I",
    0.5: "acksvxyzJ",
    0.56: "bdeghnopqu0123456789#+LFE?",
    0.68: "ABCDGHKNOPQRSTUVXYZ&w",
    0.86: "mMW",
}
_LETTERS = {letter: width for width, letters in _WIDTHS.items() for letter in letters}


def text_width(text: str, size: float) -> float:
    """Width of a line of text in pixels, at a size in pixels; a letter that is not known counts 0.6."""
    return size * sum(_LETTERS.get(letter, 0.6) for letter in text)
