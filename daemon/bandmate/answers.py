"""Answers to a request, made offline: the takes of one request, and the files they leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bandmate.files import claim, safe_stem, write_durably
from bandmate.phrase_file import Backing, sounded
from bandmate.take import Take
from bandmate.tasks.continuation import seeds_of
from bandmate.tasks.form import Songwriter
from bandmate.tasks.outcome import take_of
from bandmate.tasks.studio import Request, Studio
from bandmate_bridge.audio.mixes import USUAL, Mixing
from bandmate_bridge.audio.provenance import with_info
from bandmate_bridge.audio.render import wav_bytes
from bandmate_bridge.audio.watermark.files import number_of
from bandmate_bridge.audio.watermark.marking import marked
from bandmate_models.errors import BandmateError
from bandmate_models.weights import Weights

Progress = Callable[[int, int], None]


def model_name(weights: Weights) -> str:
    """What made a take: name, precision and the beginning of the model's checksum."""
    return f"{weights.config.name or 'model'} {weights.config.precision} {weights.sha256[:8]}"


def answers(
    request: Request, weights: Weights, title: str, progress: Progress | None = None
) -> Iterator[Take]:
    """`takes` takes, as they are made. `progress` is told bars done and asked, of all takes."""
    composer = Songwriter(Studio(weights))
    seeds = seeds_of(request.controls)
    for number, seed in enumerate(seeds):

        def told(done: int, asked: int, number: int = number) -> None:
            if progress is not None:
                progress(number * asked + done, len(seeds) * asked)

        score = composer.answer(request, seed, progress=told)
        yield take_of(request, score, seed, model_name(weights), title=title)


class Folder:
    """Where takes are written: "song 1.mid" (the answer), "song 1 with phrase.mid" and "song 1.wav".

    An answer that stands instead of its phrase, or has none, is written once.

    Takes are numbered on from those that are there; with `force` from 1, over them.
    """

    def __init__(self, folder: Path, stem: str, *, force: bool = False) -> None:
        self._folder = folder
        self._stem = safe_stem(stem)
        self._force = force
        self._next = 1

    def write(self, take: Take) -> list[Path]:
        """The answer alone and in its place, complete on disk. Raises BandmateError ("bad_path")."""
        with self._refusals():
            self._folder.mkdir(parents=True, exist_ok=True)
            answer = self._numbered()
            try:
                write_durably(answer, take.midi())
                if take.stands_alone:
                    return [answer]
                whole = answer.with_name(f"{answer.stem} with phrase.mid")
                write_durably(whole, take.midi_in_place())
            except BaseException:
                if not self._force:
                    answer.unlink(missing_ok=True)
                raise
        return [answer, whole]

    def sound(
        self,
        take: Take,
        answer: Path,
        soundfont: Path | None,
        mark: bytes | None = None,
        backing: Backing | None = None,
        mixing: Mixing = USUAL,
    ) -> Path:
        """A WAV of the answer in its place, beside its file; marked with the key `mark`, if any.

        Raises BandmateError: "bad_path", and as `sounded` does.
        """
        sound = sounded(take, soundfont, backing, mixing)
        audio = sound.audio if mark is None else marked(sound.audio, number_of(take.id), key=mark)
        wav = wav_bytes(audio, levelled=not sound.mastered)
        data = with_info(wav, take.provenance, take.card.title)
        with self._refusals():
            write_durably(answer.with_suffix(".wav"), data)
        return answer.with_suffix(".wav")

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            sentence = f"cannot write to {self._folder}: {error.strerror or error}"
            raise BandmateError(sentence, "bad_path") from error

    def _numbered(self) -> Path:
        """The next take's name, which from now on is ours."""
        while True:
            answer = self._folder / f"{self._stem} {self._next}.mid"
            self._next += 1
            others = (answer.with_name(f"{answer.stem} with phrase.mid"), answer.with_suffix(".wav"))
            if self._force:
                return answer
            if not answer.exists() and not any(other.exists() for other in others):
                return claim(answer)
