// Where clips go: one for each role, side by side, into empty places alone. Nothing is ever taken away or written over.

var Places = (function () {
    "use strict";

    var MOST_SHIFTS = 4096; // bars that a place in the Arrangement is looked for

    function slots(track) {
        return Live.ids(track, "clip_slots");
    }

    function scenes() {
        return Live.ids(LiveSet.song(), "scenes");
    }

    // The row behind the source's, or that of the selected scene.
    function firstRow(source) {
        var selected;
        if (source && source.slot) {
            return slots(source.track).indexOf(source.slot) + 1;
        }
        selected = Live.ids(Live.find("live_set view"), "selected_scene")[0];
        return Math.max(0, scenes().indexOf(selected));
    }

    // The first row from `row` on in which the slots of all tracks are empty; a new scene where there is none.
    function freeRow(tracks, row) {
        var count = scenes().length;
        function empty(track) {
            return Live.get(slots(track)[row], "has_clip") === 0;
        }
        for (; row < count; row += 1) {
            if (tracks.every(empty)) {
                return row;
            }
        }
        Live.call(LiveSet.song(), "create_scene", -1);
        return scenes().length - 1;
    }

    // Puts a clip's looks and notes into it, and says how many notes it holds then.
    function fill(clip, piece, look) {
        Live.set(clip, "name", look.name);
        if (look.color !== null) {
            Live.set(clip, "color", look.color);
        }
        Live.set(clip, "signature_numerator", look.metre[0]);
        Live.set(clip, "signature_denominator", look.metre[1]);
        if (look.launch !== null && Live.get(clip, "is_arrangement_clip") !== 1) {
            Live.set(clip, "launch_quantization", look.launch);
        }
        Live.call(clip, "add_new_notes", {notes: piece.notes.map(function (note) {
            return {
                pitch: note.pitch, start_time: note.start, duration: note.duration, velocity: note.velocity
            };
        })});
        return Live.notes(Live.call(clip, "get_notes_extended", 0, 128, 0, look.beats + 1)).length;
    }

    // Writes pieces ({track, notes}) into the first free row from `row` on: {lost}, how many notes Live did not take.
    function intoSession(pieces, look, row) {
        var lost = 0;
        row = freeRow(pieces.map(function (piece) {
            return piece.track;
        }), row);
        pieces.forEach(function (piece) {
            var slot = slots(piece.track)[row];
            Live.call(slot, "create_clip", look.beats);
            lost += piece.notes.length - fill(Live.ids(slot, "clip")[0], piece, look);
        });
        return {lost: lost};
    }

    function spans(track) {
        return Live.ids(track, "arrangement_clips").map(function (clip) {
            return [Live.get(clip, "start_time"), Live.get(clip, "end_time")];
        });
    }

    // The first beat from `at` on, bar by bar, at which `beats` beats are free in all tracks.
    function freeTime(tracks, at, beats, bar) {
        var taken = tracks.map(spans), tries;
        function free(of) {
            return of.every(function (span) {
                return span[1] <= at + 1e-6 || span[0] >= at + beats - 1e-6;
            });
        }
        for (tries = 0; tries < MOST_SHIFTS && !taken.every(free); tries += 1) {
            at += bar;
        }
        return at;
    }

    function arrangementClip(track, at) {
        return Live.ids(track, "arrangement_clips").filter(function (clip) {
            return Math.abs(Live.get(clip, "start_time") - at) < 1e-6;
        })[0] || 0;
    }

    // A new clip in the Arrangement; by way of an empty slot where this version of Live knows no other.
    function clipAt(track, at, piece, look) {
        var slot, lost, clip;
        if (Live.has(track, "function", "create_midi_clip")) {
            Live.call(track, "create_midi_clip", at, look.beats);
            return piece.notes.length - fill(arrangementClip(track, at), piece, look);
        }
        slot = slots(track)[freeRow([track], 0)];
        Live.call(slot, "create_clip", look.beats);
        clip = Live.ids(slot, "clip")[0];
        lost = piece.notes.length - fill(clip, piece, look);
        Live.call(track, "duplicate_clip_to_arrangement", "id " + clip, at);
        Live.call(slot, "delete_clip"); // the one that was made here, just now
        return lost;
    }

    function canArrange(track) {
        return Live.has(track, "function", "create_midi_clip") ||
            Live.has(track, "function", "duplicate_clip_to_arrangement");
    }

    // Writes pieces into the Arrangement, at `at` or behind it: {lost}, or {problem}.
    function intoArrangement(pieces, look, at) {
        var lost = 0, tracks = pieces.map(function (piece) {
            return piece.track;
        });
        if (!tracks.every(canArrange)) {
            return {problem: "This version of Live cannot write into the Arrangement: choose Write To Session"};
        }
        at = freeTime(tracks, at, look.beats, Music.barLength(look.metre[0], look.metre[1]));
        pieces.forEach(function (piece) {
            lost += clipAt(piece.track, at, piece, look);
        });
        return {lost: lost};
    }

    // The beat at which an answer would stand in the Arrangement.
    function wishedTime(source, placing, beats, metre) {
        var bar = Music.barLength(metre[0], metre[1]);
        if (source && source.start !== null && source.start !== undefined) {
            return placing === "beside" ? source.start : source.start + beats;
        }
        return Math.ceil(Live.get(LiveSet.song(), "current_song_time") / bar - 1e-6) * bar;
    }

    return {
        firstRow: firstRow,
        intoArrangement: intoArrangement,
        intoSession: intoSession,
        wishedTime: wishedTime
    };
}());
