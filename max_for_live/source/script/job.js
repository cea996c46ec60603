// One request for music, from the phrase to its takes; begun anew by itself where the daemon was gone in between.

var Job = (function () {
    "use strict";

    var RESTARTS = 5;

    // `asked` is {task, score (the phrase, or null), atoms (keys and values, or what the task takes), plain: whether the
    // task takes atoms alone}. `told` has progress(share), note(sentence), take(take), over(sentence or "", failed).
    function Job(daemon, asked, told) {
        this.daemon = daemon;
        this.asked = asked;
        this.told = told;
        this.request = 0;
        this.came = {}; // numbers of takes that were delivered, or are being fetched
        this.fetching = 0;
        this.finished = false; // whether the daemon said that it is done
        this.waiting = false; // whether it waits for the daemon to be there again
        this.restarts = 0;
        this.ended = false;
    }

    Job.prototype.start = function (now) {
        var job = this;
        this.waiting = false;
        this.finished = false;
        this.fetching = 0;
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
            job.hear(name, values);
        }, now);
    };

    Job.prototype.hear = function (name, values) {
        if (this.ended) {
            return;
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
            this.told.stems(String(values[1]));
        } else if (name === "done") {
            this.finished = true;
            this.settle();
        } else if (name === "refused") {
            this.refused(values[0], String(values[1]));
        }
    };

    Job.prototype.fetch = function (values) {
        var job = this, number = values[1];
        if (this.came[number]) {
            return;
        }
        this.came[number] = true;
        this.fetching += 1;
        this.daemon.fetch(String(values[0]), function (score, code, sentence) {
            if (job.ended) {
                return;
            }
            job.fetching -= 1;
            if (score) {
                job.told.take({
                    id: String(values[0]), number: number, takes: values[2], beats: values[4], score: score
                });
                job.settle();
            } else {
                delete job.came[number];
                job.refused(code, sentence);
            }
        }, new Date().getTime());
    };

    Job.prototype.settle = function () {
        if (this.finished && !this.fetching && !this.ended) {
            this.ended = true;
            this.told.over("", false);
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
        this.told.over(code === "cancelled" ? "Cancelled" : sentence, code !== "cancelled");
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
            this.told.over("Cancelled", false);
        }
    };

    return Job;
}());
