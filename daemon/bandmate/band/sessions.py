"""Takes of live sessions: of one that has ended, of bars that are kept, of journals that a crash has left."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bandmate.band.journal import Origin, abandoned, kept_line, parse
from bandmate.band.tape import Tape
from bandmate.library import Library
from bandmate.take import Take
from bandmate_models.errors import BandmateError

TASK = "jam"
LONGEST = 65536.0
"""Beats of one take; a MIDI file holds 100,000."""


def last_bars(tape: Tape, bars: int, now: float, origin: Origin) -> Take:
    """The last `bars` whole bars before the beat `now`, without those before anybody played.

    Raises BandmateError ("nothing_played").
    """
    end = tape.bar_before(now)
    start = max(tape.bars_before(end, bars), tape.bar_before(min(tape.began, end)))
    take = _take(tape, start, end, origin, ("live", "kept")) if start < end else None
    if take is None or not take.card.notes:
        whole = "bar" if bars == 1 else f"{bars} bars"
        raise BandmateError(f"nothing was played in the last {whole} that are whole", "nothing_played")
    return take


def takes_of(tape: Tape, origin: Origin, tags: tuple[str, ...] = ("live",)) -> Iterator[Take]:
    """The whole session: one take, none where nothing was played, more where it is longer than LONGEST."""
    span = tape.span()
    if span is None:
        return
    start, end = span
    while start < end:
        until = min(end, tape.bar_before(start + LONGEST))
        take = _take(tape, start, until, origin, tags)
        if take.card.notes:
            yield take
        start = until


def recover(
    folder: Path, library: Library, told: Callable[[Take], None], notice: Callable[[str, str], None]
) -> list[Take]:
    """Makes takes of the journals that were never finished, as far as they read, and removes those.

    A journal stays where it is, with a notice, when it cannot be read or the library refuses the take.
    """
    recovered, done = [], []
    for path in abandoned(folder):
        try:
            takes = _recovered(path, library)
        except (BandmateError, OSError) as error:
            notice("not_recovered", f"the session in {path} is not recovered: {error}")
            continue
        done.append(path)
        for take in takes:
            recovered.append(take)
            told(take)
    for path in done:
        with contextlib.suppress(OSError):
            path.unlink()
    return recovered


def _recovered(path: Path, library: Library) -> list[Take]:
    """Raises BandmateError ("bad_journal", and what the library raises), OSError."""
    data = path.read_bytes()
    found = parse(data)
    if found.kept and all(_has(library, take) for take in found.kept):
        return []
    if data.strip() and not found.entries and found.lost:
        raise BandmateError("nothing in it can be read; remove it when it is of no use", "bad_journal")
    tape = Tape.of(found.entries)
    tape.stop(tape.now)
    takes = list(takes_of(tape, found.origin, ("live", "recovered")))
    with path.open("ab") as file:
        file.write(b"\n" + kept_line(take.id for take in takes))
        file.flush()
        os.fsync(file.fileno())
    return [library.add(take) for take in takes]


def _has(library: Library, take: str) -> bool:
    try:
        return library.find(take) == take
    except BandmateError:
        return False


def _take(tape: Tape, start: float, end: float, origin: Origin, tags: Iterable[str]) -> Take:
    score = tape.score(start, end)
    return Take.create(
        score,
        task=TASK,
        model=origin.model,
        seed=origin.seed,
        controls=origin.controls,
        tags=tuple(tags),
        bars=sum(1 for _ in score.bars(end - start)),
    )
