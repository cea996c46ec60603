// Drum maps, both ways: General MIDI keys, in which the daemon speaks, and the keys of a track's drums.
//
// A map is {gm key: key}. That of a Drum Rack comes from the names of its pads; one of the user's own from pairs of keys.

var Drums = (function () {
    "use strict";

    // Words of a pad's name and the General MIDI key that they mean; the first that fits counts.
    var WORDS = [
        [/side ?stick|rim/, 37], [/cowbell/, 56], [/tambourine|tamb/, 54], [/clap/, 39],
        [/snare ?2|snare.*(alt|elec|ghost)/, 40], [/snare|\bsd\b|\bsn\b/, 38],
        [/pedal/, 44], [/open|\boh\b|\bohh\b/, 46], [/closed|hi-?hat|\bhat\b|\bhh\b|\bch\b|\bchh\b/, 42],
        [/floor/, 41], [/tom.*(hi|high|1)|(hi|high) ?tom/, 50], [/tom.*(mid|2)|mid ?tom/, 47],
        [/tom.*(lo|low|3)|(lo|low) ?tom/, 43], [/tom/, 45],
        [/splash/, 55], [/chin/, 52], [/bell/, 53], [/ride/, 51], [/crash|cymbal/, 49],
        [/kick|bass ?drum|\bbd\b/, 36], [/shaker|maraca|cabasa/, 70], [/conga.*(lo|low)/, 64],
        [/conga/, 63], [/bongo.*(lo|low)/, 61], [/bongo/, 60], [/clave/, 75], [/wood ?block|block/, 76],
        [/triangle/, 81]
    ];
    // Keys that may sound for one another where a rack lacks the first, nearest first.
    var NEAR = {
        35: [36], 36: [35], 37: [38, 40, 39], 38: [40, 39, 37], 39: [38, 40], 40: [38, 39], 41: [43, 45, 47],
        42: [44, 46], 43: [41, 45, 47], 44: [42, 46], 45: [43, 47, 41, 50], 46: [42, 44],
        47: [45, 48, 50, 43], 48: [50, 47, 45], 49: [57, 55, 52, 51], 50: [48, 47, 45], 51: [59, 53, 49],
        52: [49, 57, 55], 53: [51, 59], 54: [70, 42], 55: [49, 57], 56: [76, 75], 57: [49, 55, 52],
        59: [51, 53], 60: [61, 63], 61: [60, 64], 62: [63, 64], 63: [62, 64, 60], 64: [63, 61],
        69: [70, 42], 70: [69, 42], 75: [76, 37], 76: [75, 77, 37], 77: [76, 75]
    };

    function keyOf(name) {
        var words = name.toLowerCase(), at;
        for (at = 0; at < WORDS.length; at += 1) {
            if (WORDS[at][0].test(words)) {
                return WORDS[at][1];
            }
        }
        return 0;
    }

    // The map of a rack's pads, as [[key, name], ...], with near keys where one has no pad.
    function ofPads(pads) {
        var found = {}, map = {};
        pads.forEach(function (pad) {
            var gm = keyOf(pad[1]);
            if (gm && !found.hasOwnProperty(gm)) {
                found[gm] = pad[0];
            }
        });
        Object.keys(found).forEach(function (gm) {
            map[gm] = found[gm];
        });
        Object.keys(NEAR).forEach(function (gm) {
            NEAR[gm].forEach(function (near) {
                if (!map.hasOwnProperty(gm) && found.hasOwnProperty(near)) {
                    map[gm] = found[near];
                }
            });
        });
        return {out: map, back: inverse(found)};
    }

    function inverse(map) {
        var back = {};
        Object.keys(map).forEach(function (gm) {
            if (!back.hasOwnProperty(map[gm])) {
                back[map[gm]] = Number(gm);
            }
        });
        return back;
    }

    // The map of the pads that have something on them; General MIDI where the track has no rack.
    function ofTrack(track) {
        var rack = track && LiveSet.drumRack(track);
        if (!rack) {
            return {out: {}, back: {}};
        }
        return ofPads(Live.ids(rack, "drum_pads").filter(function (pad) {
            return Live.ids(pad, "chains").length > 0;
        }).map(function (pad) {
            return [Live.get(pad, "note"), LiveSet.name(pad)];
        }));
    }

    // The map of a user's pairs, as text or numbers: "36 48 38 50".
    function ofTable(atoms) {
        var map = {}, keys = atoms.join(" ").split(/[^0-9]+/).filter(Boolean).map(Number), at;
        for (at = 0; at + 1 < keys.length; at += 2) {
            if (keys[at] < 128 && keys[at + 1] < 128) {
                map[keys[at]] = keys[at + 1];
            }
        }
        return {out: map, back: inverse(map)};
    }

    // The map that the parameter Drum Map chooses for a track.
    function chosen(kind, track, table) {
        if (kind === "Rack") {
            return ofTrack(track);
        }
        return kind === "User" ? ofTable(table) : {out: {}, back: {}};
    }

    function mapped(notes, keys) {
        return notes.map(function (note) {
            var key = keys.hasOwnProperty(note.pitch) ? keys[note.pitch] : note.pitch;
            return Music.note(note.start, note.duration, key, note.velocity);
        });
    }

    // General MIDI drums as the track's. Two that fall on one key at one time are one, the louder.
    function toTrack(notes, map) {
        var loudest = {};
        mapped(notes, map.out).forEach(function (note) {
            var place = Music.ticks(note.start) + " " + note.pitch;
            if (!loudest[place] || loudest[place].velocity < note.velocity) {
                loudest[place] = note;
            }
        });
        return Object.keys(loudest).map(function (place) {
            return loudest[place];
        }).sort(Music.byStart);
    }

    function toDaemon(notes, map) {
        return mapped(notes, map.back).sort(Music.byStart);
    }

    return {chosen: chosen, toDaemon: toDaemon, toTrack: toTrack};
}());
