"""The library's index: the cards of all takes in SQLite, made from the folders and quick to search."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bandmate.migrations import migrate
from bandmate.take import TakeCard

_WAIT = 15.0  # seconds that one process waits for another's write


class Index:
    """One open index. What it raises is sqlite3.Error; the library then works from the folders."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def open(cls, file: Path | None) -> Iterator[Index]:
        """The index in `file`, made when missing; None is one in memory."""
        connection = sqlite3.connect(file or ":memory:", timeout=_WAIT, isolation_level=None)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            migrate(connection)
            yield cls(connection)
        finally:
            connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction; no other process writes meanwhile."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def stamps(self) -> dict[str, int]:
        """Id and `take.json` modification time of every take."""
        return dict(self._connection.execute("SELECT id, stamp FROM takes"))

    def put(self, card: TakeCard, stamp: int) -> None:
        words = (card.title, card.task, card.model, card.key or "", *card.tags, *card.roles)
        row = (card.id, stamp, json.dumps(card.to_json()), card.created, card.task, card.parent, card.key)
        self.drop([card.id])
        self._connection.execute(
            "INSERT INTO takes (id, stamp, card, created, task, parent, key, rating, text) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, card.rating, " ".join(words).casefold()),
        )
        pairs = [(card.id, tag) for tag in set(card.tags)]
        self._connection.executemany("INSERT INTO tags (take, tag) VALUES (?, ?)", pairs)
        pairs = [(card.id, role) for role in set(card.roles)]
        self._connection.executemany("INSERT INTO roles (take, role) VALUES (?, ?)", pairs)

    def drop(self, ids: Iterable[str]) -> None:
        self._connection.executemany("DELETE FROM takes WHERE id = ?", [(take,) for take in ids])

    def find(
        self, conditions: Mapping[str, object], words: Iterable[str], limit: int | None
    ) -> list[TakeCard]:
        """Cards, newest first. `conditions`: any of id, task, parent, key, tag, role, rating (at least)."""
        clauses, values = ["1"], []
        for name, value in conditions.items():
            clauses.append(_CLAUSES[name])
            values.append(value)
        for word in words:
            clauses.append("instr(text, ?)")
            values.append(word.casefold())
        rows = self._connection.execute(
            f"SELECT card FROM takes WHERE {' AND '.join(clauses)} ORDER BY created DESC, id DESC LIMIT ?",
            (*values, -1 if limit is None else limit),
        )
        return [TakeCard.from_json(json.loads(card)) for (card,) in rows]


_CLAUSES = {
    "id": "id = ?",
    "task": "task = ?",
    "parent": "parent = ?",
    "key": "key = ? COLLATE NOCASE",
    "tag": "id IN (SELECT take FROM tags WHERE tag = ?)",
    "role": "id IN (SELECT take FROM roles WHERE role = ?)",
    "rating": "rating >= ?",
}
