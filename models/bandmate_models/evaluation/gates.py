"""What each task must do at least: a figure, its target, and whether it is met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..score import Score
from .distributions import class_histogram, jsd, onset_histogram, pitch_histogram
from .obedience import Kept

BELOW_NGRAM = 0.35
WITHIN_POINTS = 0.05
LIVE_CONSONANCE = 0.82
CHORDS_KEPT = 0.80
ORDERED = 0.90


class Gate(NamedTuple):
    """One line of the card: what is asked, what came out, in words; `met` None: nothing to judge by."""

    name: str
    figure: str
    target: str
    met: bool | None


def phrase_distance(one: Score, other: Score) -> float:
    """How unlike two phrases of any length are, 0 to 1: the mean divergence of their pitch classes, pitches
    and onsets' places in the bar."""
    histograms = (class_histogram, pitch_histogram, onset_histogram)
    return float(np.mean([jsd(histogram(one), histogram(other)) for histogram in histograms]))


def growing(means: Sequence[float]) -> bool:
    """Whether each is larger than the one before it."""
    return all(one < two for one, two in pairwise(means))


def vary_gate(distances: Mapping[float, Sequence[float]]) -> Gate:
    """Mean distance from the source at each creativity: it must grow with every step of the dial."""
    means = [float(np.mean(distances[dial])) for dial in sorted(distances)]
    shown = " ".join(f"{dial:g}: {mean:.2f}" for dial, mean in zip(sorted(distances), means, strict=True))
    return Gate(
        "vary: distance by creativity", shown, "grows at every step", growing(means) if means else None
    )


def interpolate_gate(to_first: Sequence[Sequence[float]], to_second: Sequence[Sequence[float]]) -> Gate:
    """Mean distances of the bars of each answer to both ends: away from the first, towards the second."""
    if not to_first:
        return Gate("interpolate: distances to both ends", "none", "monotone", None)
    away, towards = np.mean(to_first, axis=0).tolist(), np.mean(to_second, axis=0).tolist()
    shown = f"{_list(away)} from the first, {_list(towards)} to the second"
    return Gate(
        "interpolate: distances to both ends",
        shown,
        "monotone",
        growing(away) and growing(towards[::-1]),
    )


def _list(values: Iterable[float]) -> str:
    return " ".join(f"{value:.2f}" for value in values)


def restyle_gates(chords: Kept, to_target: Sequence[float], to_source: Sequence[float]) -> list[Gate]:
    """Chords kept, and groove similarity to the target against that to the source's accompaniment."""
    share = chords.share
    target, source = float(np.mean(to_target or [0.0])), float(np.mean(to_source or [0.0]))
    return [
        Gate(
            "restyle: chords kept",
            "none" if share is None else f"{share:.0%} of {chords.of} beats",
            f"at least {CHORDS_KEPT:.0%}",
            None if share is None else share >= CHORDS_KEPT,
        ),
        Gate(
            "restyle: groove similarity to the target",
            f"{target:.3f}",
            f"above {source:.3f}, that to the source",
            target > source if to_target else None,
        ),
    ]


def humanise_gates(
    ours: Mapping[str, float], stiff: Mapping[str, float], jitter: Mapping[str, float]
) -> list[Gate]:
    """Divergence from real drummers of timing and velocity, below stiff's and below jitter's."""
    return [
        Gate(
            f"humanise: {name} divergence from real",
            f"{ours[name]:.3f}",
            f"below quantised {stiff[name]:.3f} and random {jitter[name]:.3f}",
            ours[name] < min(stiff[name], jitter[name]),
        )
        for name in ours
    ]


def retrieval_gate(name: str, ours: Sequence[float], found: Sequence[float], *, smaller: bool) -> Gate:
    """The mean of a figure against that of nearest-neighbour retrieval."""
    if not ours:
        return Gate(name, "none", "better than retrieval", None)
    mine, theirs = float(np.mean(ours)), float(np.mean(found))
    side = "below" if smaller else "above"
    return Gate(
        name, f"{mine:.3f}", f"{side} retrieval's {theirs:.3f}", (mine < theirs) == smaller and mine != theirs
    )


def share_gate(name: str, kept: Kept, least: float) -> Gate:
    """At least such a share."""
    share = kept.share
    if share is None:
        return Gate(name, "none", f"at least {least:.0%}", None)
    return Gate(name, f"{share:.1%} of {kept.of}", f"at least {least:.0%}", share >= least)


def ngram_gates(ours: Mapping[str, float], ngram: Mapping[str, float]) -> list[Gate]:
    """Bits per note by source: below the n-gram's on each, and BELOW_NGRAM below on average."""
    worse = [source for source in sorted(ours) if ours[source] >= ngram[source]]
    share = 1 - float(np.mean(list(ours.values()))) / float(np.mean(list(ngram.values())))
    return [
        Gate(
            "bits per note below the n-gram's",
            f"on {len(ours) - len(worse)} of {len(ours)} sources"
            + (f"; not {', '.join(worse)}" if worse else ""),
            "on every real source",
            not worse,
        ),
        Gate(
            "bits per note below the n-gram's, average",
            f"{share:.0%} below",
            f"{BELOW_NGRAM:.0%}",
            share >= BELOW_NGRAM,
        ),
    ]


def ablation_gate(task: str, heard: float, dropped: float, swapped: float) -> Gate:
    """Bits per note with the player, against those without and with a stranger."""
    return Gate(
        f"{task}: bits per note with the player",
        f"{heard:.3f}",
        f"below dropped {dropped:.3f} and swapped {swapped:.3f}",
        heard < min(dropped, swapped),
    )


def within_gate(name: str, ours: float | None, real: float | None) -> Gate:
    """No more than WITHIN_POINTS below the real parts."""
    if ours is None or real is None:
        return Gate(name, "none", "within 5 points of the real parts", None)
    return Gate(
        name,
        f"{100 * ours:.1f} %",
        f"within {100 * WITHIN_POINTS:.0f} points of the real {100 * real:.1f} %",
        ours >= real - WITHIN_POINTS,
    )


def live_gate(name: str, ours: float | None) -> Gate:
    """Consonance live."""
    if ours is None:
        return Gate(name, "none", f"at least {LIVE_CONSONANCE}", None)
    return Gate(name, f"{ours:.3f}", f"at least {LIVE_CONSONANCE}", ours >= LIVE_CONSONANCE)
