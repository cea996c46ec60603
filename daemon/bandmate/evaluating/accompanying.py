"""Accompaniments of real bands and songs: do they go with what is played."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

from bandmate.evaluating.crew import Ask, Musician
from bandmate.evaluating.phrases import excerpts_for, through_format
from bandmate.evaluating.section import Scene, Section, figure_of_values
from bandmate.tasks.studio import Request
from bandmate_models.attributes import attributes_of
from bandmate_models.controls import Controls
from bandmate_models.evaluation.accompaniment import Fit, fit_of
from bandmate_models.evaluation.bootstrap import Figure
from bandmate_models.evaluation.distributions import Histogram, jsd, onset_histogram, pitch_histogram
from bandmate_models.evaluation.excerpts import Excerpt
from bandmate_models.evaluation.gates import live_gate, within_gate
from bandmate_models.evaluation.measures import notes_at_once
from bandmate_models.score import Role, Score
from bandmate_models.vocabulary import SLOTS

BARS = 8
WAYS: dict[str, dict[str, object]] = {
    "offline": {"lag": -2},
    "live": {"lag": 1},
    "live, chord lock": {"lag": 1, "chord_lock": True},
}
"""Controls of each way to accompany."""
PUBLISHED = (
    "Published, of other music and chords: .821 consonant live and .826 offline (StreamMUSE, POP909);"
    " 37 to 48 % of notes in chord live, 64 % offline, 71 % in the data (ReaLchords)."
)
SETS = ("bands", "lieder")
SONGS = "openscore_lieder"
"""The source whose pieces are a voice and its piano."""

Judged = tuple[Excerpt, Fit, Score]


def accompanying(scene: Scene) -> list[Section]:
    """One section for the bands, one for the songs."""
    return [section for name in SETS for section in _of_set(scene, name)]


def _of_set(scene: Scene, name: str) -> list[Section]:
    if name == "bands":
        pieces, most = [piece for piece in scene.pieces if piece.band], len(scene.pieces)
    else:
        pieces = [piece for piece in scene.pieces if piece.source.name == SONGS]
        most = scene.sizes.lieder
    excerpts = excerpts_for(pieces, "accompany", BARS, most)
    if not excerpts:
        return []
    section = Section(f"Accompaniment of {name}, {BARS} bars of {len(excerpts)} pieces")
    sides = {"real": _judged(excerpts, [excerpt.ours for excerpt in excerpts])}
    for way, wishes in WAYS.items():
        sides[f"ours, {way}"] = _played(scene, name, scene.ours, excerpts, way, wishes)
    if scene.ngram is not None:
        for way in ("offline", "live"):
            sides[f"5-gram, {way}"] = _played(scene, name, scene.ngram, excerpts, way, WAYS[way])
    for side, judged in sides.items():
        _put(section, side, judged, name)
    section.remarks.append(PUBLISHED)
    real, offline, live = (sides[side] for side in ("real", "ours, offline", "ours, live"))
    for measure in ("consonance", "note_in_chord"):
        section.gates.append(
            within_gate(
                f"{name}, offline: {measure}", _mean(_counted(offline), measure), _mean(real, measure)
            )
        )
    section.gates.append(live_gate(f"{name}, live: consonance", _mean(_counted(live), "consonance")))
    section.gates.append(
        live_gate(
            f"{name}, live with chord lock: consonance",
            _mean(_counted(sides["ours, live, chord lock"]), "consonance"),
        )
    )
    return [section]


def _played(
    scene: Scene,
    name: str,
    musician: Musician,
    excerpts: Sequence[Excerpt],
    way: str,
    wishes: dict[str, object],
) -> list[Judged]:
    asked = [excerpt for _ in range(scene.sizes.takes) for excerpt in excerpts]
    asks = [
        Ask(musician, Request("accompany", excerpt.played, controls_for(excerpt, wishes)), seed)
        for seed, excerpt in enumerate(asked)
    ]
    who = "ours" if musician.ngram is None else "n-gram"
    return _judged(asked, scene.crew.answers(f"accompanying {name} {way}, {who}", asks))


def controls_for(excerpt: Excerpt, wishes: dict[str, object]) -> Controls:
    """The roles that really play, each as often, and on average as dense, as high and as thick, as it is."""
    roles: list[Role] = []
    asked: dict[str, dict[Role, list[float]]] = {"density": {}, "register": {}, "polyphony": {}}
    free = Counter(role for role, _ in SLOTS) - Counter(part.role for part in excerpt.played.parts)
    for part in excerpt.ours.parts:
        attributes = attributes_of(part)
        if attributes is None or roles.count(part.role) >= free[part.role]:
            continue
        roles.append(part.role)
        asked["density"].setdefault(part.role, []).append(attributes.density)
        if not part.is_drums:
            asked["register"].setdefault(part.role, []).append(attributes.register)
            asked["polyphony"].setdefault(part.role, []).append(min(8.0, notes_at_once(part)))
    rounding = {"polyphony": math.ceil}
    by_role = {
        name: ",".join(
            f"{role}:{rounding.get(name, round)(sum(each) / len(each))}" for role, each in values.items()
        )
        or None
        for name, values in asked.items()
    }
    return Controls.parse({"roles": ",".join(roles), **by_role, **wishes})


def _judged(excerpts: Sequence[Excerpt], answers: Sequence[Score | None]) -> list[Judged]:
    judged = []
    for excerpt, answer in zip(excerpts, answers, strict=True):
        if answer is not None:
            heard = through_format(excerpt.ours) if answer is excerpt.ours else answer
            fit = fit_of(excerpt.played, heard, excerpt.ours, excerpt.beats)
            judged.append((excerpt, fit, heard))
    return judged


def _counted(judged: list[Judged]) -> list[Judged]:
    return [row for row in judged if row[1].counts]


def _put(section: Section, side: str, judged: list[Judged], name: str) -> None:
    """Figures of the answers that count, and how many do; consonance of all beside it."""
    counted = _counted(judged)
    for measure in ("consonance", "note_in_chord"):
        section.put(side, measure, _figure(counted, measure, name))
    section.put(side, "consonance of all", _mean(judged, "consonance"))
    section.put(side, "note_in_chord of all", _mean(judged, "note_in_chord"))
    if side != "real" and judged:
        section.put(side, "pitch_jsd", _divergence(judged, pitch_histogram))
        section.put(side, "onset_jsd", _divergence(judged, onset_histogram))
    section.put(side, "counted", f"{len(counted)} of {len(judged)}")


def _divergence(judged: list[Judged], histogram: Callable[[Score], Histogram]) -> float:
    return sum(jsd(histogram(excerpt.ours), histogram(heard)) for excerpt, _, heard in judged) / len(judged)


def _figure(judged: list[Judged], measure: str, name: str) -> Figure | None:
    return figure_of_values(
        [(name, excerpt.piece.group, getattr(fit, measure)) for excerpt, fit, _ in judged]
    )


def _mean(judged: list[Judged], measure: str) -> float | None:
    figure = _figure(judged, measure, "all")
    return None if figure is None else figure.mean
