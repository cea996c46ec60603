"""A phrase from a file, whatever the file holds: music as MIDI, or the sound of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from bandmate.folders import data_folder
from bandmate.shelf import Shelf
from bandmate.take import Take
from bandmate_bridge.audio.signal import Audio
from bandmate_models.harmony import estimate_key
from bandmate_models.midi import read_midi
from bandmate_models.score import Score

_WITH_THE_RECORDING = ("after", "beside", "beside_pitched")


@dataclass(frozen=True, slots=True)
class Backing:
    """A recording that answers are heard with; beat 0 of its phrase is `lead` seconds into it."""

    file: Path
    lead: float


@dataclass(frozen=True, slots=True)
class PhraseFile:
    """The phrase, the recording that it was heard in, if any, and what a listener should know of it."""

    score: Score
    backing: Backing | None = None
    notices: tuple[str, ...] = ()


def read_phrase(path: Path, *, threads: int = 1) -> PhraseFile:
    """A phrase from a MIDI file, or heard in a sound file.

    Raises BandmateError: "bad_file", and of sound "no_model", "silent", "no_notes", "too_long", "no_ffmpeg".
    """
    from bandmate_bridge.audio.listen.sound_file import is_sound

    if not is_sound(path):
        return PhraseFile(read_midi(path))
    from bandmate_bridge.audio.listen.heard import hear
    from bandmate_bridge.audio.listen.pitch_model import PitchModel

    model = PitchModel(Shelf(data_folder() / "models").get("basic-pitch"), threads=threads)
    heard = hear(path, model)
    key = estimate_key(heard.score)
    score = replace(heard.score, keys=(key,) if key else ())
    return PhraseFile(score, Backing(path, heard.lead), heard.notices)


def sounded(take: Take, soundfont: Path | None = None, backing: Backing | None = None) -> Audio:
    """A take in its place as it is heard, [2, frames] at 44.1 kHz; with `backing`, over the recording itself.

    An answer that stands instead of its phrase, or within it, is heard without the recording. Raises
    BandmateError as `render` and `read_stereo` do.
    """
    from bandmate_bridge.audio.listen.together import together
    from bandmate_bridge.audio.render import SAMPLE_RATE, render

    whole = take.in_place()
    if backing is None or take.phrase is None or take.card.placing not in _WITH_RECORDING:
        return render(whole.score, soundfont)
    answer = take.score
    if take.card.placing != "after":
        answer = replace(answer, tempos=take.phrase.tempos)
    start = backing.lead + take.phrase.seconds(whole.start)
    return together(backing.file, render(answer, soundfont), start, SAMPLE_RATE)


_WITH_RECORDING = ("after", "beside", "beside_pitched", "beside_lead")
