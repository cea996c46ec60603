// A device without Max: the bundled script in [js]'s world, its OSC on real UDP, Live a stand-in. Told what to do in lines
// of JSON on the standard input, it answers each with a line of JSON.
//
// node run.js SCRIPT PLAN KIND: the script's file, the set's (see tests/live_plan.py), "main" or "part".
"use strict";

const dgram = require("dgram");
const fs = require("fs");
const readline = require("readline");
const {LiveSet} = require("./live_set.js");
const {Script} = require("./max.js");
const {decode, encode} = require("./osc.js");

const [source, plan, kind] = process.argv.slice(2);
const set = new LiveSet(JSON.parse(fs.readFileSync(plan, "utf8")));
const sender = dgram.createSocket("udp4");
const said = [[], [], [], []]; // what the script said, by outlet
const live = []; // what the daemon told of the live band
let daemon = 7400, receiver = null;

function listen(port) {
    if (receiver) {
        receiver.close();
    }
    receiver = dgram.createSocket("udp4");
    receiver.on("error", () => undefined); // a port that is taken: Max says so in its window alone
    receiver.on("message", (packet) => {
        const atoms = decode(packet);
        if (atoms) {
            if (atoms[0].startsWith("/bandmate/band_")) {
                live.push(atoms);
            }
            script.message("osc", atoms);
        }
    });
    receiver.bind(port, "127.0.0.1");
}

function hear(outlet, atoms) {
    said[outlet].push(atoms);
    if (outlet === 0) {
        sender.send(encode(atoms), daemon, "127.0.0.1");
    } else if (outlet === 3 && atoms[0] === "daemon") {
        daemon = atoms[1];
    } else if (outlet === 3 && atoms[0] === "listen") {
        listen(atoms[1]);
    }
}

const script = new Script(fs.readFileSync(source, "utf8"), [kind, "test"], set, hear);
const answers = {
    say: (name, ...atoms) => script.message(name, atoms),
    said: () => said,
    told: () => live,
    // What the patch sends to the daemon by itself, through the same udpsend.
    send: (...atoms) => sender.send(encode(atoms), daemon, "127.0.0.1"),
    live: () => set.dump(),
    // Something happens in Live itself: a property of the song, by hand.
    song: (property, value) => {
        set.song[property] = value;
        set.notify(property);
    },
    // Another clip, or none, is in the detail view.
    view: (clip) => {
        set.view.detail_clip = clip;
    },
    end: () => {
        script.message("notifydeleted", []);
        setTimeout(() => process.exit(0), 20); // what it sent is on its way
    }
};

readline.createInterface({input: process.stdin}).on("line", (line) => {
    const [name, ...rest] = JSON.parse(line), answer = answers[name](...rest);
    process.stdout.write(`${JSON.stringify(answer === undefined ? null : answer)}\n`);
}).on("close", () => process.exit(0));
