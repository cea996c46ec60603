// Music as the device handles it: notes, parts and scores in beats (quarter notes), on the protocol's grid.
//
// A note is {start, duration, pitch, velocity}; a part {role, program, name, notes}; a score {parts, changes, beats},
// its changes {beat, what, a, b} as the protocol tells them.

var Music = (function () {
    "use strict";

    var GRID = 960; // beats travel as multiples of 1/GRID

    function ticks(beat) {
        return Math.round(beat * GRID);
    }

    function onGrid(beat) {
        return ticks(beat) / GRID;
    }

    function within(value, low, high) {
        return Math.min(Math.max(value, low), high);
    }

    // A note as the protocol takes it, whatever fractions Live keeps.
    function note(start, duration, pitch, velocity) {
        return {
            start: onGrid(start),
            duration: Math.max(onGrid(duration), 1 / GRID),
            pitch: within(Math.round(pitch), 0, 127),
            velocity: within(Math.round(velocity), 1, 127)
        };
    }

    function byStart(a, b) {
        return a.start - b.start || a.pitch - b.pitch || a.duration - b.duration;
    }

    function part(role, notes, name) {
        return {role: role, program: 0, name: name || "", notes: notes.slice().sort(byStart)};
    }

    // A score of one tempo and one metre.
    function score(parts, beats, bpm, numerator, denominator) {
        return {
            parts: parts,
            changes: [
                {beat: 0, what: "tempo", a: bpm, b: 0},
                {beat: 0, what: "metre", a: numerator, b: denominator}
            ],
            beats: onGrid(beats)
        };
    }

    function barLength(numerator, denominator) {
        return numerator * 4 / denominator;
    }

    // The metre at the score's beginning, as [numerator, denominator].
    function metreOf(score) {
        var at;
        for (at = 0; at < score.changes.length; at += 1) {
            if (score.changes[at].what === "metre" && score.changes[at].beat === 0) {
                return [score.changes[at].a, score.changes[at].b];
            }
        }
        return [4, 4];
    }

    function noteCount(score) {
        return score.parts.reduce(function (sum, part) {
            return sum + part.notes.length;
        }, 0);
    }

    function capital(text) {
        return text.charAt(0).toUpperCase() + text.slice(1);
    }

    return {
        GRID: GRID,
        barLength: barLength,
        byStart: byStart,
        capital: capital,
        metreOf: metreOf,
        note: note,
        noteCount: noteCount,
        onGrid: onGrid,
        part: part,
        score: score,
        ticks: ticks,
        within: within
    };
}());
