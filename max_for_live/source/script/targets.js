// Which track each role is written to: a menu for each role, filled with the set's tracks and saved with the set.

var Targets = (function () {
    "use strict";

    var FIXED = ["Auto", "Skip"]; // before the tracks
    var NAMES = [ // words of a track's name and the role that they mean
        [/drum|beat|kit|perc/, "drums"], [/bass/, "bass"], [/guitar|gtr/, "guitar"],
        [/string|pad|violin|cello/, "strings"], [/chord|key|piano|organ|rhodes/, "chords"]
    ];

    // `show` takes what goes to the patch: ["menu", ...] and ["saved", ...].
    function Targets(show) {
        this.show = show;
        this.choice = {}; // role -> "Auto", "Skip", or {id, name}
        TABLE.menus.forEach(function (menu) {
            this.choice[menu.role] = "Auto";
        }, this);
        this.shown = [];
        this.takes = 0; // that were made in this set so far, for their names
    }

    function usable() {
        return LiveSet.tracks().filter(LiveSet.takesMidi).map(function (track) {
            return {id: track, name: LiveSet.name(track)};
        });
    }

    // Fills the menus again; a track that was saved by its name is found by it.
    Targets.prototype.refresh = function () {
        this.shown = usable();
        TABLE.menus.forEach(function (menu) {
            var items = FIXED.concat(this.shown.map(function (track) {
                return track.name;
            }));
            this.settle(menu.role);
            this.show(["menu", menu.name, "clear"]);
            items.forEach(function (item) {
                this.show(["menu", menu.name, "append", item]);
            }, this);
            this.show(["menu", menu.name, "set", this.indexOf(this.choice[menu.role])]);
        }, this);
    };

    Targets.prototype.settle = function (role) {
        var choice = this.choice[role], same;
        if (typeof choice === "string") {
            return;
        }
        same = this.shown.filter(function (track) {
            return track.id === choice.id;
        })[0] || this.shown.filter(function (track) {
            return track.name === choice.name;
        })[0];
        this.choice[role] = same || {id: 0, name: choice.name};
    };

    Targets.prototype.indexOf = function (choice) {
        var at;
        if (typeof choice === "string") {
            return FIXED.indexOf(choice);
        }
        for (at = 0; at < this.shown.length; at += 1) {
            if (this.shown[at].id === choice.id) {
                return FIXED.length + at;
            }
        }
        return 0;
    };

    // The user chose an item of a menu.
    Targets.prototype.choose = function (name, index) {
        TABLE.menus.forEach(function (menu) {
            if (menu.name === name) {
                this.choice[menu.role] = FIXED[index] || this.shown[index - FIXED.length] || "Auto";
            }
        }, this);
        this.save();
    };

    Targets.prototype.save = function () {
        var atoms = ["saved"];
        TABLE.menus.forEach(function (menu) {
            var choice = this.choice[menu.role];
            if (choice !== "Auto") {
                atoms.push(menu.role, choice === "Skip" ? "Skip" : "Track", choice.name || "");
            }
        }, this);
        this.show(atoms.concat(["takes", "Count", this.takes]));
    };

    // What the set remembered: role, "Skip" or "Track", name, and so on; last the count of takes.
    Targets.prototype.load = function (atoms) {
        var at;
        for (at = 0; at + 2 < atoms.length; at += 3) {
            if (atoms[at] === "takes") {
                this.takes = Math.max(this.takes, Number(atoms[at + 2]) || 0);
            } else if (this.choice.hasOwnProperty(atoms[at])) {
                this.choice[atoms[at]] = atoms[at + 1] === "Skip" ? "Skip" : {id: 0, name: String(atoms[at + 2])};
            }
        }
    };

    function named(role) {
        return "Bandmate " + Music.capital(role);
    }

    // {track}, {skip: true} or {problem} for a role of a take; `source` is the phrase's {track, role}, or null.
    Targets.prototype.find = function (role, source) {
        var choice, own, same;
        role = this.choice.hasOwnProperty(role) ? role : "melody";
        choice = this.choice[role];
        if (choice === "Skip") {
            return {skip: true};
        }
        if (choice !== "Auto") {
            this.shown = usable();
            this.settle(role);
            own = this.choice[role].id;
            return own ? {track: own} : {
                problem: "The track " + choice.name + " for " + role + " is gone: choose another", role: role
            };
        }
        if (source && source.role === role && LiveSet.takesMidi(source.track)) {
            return {track: source.track};
        }
        same = usable().filter(function (track) {
            return track.name === named(role);
        })[0];
        if (same) {
            return {track: same.id};
        }
        own = LiveSet.ownTrack();
        if (!source && role === "melody" && LiveSet.takesMidi(own)) {
            return {track: own};
        }
        return {problem: "No track for " + role + ": choose one, or press Make tracks", role: role};
    };

    // Makes a track for each of the roles; only ever called where the user asked for it.
    Targets.prototype.make = function (roles) {
        var song = LiveSet.song();
        LiveSet.asOneStep(function () {
            roles.forEach(function (role) {
                var tracks;
                Live.call(song, "create_midi_track", -1);
                tracks = LiveSet.tracks();
                Live.set(tracks[tracks.length - 1], "name", named(role));
            });
        });
        roles.forEach(function (role) { // a menu whose track is gone gives way to the new one
            if (typeof this.choice[role] !== "string") {
                this.choice[role] = "Auto";
            }
        }, this);
        this.save();
        this.refresh();
    };

    // Which role a track's clips are: by the menus, its Drum Rack, its name; else a melody.
    Targets.prototype.roleOf = function (track) {
        var name = LiveSet.name(track).toLowerCase(), role;
        role = TABLE.roles.filter(function (known) {
            return this.choice[known].id === track;
        }, this)[0];
        if (role) {
            return role;
        }
        if (LiveSet.drumRack(track)) {
            return "drums";
        }
        return NAMES.filter(function (row) {
            return row[0].test(name);
        }).map(function (row) {
            return row[1];
        })[0] || "melody";
    };

    return Targets;
}());
