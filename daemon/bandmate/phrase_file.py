"""A phrase from a file, whatever the file holds: music as MIDI, an Ableton Live set, or sound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from bandmate.folders import data_folder
from bandmate.shelf import Shelf
from bandmate.take import Take, key_name
from bandmate_bridge.audio.mixes import USUAL, Mixing
from bandmate_bridge.audio.signal import Audio
from bandmate_models import ableton
from bandmate_models.chord_symbols import progression_of
from bandmate_models.chords import chords_of
from bandmate_models.errors import BandmateError
from bandmate_models.midi import read_midi
from bandmate_models.score import Score

_WITH_RECORDING = ("after", "beside", "beside_pitched", "beside_lead")


@dataclass(frozen=True, slots=True)
class Backing:
    """A recording that answers are heard with; beat 0 of its phrase is `lead` seconds into it."""

    file: Path
    lead: float


@dataclass(frozen=True, slots=True)
class Sounded:
    """The sound of a take, [2, frames]; `mastered`: it is as loud as it is meant to be."""

    audio: Audio
    mastered: bool = False


@dataclass(frozen=True, slots=True)
class PhraseFile:
    """The phrase, the recording that it was heard in, if any, and what a listener should know of it."""

    score: Score
    backing: Backing | None = None
    notices: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """What was heard: "4 bars of 4/4, 96.2 bpm, D minor, 31 notes", where bar 1 is, and the chords."""
        bars = list(self.score.bars())
        metre, tempo = self.score.metre_at(0.0), self.score.seconds(self.score.end)
        bpm = self.score.end * 60 / tempo if tempo else self.score.tempo_at(0.0).bpm
        facts = [f"{len(bars)} bars of {metre.numerator}/{metre.denominator}", f"{bpm:.1f} bpm"]
        facts += [key_name(key) for key in self.score.keys[:1]] + [f"{self.score.note_count} notes"]
        told = [", ".join(facts)]
        if self.backing is not None:
            when = f"{abs(self.backing.lead):.2f} s {'into' if self.backing.lead >= 0 else 'before'}"
            told.append(f"bar 1 begins {when} the recording")
        changes = chords_of(self.score)
        if any(change.chord for change in changes):
            told.append(progression_of(changes, [*(bar.start for bar in bars), bars[-1].end]).text)
        return told


def read_phrase(
    path: Path, *, threads: int = 1, scene: str | None = None, track: str | None = None
) -> PhraseFile:
    """A phrase from a MIDI file or a Live set, or heard in a sound file; its name tells which.

    Raises BandmateError: "bad_file"; "bad_value" for a `scene` or `track` that is not in the set, or where
    there is no set; and of sound "no_model", "silent", "no_notes", "too_long", "no_ffmpeg".
    """
    from bandmate_bridge.audio.listen.sound_file import is_sound

    if path.suffix.lower() == ableton.SUFFIX:
        reading = ableton.read_live_set(path, scene=scene, track=track)
        return PhraseFile(reading.score, notices=reading.notices)
    if scene is not None or track is not None:
        raise BandmateError(f"{path.name} is no Live set (.als), so it has no scenes or tracks", "bad_value")
    return read_recording(path, threads=threads) if is_sound(path) else PhraseFile(read_midi(path))


def read_recording(path: Path, *, threads: int = 1) -> PhraseFile:
    """A phrase heard in a sound file. Raises BandmateError as `read_phrase` does."""
    from bandmate_bridge.audio.listen.heard import hear
    from bandmate_bridge.audio.listen.pitch_model import PitchModel

    model = PitchModel(Shelf(data_folder() / "models").get("basic-pitch"), threads=threads)
    heard = hear(path, model)
    return PhraseFile(heard.score, Backing(path, heard.lead), heard.notices)


def sounded(
    take: Take, soundfont: Path | None = None, backing: Backing | None = None, mixing: Mixing = USUAL
) -> Sounded:
    """A take in its place as it is heard, at 44.1 kHz; with `backing`, over the recording itself.

    An answer that stands instead of its phrase, or within it, is heard without the recording. Raises
    BandmateError as `render` and `read_stereo` do.
    """
    from bandmate_bridge.audio.listen.together import together
    from bandmate_bridge.audio.render import SAMPLE_RATE, render

    whole = take.in_place()
    if backing is None or take.phrase is None or take.card.placing not in _WITH_RECORDING:
        return Sounded(render(whole.score, soundfont, mixing), mixing.by_preset)
    answer = take.score
    if take.card.placing != "after":
        answer = replace(answer, tempos=take.phrase.tempos)
    start = backing.lead + take.phrase.seconds(whole.start)
    return Sounded(together(backing.file, render(answer, soundfont, mixing), start, SAMPLE_RATE))
