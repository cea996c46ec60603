// The takes that the buttons are about: those of the newest request first, and how one becomes clips.
//
// A take is {id, number, takes, beats, score, task, title, source, span, phrase, written}.

var Shelf = (function () {
    "use strict";

    var KEPT = 8;
    var PLACING = {
        "continue": "after", "generate": "alone", "accompany": "beside", "harmonise": "beside",
        "drumify": "beside", "infill": "within", "vary": "instead", "humanise": "instead", "keep": "alone"
    };

    function Shelf(targets, settings) {
        this.targets = targets;
        this.settings = settings;
        this.takes = [];
        this.newest = 0; // takes of the newest request
        this.table = []; // the user's drum table
    }

    Shelf.prototype.begin = function () {
        this.newest = 0;
    };

    Shelf.prototype.add = function (take) {
        this.targets.takes += 1;
        this.targets.save();
        take.title = (take.source ? take.source.name : "Bandmate") + " " + take.task + " " + this.targets.takes;
        take.written = false;
        this.takes.splice(this.newest, 0, take);
        this.newest += 1;
        this.takes = this.takes.slice(0, KEPT);
    };

    // The take that the parameter Take chooses, or null.
    Shelf.prototype.chosen = function () {
        return this.takes[this.settings.number("take") - 1] || null;
    };

    // What becomes clips: {role, notes} for each role, in General MIDI keys. An infilled phrase is whole again.
    Shelf.prototype.pieces = function (take) {
        var byRole = {}, roles = [], whole = take.task === "infill", bar, from, to;
        take.score.parts.forEach(function (part) {
            if (!byRole[part.role]) {
                byRole[part.role] = [];
                roles.push(part.role);
            }
            byRole[part.role] = byRole[part.role].concat(part.notes);
        });
        if (whole) {
            bar = Music.barLength(take.source.metre[0], take.source.metre[1]);
            from = (take.span[0] - 1) * bar;
            to = take.span[1] * bar;
            roles.forEach(function (role) {
                byRole[role] = byRole[role].map(function (note) {
                    return Music.note(note.start + from, note.duration, note.pitch, note.velocity);
                });
            });
            take.phrase.parts.forEach(function (part) {
                byRole[part.role] = (byRole[part.role] || []).concat(part.notes.filter(function (note) {
                    return note.start < from || note.start >= to;
                }).map(function (note) { // what was held into the gap ends where it begins
                    return Music.note(
                        note.start, note.start < from ? Math.min(note.duration, from - note.start) : note.duration,
                        note.pitch, note.velocity
                    );
                }));
                if (roles.indexOf(part.role) < 0) {
                    roles.push(part.role);
                }
            });
        }
        return roles.map(function (role) {
            return {role: role, notes: byRole[role].sort(Music.byStart)};
        }).filter(function (piece) {
            return piece.notes.length > 0;
        });
    };

    // The pieces with their tracks, drums in the track's keys: {pieces, problems, missing roles}.
    Shelf.prototype.placed = function (take) {
        var shelf = this, pieces = [], problems = [], missing = [], taken = {};
        this.pieces(take).forEach(function (piece) {
            var target = shelf.targets.find(piece.role, take.source), map;
            if (target.problem) {
                problems.push(target.problem);
                missing.push(target.role);
            } else if (target.track && taken[target.track]) {
                problems.push(
                    Music.capital(piece.role) + " and " + taken[target.track] + " both go to " +
                    LiveSet.name(target.track) + ": choose another track for one"
                );
            } else if (target.track) {
                taken[target.track] = piece.role;
                map = piece.role === "drums" ? shelf.drumMap(target.track) : null;
                pieces.push({
                    role: piece.role, track: target.track,
                    notes: map ? Drums.toTrack(piece.notes, map) : piece.notes
                });
            }
        });
        return {pieces: pieces, problems: problems, missing: missing};
    };

    Shelf.prototype.drumMap = function (track) {
        return Drums.chosen(this.settings.item("drum_map"), track, this.table);
    };

    // Makes clips of a take, as one undo step: "" or the sentence that says why not.
    Shelf.prototype.write = function (take) {
        var placed = this.placed(take), shelf = this, look, wrote;
        if (placed.problems.length) {
            return placed.problems[0];
        }
        if (!placed.pieces.length) {
            return "The take has nothing to write: every part of it is skipped";
        }
        look = {
            name: take.title,
            color: take.source && take.source.color !== undefined ? take.source.color : null,
            launch: take.source && take.source.launch !== undefined ? take.source.launch : null,
            metre: Music.metreOf(take.score),
            beats: take.task === "infill" ? take.phrase.beats : take.beats
        };
        wrote = LiveSet.asOneStep(function () {
            return shelf.settings.item("destination") === "Arrange" ?
                Places.intoArrangement(placed.pieces, look, shelf.wished(take, look)) :
                Places.intoSession(placed.pieces, look, Places.firstRow(take.source));
        });
        if (wrote.problem) {
            return wrote.problem;
        }
        take.written = true;
        return wrote.lost ? "Live did not take " + wrote.lost + " of the notes" : "";
    };

    // The beat of the Arrangement at which a take would stand.
    Shelf.prototype.wished = function (take, look) {
        var beats = take.phrase ? take.phrase.beats : 0, bar = Music.barLength(look.metre[0], look.metre[1]);
        return Places.wishedTime(take.source, PLACING[take.task], Math.ceil(beats / bar - 1e-6) * bar, look.metre);
    };

    // The line that says which take the buttons are about.
    Shelf.prototype.line = function () {
        var take = this.chosen();
        if (!take) {
            return "No take yet";
        }
        return take.title + ", " + Music.noteCount(take.score) + " notes, " + (take.written ? "written" : "held");
    };

    return Shelf;
}());
