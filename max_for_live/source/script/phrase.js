// The phrase in a clip: what Live would sound of it, once through.
//
// A clip that loops sounds from its start marker to the end of the loop brace, and where the marker is inside the brace
// then what is before the marker, so that the whole brace is heard once. One that does not loop sounds from marker to
// marker. Muted notes do not sound. A note with a probability below LIKELY is taken as one that does not, any other as
// one that does: the same clip is always the same phrase.

var Phrase = (function () {
    "use strict";

    var LIKELY = 0.5;
    var ALL = [0, 128]; // every pitch: the first, and how many

    // The stretches of clip time that sound, one after the other, as [from, to] in beats.
    function stretches(clip) {
        var start = Live.get(clip, "start_marker"), from, to;
        if (Live.get(clip, "looping") !== 1) {
            return [[start, Live.get(clip, "end_marker")]];
        }
        from = Live.get(clip, "loop_start");
        to = Live.get(clip, "loop_end");
        if (start >= to) {
            return [[start, Live.get(clip, "end_marker")]];
        }
        return start > from ? [[start, to], [from, start]] : [[start, to]];
    }

    // From where to where the clip has anything: its content, whatever the loop brace says.
    function content(clip) {
        var from = Math.min(Live.get(clip, "start_marker"), Live.get(clip, "loop_start"), 0),
            to = Math.max(Live.get(clip, "end_marker"), Live.get(clip, "loop_end"));
        Live.notes(Live.call(clip, "get_notes_extended", ALL[0], ALL[1], from, to - from + 4096))
            .forEach(function (note) {
                to = Math.max(to, note.start_time + note.duration);
            });
        return [from, to];
    }

    function sounds(note) {
        return !note.mute && (note.probability === undefined || note.probability >= LIKELY);
    }

    // The notes of the stretches, in beats from the first one's beginning; what outlasts its stretch is cut.
    function notesIn(clip, parts) {
        var notes = [], at = 0;
        parts.forEach(function (part) {
            var span = part[1] - part[0];
            Live.notes(Live.call(clip, "get_notes_extended", ALL[0], ALL[1], part[0], span))
                .filter(sounds)
                .forEach(function (note) {
                    var start = note.start_time - part[0];
                    if (start >= 0 && start < span) {
                        notes.push(Music.note(
                            start + at, Math.min(note.duration, span - start), note.pitch, note.velocity
                        ));
                    }
                });
            at += span;
        });
        return notes.sort(Music.byStart);
    }

    function lengthOf(parts) {
        return parts.reduce(function (sum, part) {
            return sum + part[1] - part[0];
        }, 0);
    }

    // What the clip is, for its answers: where it is, how it looks, how it starts.
    function about(clip) {
        var session = Live.get(clip, "is_arrangement_clip") !== 1;
        return {
            clip: clip,
            track: LiveSet.trackAbove(clip),
            name: LiveSet.name(clip) || "Clip",
            color: Live.get(clip, "color"),
            launch: session ? Live.get(clip, "launch_quantization") : null,
            metre: [Live.get(clip, "signature_numerator"), Live.get(clip, "signature_denominator")],
            slot: session ? Live.ids(clip, "canonical_parent")[0] || 0 : 0,
            start: session ? null : Live.get(clip, "start_time")
        };
    }

    // {notes, beats, source} of what the clip sounds.
    function ofClip(clip) {
        var parts = stretches(clip);
        return {notes: notesIn(clip, parts), beats: lengthOf(parts), source: about(clip)};
    }

    // Bars [first, last], from 1, that hold every one of the [start, end) beats.
    function barsOf(spans, bar) {
        var first = Infinity, last = 0;
        spans.forEach(function (span) {
            first = Math.min(first, Math.floor(span[0] / bar + 1e-6) + 1);
            last = Math.max(last, Math.ceil(span[1] / bar - 1e-6));
        });
        return [first, Math.max(first, last)];
    }

    // The same, with `span`: the bars to write anew, from 1. They are those of the notes that are selected; where none
    // is, those of a loop brace that is shorter than the clip's content. {problem} where there is neither.
    function withGap(clip) {
        var source = about(clip), bar = Music.barLength(source.metre[0], source.metre[1]),
            chosen = Live.notes(Live.call(clip, "get_selected_notes_extended")),
            parts = stretches(clip), all = content(clip), brace, spans;
        if (chosen.length) {
            spans = chosen.map(function (note) {
                var start = note.start_time, before = 0, at;
                for (at = 0; at < parts.length; at += 1) {
                    if (start >= parts[at][0] && start < parts[at][1]) {
                        start = start - parts[at][0] + before;
                        return [start, start + Math.min(note.duration, bar / 64)];
                    }
                    before += parts[at][1] - parts[at][0];
                }
                return null;
            }).filter(function (span) {
                return span !== null;
            });
            if (!spans.length) {
                return {problem: "The selected notes do not sound: they are outside the clip's loop"};
            }
            return {
                notes: notesIn(clip, parts), beats: lengthOf(parts), source: source, span: barsOf(spans, bar)
            };
        }
        brace = [Live.get(clip, "loop_start"), Live.get(clip, "loop_end")];
        if (Live.get(clip, "looping") !== 1 || brace[1] - brace[0] >= all[1] - all[0] - 1e-6) {
            return {problem: "Select notes of the bars to write anew, or set the loop brace around these bars"};
        }
        return {
            notes: notesIn(clip, [all]),
            beats: all[1] - all[0],
            source: source,
            span: barsOf([[brace[0] - all[0], brace[1] - all[0]]], bar)
        };
    }

    return {ofClip: ofClip, withGap: withGap};
}());
