"""Music as a folder of stems: a sound file and a MIDI file for each part, a mix, and a manifest."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from bandmate import __version__
from bandmate.files import write_durably
from bandmate.new_folder import new_folder
from bandmate.stems.manifest import MANIFEST, Row, listed_files, manifest
from bandmate.stems.music import Music
from bandmate.stems.naming import ALL_PARTS, MIX, in_order, numbered
from bandmate.stems.stages import Stages
from bandmate.stems.writers import Told, side_by_side
from bandmate_bridge.audio.formats import Encoding, write_sound
from bandmate_bridge.audio.mix.loudness import integrated, weighted_powers
from bandmate_bridge.audio.mixes import PLAIN, Mixed, Mixing, mixed
from bandmate_bridge.audio.signal import Audio, amplitude, decibels, peak
from bandmate_bridge.audio.soundfont.finding import find_soundfont
from bandmate_bridge.audio.stems import RATE, Progress, Stems, require_rate, silence_for, stems_of, untold
from bandmate_bridge.audio.watermark.files import number_of
from bandmate_bridge.audio.watermark.marking import marked
from bandmate_models.errors import BandmateError
from bandmate_models.midi import midi_bytes
from bandmate_models.score import Score

HIGHEST = -1.0
"""dBFS: where a sample would be higher, stems and their mix are turned down alike."""

_SHARES = (0.45, 0.25, 0.3)  # of the time: notes, mix, files
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How stems are made; `mix` is one of `mix_names`, `soundfont` None our own, `mark` a watermark's key.

    Raises BandmateError ("bad_value") for what there is not.
    """

    format: str = "wav"
    bits: str | None = None  # None: the format's default
    rate: int = RATE
    mix: str = PLAIN
    soundfont: Path | None = None
    mark: bytes | None = None
    lufs: float | None = None  # of a preset's mix; None: the usual target
    binaural: bool = False

    def __post_init__(self) -> None:
        require_rate(self.rate)
        self.mixing.require()
        Encoding.of(self.format, self.bits)

    @property
    def mixing(self) -> Mixing:
        return Mixing(self.mix, self.lufs, self.binaural)

    @property
    def encoding(self) -> Encoding:
        return Encoding.of(self.format, self.bits)


@dataclass(frozen=True, slots=True)
class Exported:
    """The folder, its files by name in its order, and how long each sound is."""

    folder: Path
    files: tuple[str, ...]
    seconds: float
    gain: float  # dB by which the stems were turned down


def export_stems(
    music: Music, wishes: Wishes, folder: Path, *, force: bool = False, progress: Progress = untold
) -> Exported:
    """Make `folder` and all in it, or nothing. With `force` it may be there, with nothing but stems in it.

    What `progress` raises ends the work. Raises BandmateError: "silent", "exists", "bad_path" (the folder or
    its disk refuses), and as `stems_of` does.
    """
    music.require_notes()
    with _refusals(folder), new_folder(folder, replaces=_holds_only_stems if force else _never) as working:
        return replace(_Export(music, wishes, working, Stages(progress)).made(), folder=folder)


class _Sound(NamedTuple):
    """A file that is to be written: its row, its number in the folder, its sound and what to turn that by."""

    row: Row
    number: int
    audio: Audio
    gain: float


class _Export:
    """One export, into a folder that is there and empty."""

    def __init__(self, music: Music, wishes: Wishes, folder: Path, stages: Stages) -> None:
        self._music = music
        self._wishes = wishes
        self._folder = folder
        self._stages = stages
        self._encoding = wishes.encoding

    def made(self) -> Exported:
        wishes = self._wishes
        notes, mixing, writing = map(self._stages.stage, _SHARES)
        score = in_order(self._music.score)
        stems = stems_of(score, wishes.soundfont, wishes.rate, progress=notes, scratch=self._folder)
        silence = silence_for(stems.seconds * len(stems), self._folder)
        mix = mixed(wishes.mixing, stems, mixing, silence)
        gain = _gain(stems, mix)
        frames = max(stems.frames, mix.audio.shape[1] if mix else 0)

        names = numbered([part.name or part.role for part in score.parts])
        self._midi(ALL_PARTS, score)
        for name, part in zip(names, score.parts, strict=True):
            self._midi(name, replace(score, parts=(part,)))
        sounds = self._sounds(score, names, stems, mix, gain)
        works = [partial(self._write, sound, frames) for sound in sounds]
        rows = side_by_side(works, frames * len(works), writing)

        mix_row = rows.pop() if mix else None
        midi, facts = f"{ALL_PARTS}.mid", self._facts(gain)
        content = manifest(self._music, wishes.rate, frames, rows, mix_row, midi, facts)
        write_durably(self._folder / MANIFEST, content)
        files = tuple(sorted(file.name for file in self._folder.iterdir()))
        return Exported(self._folder, files, frames / wishes.rate, decibels(gain))

    def _midi(self, name: str, score: Score) -> None:
        data = midi_bytes(score, length=self._music.beats, provenance=self._music.provenance.facts)
        (self._folder / f"{name}.mid").write_bytes(data)

    def _sounds(
        self, score: Score, names: list[str], stems: Stems, mix: Mixed | None, gain: float
    ) -> list[_Sound]:
        """What is to be written: the stems, then the mix where there is one."""
        suffix, sounds = self._encoding.suffix, []
        for number, (name, part, stem) in enumerate(zip(names, score.parts, stems, strict=True), 1):
            facts = {"role": part.role, "program": part.program, "pan": stem.pan, "notes": len(part.notes)}
            row = Row(f"{name}{suffix}", f"{name}.mid", stem.name, facts)
            sounds.append(_Sound(row, number, stem.audio, gain))
        if mix:
            row = Row(f"{MIX}{suffix}", f"{ALL_PARTS}.mid", "Mix", {"mix": self._wishes.mix})
            sounds.append(_Sound(row, 0, mix.audio, gain if mix.at_stems_level else 1.0))
        return sounds

    def _write(self, sound: _Sound, frames: int, told: Told) -> Row:
        """Writes one file, of so many frames; its row with levels."""
        row, _, audio, gain = sound
        rate, level = self._wishes.rate, decibels(gain)
        file = self._folder / row.file
        tags = self._tags(file.stem, sound.number)
        if self._wishes.mark is not None:
            audio = marked(audio, number_of(self._music.provenance.take), rate, self._wishes.mark)
        write_sound(file, audio, rate, self._encoding, gain=gain, frames=frames, tags=tags, told=told)
        loudness = integrated(weighted_powers(audio, rate))
        return row._replace(peak=decibels(peak(audio)) + level, loudness=loudness + level)

    def _tags(self, title: str, number: int) -> Mapping[str, str]:
        told = {"title": title, "album": self._music.title, "tracknumber": str(number)}
        return {**told, **self._music.provenance.tags, "software": f"Bandmate {__version__}"}

    def _facts(self, gain: float) -> dict[str, Any]:
        """What the manifest says of how it was made."""
        font = find_soundfont(self._wishes.soundfont)
        return {
            "bandmate": __version__,
            "format": self._encoding.format,
            "bits": self._encoding.bits or None,
            "soundfont": font.name,
            "gain_db": round(decibels(gain), 3),
        }


def _gain(stems: Stems, mix: Mixed | None) -> float:
    """What stems, and a mix at their level, are multiplied by so that none is too high; 1 at most."""
    sounds = [stem.audio for stem in stems]
    if mix and mix.at_stems_level:
        sounds.append(mix.audio)
    return min(1.0, amplitude(HIGHEST) / max(1e-9, *map(peak, sounds)))


def _never(folder: Path) -> bool:
    return False


def _holds_only_stems(folder: Path) -> bool:
    """Whether a folder holds stems, and nothing that is not in its manifest."""
    known = listed_files(folder)
    return known is not None and all(entry.name in known for entry in folder.iterdir())


@contextmanager
def _refusals(folder: Path) -> Iterator[None]:
    """What the file system refuses, as a sentence."""
    try:
        yield
    except FileExistsError as error:
        advice = "name a new folder (--force replaces one that holds nothing but stems)"
        raise BandmateError(f"{folder} is there already; {advice}", "exists") from error
    except OSError as error:
        sentence = f"{folder} cannot be written: {error.strerror or error}"
        if error.errno in _FULL:
            sentence = f"the disk of {folder} is full; free some space or choose another folder"
        elif error.errno in _FORBIDDEN:
            sentence = f"{folder} cannot be written; choose another folder"
        raise BandmateError(sentence, "bad_path") from error
