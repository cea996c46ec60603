// The device: what its buttons and knobs do, and what it shows. One is made when Live says that the device is ready.

var Device = (function () {
    "use strict";

    var OSC = 0, UI = 1, SCHEDULER = 2, NETWORK = 3; // outlets
    var TICK = 25; // ms
    var LIGHT = {calling: 1, there: 2, absent: 0, stranger: 0};
    var TASKS = ["continue", "vary", "infill", "harmonise", "drumify", "humanise", "accompany", "generate"];
    var RATINGS = {up: 5, down: 1};
    var REFRESH = 2000; // ms between two looks at the drum racks for live notes

    function clock() {
        return new Date().getTime();
    }

    // `kind` is "main" or "part", `stamp` which build it is.
    function Device(kind, stamp) {
        this.kind = kind;
        this.stamp = stamp;
        this.settings = new Settings();
        this.played = new Played();
        this.ready = false;
        this.job = null;
        this.observers = [];
        this.stale = false; // whether the menus are to be filled again
        this.drumsShown = "";
        this.drumsDue = 0;
        this.sentence = "";
        this.bandLine = "";
        this.daemon = new Daemon({
            send: this.say.bind(this, OSC),
            listen: this.network.bind(this, "listen"),
            aim: this.network.bind(this, "daemon"),
            state: this.stateOfDaemon.bind(this),
            told: this.announced.bind(this)
        }, kind === "part" ? "Bandmate Part" : "Bandmate");
        this.targets = new Targets(this.say.bind(this, UI));
        this.shelf = new Shelf(this.targets, this.settings);
        this.audition = new Audition(this.say.bind(this, SCHEDULER));
        this.jam = new Jam.Jam(
            this.daemon, this.settings, kind, this.say.bind(this, SCHEDULER), this.status.bind(this)
        );
    }

    Device.prototype.say = function (to, atoms) {
        outlet(to, atoms);
    };

    Device.prototype.network = function (what, port) {
        this.say(NETWORK, [what, port]);
    };

    Device.prototype.status = function (sentence) {
        this.sentence = sentence;
        this.say(UI, ["status", sentence]);
    };

    Device.prototype.light = function () {
        var light = LIGHT[this.daemon.state];
        this.say(UI, ["light", light === 2 && this.job ? 1 : light]);
    };

    Device.prototype.stateOfDaemon = function (state, sentence) {
        this.light();
        if (state === "there") {
            this.jam.begin(clock());
            if (this.job) {
                this.job.resume(clock());
                return;
            }
        }
        this.status(sentence);
    };

    // What the daemon tells without being asked: the band's state is shown where it changes.
    Device.prototype.announced = function (name, id, values) {
        var line;
        if (name === "band_state") {
            line = "Band " + values[0] + (values[2] ? ", to keep up: " + values[2] : "");
            if (line !== this.bandLine && !this.job) {
                this.status(line);
            }
            this.bandLine = line;
        }
    };

    // Live is ready: the Live API may be used from here on.
    Device.prototype.begin = function () {
        var device = this;
        this.ready = true;
        this.say(UI, ["stamp", this.stamp]);
        this.played.run(Live.get(LiveSet.song(), "is_playing") === 1);
        ["loop", "loop_start", "loop_length"].forEach(function (property, place) {
            device.observers.push(Live.observe("live_set", property, function (value) {
                device.jam.looped(place, Number(value));
            }));
        });
        if (this.kind === "main") {
            this.observers.push(Live.observe("live_set", "tracks", function () {
                device.stale = true;
            }));
            this.stale = true;
            this.showTake();
        }
        this.daemon.call(this.port(), clock());
        this.task = new Task(function () {
            device.tick();
        }, this);
        this.task.interval = TICK;
        this.task.repeat(-1);
    };

    Device.prototype.port = function () {
        return this.settings.number(this.kind === "part" ? "part_port" : "port");
    };

    Device.prototype.tick = function () {
        var now = clock();
        this.daemon.tick(now);
        if (this.stale) {
            this.stale = false;
            this.targets.refresh();
        }
        if (now >= this.drumsDue) {
            this.drumsDue = now + REFRESH;
            this.showDrums();
        }
    };

    // The drum map of live notes, where it has changed.
    Device.prototype.showDrums = function () {
        var drums = ["drums", "all"].indexOf(this.jam.plays()) >= 0, map = {out: {}}, text,
            kind = this.settings.item(this.kind === "part" ? "part_drum_map" : "drum_map");
        if (drums) {
            map = Drums.chosen(kind, LiveSet.ownTrack(), this.shelf.table);
        }
        text = JSON.stringify(map.out);
        if (text !== this.drumsShown) {
            this.drumsShown = text;
            this.jam.drums(map);
        }
    };

    Device.prototype.showTake = function () {
        this.say(UI, ["take_line", this.shelf.line()]);
    };

    // Messages of the patch

    Device.prototype.parameter = function (varname, value) {
        var before = this.settings.number(varname);
        if (!this.settings.put(varname, value) || !this.ready || before === this.settings.number(varname)) {
            return;
        }
        if (varname === "port" || varname === "part_port") {
            this.daemon.call(this.port(), clock());
        } else if (varname === "take") {
            this.showTake();
        } else {
            this.jam.moved(varname, clock());
        }
    };

    Device.prototype.button = function (name) {
        if (!this.ready) {
            return;
        }
        if (TASKS.indexOf(name) >= 0) {
            this.request(name);
        } else if (Jam.CUES.indexOf(name) >= 0) {
            this.jam.cue(name, clock());
        } else if (RATINGS.hasOwnProperty(name)) {
            this.rate(RATINGS[name]);
        } else if (this.buttons.hasOwnProperty(name)) {
            this.buttons[name].call(this);
        }
    };

    Device.prototype.buttons = {
        audition: function () {
            this.hear();
        },
        cancel: function () {
            if (this.job) {
                this.job.cancel(clock());
            }
        },
        keep: function () {
            this.run({task: "keep", score: null, atoms: [Number(this.settings.item("keep_bars"))]}, {source: null});
        },
        make_tracks: function () {
            this.makeTracks();
        },
        stems: function () {
            var take = this.shelf.chosen();
            if (!take) {
                this.status("There is no take yet: make one first");
                return;
            }
            this.run({task: "stems", score: null, atoms: [take.id, ""]}, null);
        },
        write: function () {
            var take = this.shelf.chosen();
            if (!take) {
                this.status("There is no take yet: make one first");
            } else {
                this.write(take);
            }
        }
    };

    Device.prototype.request = function (task) {
        var given = task === "generate" ? {score: null, source: null} :
            Given.find(task, this.settings, this.played, this.targets, this.shelf), atoms;
        if (given.problem) {
            this.status(given.problem);
            return;
        }
        atoms = this.settings.controls(task);
        if (given.span) {
            atoms = atoms.concat(["span_first", given.span[0], "span_last", given.span[1]]);
        }
        this.say(UI, ["set", "seed", this.settings.number("seed")]);
        this.run({task: task, score: given.score, atoms: atoms}, given);
    };

    // Runs one request at a time. `given` is where its takes come from; null: it makes none.
    Device.prototype.run = function (asked, given) {
        var device = this, stuck = "";
        if (this.job) {
            this.status("Still at work: press Cancel to stop it");
            return;
        }
        if (this.daemon.state !== "there") {
            this.status(this.sentence || "No daemon: run  bandmate serve");
            return;
        }
        if (given) {
            this.shelf.begin();
            this.settings.put("take", 1);
            this.say(UI, ["set", "take", 1]);
        }
        this.job = new Job(this.daemon, asked, {
            progress: function (share) {
                device.say(UI, ["progress", share]);
            },
            note: function (sentence) {
                device.status(sentence);
            },
            take: function (take) {
                stuck = device.received(take, asked, given) || stuck;
            },
            stems: function (folder) {
                stuck = "Stems in " + folder;
                device.say(UI, ["open", Device.urlOf(folder)]);
            },
            over: function (sentence) {
                device.job = null;
                device.light();
                device.say(UI, ["progress", 0]);
                device.status(sentence || stuck || "Ready");
            }
        });
        this.light();
        this.status(asked.score ? "Sending the phrase" : "Asking");
        this.job.start(clock());
    };

    Device.urlOf = function (folder) {
        var path = folder.replace(/\\/g, "/");
        return "file://" + (path.charAt(0) === "/" ? "" : "/") + encodeURI(path);
    };

    // A take has come whole: clips of it, or onto the shelf. Gives what kept it from being written, or "".
    Device.prototype.received = function (take, asked, given) {
        var problem = "";
        take.task = asked.task;
        take.source = given.source;
        take.span = given.span;
        take.phrase = asked.score;
        this.shelf.add(take);
        if (!this.settings.on("hold")) {
            problem = this.shelf.write(take);
        }
        this.showTake();
        return problem;
    };

    Device.prototype.write = function (take) {
        this.status(this.shelf.write(take) || "Written");
        this.showTake();
    };

    Device.prototype.hear = function () {
        var take = this.shelf.chosen(), targets = this.targets;
        if (this.audition.sounds(clock())) {
            this.audition.stop();
            return;
        }
        if (!take) {
            this.status("There is no take yet: make one first");
            return;
        }
        this.audition.play(this.shelf.pieces(take).map(function (piece) {
            return {
                role: piece.role, notes: piece.notes, track: targets.find(piece.role, take.source).track || 0
            };
        }), LiveSet.tempo(), LiveSet.ownTrack(), clock());
    };

    Device.prototype.rate = function (rating) {
        var take = this.shelf.chosen(), device = this;
        if (!take) {
            this.status("There is no take yet: make one first");
            return;
        }
        this.daemon.ask("rate", [take.id, rating], function (name, values) {
            device.status(name === "ok" ? "The library remembers it" : String(values[1]));
        }, clock());
    };

    // Makes the tracks that the chosen take lacks, and writes it where nothing else holds it back.
    Device.prototype.makeTracks = function () {
        var take = this.shelf.chosen(), missing = take ? this.shelf.placed(take).missing : this.settings.roles();
        if (!missing.length) {
            this.status("No track is missing");
            return;
        }
        this.targets.make(missing);
        if (take && !take.written && !this.settings.on("hold")) {
            this.writeHeld();
        } else {
            this.status("Tracks made");
        }
    };

    // Every take of the newest request that is not written yet.
    Device.prototype.writeHeld = function () {
        var device = this, problem = "";
        this.shelf.takes.slice(0, this.shelf.newest).forEach(function (take) {
            if (!take.written) {
                problem = device.shelf.write(take) || problem;
            }
        });
        this.status(problem || "Written");
        this.showTake();
    };

    Device.prototype.heard = function (address, atoms) {
        if (this.ready) {
            this.daemon.hear(address, atoms, clock());
        }
    };

    Device.prototype.note = function (beat, ms, pitch, velocity, channel) {
        var metre;
        if (this.ready) {
            metre = LiveSet.metre();
            this.played.hear(
                beat, ms, pitch, velocity, channel, LiveSet.tempo(), Music.barLength(metre[0], metre[1])
            );
        }
    };

    Device.prototype.moved = function (what) {
        if (what === "start" || what === "stop") {
            this.played.run(what === "start");
        }
    };

    Device.prototype.active = function (on) {
        if (this.ready && !on) {
            this.audition.stop();
        }
    };

    // The device is being removed.
    Device.prototype.end = function () {
        if (this.ready) {
            this.ready = false;
            this.task.cancel();
            if (this.kind === "main" && this.settings.on("jam")) {
                this.jam.end(clock());
            }
            this.observers.forEach(function (observer) {
                observer.id = 0;
            });
            this.daemon.bye();
        }
        Live.forget();
    };

    return Device;
}());
