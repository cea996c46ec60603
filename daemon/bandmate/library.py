"""The library: one folder a take, which is the truth, and an index of them, which is only quick.

<library>/takes/<id>/take.mid phrase.mid other.mid take.json
<library>/index.sqlite
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from bandmate.files import safe_stem, sync_folder, write_beside, write_durably
from bandmate.index import Index
from bandmate.take import Take, TakeCard, is_id
from bandmate_models.errors import BandmateError
from bandmate_models.midi import midi_bytes, read_midi
from bandmate_models.score import Score

_CARD, _ANSWER, _PHRASE, _OTHER = "take.json", "take.mid", "phrase.mid", "other.mid"
_INDEX = "index.sqlite"
_ABANDONED = 3600.0  # seconds after which a half-written take has no writer any more
_T = TypeVar("_T")
Cards = list[TakeCard]
Paths = list[Path]


class Library:
    """Takes on disk. Any number of processes may use one folder; a take, once added, is never overwritten.

    Every method may raise BandmateError: "no_take" (unknown id), "bad_take" (its files are damaged),
    "library_readonly", "library_full", "library_unusable".
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).expanduser()
        self._takes = self.folder / "takes"

    def add(self, take: Take) -> Take:
        """Store the take; when this returns it is on disk. Another id is given where its own is taken."""
        with _disk_errors(self.folder):
            self._takes.mkdir(parents=True, exist_ok=True)
            self._sweep()
            take = self._place(take)
            sync_folder(self._takes)
        self._ask(lambda index: self._enter(index, take.card), follow=False)
        return take

    def get(self, take_id: str) -> Take:
        """The whole take, by what `find` takes."""
        folder = self._takes / self.find(take_id)
        card = self._card(folder)
        with _disk_errors(folder):
            score = read_midi(folder / _ANSWER, silent=True)
            phrase, other = (_score_in(folder / file) for file in (_PHRASE, _OTHER))
        return Take(card, score, phrase, other)

    def find(self, name: str) -> str:
        """The id of a take, from the id, from a beginning or end that is only its, or from "last"."""
        ids = sorted(self._stamps())
        if name == "last" and ids:
            return ids[-1]
        if name in ids:
            return name
        matching = [take for take in ids if name and (take.startswith(name) or take.endswith(name))]
        if len(matching) == 1:
            return matching[0]
        if matching:
            raise BandmateError(f"{len(matching)} takes match {name!r}; give more of the id", "no_take")
        raise BandmateError(f"there is no take {name!r}; `bandmate takes list` shows them", "no_take")

    def file(self, take_id: str) -> Path:
        """The take's MIDI file."""
        return self._takes / self.find(take_id) / _ANSWER

    def list(self, limit: int | None = None) -> Cards:
        """Every take's card, newest first."""
        return self.search(limit=limit)

    def search(
        self,
        text: str = "",
        *,
        tag: str | None = None,
        role: str | None = None,
        key: str | None = None,
        task: str | None = None,
        parent: str | None = None,
        rating: int | None = None,
        limit: int | None = None,
    ) -> Cards:
        """Cards, newest first, with every word of `text` and all that is asked for; `rating`: at least."""
        asked = {"tag": tag, "role": role, "key": key, "task": task, "parent": parent, "rating": rating}
        conditions = {name: value for name, value in asked.items() if value is not None}
        return self._ask(lambda index: index.find(conditions, text.split(), limit))

    def versions(self, take_id: str) -> Cards:
        """The take, all that it was made from and all that was made from those, oldest first."""
        family = {card.id: card for card in self.search()}
        start = self._card(self._takes / self.find(take_id))
        found, waiting = {start.id: start}, [start]
        while waiting:
            card = waiting.pop()
            near = [other for other in family.values() if card.parent == other.id or other.parent == card.id]
            fresh = [other for other in near if other.id not in found]
            found.update((other.id, other) for other in fresh)
            waiting += fresh
        return sorted(found.values(), key=lambda card: (card.created, card.id))

    def tag(self, take_id: str, add: Iterable[str] = (), remove: Iterable[str] = ()) -> TakeCard:
        """The card with tags added and removed."""
        added, removed = [_tag(tag) for tag in add], set(remove)

        def tagged(card: TakeCard) -> TakeCard:
            tags = dict.fromkeys((*card.tags, *added))
            return replace(card, tags=tuple(tag for tag in tags if tag not in removed))

        return self._edit(take_id, tagged)

    def rate(self, take_id: str, rating: int | None) -> TakeCard:
        """The card with a rating of 1 to 5, or without one."""
        if rating is not None and not 1 <= rating <= 5:
            raise BandmateError(f"a rating is 1 to 5, not {rating}", "bad_value")
        return self._edit(take_id, lambda card: replace(card, rating=rating))

    def rename(self, take_id: str, title: str) -> TakeCard:
        return self._edit(take_id, lambda card: replace(card, title=title))

    def export(self, take_id: str, folder: Path, *, name: str | None = None, force: bool = False) -> Paths:
        """Write the answer, what it was given and the answer in its place to `folder`; the new files.

        They are written beside what is there unless `force`.
        """
        take = self.get(take_id)
        source = self._takes / take.id
        stem = safe_stem(name or take.card.title or take.id)
        files = (
            {"": take.midi()}
            if take.stands_alone
            else {"": take.midi(), " with phrase": take.midi_in_place()}
        )
        with _disk_errors(folder):
            for file, suffix in ((_ANSWER, ""), (_PHRASE, " phrase"), (_OTHER, " other")):
                if (source / file).is_file():
                    files[suffix] = (source / file).read_bytes()
            folder.mkdir(parents=True, exist_ok=True)
            written = []
            for suffix, data in files.items():
                target = folder / f"{stem}{suffix}.mid"
                if force:
                    write_durably(target, data)
                written.append(target if force else write_beside(target, data))
        return written

    def _place(self, take: Take) -> Take:
        """Write the take's folder under a working name, then rename it in one step."""
        while True:
            working = self._takes / f".new-{take.id}-{os.getpid()}"
            try:
                working.mkdir()
                for file, given in ((_PHRASE, take.phrase), (_OTHER, take.other)):
                    if given is not None:
                        write_durably(working / file, midi_bytes(given))
                write_durably(working / _ANSWER, take.midi())
                write_durably(working / _CARD, _card_bytes(take.card))
                working.rename(self._takes / take.id)
            except OSError as error:
                shutil.rmtree(working, ignore_errors=True)
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise
                take = take.renamed()
            else:
                return take

    def _sweep(self) -> None:
        """Remove what writers that were killed left half-written."""
        for leftover in self._takes.glob(".new-*"):
            with contextlib.suppress(OSError):
                if time.time() - leftover.stat().st_mtime > _ABANDONED:
                    shutil.rmtree(leftover)

    def _edit(self, take_id: str, change: Callable[[TakeCard], TakeCard]) -> TakeCard:
        """Change a take's card while no other process does."""
        folder = self._takes / self.find(take_id)

        def edit(index: Index) -> TakeCard:
            with index.writing():
                card = change(self._card(folder))
                write_durably(folder / _CARD, _card_bytes(card))
                index.put(card, _stamp(str(folder)))
            return card

        with _disk_errors(self.folder):
            return self._ask(edit)

    def _ask(self, question: Callable[[Index], _T], follow: bool = True) -> _T:
        """Put a question to the index: to one made anew where it is damaged, in memory where it cannot be.

        Without `follow` it may not yet know what others did.
        """
        file = self.folder / _INDEX
        for _ in range(2):
            try:
                with Index.open(file) as index:
                    if follow:
                        self._follow(index)
                    return question(index)
            except sqlite3.Error as error:
                if not any(word in str(error) for word in ("malformed", "not a database")):
                    break
                with contextlib.suppress(OSError):
                    file.unlink()
        with Index.open(None) as index:
            self._follow(index)
            return question(index)

    def _enter(self, index: Index, card: TakeCard) -> None:
        with contextlib.suppress(OSError), index.writing():
            index.put(card, _stamp(str(self._takes / card.id)))

    def _follow(self, index: Index) -> None:
        """Make the index say what the folders say."""
        known, there = index.stamps(), self._stamps()
        changed = [take for take, stamp in there.items() if known.get(take) != stamp]
        gone = known.keys() - there.keys()
        cards = []
        for take in changed:
            with contextlib.suppress(BandmateError, OSError):
                cards.append((self._card(self._takes / take), there[take]))
        if cards or gone:
            with index.writing():
                index.drop(gone)
                for card, stamp in cards:
                    index.put(card, stamp)

    def _stamps(self) -> dict[str, int]:
        """Id and modification time of the card of every take on disk."""
        stamps = {}
        with contextlib.suppress(OSError), os.scandir(self._takes) as entries:
            for entry in entries:
                if is_id(entry.name):
                    with contextlib.suppress(OSError):
                        stamps[entry.name] = _stamp(entry.path)
        return stamps

    def _card(self, folder: Path) -> TakeCard:
        try:
            card = TakeCard.from_json(json.loads((folder / _CARD).read_bytes()))
        except (ValueError, OSError, BandmateError) as error:
            raise BandmateError(
                f"take {folder.name} is damaged: {folder / _CARD}: {error}", "bad_take"
            ) from error
        return replace(card, id=folder.name)


def _score_in(file: Path) -> Score | None:
    return read_midi(file, silent=True) if file.is_file() else None


def _stamp(folder: str) -> int:
    return os.stat(f"{folder}/{_CARD}").st_mtime_ns  # noqa: PTH116 (many takes, and a Path is ten times slower)


def _card_bytes(card: TakeCard) -> bytes:
    return json.dumps(card.to_json(), indent=1, ensure_ascii=False).encode()


def _tag(text: str) -> str:
    tag = " ".join(text.split()).casefold()
    if not tag or len(tag) > 64:
        raise BandmateError(f"a tag has 1 to 64 letters, not {text!r}", "bad_value")
    return tag


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    """What the file system refuses, as a sentence."""
    try:
        yield
    except OSError as error:
        code, sentence = "library_unusable", f"{folder} cannot be used: {error.strerror or error}"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            code, sentence = "library_full", f"the disk of {folder} is full; free some space"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            code, sentence = "library_readonly", f"{folder} cannot be written; choose another folder"
        raise BandmateError(sentence, code) from error
