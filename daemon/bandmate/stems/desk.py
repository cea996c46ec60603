"""The part of the desk that makes stems: a client names a take, and is told the folder they are in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from bandmate.files import safe_stem
from bandmate.jobs import Job, Jobs
from bandmate.library import Library
from bandmate.requests import COURTESY
from bandmate.stems.export import Exported, Wishes, export_stems
from bandmate.stems.music import Music
from bandmate_bridge.osc_clients import Client
from bandmate_bridge.osc_packet import Atom
from bandmate_bridge.osc_server import Handler
from bandmate_models.errors import BandmateError

_KEYS = ("format", "bits", "rate", "mix", "phrase")


class StemsDesk:
    """Puts stems into new folders of `exports`, one request after the other; live answers go first."""

    def __init__(
        self,
        jobs: Jobs,
        library: Library,
        exports: Path,
        live_is_writing: Callable[[], bool],
        soundfont: Path | None = None,
        mark: bytes | None = None,
    ) -> None:
        self._jobs = jobs
        self._library = library
        self._exports = exports
        self._live_is_writing = live_is_writing
        self._soundfont = soundfont
        self._mark = mark

    def handlers(self) -> Mapping[str, Handler]:
        return {"stems": self._stems}

    def _stems(self, client: Client, request: int, take_id: str, folder: str, *wishes: Atom) -> None:
        pairs = dict(zip(map(str, wishes[::2]), wishes[1::2], strict=True))
        unknown = next((key for key in pairs if key not in _KEYS), None)
        if unknown is not None:
            raise BandmateError(f"stems have no {unknown!r}; there are {', '.join(_KEYS)}", "bad_value")
        with_phrase = pairs.pop("phrase", 0) not in (0, "0", "off", "false")
        asked = self._wishes(pairs)
        self._jobs.submit(client, request, partial(self._make, take_id, folder, asked, with_phrase))

    def _wishes(self, pairs: Mapping[str, Atom]) -> Wishes:
        usual = Wishes()
        try:
            rate = int(pairs.get("rate", usual.rate))
        except ValueError as error:
            raise BandmateError(f"a rate is 44100 or 48000 Hz, not {pairs['rate']!r}", "bad_value") from error
        bits = pairs.get("bits")
        return Wishes(
            str(pairs.get("format", usual.format)),
            None if bits is None else f"{bits:g}" if isinstance(bits, float) else str(bits),
            rate,
            str(pairs.get("mix", usual.mix)),
            self._soundfont,
            self._mark,
        )

    def _make(self, take_id: str, folder: str, wishes: Wishes, with_phrase: bool, job: Job) -> None:
        take = self._library.get(take_id)
        music = Music.of_take(take, with_phrase=with_phrase)
        made = self._exported(music, wishes, safe_stem(folder or f"{music.title} {take.id}"), job)
        job.tell("stems", take.id, str(made.folder), len(made.files), made.seconds)
        job.tell("done", 1)

    def _exported(self, music: Music, wishes: Wishes, name: str, job: Job) -> Exported:
        """The stems in the first of "name", "name-2", "name-3"... that is free."""
        folder, number = self._exports / name, 1
        while True:
            try:
                return export_stems(music, wishes, folder, progress=partial(self._told, job))
            except BandmateError as error:
                if error.code != "exists":
                    raise
            number += 1
            folder = self._exports / f"{name}-{number}"

    def _told(self, job: Job, done: int, total: int) -> None:
        """Waits while a live answer is written, which cannot wait. Raises BandmateError `cancelled`."""
        while self._live_is_writing() and not job.cancelled():
            time.sleep(COURTESY)
        if job.cancelled():
            raise BandmateError("the request was cancelled", "cancelled")
        job.progress(done, total)
