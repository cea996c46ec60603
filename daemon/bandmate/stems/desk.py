"""The part of the desk that makes stems: a client names a take, and is told the folder they are in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

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


def _truth(atom: Atom) -> bool:
    return atom not in (0, "0", "off", "false")


def _digits(atom: Atom) -> str:
    """24 and 24.0 are "24", as the text is."""
    return f"{atom:g}" if isinstance(atom, float) else str(atom)


_READERS: Mapping[str, Callable[[Atom], Any]] = {
    "format": str,
    "bits": _digits,
    "rate": int,
    "mix": str,
    "lufs": float,
    "binaural": _truth,
}
KEYS = (*_READERS, "phrase")
"""What a client may wish for."""


class StemsDesk:
    """Puts stems into new folders of `exports`, one request after the other; live answers go first."""

    def __init__(
        self,
        jobs: Jobs,
        library: Library,
        exports: Path,
        live_is_writing: Callable[[], bool],
        usual: Wishes,
    ) -> None:
        """`usual` is what a client gets who wishes for nothing."""
        self._jobs = jobs
        self._library = library
        self._exports = exports
        self._live_is_writing = live_is_writing
        self._usual = usual

    def handlers(self) -> Mapping[str, Handler]:
        return {"stems": self._stems}

    def _stems(self, client: Client, request: int, take_id: str, folder: str, *wishes: Atom) -> None:
        pairs = dict(zip(map(str, wishes[::2]), wishes[1::2], strict=True))
        with_phrase = _truth(pairs.pop("phrase", 0))
        asked = self._wishes(pairs)
        self._jobs.submit(client, request, partial(self._make, take_id, folder, asked, with_phrase))

    def _wishes(self, pairs: Mapping[str, Atom]) -> Wishes:
        asked: dict[str, Any] = {}
        for key, atom in pairs.items():
            if key not in _READERS:
                raise BandmateError(f"stems have no {key!r}; there are {', '.join(KEYS)}", "bad_value")
            try:
                asked[key] = _READERS[key](atom)
            except ValueError as error:
                raise BandmateError(f"{atom!r} is no {key}", "bad_value") from error
        if "mix" in asked:
            asked = {"lufs": None, "binaural": False, **asked}
        return replace(self._usual, **asked)

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
