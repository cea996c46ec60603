// A take heard before it is written: its notes with their delays, for the scheduler's chain.

var Audition = (function () {
    "use strict";

    // `out` takes ["here", ...], ["now", ...] and ["clear"].
    function Audition(out) {
        this.out = out;
        this.until = 0;
    }

    Audition.prototype.sounds = function (now) {
        return now < this.until;
    };

    // Plays pieces ({role, notes, beats}); what belongs to the track of this device sounds here whatever it plays.
    Audition.prototype.play = function (pieces, bpm, here, now) {
        var out = this.out, beat = 60000 / bpm, end = 0;
        pieces.forEach(function (piece) {
            piece.notes.forEach(function (note) {
                var delay = note.start * beat, length = note.duration * beat;
                end = Math.max(end, delay + length);
                if (piece.track === here) {
                    out(["here", delay, length, note.pitch, note.velocity]);
                } else {
                    out(["now", piece.role, delay, length, note.pitch, note.velocity]);
                }
            });
        });
        this.until = now + end;
    };

    Audition.prototype.stop = function () {
        this.until = 0;
        this.out(["clear"]);
    };

    return Audition;
}());
