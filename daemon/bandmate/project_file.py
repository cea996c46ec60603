"""Music as one file that a DAW opens: a DAWproject, or a MIDI file with a track for each part."""

from __future__ import annotations

from pathlib import Path

from bandmate import __version__
from bandmate.files import write_beside, write_durably
from bandmate.stems.music import Music
from bandmate_bridge.files.dawproject import dawproject
from bandmate_models.errors import BandmateError
from bandmate_models.midi import midi_bytes

SUFFIXES = (".dawproject", ".mid")


def project_bytes(music: Music, suffix: str) -> bytes:
    """The file of one of SUFFIXES, of whole bars, which says what made the music.

    Raises BandmateError ("bad_value") for what MIDI cannot hold.
    """
    facts = music.provenance.facts
    if suffix == ".mid":
        return midi_bytes(music.score, length=music.beats, provenance=facts)
    comment = music.provenance.sentence if facts else ""
    return dawproject(
        music.score, length=music.beats, title=music.title, comment=comment, program=__version__
    )


def write_project(music: Music, target: Path, *, force: bool = False) -> Path:
    """Write the file, beside what is there unless `force`; its path.

    Raises BandmateError: "bad_path", and as `project_bytes` does.
    """
    data = project_bytes(music, target.suffix.lower())
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not force:
            return write_beside(target, data)
        write_durably(target, data)
    except OSError as error:
        raise BandmateError(f"cannot write {target}: {error.strerror or error}", "bad_path") from error
    return target
