"""Accompaniments of real bands and songs: do they go with what is played."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from bandmate.evaluating.crew import Ask, Musician
from bandmate.evaluating.phrases import excerpts_for, through_format
from bandmate.evaluating.section import Scene, Section, figure_of_values
from bandmate.tasks.studio import Request
from bandmate_models.attributes import attributes_of
from bandmate_models.chord_symbols import progression_of
from bandmate_models.chords import chords_of
from bandmate_models.controls import Controls
from bandmate_models.evaluation.accompaniment import Fit, fit_of
from bandmate_models.evaluation.bootstrap import Figure
from bandmate_models.evaluation.distributions import Histogram, jsd, onset_histogram, pitch_histogram
from bandmate_models.evaluation.excerpts import Excerpt
from bandmate_models.evaluation.gates import live_gate, within_gate
from bandmate_models.evaluation.measures import notes_at_once
from bandmate_models.score import Role, Score
from bandmate_models.sheets.common import lines_of
from bandmate_models.vocabulary import SLOTS

BARS = 8
SONGS = "openscore_lieder"
"""The source whose pieces are a voice and its piano."""


def lead_sheet(excerpt: Excerpt) -> str:
    """The chords that lead and accompaniment really play, as somebody would write them over the bars."""
    found = chords_of(excerpt.score, excerpt.beats)
    return progression_of(found, lines_of(excerpt.score, excerpt.beats)).text


Wishes = Mapping[str, object | Callable[[Excerpt], object]]

WAYS: dict[str, Wishes] = {
    "offline": {"lag": -2},
    "live": {"lag": 1},
    "live, lock on chords heard": {"lag": 1, "chord_lock": True},
    "live, lock on chords given": {"lag": 1, "chord_lock": True, "chords": lead_sheet},
}
"""Controls of each way to accompany; a function says what is asked beside an excerpt."""
PUBLISHED = (
    "Published, of other music and chords: .821 consonant live and .826 offline (StreamMUSE, POP909);"
    " 37 to 48 % of notes in chord live, 64 % offline, 71 % in the data (ReaLchords)."
)
SETS = ("bands", "lieder")

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
    real, offline = sides["real"], sides["ours, offline"]
    for measure in ("consonance", "note_in_chord"):
        section.gates.append(
            within_gate(
                f"{name}, offline: {measure}", _mean(_counted(offline), measure), _mean(real, measure)
            )
        )
    section.gates += [
        live_gate(f"{name}, {way}: consonance", _mean(_counted(sides[f"ours, {way}"]), "consonance"))
        for way in WAYS
        if way != "offline"
    ]
    return [section]


def _played(
    scene: Scene,
    name: str,
    musician: Musician,
    excerpts: Sequence[Excerpt],
    way: str,
    wishes: Wishes,
) -> list[Judged]:
    asked = [excerpt for _ in range(scene.sizes.takes) for excerpt in excerpts]
    asks = [
        Ask(musician, Request("accompany", excerpt.played, controls_for(excerpt, wishes)), seed)
        for seed, excerpt in enumerate(asked)
    ]
    who = "ours" if musician.ngram is None else "n-gram"
    return _judged(asked, scene.crew.answers(f"accompanying {name} {way}, {who}", asks))


def controls_for(excerpt: Excerpt, wishes: Wishes) -> Controls:
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
    asked_beside = {name: wish(excerpt) if callable(wish) else wish for name, wish in wishes.items()}
    return Controls.parse({"roles": ",".join(roles), **by_role, **asked_beside})


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
