"""Text in MIDI files, which comes in any encoding and leaves as UTF-8."""

from __future__ import annotations

import re

_ENCODINGS = ("utf-8", "cp932", "cp1252")
_JAPANESE = "\u3000-\u9fff\uff01-\uff60"
_IS_JAPANESE = re.compile(rf"[\x00-\x7f{_JAPANESE}]*[{_JAPANESE}]{{2}}[\x00-\x7f{_JAPANESE}]*")


def decode(data: bytes) -> str:
    """UTF-8, else Japanese (cp932), else Western (cp1252, or Latin-1, which takes any bytes).

    cp932 is believed only where it gives kana or kanji, some side by side, and nothing else beyond ASCII:
    much Western text happens to be valid cp932. What cannot be printed becomes a space; the ends are
    stripped.
    """
    return _printable(
        next(filter(None, (_decode(data, encoding) for encoding in _ENCODINGS)), data.decode("latin-1"))
    )


def encode(text: str) -> str:
    """The string that mido, which writes Latin-1, turns into the UTF-8 bytes of `text`."""
    return _printable(text).encode("utf-8", "replace").decode("latin-1")


def _decode(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return text if encoding != "cp932" or _IS_JAPANESE.fullmatch(text) else None


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()
