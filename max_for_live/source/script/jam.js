// The live band: what the daemon is told of it, and what the patch needs to know to sound it in time.

var Jam = (function () {
    "use strict";

    var DIALS = {jam: "play", energy: "energy", swing: "swing", trade: "trade", follow: "follow"};
    var CUES = ["fill", "count_in", "ending"];
    var PART_DIALS = {part_mute: "mute", part_solo: "solo", part_level: "level",
                      part_density: "density", part_register: "register"};
    var WISHES = ["genre", "mood", "key_source", "key_root", "key_mode"].concat(TABLE.roles.map(function (role) {
        return "want_" + role;
    }));
    var FROM_AUTO = ["part_density", "part_register"]; // their item 0 is the daemon's -1

    // `out` is the patch's scheduler, `show` takes what goes wrong as a sentence.
    function Jam(daemon, settings, kind, out, show) {
        this.daemon = daemon;
        this.settings = settings;
        this.kind = kind;
        this.out = out;
        this.show = show;
        this.loop = [0, 0, 0];
    }

    Jam.prototype.tell = function (atoms, now) {
        var show = this.show;
        if (!atoms.length) {
            return;
        }
        this.daemon.ask("band", atoms, function (name, values) {
            if (name === "refused" && values[0] !== "lost") {
                show(String(values[1]));
            }
        }, now);
    };

    Jam.prototype.plays = function () {
        return this.kind === "part" ? this.settings.item("part_role") : this.settings.item("plays");
    };

    Jam.prototype.dial = function (varname) {
        var value = this.settings.number(varname), name = PART_DIALS[varname];
        if (name) {
            return [this.plays() + "." + name, FROM_AUTO.indexOf(varname) >= 0 ? value - 1 : value];
        }
        return [DIALS[varname], value];
    };

    Jam.prototype.listens = function () {
        return this.plays() !== "none" ? 1 : 0;
    };

    // Everything anew: the daemon has just been found, or the band is switched on.
    Jam.prototype.begin = function (now) {
        var atoms = ["listen", this.listens()], jam = this;
        this.patch();
        if (this.kind === "part") {
            Object.keys(PART_DIALS).forEach(function (varname) {
                atoms = atoms.concat(jam.dial(varname));
            });
            this.tell(atoms, now);
        } else if (this.settings.on("jam")) {
            Object.keys(DIALS).forEach(function (varname) {
                atoms = atoms.concat(jam.dial(varname));
            });
            atoms = atoms.concat(this.wishes());
            this.daemon.ask("clock", ["host"], function (name, values) { // the band begins on Live's clock
                if (name === "ok") {
                    jam.tell(atoms, new Date().getTime());
                } else if (values[0] !== "lost") {
                    jam.show(String(values[1]));
                }
            }, now);
        }
    };

    // Roles, key, genre and mood of the band, as far as they are asked for.
    Jam.prototype.wishes = function () {
        var atoms = [], roles = this.settings.roles(), key = this.settings.key();
        if (roles.length) {
            atoms.push("roles", roles.join(","));
        }
        if (key) {
            atoms.push("key", key);
        }
        ["genre", "mood"].forEach(function (name) {
            if (this.settings.item(name) !== "Auto") {
                atoms.push(name, this.settings.item(name));
            }
        }, this);
        return atoms;
    };

    Jam.prototype.end = function (now) {
        this.out(["jam", 0]);
        this.out(["clear"]);
        if (this.kind === "main") {
            this.tell(["play", 0, "listen", 0], now);
        }
    };

    // What the patch has to know: whether to send host, which role sounds, the loop.
    Jam.prototype.patch = function () {
        this.out(["plays", this.plays()]);
        this.out(["loop"].concat(this.loop));
        if (this.kind === "main") {
            this.out(["jam", this.settings.on("jam") ? 1 : 0]);
        }
    };

    Jam.prototype.drums = function (map) {
        var out = this.out;
        out(["drums", "clear"]);
        Object.keys(map.out).forEach(function (gm) {
            out(["drum", Number(gm), map.out[gm]]);
        });
    };

    Jam.prototype.looped = function (place, value) {
        this.loop[place] = value;
        this.out(["loop"].concat(this.loop));
    };

    // A parameter has moved.
    Jam.prototype.moved = function (varname, now) {
        if (varname === "jam") {
            if (this.settings.on("jam")) {
                this.begin(now);
            } else {
                this.end(now);
            }
        } else if (varname === "plays" || varname === "part_role") {
            this.out(["clear"]);
            this.begin(now);
        } else if (PART_DIALS[varname] || (DIALS[varname] && this.settings.on("jam"))) {
            this.tell(this.dial(varname), now);
        } else if (WISHES.indexOf(varname) >= 0 && this.kind === "main" && this.settings.on("jam")) {
            this.tell(this.wishes(), now);
        }
    };

    Jam.prototype.cue = function (name, now) {
        this.tell([name, 1], now);
    };

    return {CUES: CUES, Jam: Jam};
}());
