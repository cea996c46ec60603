"""Which token may come next, so that what is sampled is always a valid score and obeys the player."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from . import vocabulary as v
from .frames import Slice, Stream
from .guides import Guide, Mask
from .reading import Played, Reader, Stage
from .score import Note

_ONSETS = v.span("onset")
_SLOT = np.repeat(np.arange(len(v.SLOTS)), v.TICKS_PER_BEAT)
_TICK = np.tile(np.arange(v.TICKS_PER_BEAT), len(v.SLOTS))
_ORDER = _TICK * len(v.SLOTS) + _SLOT
_PITCHES = v.span("pitch")
_DRUMS = v.span("drum")
_DURVELS = v.span("durvel")
_DRUMVELS = v.span("drumvel")
_SHIFTS = v.BASE["shift"]
_LONGS = v.span("long")
_INSIDE_AN_EVENT = (Stage.ONSET, Stage.SHIFT, Stage.PITCH, Stage.LONG)
MAX_LONG_BEATS = 64


@dataclass(frozen=True, slots=True)
class Constraints:
    """What the player asks for, slot by slot. Slots that are not named may not sound.

    `pitches` [128] is the scale and range of each slot; `flat` slots play with unknown velocity.
    """

    slots: frozenset[int]
    pitches: dict[int, Mask] = field(default_factory=dict)
    flat: frozenset[int] = frozenset()
    shifts: bool = True
    pedal: bool = True
    longest_rest: float | None = None
    """Beats for which all parts may be silent together; None: any time."""


class Grammar:
    """Masks for the sequence that `reader` has read so far.

    `upcoming` yields the frames still to be written, in order (see frames.in_order); when it is
    exhausted the only way on is EOS. `guides` narrow the model's own stream further.
    """

    def __init__(
        self,
        reader: Reader,
        upcoming: Iterable[Slice],
        constraints: Constraints,
        guides: Sequence[Guide] = (),
        *,
        sounds_until: float = 0.0,
    ) -> None:
        self.reader = reader
        self.constraints = constraints
        self.guides = tuple(guides)
        self._upcoming = list(upcoming)
        self._at = 0
        players = {part.slot for part in reader.parts if part.player}
        self._sounds_until = sounds_until
        self._ranges = dict(constraints.pitches)
        for guide in self.guides:
            for slot in constraints.slots - players:
                asked = guide.range_of(slot)
                if asked is not None:
                    self._ranges[slot] = asked
        mute = {slot for slot, pitches in self._ranges.items() if not pitches.any()}
        self._slots: dict[Stream, list[int]] = {
            "m": sorted(constraints.slots - players - mute),
            "u": sorted((constraints.slots & players) - mute),
        }
        self._onset_slots: dict[Stream, Mask] = {
            stream: np.isin(_SLOT, slots) for stream, slots in self._slots.items()
        }
        self._guided: tuple[int, Mask] = (-1, self._onset_slots["m"])

    @property
    def _next(self) -> Slice | None:
        return self._upcoming[self._at] if self._at < len(self._upcoming) else None

    def draft(self) -> Grammar:
        """A twin that goes its own way from here; what the guides have heard is shared."""
        twin = copy.copy(self)
        twin.reader = self.reader.copy()
        return twin

    def opens_bar(self, token: int) -> bool:
        """Whether `token` is the bar token of the next bar."""
        return self._next is not None and self._next.opens_bar and token == self._next.frame.bar_token

    def frame_may_end(self, mask: Mask) -> bool:
        """Whether `mask`, made by `mask()`, lets the frame be followed by the next."""
        following = self._next
        if following is None:
            return bool(mask[v.EOS])
        opener = (
            following.frame.bar_token if following.opens_bar else following.frame.marker(following.stream)
        )
        return opener is not None and bool(mask[opener])

    def advance(self, token: int) -> Played | None:
        """Take a token, as `Reader.feed`."""
        played = self.reader.feed(token)
        if self.reader.stream == "m":
            for guide in self.guides:
                guide.heard(self.reader, token)
        if played is not None and isinstance(played.event, Note):
            self._sounds_until = max(self._sounds_until, played.event.end)
        following = self._next
        if following is not None and token == following.frame.marker(following.stream):
            self._at += 1
        return played

    def mask(self) -> Mask:
        """Ids that may come next, bool [SIZE]; never empty before EOS."""
        mask = np.zeros(v.SIZE, dtype=bool)
        stage = self.reader.stage
        if stage is Stage.BAR:
            self._allow_structure(mask)
            return mask
        if stage in (Stage.PITCH, Stage.LONG):
            self._allow_length(mask)
        elif stage is Stage.ONSET:
            self._allow_after_onset(mask)
        elif stage is Stage.SHIFT:
            self._allow_pitches(mask)
        else:
            if stage in (Stage.NOTE, Stage.PEDAL) and self.reader.slot >= 0:
                self._allow_pitches(mask)
            self._allow_onsets(mask)
        if self.reader.stream == "m":
            for guide in self.guides:
                guide.narrow(self.reader, mask)
        if stage not in _INSIDE_AN_EVENT and not (self._must_play() and mask[_ONSETS].any()):
            self._allow_structure(mask)
        return mask

    def _must_play(self) -> bool:
        """Whether the parts would be silent for too long if this frame ended as it is."""
        rest, frame = self.constraints.longest_rest, self.reader.frame
        if rest is None or self.reader.stream != "m":
            return False
        return (frame.start + frame.ticks) / v.TICKS_PER_BEAT - self._sounds_until > rest

    def _allow_structure(self, mask: Mask) -> None:
        if self._next is None:
            mask[v.EOS] = True
        elif self._next.opens_bar and self.reader.stage is not Stage.BAR:
            bar = self._next.frame.bar_token
            assert bar is not None
            mask[bar] = True
        else:
            mask[self._next.frame.marker(self._next.stream)] = True

    def _allow_onsets(self, mask: Mask) -> None:
        reader = self.reader
        if not reader.frame.ticks:
            return
        last = reader.tick * len(v.SLOTS) + reader.slot
        later = last < _ORDER
        if self.constraints.shifts and reader.tick >= 0 and reader.shift < 1 and reader.pitch >= 0:
            later |= last == _ORDER
        slots = self._guided_onsets() if reader.stream == "m" else self._onset_slots["u"]
        mask[_ONSETS] = later & (reader.frame.ticks > _TICK) & slots

    def _guided_onsets(self) -> Mask:
        """Onsets of the model's frame for which guides and ranges leave a pitch."""
        start = self.reader.frame.start
        if self.guides and self._guided[0] != start:
            onsets = self._onset_slots["m"].copy()
            for slot in self._slots["m"]:
                for tick in range(self.reader.frame.ticks):
                    pitches = self._pitches(slot, start + tick)
                    onsets[slot * v.TICKS_PER_BEAT + tick] = pitches is None or pitches.any()
            self._guided = start, onsets
        return self._guided[1]

    def _pitches(self, slot: int, tick: int) -> Mask | None:
        """Pitches of a note of the model's that begins at `tick`; None: any."""
        allowed = self._ranges.get(slot)
        for guide in self.guides:
            asked = guide.pitches(slot, tick)
            if asked is not None:
                allowed = asked if allowed is None else allowed & asked
        return allowed

    def _allow_after_onset(self, mask: Mask) -> None:
        reader = self.reader
        if self.constraints.shifts:
            for index, shift in enumerate(v.SHIFTS):
                mask[_SHIFTS + index] = shift >= reader.lowest_shift
        if reader.lowest_shift <= 0:
            if self.constraints.pedal and reader.slot not in v.DRUM_SLOTS and reader.lowest_shift == -2:
                mask[v.PEDAL_DOWN] = mask[v.PEDAL_UP] = True
            self._allow_pitches(mask)

    def _allow_pitches(self, mask: Mask) -> None:
        reader, slot = self.reader, self.reader.slot
        if reader.stream == "m":
            allowed = self._pitches(slot, reader.frame.start + reader.tick)
        else:
            allowed = self.constraints.pitches.get(slot)
        above = np.arange(128) > reader.pitch
        if allowed is not None:
            above &= allowed
        mask[_DRUMS if slot in v.DRUM_SLOTS else _PITCHES] = above

    def _allow_length(self, mask: Mask) -> None:
        reader = self.reader
        flat = reader.slot in self.constraints.flat
        if reader.slot in v.DRUM_SLOTS:
            mask[_DRUMVELS] = _velocities(flat)
            return
        lengths = np.ones(len(v.DURATIONS), dtype=bool)
        if reader.longs:
            lengths[v.TICKS_PER_BEAT :] = False
            for rest in range(1, v.TICKS_PER_BEAT + 1):
                if reader.longs * v.TICKS_PER_BEAT + rest in v.DURATION_INDEX:
                    lengths[rest - 1] = False
        mask[_DURVELS] = (lengths[:, None] & _velocities(flat)[None, :]).ravel()
        if reader.longs == 0 or (reader.longs % v.LONGS == 0 and reader.longs < MAX_LONG_BEATS):
            mask[_LONGS] = True


def _velocities(flat: bool) -> Mask:
    bins = np.arange(len(v.VELOCITIES))
    return bins == 0 if flat else bins > 0
