// Note lists over OSC, both ways: frames of small messages, asked for again where one is lost (docs/protocol.md).

var Lists = (function () {
    "use strict";

    var CHUNK = 40; // notes of five numbers: about 1 kB
    var STALL = 200; // ms without news before a receiver asks again
    var REPEAT = 500; // ms without an answer before a sender repeats the end
    var ATTEMPTS = 10;
    var BURST = 8; // messages at a tick
    var FACTOR = 31;
    var MODULUS = 65521;
    var KEPT = 16; // ids of lists that came, to be acknowledged again

    function checksum(numbers) {
        var total = 1, at;
        for (at = 0; at < numbers.length; at += 5) {
            total = (total * FACTOR + numbers[at]) % MODULUS;
            total = (total * FACTOR + Music.ticks(numbers[at + 1])) % MODULUS;
            total = (total * FACTOR + Music.ticks(numbers[at + 2])) % MODULUS;
            total = (total * FACTOR + numbers[at + 3]) % MODULUS;
            total = (total * FACTOR + numbers[at + 4]) % MODULUS;
        }
        return total;
    }

    // Every note of a score in order of start, then part and pitch: [part, start, duration, pitch, velocity] each.
    function rowsOf(score) {
        var rows = [];
        score.parts.forEach(function (part, index) {
            part.notes.forEach(function (note) {
                rows.push([index, note.start, note.duration, note.pitch, note.velocity]);
            });
        });
        return rows.sort(function (a, b) {
            return a[1] - b[1] || a[0] - b[0] || a[3] - b[3];
        });
    }

    function flat(rows) {
        return Array.prototype.concat.apply([], rows);
    }

    // A list on its way out. `over` is called once: with nothing when it was received, else with code and sentence.
    function Outgoing(id, score, over, now) {
        var rows = rowsOf(score), at;
        this.id = id;
        this.over = over;
        this.chunks = [];
        for (at = 0; at < rows.length; at += CHUNK) {
            this.chunks.push(["chunk", id, this.chunks.length].concat(flat(rows.slice(at, at + CHUNK))));
        }
        this.head = [
            ["begin", id, rows.length, this.chunks.length, score.parts.length, score.changes.length, score.beats]
        ];
        score.parts.forEach(function (part, index) {
            this.head.push(["part", id, index, part.role, part.program, part.name]);
        }, this);
        score.changes.forEach(function (change, index) {
            this.head.push(["change", id, index, change.beat, change.what, change.a, change.b]);
        }, this);
        this.end = ["end", id, checksum(flat(rows))];
        this.queue = this.head.concat(this.chunks, [this.end]);
        this.repeats = 0;
        this.news = now;
    }

    Outgoing.prototype.resend = function (index, now) {
        if (index < -1 || index >= this.chunks.length) {
            return;
        }
        this.news = now;
        this.repeats = 0;
        if (this.queue[this.queue.length - 1] === this.end) {
            this.queue.pop();
        }
        this.queue = this.queue.concat(index < 0 ? this.head : [this.chunks[index]], [this.end]);
    };

    // Sends what is due; false once the receiver has been silent for too long.
    Outgoing.prototype.tick = function (now, send) {
        if (this.queue.length) {
            this.queue.splice(0, BURST).forEach(send);
            this.news = now;
        } else if (now - this.news > REPEAT) {
            this.repeats += 1;
            this.news = now;
            this.queue.push(this.end);
        }
        return this.repeats <= ATTEMPTS;
    };

    // A list on its way in: its messages in any order, twice or not at all, until it is whole.
    function Incoming(id, over, now) {
        this.id = id;
        this.over = over;
        this.begin = null;
        this.parts = {};
        this.changes = {};
        this.chunks = {};
        this.checksum = null;
        this.stalls = 0;
        this.touched = false; // whether any of it came
        this.news = now;
    }

    Incoming.prototype.hear = function (name, values, now) {
        this.news = now;
        this.touched = true;
        this.stalls = 0;
        if (name === "begin") {
            this.begin = {
                notes: values[0], chunks: values[1], parts: values[2], changes: values[3], beats: values[4]
            };
        } else if (name === "part") {
            this.parts[values[0]] = {role: values[1], program: values[2], name: values[3]};
        } else if (name === "change") {
            this.changes[values[0]] = {
                beat: Music.onGrid(values[1]), what: values[2], a: values[3], b: values[4]
            };
        } else if (name === "chunk") {
            this.chunks[values[0]] = values.slice(1);
        } else if (name === "end") {
            this.checksum = values[0];
        }
    };

    function lacking(kept, count) {
        var missing = [], index;
        for (index = 0; index < count; index += 1) {
            if (!kept.hasOwnProperty(index)) {
                missing.push(index);
            }
        }
        return missing;
    }

    // Indexes of chunks to ask for again; -1 first where something else is missing.
    Incoming.prototype.missing = function () {
        var begin = this.begin, head;
        if (!begin) {
            return [-1];
        }
        head = this.checksum !== null && !lacking(this.parts, begin.parts).length &&
            !lacking(this.changes, begin.changes).length;
        return (head ? [] : [-1]).concat(lacking(this.chunks, begin.chunks));
    };

    // The whole list as a score, or null where count or checksum contradict it.
    Incoming.prototype.score = function () {
        var begin = this.begin, numbers = [], parts = [], changes = [], index, at, part;
        for (index = 0; index < begin.chunks; index += 1) {
            numbers = numbers.concat(this.chunks[index]);
        }
        for (index = 0; index < begin.parts; index += 1) {
            parts.push({
                role: this.parts[index].role,
                program: this.parts[index].program,
                name: this.parts[index].name,
                notes: []
            });
        }
        for (at = 0; at < numbers.length; at += 5) {
            part = parts[numbers[at]];
            if (part) {
                part.notes.push(
                    Music.note(numbers[at + 1], numbers[at + 2], numbers[at + 3], numbers[at + 4])
                );
            }
        }
        for (index = 0; index < begin.changes; index += 1) {
            changes.push(this.changes[index]);
        }
        if (numbers.length !== begin.notes * 5 || checksum(numbers) !== this.checksum) {
            return null;
        }
        return {parts: parts, changes: changes, beats: Music.onGrid(begin.beats)};
    };

    // One end of the exchange. `send` takes messages as [name, id, atoms ...].
    function Exchange(send) {
        this.send = send;
        this.outgoing = {};
        this.incoming = {};
        this.came = []; // [id, notes] of the newest lists that came whole
    }

    Exchange.prototype.give = function (id, score, over, now) {
        this.outgoing[id] = new Outgoing(id, score, over, now);
    };

    // Waits for the list that comes under `id`: `over` is called with (score), or with (null, code, sentence).
    Exchange.prototype.expect = function (id, over, now) {
        this.incoming[id] = new Incoming(id, over, now);
    };

    Exchange.prototype.arriving = function (id) {
        return this.incoming.hasOwnProperty(id) && this.incoming[id].touched;
    };

    // The list is no longer waited for, nor sent.
    Exchange.prototype.drop = function (id) {
        delete this.outgoing[id];
        delete this.incoming[id];
    };

    Exchange.prototype.hear = function (name, id, values, now) {
        var outgoing = this.outgoing[id], incoming = this.incoming[id];
        if (name === "received" && outgoing) {
            delete this.outgoing[id];
            outgoing.over();
        } else if (name === "resend" && outgoing) {
            outgoing.resend(values[0], now);
        } else if (incoming) {
            incoming.hear(name, values, now);
            this.settle(incoming, name === "end");
        } else if (name === "end") {
            this.acknowledge(id);
        }
    };

    Exchange.prototype.settle = function (incoming, ended) {
        var missing = incoming.missing(), score;
        if (missing.length) {
            if (ended) {
                this.askAgain(incoming.id, missing);
            }
            return;
        }
        score = incoming.score();
        if (!score) { // what came contradicts itself: everything again
            incoming.chunks = {};
            incoming.checksum = null;
            this.askAgain(incoming.id, incoming.missing());
            return;
        }
        delete this.incoming[incoming.id];
        this.came = this.came.concat([[incoming.id, incoming.begin.notes]]).slice(-KEPT);
        this.acknowledge(incoming.id);
        incoming.over(score);
    };

    Exchange.prototype.askAgain = function (id, missing) {
        missing.slice(0, BURST).forEach(function (index) {
            this.send(["resend", id, index]);
        }, this);
    };

    Exchange.prototype.acknowledge = function (id) {
        this.came.forEach(function (pair) {
            if (pair[0] === id) {
                this.send(["received", id, pair[1]]);
            }
        }, this);
    };

    Exchange.prototype.tick = function (now) {
        Object.keys(this.outgoing).forEach(function (id) {
            var outgoing = this.outgoing[id];
            if (!outgoing.tick(now, this.send)) {
                delete this.outgoing[id];
                outgoing.over("no_answer", "the daemon did not receive the notes");
            }
        }, this);
        Object.keys(this.incoming).forEach(function (id) {
            var incoming = this.incoming[id];
            if (now - incoming.news < STALL) {
                return;
            }
            incoming.news = now;
            incoming.stalls += 1;
            if (incoming.stalls > ATTEMPTS) {
                delete this.incoming[id];
                incoming.over(null, "incomplete", "the notes of the take never came whole");
            } else if (incoming.touched) {
                this.askAgain(incoming.id, incoming.missing());
            }
        }, this);
    };

    return {Exchange: Exchange, checksum: checksum};
}());
