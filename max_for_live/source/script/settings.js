// What the knobs say: the parameters by their names, and the controls of a request that they make.
// TABLE is of device.json; the bundle begins with it.

var Settings = (function () {
    "use strict";

    var SEEDS = 10000;
    var WITH_BARS = ["continue", "generate"];
    var WITH_ROLES = ["continue", "accompany", "generate"];

    function Settings() {
        this.values = {};
        Object.keys(TABLE.parameters).forEach(function (varname) {
            this.values[varname] = TABLE.parameters[varname].initial;
        }, this);
    }

    // A parameter's new value, brought into its range; false where there is no such parameter.
    Settings.prototype.put = function (varname, value) {
        var row = TABLE.parameters[varname];
        if (!row || typeof value !== "number" || value !== value) {
            return false;
        }
        value = Music.within(value, row.low, row.high);
        this.values[varname] = row.type === "float" && row.unit !== "whole" ? value : Math.round(value);
        return true;
    };

    Settings.prototype.number = function (varname) {
        return this.values[varname];
    };

    Settings.prototype.on = function (varname) {
        return this.values[varname] === 1;
    };

    Settings.prototype.item = function (varname) {
        return TABLE.parameters[varname].items[this.values[varname]];
    };

    Settings.prototype.roles = function () {
        return TABLE.roles.filter(function (role) {
            return this.on("want_" + role);
        }, this);
    };

    // The key that is asked for, or "" where the phrase decides.
    Settings.prototype.key = function () {
        var source = this.item("key_source"), scale;
        if (source === "Here") {
            return this.item("key_root") + " " + this.item("key_mode");
        }
        scale = source === "Live" ? LiveSet.scale() : null;
        return scale ? TABLE.parameters.key_root.items[scale.root] + (scale.minor ? " minor" : " major") : "";
    };

    // The seed of the next request: the one that is locked, or a new one.
    Settings.prototype.nextSeed = function () {
        if (!this.on("seed_lock")) {
            this.values.seed = Math.floor(Math.random() * SEEDS);
        }
        return this.values.seed;
    };

    // The keys and values of a request, in one list.
    Settings.prototype.controls = function (task) {
        var pairs = ["takes", this.number("takes"), "seed", this.nextSeed()], key = this.key(),
            creativity = Math.round(this.number("creativity") * 100) / 100, metre, roles = this.roles();
        function put(name, value) {
            pairs.push(name, value);
        }
        if (task === "vary") {
            put("creativity", creativity);
        } else {
            put("temperature", 0.5 + creativity);
        }
        if (WITH_BARS.indexOf(task) >= 0) {
            put("bars", this.number("bars"));
        }
        if (WITH_ROLES.indexOf(task) >= 0 && roles.length) {
            put("roles", roles.join(","));
        }
        ["density", "mood", "genre"].forEach(function (name) {
            if (this.item(name) !== "Auto" && task !== "humanise") {
                put(name, this.item(name));
            }
        }, this);
        if (key && task !== "humanise") {
            put("key", key);
        }
        if (this.on("scale_lock") && task !== "humanise") {
            put("scale_lock", 1);
        }
        if (task === "generate") {
            metre = LiveSet.metre();
            put("tempo", LiveSet.tempo());
            put("metre", metre[0] + "/" + metre[1]);
        }
        return pairs;
    };

    return Settings;
}());
