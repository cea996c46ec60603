// One request for music, from the phrase to its takes; begun anew by itself where the daemon was gone in between.

var Job = (function () {
    "use strict";

    var RESTARTS = 5;

    // `asked` is {task, score (the phrase, or null), atoms (keys and values, or what the task takes)}. `told` has
    // progress(share), note(sentence), take(take), stems(folder), over(sentence, "" where nothing is to be said).
    function Job(daemon, asked, told) {
        this.daemon = daemon;
        this.asked = asked;
        this.told = told;
        this.request = 0;
        this.came = {}; // numbers of takes that are here, or are being fetched
        this.folder = ""; // of stems
        this.arrived = {}; // takes that came before one with a lower number
        this.next = 1; // number of the take to be delivered next
        this.count = Infinity; // takes of the whole request, once the daemon is done
        this.waiting = false; // whether it waits for the daemon to be there again
        this.restarts = 0;
        this.ended = false;
    }

    Job.prototype.start = function (now) {
        var job = this;
        this.waiting = false;
        this.request = 0;
        if (!this.asked.score) {
            this.ask([], now);
            return;
        }
        this.daemon.upload(this.asked.score, function (list, code, sentence) {
            if (list) {
                job.ask([list], new Date().getTime());
            } else {
                job.refused(code, sentence);
            }
        }, now);
    };

    Job.prototype.ask = function (list, now) {
        var job = this;
        if (this.ended) {
            return;
        }
        this.request = this.daemon.ask(this.asked.task, list.concat(this.asked.atoms), function (name, values) {
            return job.hear(name, values);
        }, now);
    };

    // False where the daemon is done and a take, or the folder of stems, was never told.
    Job.prototype.hear = function (name, values) {
        if (this.ended) {
            return true;
        }
        if (name === "accepted") {
            this.told.note(values[0] ? "Waiting behind " + values[0] : "Writing");
        } else if (name === "progress") {
            this.told.progress(values[1] ? values[0] / values[1] : 0);
        } else if (name === "notice") {
            this.told.note(String(values[1]));
        } else if (name === "take") {
            this.fetch(values);
        } else if (name === "stems") {
            this.folder = String(values[1]);
        } else if (name === "done") {
            return this.done(values[0]);
        } else if (name === "refused") {
            this.refused(values[0], String(values[1]));
        }
        return true;
    };

    Job.prototype.done = function (count) {
        if (this.asked.task === "stems") {
            if (!this.folder) {
                return false;
            }
            this.ended = true;
            this.told.stems(this.folder);
            this.told.over("");
            return true;
        }
        if (Object.keys(this.came).length < count) {
            return false;
        }
        this.count = count;
        this.settle();
        return true;
    };

    Job.prototype.fetch = function (values) {
        var job = this, number = values[1];
        if (this.came[number]) {
            return;
        }
        this.came[number] = true;
        this.daemon.fetch(String(values[0]), function (score, code, sentence) {
            if (job.ended) {
                return;
            }
            if (score) {
                job.arrived[number] = {
                    id: String(values[0]), number: number, takes: values[2], beats: values[4], score: score
                };
                job.settle();
            } else {
                delete job.came[number];
                job.refused(code, sentence);
            }
        }, new Date().getTime());
    };

    // Delivers what is there, in order.
    Job.prototype.settle = function () {
        var take;
        while (this.arrived[this.next] && !this.ended) {
            take = this.arrived[this.next];
            delete this.arrived[this.next];
            this.next += 1;
            this.told.take(take);
        }
        if (this.next > this.count && !this.ended) {
            this.ended = true;
            this.told.over("");
        }
    };

    Job.prototype.refused = function (code, sentence) {
        if (this.ended || this.waiting) {
            return;
        }
        if (code === "lost" && this.restarts < RESTARTS) {
            this.restarts += 1;
            this.waiting = true;
            return;
        }
        this.ended = true;
        this.told.over(code === "cancelled" ? "Cancelled" : sentence);
    };

    // The daemon is there again.
    Job.prototype.resume = function (now) {
        if (this.waiting) {
            this.start(now);
        }
    };

    Job.prototype.cancel = function (now) {
        if (this.request && !this.waiting) {
            this.daemon.ask("cancel", [this.request], function () {
                return undefined; // the request itself is refused, as cancelled
            }, now);
        } else {
            this.ended = true;
            this.told.over("Cancelled");
        }
    };

    return Job;
}());
