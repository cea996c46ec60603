// What was played into the track: the newest notes, and the phrase that their last bars are.

var Played = (function () {
    "use strict";

    var KEPT = 4000; // notes
    var NEAR = 0.25; // beats that a bar line may be off after a jump

    function Played() {
        this.notes = []; // {at, pitch, velocity, end}: `at` in beats that never go back
        this.open = {}; // notes that sound, by channel and pitch
        this.running = false;
        this.last = null; // {beat, ms, at} of the newest message
        this.offset = 0;
    }

    // Whether the transport runs; what was played before counts no longer, because its beats were others.
    Played.prototype.run = function (running) {
        if (running !== this.running) {
            this.running = running;
            this.notes = [];
            this.open = {};
            this.last = null;
            this.offset = 0;
        }
    };

    // Beats of a message: of the set while it runs, back to back though the transport jump; else of the clock `ms`.
    Played.prototype.position = function (beat, ms, bpm, bar) {
        var passed = this.last ? (ms - this.last.ms) * bpm / 60000 : 0, at, offset;
        if (!this.last) {
            at = this.running ? beat : 0;
        } else if (!this.running) {
            at = this.last.at + passed;
        } else if (beat < this.last.beat - 1e-6) {
            offset = this.last.at + passed - beat;
            this.offset = Math.abs(offset - Math.round(offset / bar) * bar) < NEAR ?
                Math.round(offset / bar) * bar : offset;
            at = beat + this.offset;
        } else {
            at = beat + this.offset;
        }
        this.last = {beat: beat, ms: ms, at: at};
        return at;
    };

    // A note that begins (velocity above 0) or ends.
    Played.prototype.hear = function (beat, ms, pitch, velocity, channel, bpm, bar) {
        var at = this.position(beat, ms, bpm, bar), key = channel + " " + pitch;
        if (this.open[key]) {
            this.open[key].end = at;
            delete this.open[key];
        }
        if (velocity > 0) {
            this.open[key] = {at: at, pitch: pitch, velocity: velocity, end: null};
            this.notes.push(this.open[key]);
            this.notes = this.notes.slice(-KEPT);
        }
    };

    // {notes, beats} of the last `bars` bars of `bar` beats; without notes where nothing was played.
    Played.prototype.phrase = function (bars, bar) {
        var notes = this.notes, now = this.last ? this.last.at : 0, beats = bars * bar, end, from;
        if (!notes.length) {
            return {notes: [], beats: 0};
        }
        end = Math.max.apply(null, notes.map(function (note) {
            return note.end === null ? now : note.end;
        }));
        if (this.running) {
            from = Math.ceil(end / bar - 0.25 / bar) * bar - beats;
        } else { // no bar lines: the first note of the window is the first beat
            from = Math.min.apply(null, notes.filter(function (note) {
                return note.at > end - beats;
            }).map(function (note) {
                return note.at;
            }));
        }
        return {
            notes: notes.filter(function (note) {
                return note.at >= from - 1e-6 && note.at < from + beats;
            }).map(function (note) {
                var until = note.end === null ? now : note.end;
                return Music.note(
                    note.at - from, Math.min(until, from + beats) - note.at, note.pitch, note.velocity
                );
            }).sort(Music.byStart),
            beats: this.running ? beats : Math.min(beats, Math.max(1, Math.ceil((end - from) / bar - 0.1)) * bar)
        };
    };

    return Played;
}());
