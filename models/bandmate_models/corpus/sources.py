"""The free-licensed sources of the default model, one row each: what goes in, how much, and why."""

from __future__ import annotations

from typing import NamedTuple


class Source(NamedTuple):
    """One collection of MIDI files.

    `weight` multiplies how often its tokens are seen; 0 leaves it out of training. `dynamics` tells whether
    its velocities were played or set by a person. `performed`: onsets are as played, learnt quantised as well.
    `strict`: may go into the strict-licence build (CC0, PD, CC-BY, BSD, Artistic).
    """

    name: str
    licence: str
    weight: float
    dynamics: bool
    genre: str | None = None
    performed: bool = False
    strict: bool = True
    real: bool = True
    note: str = ""


SOURCES: tuple[Source, ...] = (
    Source("pop909", "MIT (arrangements)", 1.0, True, "pop", strict=False, note="songs are commercial"),
    Source("groove", "CC-BY-4.0", 1.5, True, performed=True, note="kit mapped to General MIDI"),
    Source("openscore_lieder", "CC0", 0.6, False, "romantic"),
    Source("openscore_quartets", "CC0", 0.3, False, "classical"),
    Source("polish_piano", "CC-BY-4.0", 0.6, False, "romantic"),
    Source("chopin_first_ed", "CC-BY-4.0", 0.6, False, "romantic"),
    Source("mutopia", "PD / CC per piece", 1.0, False, "classical", strict=False, note="some pieces share-alike"),
    Source("piano_midi_de", "CC-BY-SA-3.0-DE", 0.8, True, "romantic", strict=False, note="share-alike"),
    Source("openhymnal", "PD", 2.0, False, "hymn"),
    Source("bach_chorales_m21", "by permission", 2.0, False, "hymn", strict=False, note="encoding used by permission"),
    Source("fiddle_ryan", "PD tunes", 1.5, False, "folk", strict=False, note="transcriptions as distributed with music21"),
    Source("fiddle_oneill", "PD tunes", 1.5, False, "folk", strict=False, note="transcriptions as distributed with music21"),
    Source("fiddle_aird", "PD tunes", 1.5, False, "folk", strict=False, note="transcriptions as distributed with music21"),
    Source("openewld", "PD", 2.0, False, "jazz"),
    Source("nottingham", "GPL-3 (repository)", 0.0, False, "folk", strict=False, note="kept for the benchmark table"),
    Source("freedoom", "BSD-3-Clause", 3.0, True, "rock"),
    Source("freedoom_history", "BSD-3-Clause", 2.0, True, "rock"),
    Source("blasphemer", "BSD-3-Clause", 5.0, True, "rock"),
    Source("tanner_helland", "CC-BY-4.0", 5.0, True, "film"),
    Source("easyrpg_rtp", "CC-BY-4.0, one piece CC0", 5.0, True, "game"),
    Source("simutrans", "Artistic-1.0", 5.0, True, "game"),
    Source("hydrogen_patterns", "CC-BY-SA", 8.0, True, strict=False, note="share-alike"),
    Source("mma_band_pop909", "MIT / GPL grooves", 0.6, True, "pop", strict=False, real=False, note="band parts by rule (MMA)"),
    Source("mma_band_openewld", "PD / GPL grooves", 1.0, True, "jazz", strict=False, real=False, note="band parts by rule (MMA)"),
)  # fmt: skip

BY_NAME = {source.name: source for source in SOURCES}
USER = Source("user", "the user's own", 1.0, True, strict=True)
"""How a folder of one's own MIDI is treated."""

VERSIONS_PER_GROUP = {"pop909": 2, "mma_band_pop909": 1, "mma_band_openewld": 2}
"""Most files of one piece (its versions, its renderings) that go into training; other sources keep all."""

GROOVE_TO_GM = {
    22: 42, 26: 46, 58: 43, 40: 38, 48: 47, 50: 50, 52: 49, 55: 49, 57: 49, 53: 51, 59: 51,
}  # fmt: skip
"""Roland TD-11 pads that General MIDI names otherwise, as the Groove dataset's own reduced mapping."""
