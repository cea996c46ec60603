"""Text in MIDI files, which comes in any encoding."""

from __future__ import annotations

_ENCODINGS = ("utf-8", "cp932")


def decode(data: bytes) -> str:
    """UTF-8, else Japanese (cp932), else Latin-1, which takes any bytes. Control bytes are spaces.

    cp932 is believed only where it gives Japanese letters: "Flöte" in Latin-1 is also some cp932.
    """
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "cp932" and not _japanese(text):
            continue
        return _printable(text)
    return _printable(data.decode("latin-1"))


def _japanese(text: str) -> bool:
    """Whether every letter beyond ASCII is full-width kana or kanji, and some come in a row."""
    foreign = [letter for letter in text if letter > "\x7f"]
    return len(foreign) > 1 and all("\u3000" <= letter <= "\u9fff" for letter in foreign)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()
