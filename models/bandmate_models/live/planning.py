"""The live loop's own half: a plan that is revised as the player goes on, in a cache that never runs full."""

from __future__ import annotations

from collections.abc import Iterator

from ..decoder import Decoder
from ..sampler import Sampler
from ..weights import Weights
from .ensemble import Ensemble
from .guide import LiveGuide
from .lane import Lane
from .ledger import Ledger, Row

CAPACITY = 2560
"""Tokens of a live cache: about a dozen bars of four parts. Every token of the past costs a step a little."""
FULL, KEPT = 0.65, 0.35
"""Shares of the capacity: where another cache is begun, and how much of the past it is given."""
CROWDED, ROOM = 0.75, 256
"""The share of the capacity from which that is urgent, and the tokens that a commitment may need."""
HISTORY_BARS = 64
"""Bars of the ledger that are kept."""


class LivePlan:
    """What the band is going to play, by ticks of the session (12 a beat).

    `known` is the tick up to which the player has been heard, `committed` the one up to which the band can no
    longer change; both only grow. Every turn: note what came in `ledger` and `guide`, `revise`, exhaust
    `write` as far as time allows, `commit`; in idle time exhaust `prepare`. There are two caches: when one is
    nearly full, or the ensemble has changed, the other is read up to the present bit by bit and takes over.
    """

    def __init__(
        self, weights: Weights, ensemble: Ensemble, start: int, *, seed: int, capacity: int = CAPACITY
    ) -> None:
        self.ledger = Ledger()
        self.guide = LiveGuide()
        self.slides = 0
        self.sampler = Sampler(seed=seed)
        decoder, self._spare = (Decoder(weights, min(capacity, weights.config.context)) for _ in range(2))
        self._capacity = decoder.capacity
        self.ensemble = ensemble
        self._origin = start
        self._lane = self._lane_from(start, decoder)
        self._next: Lane | None = None

    def change(self, ensemble: Ensemble) -> None:
        """Another header, or other parts; it holds from when the second cache has been read."""
        if ensemble != self.ensemble:
            self.ensemble = ensemble
            self._next = None

    def revise(self, known: int, committed: int) -> bool:
        """Drops of the plan what the player, or who leads, has made untrue; whether there was any."""
        return self._lane.revise(known, committed)

    def rewrite(self, committed: int) -> None:
        """Drops the whole plan beyond what is committed."""
        self._lane.rewrite(committed)

    def write(self, known: int, committed: int, until: int) -> Iterator[None]:
        """Plans up to the tick `until`; yields after every token."""
        return self._lane.write(known, committed, until, self.sampler)

    @property
    def written_to(self) -> int:
        """The tick up to which there is a plan."""
        return self._lane.written_to()

    def planned(self, first: int, last: int) -> list[Row]:
        """The band's planned events from tick `first` to before `last`."""
        return self._lane.rows(first, last)

    def move(self, ticks: int, to: int) -> None:
        """The clock has jumped: what was played is taken to have been so many ticks later, up to tick `to`.

        `revise` has to come before anything else.
        """
        self.ledger.move(ticks)
        self.ledger.cut(to)
        self.guide.move(ticks)
        self._origin += ticks
        self._lane.move(ticks)
        self._next = None

    def commit(self, rows: list[Row]) -> None:
        """Notes down what the band plays for certain, planned or not."""
        self.ledger.add("m", rows)

    def prepare(self, known: int, committed: int) -> Iterator[None]:
        """Reads the second cache up to the present where it is wanted, and changes over; bit by bit."""
        lane = self._lane
        if self._next is None:
            if lane.ensemble is self.ensemble and lane.length < FULL * self._capacity:
                return
            self.ledger.forget(committed - HISTORY_BARS * self.ensemble.bar_ticks)
            self._next = self._lane_from(self._begin(committed), self._spare)
            yield
        yield from self._next.read(known, committed)
        if self._next.reaches(known, committed):
            self._spare = self._lane.decoder
            self._lane, self._next = self._next, None
            self.slides += 1

    @property
    def begin(self) -> int:
        """The tick from which on the past is known to the cache."""
        return self._lane.start

    @property
    def pressed(self) -> bool:
        """Whether the cache is so full that to plan must wait until the other one has taken over."""
        return self._lane.length > self._capacity - ROOM

    @property
    def crowded(self) -> bool:
        """Whether the other cache had better be read before anything is looked ahead."""
        return self._lane.length > CROWDED * self._capacity

    def _begin(self, committed: int) -> int:
        """The bar line from which the second cache is to know the past."""
        bar = self.ensemble.bar_ticks
        old = self._lane
        bars = max(1.0, (committed - old.start) / bar)
        kept = max(1, int(KEPT * self._capacity / max(1.0, old.length / bars)))
        here = self._origin + (committed - self._origin) // bar * bar
        return max(self._origin, here - kept * bar)

    def _lane_from(self, start: int, decoder: Decoder) -> Lane:
        return Lane(decoder, self.ensemble, self.ledger, self.guide, start)
