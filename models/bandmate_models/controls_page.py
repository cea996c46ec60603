"""docs/controls.md, printed from the tables (`python -m bandmate_models.controls_page`)."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import Field, fields
from itertools import pairwise
from typing import Any

from . import word_table as t
from .attributes import DENSITY_EDGES, REGISTER_EDGES
from .controls import BY_ROLE, LONGEST_PROMPT, RANGES, SWITCHES, TEXTS, Controls
from .instrument_table import BY_PROGRAM, ROLE_NOUNS
from .score import ROLES
from .vocabulary import VELOCITIES
from .words import SINGLE

_HEAD = """# What may be asked for

<!-- Printed by `python -m bandmate_models.controls_page > docs/controls.md`: edit the tables instead. -->

A wish is the same on the [command line](command-line.md) (a flag), over [OSC](protocol.md) (a key and a
value) and, but for tempo and metre, in the settings (where these two are the clock's). What is not wished
for stays as the phrase has it, or is the model's choice. A wish that makes no sense is refused, and nothing
is done.

Three kinds of wishes are kept in three ways:

- **Locks** (`scale_lock`, `chord_lock`, `rhythm_lock`, `range`, `polyphony`) are kept by every note of the
  new parts: the grammar lets nothing else be written.
- **Given things** (`bars`, `tempo`, `metre`, `roles`, `programs`, `form`, `key` and `chords` as such) are
  as asked.
- **Leanings** (`genre`, mood, `density`, `register`, `loudness`, `swing`) are told to the model; density,
  register and the notes that a new part strikes at once (a little fewer than `polyphony`, or as many as in
  real bands) are steered besides. A leaning is followed more or less.
"""

_WRITTEN = """
## How values are written

- **Role by role.** `density`, `register`, `loudness`, `polyphony`, `programs` and `range` are a value for
  all parts, values for roles, or both: `5`, `drums:5,bass:2`, `4,drums:6`. The roles are {roles}.
- **Roles.** `bass,drums` are the parts to write, a role twice is two parts. `-drums` or `no drums` takes a
  part away from those that would be written. On the command line: `--roles=-drums`, or `--roles "no
  drums"`.
- **Keys** are like `D minor`, `F# major`, `Bbm` or `c`. A minor scale has both its sixths and both its
  sevenths.
- **Ranges** are two notes, both inside: `C2-C5`, `bass:E1-G3`. C4 is the middle C, MIDI note 60. A range
  that names no role is not for drums.
- **Chords** stand between bar lines and share their bar equally: `Dm7 | G7 | Cmaj7 A7`. They begin anew
  when they are used up. Without any bar line each chord has a bar of its own: `Am F C G`. `%` is the bar
  before, or inside a bar, like `/`, the chord before; `N.C.` is no chord. Symbols are understood as lead
  sheets write them: `C`, `Cm`, `C-`, `C7`, `Cmaj7`, `CΔ`, `CM7`, `Cm7b5`, `Cø`, `Cdim7`, `C°7`, `C+`,
  `Csus4`, `Csus2`, `C5`, `C6`, `Cm9`, `C13`, `C7(b9,#11)`, `C7alt`, `Cadd9`, `CmMaj7`, `C/E`. The chord
  lock allows all tones of the symbol, with its bass; the model is told the nearest of its eleven qualities.
- **Forms** are letters and the bars of each section, {section} if none are given: `AABA:8`. They set
  `bars`.
- **Moods** are a word of the table below, or valence and arousal: `3,1`.

## What the locks mean

| lock | every new note |
|---|---|
| `scale_lock` | is of the scale of the key that is asked for, else of the phrase's |
| `chord_lock` | begins on a tone of the chord there, given or detected; it may outlast the chord |
| `rhythm_lock` | begins where, in its bar, some note of the phrase begins |
| `range` | is not lower and not higher than that |
| `polyphony` | is one of at most so many that its part strikes at once (at one twelfth of a beat) |

A note that is played a little early or late belongs to the nearest twelfth of a beat. Where locks leave a
part nothing to play, it rests. Drums have neither scale nor chord. Where `vary` leaves parts as they are
(see [tasks](tasks.md#vary)), their notes are moved to the nearest pitch that the locks allow, and of too
many at once the highest stay.

## What the steps mean

| step | density: onsets a beat | register: mean note | loudness: velocity |
|---|---|---|---|
{steps}

Valence 0 is darkest, 4 brightest; arousal 0 is calmest, 4 most excited. Swing 0 is straight, 1 light, 2
like triplets, 3 harder.

## Musical text

`prompt` is a text of at most {longest} characters that sets the other controls:

```
bandmate continue song.mid --prompt "energetic jazz in D minor with walking bass and brushed drums, 140 bpm"
```

A control that is asked for itself wins over the prompt. Words are looked up in the tables below, of several
phrases the longest; what means nothing is told, with the nearest words known. There is no guessing behind
that, and no language but English.

- **In numbers and letters**: `140 bpm`, `tempo 140`, `3/4`, `8 bars`, `twelve-bar`, `three takes`, `in D
  minor`, `F# major`, `key of A flat`, `Bbm`, `AABA`, `AABA:8`, `AABA, 4 bars each`, `32-bar AABA`, and
  chords with bar lines or after the word *chords*. An *a* in small letters is a key only after *in* or *key
  of*.
- **Parts** that are named are the parts to write. A word that names an instrument sets the part's program
  too.
- **Density, register, loudness, monophonic** are for the part that follows in the same breath (*busy drums,
  soft piano*), else for all. A bass that is *low* is at step 0, *high* at step 2.
- **No, without** and their like take away the parts that follow (*without bass and drums*): from those that
  are named, or from the usual ones. *No swing* is straight.
- **Several moods** are averaged. Of two genres side by side the last counts (*country rock*), else the
  first. A number wins over a word of tempo. Slower, sadder, softly are as slow, sad and soft.
- Modes are read as the nearer of major and minor: {modes}.
"""


def page() -> str:
    """The page, from the tables."""
    lines = [_HEAD, *_table("control", "values", "what it is", rows=map(_row, fields(Controls)))]
    lines.append(
        _WRITTEN.format(
            roles=", ".join(ROLES),
            section=8,
            steps="\n".join(_steps()),
            longest=LONGEST_PROMPT,
            modes=_modes(),
        )
    )
    lines += [
        "### Genres",
        "",
        *_table("genre", "words", rows=(list(_joined(g)) for g in t.GENRE_WORDS.items())),
    ]
    lines += ["", "### Moods", "", *_table("valence", "arousal", "words", rows=_moods())]
    for control, table in SINGLE.items():
        by_value: dict[object, list[str]] = {}
        for word, value in table.items():
            by_value.setdefault(value, []).append(word)
        rows = [[str(value), ", ".join(words)] for value, words in by_value.items()]
        lines += ["", f"### {control.capitalize()}", "", *_table(control, "words", rows=rows)]
    lines += ["", "### Parts and instruments", "", *_table("role", "program", "words", rows=_instruments())]
    nouns = ", ".join(f"{noun} ({role})" for noun, role in ROLE_NOUNS.items())
    lines += ["", f"Behind an instrument these say what it plays: {nouns}.", ""]
    lines += ["### Words that say several things", "", *_table("words", "what they say", rows=_styles())]
    return "\n".join(lines) + "\n"


def _table(*head: str, rows: Iterable[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(head)} |",
        "|" + "---|" * len(head),
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def _row(field: Field[Any]) -> list[str]:
    name = field.name
    default = getattr(Controls(), name)
    usual = f", usually {default:g}" if isinstance(default, (int, float)) and name not in SWITCHES else ""
    if name in RANGES:
        low, high, doc = RANGES[name]
        return [f"`{name}`", f"{low:g} to {high:.10g}{usual}", doc]
    if name in BY_ROLE:
        limits = BY_ROLE[name]
        return [f"`{name}`", f"{limits.low:g} to {limits.high:g}, role by role", limits.doc]
    if name in SWITCHES:
        return [f"`{name}`", "on or off", SWITCHES[name]]
    return [f"`{name}`", "role by role" if name == "range" else "text", TEXTS[name]]


def _steps() -> list[str]:
    def spans(edges: Sequence[float]) -> list[str]:
        between = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
        return [f"below {edges[0]:g}", *between, f"{edges[-1]:g} and more"]

    loud = [f"about {velocity}" for velocity in VELOCITIES[1:]]
    columns = zip(spans(DENSITY_EDGES), spans(REGISTER_EDGES), loud, strict=True)
    return [f"| {step} | {' | '.join(column)} |" for step, column in enumerate(columns)]


def _modes() -> str:
    return ", ".join(
        f"{name} ({mode})" for name, mode in t.KEY_MODES.items() if len(name) > 3 and name != mode
    )


def _joined(entry: tuple[str, tuple[str, ...]]) -> tuple[str, str]:
    return entry[0], ", ".join(entry[1])


def _moods() -> list[list[str]]:
    by_step: dict[tuple[int, int], list[str]] = {}
    for word, steps in t.MOODS.items():
        by_step.setdefault(steps, []).append(word)
    return [[str(v), str(a), ", ".join(words)] for (v, a), words in sorted(by_step.items())]


def _instruments() -> list[list[str]]:
    return [
        [role, "" if program is None else str(program), ", ".join(names)]
        for role, programs in BY_PROGRAM.items()
        for program, names in programs.items()
    ]


def _styles() -> list[list[str]]:
    def said(say: t.Say) -> str:
        if say.control in ("part", "extra"):
            return f"{say.role}{'' if say.value is None else f' on program {say.value}'}"
        return f"{say.control} {say.value}{f' for {say.role}' if say.role else ''}"

    return [[phrase, ", ".join(map(said, says))] for phrase, says in t.STYLES.items()]


def main() -> None:
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(page(), end="")


if __name__ == "__main__":
    main()
