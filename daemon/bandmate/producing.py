"""Offline, from a request to files: make the takes, keep them, draw them, write them."""

from __future__ import annotations

from pathlib import Path

from bandmate.answers import Folder, answers
from bandmate.config import Config
from bandmate.console import Console
from bandmate.library import Library
from bandmate.phrase_file import Backing
from bandmate.pianoroll import draw
from bandmate.take import Take
from bandmate.tasks.studio import Request
from bandmate_bridge.audio.soundfont.finding import find_soundfont
from bandmate_bridge.audio.soundfont.reader import presets
from bandmate_models.errors import BandmateError
from bandmate_models.weights import Weights


class Producer:
    """Answers requests on a console. `keep` stores the takes in the library, `roll` draws them."""

    def __init__(self, config: Config, console: Console, *, keep: bool = True, roll: bool = True) -> None:
        self._config = config
        self._console = console
        self._library = Library(config.library_folder) if keep else None
        self._roll = roll
        self._left_out: set[str] = set()

    @property
    def complete(self) -> bool:
        """Whether every take was kept and sounded as it should be."""
        return not self._left_out

    def produce(
        self,
        request: Request,
        title: str,
        folder: Path,
        *,
        force: bool = False,
        backing: Backing | None = None,
    ) -> list[Take]:
        """The takes, each on disk before it is shown. Raises BandmateError where nothing can be made."""
        config, console = self._config, self._console
        if config.audio:
            config.mixing.require()
        if config.audio and config.soundfont:
            presets(find_soundfont(config.soundfont))
        weights = Weights.load(config.weights, config.precision, threads=config.threads)
        output = Folder(folder, title, force=force)
        progress = console.progress("playing")
        made = []
        for take in answers(request, weights, title, progress):
            progress.clear()
            files = output.write(take)
            kept = self._kept(take)
            files += self._sounded(take, output, files[0], backing)
            made.append(kept or take)
            count = f"Take {len(made)} of {request.controls.takes}"
            name = f", {kept.id}" if kept else ""
            console.line(console.paint(count, "1") + f" (seed {take.card.seed}{name})")
            self._show(take, files)
        return made

    def _kept(self, take: Take) -> Take | None:
        """The take as the library has it; one that it cannot keep is on disk all the same."""
        if self._library is None:
            return None
        try:
            return self._library.add(take)
        except BandmateError as error:
            self._leave_out(f"not kept in the library: {error}")
            return None

    def _sounded(self, take: Take, output: Folder, answer: Path, backing: Backing | None) -> list[Path]:
        """The WAV file, where one is wanted and can be made."""
        if not self._config.audio:
            return []
        try:
            mark = self._config.watermark_bytes
            return [output.sound(take, answer, self._config.soundfont, mark, backing, self._config.mixing)]
        except BandmateError as error:
            self._leave_out(f"not sounded: {error}")
            return []

    def _leave_out(self, why: str) -> None:
        """Say it once, however many takes it befalls."""
        if why not in self._left_out:
            self._left_out.add(why)
            self._console.warn(why)

    def _show(self, take: Take, files: list[Path]) -> None:
        console = self._console
        console.line(take.summary())
        if self._roll:
            console.line()
            draw(take.score, console, take.card.bars)
        for file in files:
            console.line(f"  {file}")
        console.line()
