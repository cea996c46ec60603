"""A take: the music that came out, and where it came from."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timezone
from itertools import islice
from math import inf
from typing import Any

from bandmate.placing import OF_TASK, PLACINGS, Placed, Placing, placed
from bandmate_bridge.audio.provenance import Provenance
from bandmate_models.errors import BandmateError
from bandmate_models.midi import midi_bytes
from bandmate_models.score import ROLES, Key, Role, Score

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_EPOCH = datetime(2020, 1, 1, tzinfo=timezone.utc)
_ID_LENGTH = 11
_TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def new_id(now: datetime | None = None) -> str:
    """Eight characters of milliseconds and three of chance: short, and sorted by time until 2054."""
    moment = int(((now or datetime.now(timezone.utc)) - _EPOCH).total_seconds() * 1000)
    number = (moment << 15) | secrets.randbits(15)
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(_ID_LENGTH)))


def key_name(key: Key) -> str:
    """ "Eb major"."""
    return f"{_TONICS[key.tonic]} {key.mode}"


def is_id(text: str) -> bool:
    return len(text) == _ID_LENGTH and all(letter in _ALPHABET for letter in text)


@dataclass(frozen=True, slots=True)
class TakeCard:
    """All that is known of a take without opening its music; `take.json` holds it, lists are made of it."""

    id: str
    created: str  # ISO 8601, UTC
    task: str
    model: str = ""
    seed: int | None = None
    controls: Mapping[str, Any] = field(default_factory=dict)
    parent: str | None = None
    title: str = ""
    tags: tuple[str, ...] = ()
    rating: int | None = None  # 1-5
    roles: tuple[Role, ...] = ()  # one for each part, in order
    key: str | None = None
    tempo: float = 120.0
    metre: str = "4/4"
    bars: int = 0
    notes: int = 0
    placing: Placing = "after"
    start: float | None = None  # beat of the phrase at which the answer begins; None: its last bar line

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> TakeCard:
        """Raises BandmateError ("bad_take") when `data` is not a take's card; unknown fields are left out."""
        try:
            known = {name: data[name] for name in (f.name for f in fields(cls)) if name in data}
            card = cls(**known | {"tags": tuple(data["tags"]), "roles": tuple(data["roles"])})
            texts = (card.id, card.created, card.task, card.model, card.title, card.metre, *card.tags)
            sound = all(isinstance(text, str) for text in texts) and isinstance(card.controls, dict)
            sound = sound and is_id(card.id) and set(card.roles) <= set(ROLES) and card.placing in PLACINGS
            sound = sound and (card.start is None or isinstance(card.start, (int, float)))
        except (TypeError, KeyError, AttributeError):
            sound = False
        if not sound:
            raise BandmateError("this is not the description of a take", "bad_take")
        return card


@dataclass(frozen=True, slots=True)
class Take:
    """An answer (`score`, from beat 0), the phrase it answers, what else was given for it, and its card."""

    card: TakeCard
    score: Score
    phrase: Score | None = None
    other: Score | None = None

    @property
    def id(self) -> str:
        return self.card.id

    @classmethod
    def create(
        cls,
        score: Score,
        *,
        task: str,
        phrase: Score | None = None,
        other: Score | None = None,
        start: float | None = None,
        model: str = "",
        seed: int | None = None,
        controls: Mapping[str, Any] | None = None,
        parent: str | None = None,
        title: str = "",
        tags: tuple[str, ...] = (),
        bars: int | None = None,
    ) -> Take:
        """A new take of now. `bars` is its length where the last bars may be silent."""
        now = datetime.now(timezone.utc)
        key = score.key_at(0.0)
        metre = score.metre_at(0.0)
        card = TakeCard(
            id=new_id(now),
            created=now.isoformat(timespec="milliseconds"),
            task=task,
            model=model,
            seed=seed,
            controls=dict(controls or {}),
            parent=parent,
            title=title,
            tags=tags,
            roles=tuple(part.role for part in score.parts),
            key=key_name(key) if key else None,
            tempo=round(score.tempo_at(0.0).bpm, 3),
            metre=f"{metre.numerator}/{metre.denominator}",
            bars=bars if bars is not None else sum(1 for _ in score.bars()),
            notes=score.note_count,
            placing=OF_TASK.get(task, "after"),
            start=start,
        )
        return cls(card, score, phrase, other)

    @property
    def provenance(self) -> Provenance:
        """What every file made of this take says of it."""
        return Provenance(self.card.model, self.card.seed, self.card.id)

    @property
    def length(self) -> float:
        """Beats to the end of the last bar, which may be silent."""
        last = next(islice(self.score.bars(inf), max(self.card.bars, 1) - 1, None))
        return last.end

    def midi(self) -> bytes:
        """The answer as a MIDI file of exactly its bars, which says what made it."""
        return midi_bytes(self.score, length=self.length, provenance=self.provenance.facts)

    def in_place(self) -> Placed:
        """The answer as it belongs with its phrase: after it, beside it, within it."""
        card = self.card
        return placed(self.score, self.length, card.placing, self.phrase, self.other, card.start)

    @property
    def stands_alone(self) -> bool:
        """Whether there is nothing that the answer belongs with."""
        return self.card.placing == "instead" or self.phrase is None or not self.phrase.note_count

    def midi_in_place(self) -> bytes:
        """The answer in its place as a MIDI file of whole bars."""
        whole = self.in_place()
        return midi_bytes(whole.score, length=whole.beats, provenance=self.provenance.facts)

    def renamed(self) -> Take:
        """The same take under a fresh id."""
        return replace(self, card=replace(self.card, id=new_id()))

    def summary(self) -> str:
        """One line: "8 bars of 4/4 in D minor, 120 bpm, 212 notes: 96 drums, 50 bass, ..."."""
        card = self.card
        counts: Counter[str] = Counter()
        for part in self.score.parts:
            counts[part.role] += len(part.notes)
        roles = ", ".join(f"{count} {role}" for role, count in counts.most_common() if count)
        key = f" in {card.key}" if card.key else ""
        bars = "1 bar" if card.bars == 1 else f"{card.bars} bars"
        return f"{bars} of {card.metre}{key}, {card.tempo:g} bpm, {card.notes} notes: {roles or 'silence'}"
