"""Answers to a phrase, made offline: the takes of one request, and the files they leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from bandmate.files import claim, safe_stem, write_durably
from bandmate.take import Take
from bandmate.tasks.continuation import Continuation, seeds_of
from bandmate_bridge.audio.render import render, wav_bytes
from bandmate_models.controls import Controls
from bandmate_models.errors import BandmateError
from bandmate_models.midi import midi_bytes
from bandmate_models.score import Score
from bandmate_models.weights import Weights

Progress = Callable[[int, int], None]


def model_name(weights: Weights) -> str:
    """What made a take: name, precision and the beginning of the model's checksum."""
    return f"{weights.config.name or 'model'} {weights.config.precision} {weights.sha256[:8]}"


def answers(
    phrase: Score, weights: Weights, controls: Controls, title: str, progress: Progress | None = None
) -> Iterator[Take]:
    """`controls.takes` takes, as they are made. `progress` is told bars done and asked, of all takes."""
    continuation = Continuation(weights)
    asked = controls.takes * controls.bars
    for number, seed in enumerate(seeds_of(controls)):
        before = number * controls.bars

        def told(done: int, _: int, before: int = before) -> None:
            if progress is not None:
                progress(before + done, asked)

        score = continuation.answer(phrase, controls, seed, progress=told)
        yield Take.create(
            score,
            task="continue",
            phrase=phrase,
            model=model_name(weights),
            seed=seed,
            controls=asdict(replace(controls, seed=seed, takes=1)),
            title=title,
            bars=controls.bars,
        )


class Folder:
    """Where takes are written: "song 1.mid" (the answer), "song 1 with phrase.mid" and "song 1.wav".

    Takes are numbered on from those that are there; with `force` from 1, over them.
    """

    def __init__(self, folder: Path, stem: str, *, force: bool = False) -> None:
        self._folder = folder
        self._stem = safe_stem(stem)
        self._force = force
        self._next = 1

    def write(self, take: Take) -> list[Path]:
        """The answer alone and after its phrase, complete on disk. Raises BandmateError ("bad_path")."""
        with self._refusals():
            self._folder.mkdir(parents=True, exist_ok=True)
            answer = self._numbered()
            try:
                whole = answer.with_name(f"{answer.stem} with phrase.mid")
                write_durably(answer, take.midi())
                write_durably(whole, midi_bytes(take.after_phrase()))
            except BaseException:
                if not self._force:
                    answer.unlink(missing_ok=True)
                raise
        return [answer, whole]

    def sound(self, take: Take, answer: Path, soundfont: Path | None) -> Path:
        """A WAV of phrase and answer, beside the file of the answer.

        Raises BandmateError: "bad_path", and as `render` does.
        """
        data = wav_bytes(render(take.after_phrase(), soundfont))
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
