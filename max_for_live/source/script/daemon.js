// The daemon as the device knows it: found, greeted, asked, missed, and found again.
//
// Each device listens at a UDP port of its own. Max does not say when a port is taken, so a port at which no answer
// comes is left for another one.

var Daemon = (function () {
    "use strict";

    var ROOT = "/bandmate/";
    var VERSION = 1;
    var FIRST_PORT = 17400; // where devices listen: PORTS from here on
    var PORTS = 1000;
    var LAST_ID = 16000000; // 32-bit floats count exactly up to 16,777,216
    var FRAME = ["begin", "part", "change", "chunk", "end", "resend", "received"];
    var LAST_WORDS = ["ok", "pong", "status", "file", "done", "refused"];
    var WAITS = [250, 500, 500, 1000, 2000, 3000]; // ms between two hellos, the last one from then on
    var HELLOS = 3; // at one port
    var QUIET = 1500; // ms without a word before a ping
    var GONE = 5000; // ms without a word before the daemon is gone
    var REASK = 500; // ms without an answer before a request is sent again
    var REASK_ACCEPTED = 2000; // ms without news of one that was accepted: its last words may be lost
    var ATTEMPTS = 10;
    var ABSENT = "No daemon: run  bandmate serve";

    // `device` has send(list), listen(port), aim(port), state(state, sentence), told(name, id, values); `name` is the
    // device's own. States: "calling", "there", "absent", "stranger".
    function Daemon(device, name) {
        this.device = device;
        this.name = name;
        this.port = 0;
        this.state = "calling";
        this.last = 1 + Math.floor(Math.random() * LAST_ID);
        this.lists = new Lists.Exchange(this.say.bind(this));
        this.asked = {};
        this.hello = 0;
        this.hellos = 0;
        this.due = 0;
        this.heard = 0;
        this.pinged = 0;
    }

    Daemon.prototype.say = function (message) {
        this.device.send([ROOT + message[0]].concat(message.slice(1)));
    };

    Daemon.prototype.newId = function () {
        this.last = this.last % LAST_ID + 1;
        return this.last;
    };

    Daemon.prototype.change = function (state, sentence) {
        this.state = state;
        this.device.state(state, sentence);
    };

    // Begins to look for the daemon at `port`; whatever was asked before is lost.
    Daemon.prototype.call = function (port, now) {
        this.port = port;
        this.device.aim(port);
        this.seek("calling", "Looking for the daemon at port " + port, now);
    };

    Daemon.prototype.seek = function (state, sentence, now) {
        var asked = this.asked;
        this.asked = {};
        this.lists = new Lists.Exchange(this.say.bind(this));
        this.hellos = 0;
        this.due = now;
        this.change(state, sentence);
        Object.keys(asked).forEach(function (id) {
            asked[id].told("refused", ["lost", "the daemon is gone"]);
        });
    };

    Daemon.prototype.greet = function (now) {
        if (this.hellos % HELLOS === 0) {
            this.listening = FIRST_PORT + Math.floor(Math.random() * PORTS);
            this.device.listen(this.listening);
            this.hello = this.newId();
        }
        if (this.hellos === HELLOS && this.state === "calling") {
            this.change("absent", ABSENT);
        }
        this.say(["hello", this.hello, VERSION, this.listening, this.name]);
        this.due = now + WAITS[Math.min(this.hellos, WAITS.length - 1)];
        this.hellos += 1;
    };

    // Asks. `told` is called with (name, values) for each answer, the last one "refused" where nobody answers. It gives
    // false where words before the last one are missing: then it is asked again, and all is told again.
    Daemon.prototype.ask = function (name, atoms, told, now) {
        var id = this.newId();
        if (this.state !== "there") {
            told("refused", ["lost", ABSENT]);
            return 0;
        }
        this.asked[id] = {message: [name, id].concat(atoms), told: told, sent: now, tries: 0, wait: REASK};
        this.say(this.asked[id].message);
        return id;
    };

    // Sends a phrase: `over` is called with (id), or with (0, code, sentence).
    Daemon.prototype.upload = function (score, over, now) {
        var id = this.newId(), daemon = this;
        this.asked[id] = {told: function (name, values) { // a refusal of the list, by its id
            daemon.lists.drop(id);
            over(0, values[0], values[1]);
        }, quiet: true};
        this.lists.give(id, score, function (code, sentence) {
            delete daemon.asked[id];
            over(code ? 0 : id, code, sentence);
        }, now);
    };

    // Fetches a take's notes: `over` is called with (score), or with (null, code, sentence).
    Daemon.prototype.fetch = function (take, over, now) {
        var daemon = this, id;
        id = this.ask("notes", [take], function (name, values) {
            daemon.lists.drop(id);
            over(null, values[0], values[1]);
        }, now);
        if (id) {
            this.asked[id].fetching = true;
            this.lists.expect(id, function (score, code, sentence) {
                delete daemon.asked[id];
                over(score, code, sentence);
            }, now);
        }
    };

    Daemon.prototype.hear = function (address, atoms, now) {
        var name = address.slice(ROOT.length), id = atoms[0], values = atoms.slice(1);
        if (address.slice(0, ROOT.length) !== ROOT) {
            return;
        }
        this.heard = now;
        if (name === "welcome") {
            this.welcomed(id, values);
        } else if (name === "refused" && id === this.hello && this.state !== "there") {
            this.change("stranger", String(values[1]));
        } else if (name === "bye" && id === 0) {
            this.seek("absent", "The daemon has stopped: run  bandmate serve", now);
        } else if (this.state !== "there") {
            return;
        } else if (FRAME.indexOf(name) >= 0) {
            this.lists.hear(name, id, values, now);
        } else if (this.asked.hasOwnProperty(id)) {
            this.answer(id, name, values, now);
        } else {
            this.device.told(name, id, values);
        }
    };

    Daemon.prototype.welcomed = function (id, values) {
        if (id !== this.hello || this.state === "there") {
            return;
        }
        if (values[0] !== VERSION) {
            this.change(
                "stranger", "The daemon speaks version " + values[0] + ", this device " + VERSION + ": update one"
            );
            return;
        }
        this.hellos = 0;
        this.change("there", "Ready: " + values[3]);
    };

    Daemon.prototype.answer = function (id, name, values, now) {
        var asked = this.asked[id];
        asked.sent = now;
        asked.tries = 0;
        asked.wait = REASK_ACCEPTED;
        if (asked.told(name, values) === false) {
            asked.wait = REASK;
        } else if (LAST_WORDS.indexOf(name) >= 0) {
            delete this.asked[id];
        }
    };

    Daemon.prototype.tick = function (now) {
        if (this.state !== "there") {
            if (this.port && now >= this.due) {
                this.greet(now);
            }
            return;
        }
        if (now - this.heard > GONE) {
            this.seek("calling", "The daemon does not answer", now);
            return;
        }
        if (now - this.heard > QUIET && now - this.pinged > QUIET) {
            this.pinged = now;
            this.say(["ping", this.newId()]);
        }
        this.lists.tick(now);
        Object.keys(this.asked).forEach(function (id) {
            var asked = this.asked[id];
            if (asked && !asked.quiet && !(asked.fetching && this.lists.arriving(id)) &&
                    now - asked.sent > asked.wait) {
                this.reask(id, asked, now);
            }
        }, this);
    };

    Daemon.prototype.reask = function (id, asked, now) {
        asked.tries += 1;
        asked.sent = now;
        if (asked.tries > ATTEMPTS) {
            delete this.asked[id];
            asked.told("refused", ["no_answer", "the daemon does not answer to " + asked.message[0]]);
        } else {
            this.say(asked.message);
        }
    };

    Daemon.prototype.bye = function () {
        if (this.state === "there") {
            this.say(["bye", this.newId()]);
        }
    };

    return Daemon;
}());
